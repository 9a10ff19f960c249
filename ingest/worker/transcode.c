#include "ingest/worker/transcode.h"

#include "ingest/worker/copy.h"
#include "ingest/worker/encode.h"
#include "ingest/worker/limits.h"
#include "ingest/worker/link.h"
#include "ingest/worker/mux.h"
#include "ingest/worker/picture.h"
#include "ingest/worker/range.h"
#include "ingest/worker/sound.h"
#include "ingest/worker/splice.h"

#include <libavutil/avstring.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALL_LEAD_US = 50 * 1000, JUMP_US = 10 * 1000 * 1000, NOTABLE_US = 1000 * 1000 };

struct job {
  const struct input *in;
  struct mux *mux;
  struct picture picture;
  struct sound sound;
  struct range range;
  struct splice splice;
  struct derive derive;
  struct copy copy;
  bool with_picture, with_sound;
  uint64_t packets_damaged; /* by the demuxer's account */
  int64_t shift_us;         /* what jumps of the clock have added up to */
  uint32_t jumps;           /* so many of them */
  int64_t first_jump_us;
  bool stopped_early; /* the container could not be read to its end */
  int64_t due_us[2];  /* where the next packet of picture, sound should lie; AV_NOPTS_VALUE unknown */
  uint32_t permille;
};

static void close_tracks(struct job *j) {
  picture_close(&j->picture);
  sound_close(&j->sound);
  splice_free(&j->splice);
  copy_close(&j->copy);
  mux_free(j->mux);
  j->mux = NULL;
}

static void job_auto(struct job *j) {
  close_tracks(j);
  derive_free(&j->derive);
}

/* ---- time ---- */

static int64_t start_us(const struct input *in, int stream) {
  const AVStream *st = in->format->streams[stream];
  return st->start_time == AV_NOPTS_VALUE ? 0 : av_rescale_q(st->start_time, st->time_base, AV_TIME_BASE_Q);
}

/* The copy begins with the picture; sound that begins well before it is kept, the few milliseconds of an encoder's
 * priming are not worth a repeated first frame. */
static int64_t origin_us(const struct job *j) {
  if (!j->range.whole) return start_us(j->in, j->with_picture ? j->in->video : j->in->audio) + range_start_us(&j->range);
  if (!j->with_picture) return start_us(j->in, j->in->audio);
  int64_t picture = start_us(j->in, j->in->video);
  if (!j->with_sound) return picture;
  int64_t sound = start_us(j->in, j->in->audio);
  return sound < picture - SMALL_LEAD_US ? sound : picture;
}

/* Broadcast formats may start their clock anew midway: both tracks are then moved together. */
static void correct_clock(struct job *j, AVPacket *packet, bool is_picture) {
  const AVStream *st = j->in->format->streams[packet->stream_index];
  if (packet->dts != AV_NOPTS_VALUE && j->in->format->iformat->flags & AVFMT_TS_DISCONT) {
    int64_t *due = &j->due_us[is_picture ? 0 : 1];
    int64_t at = av_rescale_q(packet->dts, st->time_base, AV_TIME_BASE_Q) - j->shift_us;
    if (*due != AV_NOPTS_VALUE && llabs(at - *due) > JUMP_US) {
      if (j->jumps++ == 0) j->first_jump_us = at - *due;
      j->shift_us += at - *due;
      at = *due;
    }
    *due = at + av_rescale_q(packet->duration, st->time_base, AV_TIME_BASE_Q);
  }
  int64_t shift = av_rescale_q(j->shift_us, AV_TIME_BASE_Q, st->time_base);
  if (packet->pts != AV_NOPTS_VALUE) packet->pts -= shift;
  if (packet->dts != AV_NOPTS_VALUE) packet->dts -= shift;
}

/* ---- the loop ---- */

static enum err tell_progress(struct job *j, const AVPacket *packet) {
  if (packet->pos < 0) return ERR_OK;
  uint64_t permille = (uint64_t)packet->pos * 1000 / (source_bytes(j->in->source) + 1);
  if (permille <= j->permille || permille > 1000) return ERR_OK;
  j->permille = (uint32_t)permille;
  AUTO(bytes) struct bytes frame = {0};
  wire_put_progress(&frame, j->permille);
  return link_send(&frame);
}

static enum err take(struct job *j, AVPacket *packet) {
  bool is_picture = packet->stream_index == j->in->video, is_sound = packet->stream_index == j->in->audio;
  TRY(limits_count_packet());
  TRY(limits_check_duration(mux_duration_ms(j->mux))); /* what a file claims is one thing, what comes out another */
  TRY(tell_progress(j, packet));
  if ((is_picture && j->copy.picture) || (is_sound && j->copy.sound)) return copy_packet(&j->copy, j->in, packet);
  if (is_picture && j->with_picture) {
    correct_clock(j, packet, true);
    return j->splice.possible ? splice_packet(&j->splice, &j->picture, packet) : picture_packet(&j->picture, packet);
  }
  if (is_sound && j->with_sound) {
    correct_clock(j, packet, false);
    return sound_packet(&j->sound, packet);
  }
  return ERR_OK;
}

static bool is_over(const struct job *j) {
  if (j->range.whole) return false;
  return (!j->with_picture || j->picture.frames >= j->picture.most_frames) && (!j->with_sound || j->range.sound_over);
}

static enum err read_all(struct job *j) {
  AVPacket *packet = av_packet_alloc();
  if (!packet) return err_set(ERR_IO, "out of memory");
  enum err failure = ERR_OK;
  int result = 0;
  while (failure == ERR_OK && !is_over(j) && (result = av_read_frame(j->in->format, packet)) >= 0) {
    failure = take(j, packet);
    av_packet_unref(packet);
  }
  av_packet_free(&packet);
  TRY(failure);
  /* An end that is not one: what was read so far is kept, and the damage told. */
  j->stopped_early = result < 0 && result != AVERROR_EOF;
  j->packets_damaged += j->stopped_early;
  return source_check(j->in->source);
}

/* ---- the account ---- */

static void print_settings(const struct job *j, struct wire_summary *out) {
  char picture[96] = "no picture", sound[32] = "no sound";
  if (j->picture.frames)
    snprintf(picture, sizeof picture, "x264 veryfast crf %d gop %d%s%s", j->picture.crf, encode_gop(j->picture.rate),
             j->picture.deinterlaced ? ", bwdif" : "", j->picture.tone_mapped ? ", HDR tone-mapped (hable)" : "");
  if (j->copy.picture) snprintf(picture, sizeof picture, "picture copied");
  if (j->copy.sound) snprintf(sound, sizeof sound, "sound copied");
  if (j->sound.samples > 0)
    snprintf(sound, sizeof sound, "aac %dk %d ch", (int)(j->sound.encoder->bit_rate / 1000),
             j->sound.encoder->ch_layout.nb_channels);
  snprintf(out->settings, sizeof out->settings, "%s; %s", picture, sound);
}

static void print_tools(struct wire_summary *out) {
  unsigned format = avformat_version(), codec = avcodec_version();
  snprintf(out->tools, sizeof out->tools, "libavformat %u.%u.%u, libavcodec %u.%u.%u, libx264", AV_VERSION_MAJOR(format),
           AV_VERSION_MINOR(format), AV_VERSION_MICRO(format), AV_VERSION_MAJOR(codec), AV_VERSION_MINOR(codec),
           AV_VERSION_MICRO(codec));
}

/* Of a picture that was taken over. */
static void account_copied(const struct job *j, struct wire_summary *out) {
  const AVCodecParameters *p = j->copy.picture_stream->codecpar;
  out->width = (uint32_t)p->width;
  out->height = (uint32_t)p->height;
  out->rate_num = (uint32_t)j->copy.rate.num;
  out->rate_den = (uint32_t)j->copy.rate.den;
  out->frames = j->copy.pictures;
}

/* A decoder that gave up before the packets ended. */
static void tell_early_end(const struct decode *d, int64_t last_us, const char *what, struct repair *out) {
  int64_t lost_us = last_us == INT64_MIN ? 0 : d->end_us - last_us;
  if (lost_us > NOTABLE_US)
    repair_add(out, "%s cannot be decoded from %.1f s on, %.1f s are lost", what, (double)last_us / 1e6, (double)lost_us / 1e6);
}

/* Only a length that is stated, not one estimated from bit rate and size; bare streams state none. */
static void tell_short(const struct job *j, struct repair *out) {
  const AVFormatContext *format = j->in->format;
  int64_t stated_ms = j->in->stated_ms, made_ms = mux_duration_ms(j->mux);
  bool states = av_match_list(format->iformat->name, "matroska,mov,flv", ',') > 0;
  if (stated_ms < 0 && states) repair_add(out, "length and index rebuilt");
  if (stated_ms < 0 || format->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) return;
  if (stated_ms - made_ms > NOTABLE_US / 1000 + stated_ms / 50)
    repair_add(out, "cut short: it states %.1f s and holds %.1f s", (double)stated_ms / 1e3, (double)made_ms / 1e3);
}

static void tell_repairs(const struct job *j, struct wire_summary *out) {
  struct repair all = j->in->repairs;
  if (j->with_picture) tell_early_end(&j->picture.decode, j->picture.last_us, "the picture", &all);
  if (j->with_sound) tell_early_end(&j->sound.decode, j->sound.last_us, "the sound", &all);
  if (j->jumps == 1) repair_add(&all, "clock jump of %.1f s closed", (double)j->first_jump_us / 1e6);
  if (j->jumps > 1) repair_add(&all, "%u clock jumps closed, the first of %.1f s", j->jumps, (double)j->first_jump_us / 1e6);
  if (j->picture.lost)
    repair_add(&all, "%llu lost picture%s bridged", (unsigned long long)j->picture.lost, j->picture.lost == 1 ? "" : "s");
  tell_short(j, &all);
  if (j->stopped_early) repair_add(&all, "it could not be read to its end");
  snprintf(out->repairs, sizeof out->repairs, "%s", all.text);
}

static void tell_places(const struct job *j, struct wire_summary *out) {
  struct damage all = {0};
  damage_merge(&all, &j->picture.decode.damage);
  damage_merge(&all, &j->sound.decode.damage);
  if (j->stopped_early) damage_note(&all, mux_duration_ms(j->mux));
  out->places = all.count;
  for (uint32_t i = 0; i < all.count; i++) out->damaged_ms[i] = all.ms[i];
}

static void account(const struct job *j, struct wire_summary *out) {
  *out = (struct wire_summary){.duration_ms = mux_duration_ms(j->mux)};
  if (j->picture.frames) {
    out->width = (uint32_t)j->picture.size.width;
    out->height = (uint32_t)j->picture.size.height;
    out->rate_num = (uint32_t)j->picture.rate.num;
    out->rate_den = (uint32_t)j->picture.rate.den;
  }
  out->frames = j->picture.frames;
  if (j->copy.picture) account_copied(j, out);
  out->picture_copied = j->copy.picture;
  out->sound_copied = j->copy.sound;
  snprintf(out->choice, sizeof out->choice, "%s", j->copy.choice);
  out->frames_damaged = j->picture.lost + j->picture.decode.frames_damaged + j->sound.decode.frames_damaged;
  out->packets_damaged = j->packets_damaged + j->picture.decode.packets_damaged + j->sound.decode.packets_damaged;
  bool shown = j->picture.frames || j->copy.picture;
  snprintf(out->mime, sizeof out->mime, "%s", shown ? "video/mp4" : "audio/mp4");
  if (!j->range.whole) splice_print(&j->splice, out->choice, sizeof out->choice);
  tell_repairs(j, out);
  tell_places(j, out);
  print_settings(j, out);
  print_tools(out);
}

/* All that was ordered, or nothing: a cut that is short by a frame is a wrong one. */
static enum err check_complete(const struct job *j) {
  if (j->range.whole || !j->with_picture || j->range.to == INT64_MAX) return ERR_OK;
  if (j->picture.frames == j->picture.most_frames) return ERR_OK;
  return err_set(ERR_DATA, "This film ends before frame %lld, or lacks frames.", (long long)j->range.to);
}

static enum err enter_range(struct job *j, const struct wire_order *order) {
  if (j->range.whole) return ERR_OK;
  if (j->with_picture) TRY(splice_plan(j->in, order, &j->range, &j->picture, &j->splice));
  j->picture.most_frames = (uint64_t)range_length(&j->range);
  j->sound.range = &j->range;
  return range_seek(&j->range, j->in);
}

static bool encodes_picture(const struct job *j) { return j->with_picture && !j->copy.picture; }
static bool encodes_sound(const struct job *j) { return j->with_sound && !j->copy.sound; }

enum err transcode_run(struct input *in, const struct wire_order *order, struct cadence_rate rate, struct wire_summary *out) {
  AUTO(job) struct job j = {.in = in, .due_us = {AV_NOPTS_VALUE, AV_NOPTS_VALUE}};
  j.with_picture = in->video >= 0 && order->keep_video;
  j.with_sound = in->audio >= 0 && order->keep_audio;
  if (!j.with_picture && !j.with_sound) return err_set(ERR_DATA, "Nothing of this recording may be kept.");
  TRY(mux_open(j.with_picture, j.with_sound, &j.mux));
  j.range = range_of(order, rate, j.with_picture);
  int64_t origin = origin_us(&j);
  j.derive = (struct derive){.wanted = order->derive, .rate = rate, .origin_us = origin};
  TRY(copy_consider(in, order, rate, origin, j.with_picture, j.with_sound, &j.derive, &j.copy));
  TRY(copy_begin(&j.copy, in, origin, j.mux));
  j.permille = j.copy.picture || j.copy.sound ? LOOK_PERMILLE : 0;
  if (encodes_picture(&j)) TRY(picture_open(in, order, rate, origin, j.mux, &j.derive, &j.picture));
  if (encodes_sound(&j)) TRY(sound_open(in, origin, j.mux, &j.derive, &j.sound));
  if (encodes_sound(&j)) TRY(voice_open(order->marks, j.sound.encoder->sample_rate, &j.sound.voice));
  TRY(enter_range(&j, order));
  TRY(read_all(&j));
  if (encodes_picture(&j)) TRY(picture_finish(&j.picture));
  if (encodes_sound(&j)) TRY(sound_finish(&j.sound));
  TRY(copy_finish(&j.copy));
  bool nothing = !j.picture.frames && !j.sound.samples && !j.copy.picture && !j.copy.sound;
  if (nothing) TRY(limits_check_decoded());
  if (nothing) return err_set(ERR_DATA, "No picture or sound of this recording can be read; it is damaged or cut short.");
  TRY(check_complete(&j));
  TRY(mux_finish(j.mux));
  account(&j, out);
  close_tracks(&j); /* the sheet of thumbnails takes the room that encoders had */
  return derive_send(&j.derive);
}
