#include "ingest/worker/look.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/decode.h"
#include "ingest/worker/elements.h"
#include "ingest/worker/link.h"
#include "ingest/worker/units.h"

#include <math.h>
#include <stdio.h>

enum { SOUND_FRAME = 1024, MOST_PRIMING_PACKETS = 3 };

struct job {
  const struct input *in;
  struct look *look;
  struct derive *derive;
  bool decoding, verifying;
  int64_t origin_us;
  struct units units;
  struct decode picture, sound;
  struct bytes scratch;
  int64_t heard; /* samples of the copy's sound that were decoded; INT64_MIN none */
  uint32_t permille;
  AVPacket *packet;
  AVFrame *frame;
};

static void job_auto(struct job *j) {
  decode_close(&j->picture);
  decode_close(&j->sound);
  bytes_free(&j->scratch);
  av_packet_free(&j->packet);
  av_frame_free(&j->frame);
}

static const AVStream *picture_of(const struct job *j) { return j->in->format->streams[j->in->video]; }
static const AVStream *sound_of(const struct job *j) { return j->in->format->streams[j->in->audio]; }

/* ---- the verdict ---- */

/* The demuxer need not even read the rest of it. */
static void drop_picture(struct job *j, const char *why) {
  if (!j->look->picture) return;
  snprintf(j->look->picture_why, sizeof j->look->picture_why, "%s", why);
  j->look->picture = false;
  j->in->format->streams[j->in->video]->discard = AVDISCARD_ALL;
  derive_forget_picture(j->derive);
  decode_close(&j->picture);
}

static void drop_sound(struct job *j, const char *why) {
  if (!j->look->sound) return;
  snprintf(j->look->sound_why, sizeof j->look->sound_why, "%s", why);
  j->look->sound = false;
  j->in->format->streams[j->in->audio]->discard = AVDISCARD_ALL;
  derive_forget_sound(j->derive);
  decode_close(&j->sound);
}

/* Decoders complain in one common place and late: damage anywhere speaks against both tracks. */
static void drop_damaged(struct job *j, const AVPacket *near) {
  char why[FITS_TEXT] = "it is damaged";
  uint64_t damages = j->picture.frames_damaged + j->picture.packets_damaged + j->sound.frames_damaged + j->sound.packets_damaged;
  bool corrupt = near && near->flags & AV_PKT_FLAG_CORRUPT;
  if (!damages && !corrupt) return;
  if (near && near->pts != AV_NOPTS_VALUE)
    snprintf(why, sizeof why, "it is damaged near %.1f s",
             (double)near->pts * av_q2d(j->in->format->streams[near->stream_index]->time_base) - (double)j->origin_us / 1e6);
  drop_picture(j, why);
  drop_sound(j, why);
}

/* ---- the picture ---- */

static const char *unlike_copy(const struct job *j, const AVFrame *f) {
  const AVCodecParameters *p = picture_of(j)->codecpar;
  if (f->width != p->width || f->height != p->height) return "its size changes midway";
  if (f->format != AV_PIX_FMT_YUV420P) return "not 8 bits, 4:2:0";
  if (f->color_trc == AVCOL_TRC_SMPTE2084 || f->color_trc == AVCOL_TRC_ARIB_STD_B67) return "HDR";
  if (f->color_range == AVCOL_RANGE_JPEG) return "full-range colour";
  if (compat_interlaced(f)) return "interlaced";
  if (f->best_effort_timestamp == AV_NOPTS_VALUE) return "a frame has no time";
  return NULL;
}

static enum err take_frames(struct job *j) {
  for (bool have = true; have && j->look->picture;) {
    decode_pull(&j->picture, j->frame, &have);
    if (!have) break;
    const char *why = unlike_copy(j, j->frame);
    int64_t at_us = av_rescale_q(j->frame->best_effort_timestamp, picture_of(j)->time_base, AV_TIME_BASE_Q) - j->origin_us;
    if (why)
      drop_picture(j, why);
    else
      TRY(derive_picture(j->derive, j->frame, at_us));
    av_frame_unref(j->frame);
  }
  return ERR_OK;
}

/* Nothing of a group may be needed by the next, and every frame must have come out of it. */
static enum err end_group(struct job *j) {
  TRY(decode_push(&j->picture, NULL));
  TRY(take_frames(j));
  if (!j->look->picture) return ERR_OK;
  avcodec_flush_buffers(j->picture.decoder);
  if (j->picture.frames != j->look->beat.packets) drop_picture(j, "frames of it are lost");
  return ERR_OK;
}

static const char *unlike_packet(const struct job *j, const AVPacket *packet, struct units_seen *seen) {
  if (packet->flags & AV_PKT_FLAG_DISCARD) return "its edit list cuts into a group of pictures";
  if (packet->pts == AV_NOPTS_VALUE) return "a frame has no time";
  if (!units_look(&j->units, packet->data, (size_t)packet->size, seen) || !seen->picture) return "a frame of it is not whole";
  if (seen->changes || av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, NULL)) return "its parameters change midway";
  return NULL;
}

static enum err take_picture(struct job *j, const AVPacket *packet) {
  struct units_seen seen = {0};
  const char *why = unlike_packet(j, packet, &seen);
  if (!why && j->verifying && seen.idr && j->look->beat.packets) TRY(end_group(j));
  if (!why && j->look->picture) why = beat_add(&j->look->beat, packet->pts, seen.idr);
  if (why) drop_picture(j, why);
  if (!j->look->picture) return ERR_OK;
  if (seen.idr) derive_key(j->derive, beat_place(&j->look->beat, packet->pts));
  if (!j->decoding) return ERR_OK;
  TRY(decode_push(&j->picture, packet));
  return take_frames(j);
}

/* ---- the sound ---- */

static bool is_in_step(const struct job *j, const AVPacket *packet) {
  const AVStream *st = sound_of(j);
  double ticks = SOUND_FRAME / (double)st->codecpar->sample_rate / av_q2d(st->time_base);
  double due = (double)j->look->sound_first + (double)j->look->sound_packets * ticks;
  return fabs((double)packet->pts - due) <= 1.001;
}

static const char *unlike_sound(struct job *j, const AVPacket *packet) {
  if (packet->pts == AV_NOPTS_VALUE) return "its sound has no times";
  if (packet->flags & AV_PKT_FLAG_DISCARD && j->look->sound_packets >= MOST_PRIMING_PACKETS)
    return "its edit list cuts the sound";
  if (av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, NULL)) return "its parameters change midway";
  if (j->look->sound_packets == 0) j->look->sound_first = packet->pts;
  if (!is_in_step(j, packet)) return "its sound has gaps";
  bytes_clear(&j->scratch);
  bytes_put(&j->scratch, packet->data, (size_t)packet->size);
  size_t length = j->scratch.length;
  bool plain = !j->scratch.failed && elements_clean(j->scratch.data, &length, sound_of(j)->codecpar->ch_layout.nb_channels);
  return plain ? NULL : "its AAC is not built as usual";
}

static bool is_heard_as_stated(const struct job *j, const AVFrame *f) {
  const AVCodecParameters *p = sound_of(j)->codecpar;
  return f->sample_rate == p->sample_rate && f->ch_layout.nb_channels == p->ch_layout.nb_channels &&
         f->format == AV_SAMPLE_FMT_FLTP && j->sound.decoder->profile == FF_PROFILE_AAC_LOW;
}

static void hear(struct job *j, const AVFrame *f) {
  AVRational sample = {1, f->sample_rate};
  if (j->heard == INT64_MIN)
    j->heard = av_rescale_q(f->best_effort_timestamp, sound_of(j)->time_base, sample) -
               av_rescale_q(j->origin_us, AV_TIME_BASE_Q, sample);
  derive_sound(j->derive, f, j->heard);
  j->heard += f->nb_samples;
}

static void take_sounds(struct job *j) {
  for (bool have = true; have && j->look->sound;) {
    decode_pull(&j->sound, j->frame, &have);
    if (!have) break;
    if (is_heard_as_stated(j, j->frame))
      hear(j, j->frame);
    else
      drop_sound(j, "not AAC-LC throughout");
    av_frame_unref(j->frame);
  }
}

static enum err take_sound(struct job *j, const AVPacket *packet) {
  const char *why = unlike_sound(j, packet);
  if (why) drop_sound(j, why);
  if (why) return ERR_OK;
  j->look->sound_packets++;
  if (!j->decoding) return ERR_OK;
  TRY(decode_push(&j->sound, packet));
  take_sounds(j);
  return ERR_OK;
}

/* ---- the loop ---- */

static enum err tell_progress(struct job *j) {
  if (j->packet->pos < 0) return ERR_OK;
  uint64_t permille = (uint64_t)j->packet->pos * LOOK_PERMILLE / (source_bytes(j->in->source) + 1);
  if (permille <= j->permille || permille > LOOK_PERMILLE) return ERR_OK;
  j->permille = (uint32_t)permille;
  AUTO(bytes) struct bytes frame = {0};
  wire_put_progress(&frame, j->permille);
  return link_send(&frame);
}

static enum err take(struct job *j) {
  TRY(tell_progress(j));
  if (j->look->picture && j->packet->stream_index == j->in->video) TRY(take_picture(j, j->packet));
  if (j->look->sound && j->packet->stream_index == j->in->audio) TRY(take_sound(j, j->packet));
  drop_damaged(j, j->packet);
  return ERR_OK;
}

static enum err read_all(struct job *j) {
  int result = 0;
  enum err failure = ERR_OK;
  while (failure == ERR_OK && (j->look->picture || j->look->sound) && (result = av_read_frame(j->in->format, j->packet)) >= 0) {
    failure = take(j);
    av_packet_unref(j->packet);
  }
  TRY(failure);
  TRY(source_check(j->in->source));
  if (result < 0 && result != AVERROR_EOF) {
    drop_picture(j, "it breaks off");
    drop_sound(j, "it breaks off");
  }
  return ERR_OK;
}

/* A complaint of the last moment is heard at the push after it. */
static enum err finish(struct job *j) {
  const char *why = j->look->picture ? beat_end(&j->look->beat) : NULL;
  if (why) drop_picture(j, why);
  if (j->look->sound && j->look->sound_packets == 0) drop_sound(j, "there is none");
  if (!j->decoding) return ERR_OK;
  if (j->look->picture) TRY(end_group(j));
  if (j->look->sound) TRY(decode_push(&j->sound, NULL));
  take_sounds(j);
  if (j->look->sound) TRY(decode_push(&j->sound, NULL));
  if (j->look->picture) TRY(decode_push(&j->picture, NULL));
  drop_damaged(j, NULL);
  return ERR_OK;
}

enum err look_run(const struct input *in, const struct wire_order *order, struct cadence_rate rate, int64_t origin_us,
                  struct derive *derive, struct look *look) {
  AUTO(job) struct job j = {.in = in, .look = look, .derive = derive, .origin_us = origin_us, .heard = INT64_MIN};
  j.verifying = order->verify;
  j.decoding = order->verify || order->derive;
  j.packet = av_packet_alloc();
  j.frame = av_frame_alloc();
  if (!j.packet || !j.frame) return err_set(ERR_IO, "out of memory");
  if (look->picture) {
    const AVCodecParameters *p = picture_of(&j)->codecpar;
    AVRational tick = picture_of(&j)->time_base;
    if (!units_open(p->extradata, (size_t)p->extradata_size, &j.units)) return err_set(ERR_BUG, "a picture without parameters");
    beat_begin(&look->beat, rate, tick.num, tick.den);
    if (j.decoding) TRY(decode_open(in, in->video, &j.picture));
  }
  if (look->sound && j.decoding) TRY(decode_open(in, in->audio, &j.sound));
  TRY(read_all(&j));
  return finish(&j);
}
