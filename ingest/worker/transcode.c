#include "ingest/worker/transcode.h"

#include "ingest/worker/copy.h"
#include "ingest/worker/link.h"
#include "ingest/worker/mux.h"
#include "ingest/worker/picture.h"
#include "ingest/worker/sound.h"

#include <stdio.h>
#include <stdlib.h>

enum { SMALL_LEAD_US = 50 * 1000, JUMP_US = 10 * 1000 * 1000 };

struct job {
  const struct input *in;
  struct mux *mux;
  struct picture picture;
  struct sound sound;
  struct derive derive;
  struct copy copy;
  bool with_picture, with_sound;
  uint64_t packets_damaged; /* by the demuxer's account */
  int64_t shift_us;         /* what jumps of the clock have added up to */
  int64_t due_us[2];        /* where the next packet of picture, sound should lie; AV_NOPTS_VALUE unknown */
  uint32_t permille;
};

static void close_tracks(struct job *j) {
  picture_close(&j->picture);
  sound_close(&j->sound);
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
  TRY(tell_progress(j, packet));
  if ((is_picture && j->copy.picture) || (is_sound && j->copy.sound)) return copy_packet(&j->copy, j->in, packet);
  if (is_picture && j->with_picture) {
    correct_clock(j, packet, true);
    return picture_packet(&j->picture, packet);
  }
  if (is_sound && j->with_sound) {
    correct_clock(j, packet, false);
    return sound_packet(&j->sound, packet);
  }
  return ERR_OK;
}

static enum err read_all(struct job *j) {
  AVPacket *packet = av_packet_alloc();
  if (!packet) return err_set(ERR_IO, "out of memory");
  enum err failure = ERR_OK;
  int result = 0;
  while (failure == ERR_OK && (result = av_read_frame(j->in->format, packet)) >= 0) {
    failure = take(j, packet);
    av_packet_unref(packet);
  }
  av_packet_free(&packet);
  TRY(failure);
  /* An end that is not one: what was read so far is kept, and the damage told. */
  if (result != AVERROR_EOF) j->packets_damaged++;
  return source_check(j->in->source);
}

/* ---- the account ---- */

static void print_settings(const struct job *j, struct wire_summary *out) {
  char picture[96] = "no picture", sound[32] = "no sound";
  if (j->picture.encoder)
    snprintf(picture, sizeof picture, "x264 veryfast crf %d gop %d%s%s", j->picture.crf, j->picture.encoder->gop_size,
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

static void account(const struct job *j, struct wire_summary *out) {
  *out = (struct wire_summary){.duration_ms = mux_duration_ms(j->mux)};
  if (j->picture.encoder) {
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
  out->frames_damaged = j->picture.decode.frames_damaged + j->sound.decode.frames_damaged;
  out->packets_damaged = j->packets_damaged + j->picture.decode.packets_damaged + j->sound.decode.packets_damaged;
  snprintf(out->mime, sizeof out->mime, "%s", j->picture.encoder || j->copy.picture ? "video/mp4" : "audio/mp4");
  print_settings(j, out);
  print_tools(out);
}

static bool encodes_picture(const struct job *j) { return j->with_picture && !j->copy.picture; }
static bool encodes_sound(const struct job *j) { return j->with_sound && !j->copy.sound; }

enum err transcode_run(struct input *in, const struct wire_order *order, struct cadence_rate rate, struct wire_summary *out) {
  AUTO(job) struct job j = {.in = in, .due_us = {AV_NOPTS_VALUE, AV_NOPTS_VALUE}};
  j.with_picture = in->video >= 0 && order->keep_video;
  j.with_sound = in->audio >= 0 && order->keep_audio;
  if (!j.with_picture && !j.with_sound) return err_set(ERR_DATA, "Nothing of this recording may be kept.");
  TRY(mux_open(j.with_picture, j.with_sound, &j.mux));
  int64_t origin = origin_us(&j);
  j.derive = (struct derive){.wanted = order->derive, .rate = rate, .origin_us = origin};
  TRY(copy_consider(in, order, rate, origin, j.with_picture, j.with_sound, &j.derive, &j.copy));
  TRY(copy_begin(&j.copy, in, origin, j.mux));
  j.permille = j.copy.picture || j.copy.sound ? LOOK_PERMILLE : 0;
  if (encodes_picture(&j)) TRY(picture_open(in, order, rate, origin, j.mux, &j.derive, &j.picture));
  if (encodes_sound(&j)) TRY(sound_open(in, origin, j.mux, &j.derive, &j.sound));
  TRY(read_all(&j));
  if (encodes_picture(&j)) TRY(picture_finish(&j.picture));
  if (encodes_sound(&j)) TRY(sound_finish(&j.sound));
  TRY(copy_finish(&j.copy));
  if (!j.picture.frames && !j.sound.samples && !j.copy.picture && !j.copy.sound)
    return err_set(ERR_DATA, "No picture or sound of this recording can be read; it is damaged or cut short.");
  TRY(mux_finish(j.mux));
  account(&j, out);
  close_tracks(&j); /* the sheet of thumbnails takes the room that encoders had */
  return derive_send(&j.derive);
}
