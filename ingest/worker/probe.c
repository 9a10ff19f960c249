#include "ingest/worker/probe.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/limits.h"
#include "ingest/worker/rate.h"
#include "ingest/worker/shape.h"
#include "ingest/worker/still.h"

#include <inttypes.h>
#include <libavutil/parseutils.h>
#include <stdio.h>
#include <string.h>

enum { LEAST_BITS_PER_SECOND = 400 };

static const AVStream *video_of(const struct input *in) { return in->video >= 0 ? in->format->streams[in->video] : NULL; }
static const AVStream *audio_of(const struct input *in) { return in->audio >= 0 ? in->format->streams[in->audio] : NULL; }

static void set_name(char out[WIRE_TEXT + 1], const char *name) { snprintf(out, WIRE_TEXT + 1, "%s", name ? name : ""); }

/* ---- time ---- */

/* Of the tracks that are taken; other ones (subtitles) may go on for longer. */
static int64_t stated_us(const struct input *in) {
  const AVStream *tracks[] = {video_of(in), audio_of(in)};
  int64_t longest = 0;
  for (int i = 0; i < 2; i++) {
    if (!tracks[i]) continue;
    if (tracks[i]->duration == AV_NOPTS_VALUE) return in->format->duration;
    int64_t start = tracks[i]->start_time == AV_NOPTS_VALUE ? 0 : tracks[i]->start_time;
    int64_t end = av_rescale_q(start + tracks[i]->duration, tracks[i]->time_base, AV_TIME_BASE_Q);
    if (in->format->start_time != AV_NOPTS_VALUE) end -= in->format->start_time;
    if (end > longest) longest = end;
  }
  return longest;
}

/* A length is believed unless the file is far too small for it. */
static int64_t duration_ms(const struct input *in) {
  int64_t microseconds = stated_us(in);
  if (in->media == WIRE_STILL || microseconds == AV_NOPTS_VALUE || microseconds <= 0) return -1;
  double bits_per_second = 8e6 * (double)source_bytes(in->source) / (double)microseconds;
  return bits_per_second < LEAST_BITS_PER_SECOND ? -1 : microseconds / 1000;
}

static int64_t recorded_ms(const struct input *in) {
  static const char *const names[] = {"com.apple.quicktime.creationdate", "creation_time"};
  static const int64_t year_1990 = INT64_C(631152000) * 1000000;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const AVDictionaryEntry *entry = av_dict_get(in->format->metadata, names[i], NULL, 0);
    int64_t microseconds;
    if (entry && av_parse_time(&microseconds, entry->value, 0) >= 0 && microseconds > year_1990) return microseconds / 1000;
  }
  return INT64_MIN;
}

/* ---- picture ---- */

static bool is_hdr(const AVCodecParameters *p) {
  return p->color_trc == AVCOL_TRC_SMPTE2084 || p->color_trc == AVCOL_TRC_ARIB_STD_B67;
}

/* A matrix that would press the picture flat is no way of turning it. */
static bool is_degenerate(const int32_t *m) { return m && (int64_t)m[0] * m[4] - (int64_t)m[1] * m[3] == 0; }

static enum err describe_picture(struct input *in, const AVStream *st, struct wire_report *out) {
  const AVCodecParameters *p = st->codecpar;
  AVRational ratio = st->sample_aspect_ratio.num ? st->sample_aspect_ratio : p->sample_aspect_ratio;
  struct shape_size stored = {p->width, p->height};
  int orientation = shape_of_matrix(compat_display_matrix(st));
  if (is_degenerate(compat_display_matrix(st))) repair_add(&in->repairs, "an impossible rotation was ignored");
  if (in->media == WIRE_STILL) {
    ratio = (AVRational){1, 1};
    TRY(still_orientation(in, &orientation));
  }
  if (p->width > 0 && p->height > 0) {
    struct shape_size size = shape_upright(stored, ratio.num, ratio.den, orientation, 0, false);
    out->width = (uint32_t)size.width;
    out->height = (uint32_t)size.height;
  }
  out->has_video = true;
  out->hdr = is_hdr(p);
  out->interlaced = p->field_order > AV_FIELD_PROGRESSIVE;
  set_name(out->video_codec, avcodec_get_name(p->codec_id));
  return ERR_OK;
}

/* ---- kind ---- */

static const char *mime_of(const struct input *in, const char *hint) {
  static const char *const names[][4] = {
      {"mov", "video/mp4", "audio/mp4", ""},
      {"matroska", "video/x-matroska", "audio/x-matroska", ""},
      {"mpegts", "video/mp2t", "audio/mp2t", ""},
      {"mpeg", "video/mpeg", "audio/mpeg", ""},
      {"avi", "video/x-msvideo", "audio/x-msvideo", ""},
      {"asf", "video/x-ms-asf", "audio/x-ms-asf", ""},
      {"mp3", "", "audio/mpeg", ""},
      {"wav", "", "audio/x-wav", ""},
      {"jpeg_pipe", "", "", "image/jpeg"},
      {"png_pipe", "", "", "image/png"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strncmp(in->format->iformat->name, names[i][0], strlen(names[i][0])) == 0 && *names[i][in->media])
      return names[i][in->media];
  return hint;
}

enum err probe_report(struct input *in, const char *hint, struct wire_report *out, struct cadence_rate *rate) {
  struct wire_report report = {.media = in->media};
  struct cadence_rate chosen = {0, 0};
  if (in->photo) {
    photo_report(in->photo, out);
    *rate = chosen;
    return ERR_OK;
  }
  if (in->media == WIRE_FILM) TRY(rate_find(in, hint, &chosen, &report.variable_rate));
  set_name(report.container, in->format->iformat->name);
  set_name(report.mime, mime_of(in, hint));
  const AVStream *video = video_of(in), *audio = audio_of(in);
  if (video) TRY(describe_picture(in, video, &report));
  if (audio) set_name(report.audio_codec, avcodec_get_name(audio->codecpar->codec_id));
  report.has_audio = audio != NULL;
  report.duration_ms = duration_ms(in);
  in->stated_ms = report.duration_ms;
  TRY(limits_check_duration(report.duration_ms));
  report.recorded_ms = recorded_ms(in);
  if (in->media == WIRE_FILM) {
    report.rate_num = (uint32_t)chosen.num;
    report.rate_den = (uint32_t)chosen.den;
  }
  *out = report;
  *rate = chosen;
  return ERR_OK;
}
