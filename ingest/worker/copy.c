#include "ingest/worker/copy.h"

#include "ingest/worker/compat.h"
#include "ingest/worker/elements.h"
#include "ingest/worker/shape.h"

#include <stdio.h>
#include <string.h>

enum { SOUND_FRAME = 1024, MOST_SHORT_SIDE = 1080, CONFIG_BYTES = 2, LOW_COMPLEXITY = 2 };

/* ---- what the file states ---- */

static int64_t start_us(const AVStream *st) {
  return st->start_time == AV_NOPTS_VALUE ? 0 : av_rescale_q(st->start_time, st->time_base, AV_TIME_BASE_Q);
}

/* Formats that can be read twice with the same result and whose packets need no headers of their own. */
static bool is_boxed(const struct input *in) {
  return strstr(in->format->iformat->name, "mp4") || strstr(in->format->iformat->name, "matroska");
}

static bool is_hdr(const AVCodecParameters *p) {
  return p->color_trc == AVCOL_TRC_SMPTE2084 || p->color_trc == AVCOL_TRC_ARIB_STD_B67 || p->color_primaries == AVCOL_PRI_BT2020;
}

static bool is_changed(const struct wire_order *order) {
  return order->marked || *order->watermark || order->from_frame > 0 || order->to_frame >= 0 || order->crf;
}

static bool picture_fits(const struct input *in, const struct wire_order *order, int64_t origin_us, char why[FITS_TEXT]) {
  const AVStream *st = in->format->streams[in->video];
  const AVCodecParameters *p = st->codecpar;
  AVRational ratio = st->sample_aspect_ratio.num ? st->sample_aspect_ratio : p->sample_aspect_ratio;
  struct units units;
  struct fits_picture facts = {
      .changed = is_changed(order),
      .codec = avcodec_get_name(p->codec_id),
      .profile = p->profile,
      .boxed = is_boxed(in) && units_open(p->extradata, (size_t)p->extradata_size, &units),
      .eight_bit_420 = p->format == AV_PIX_FMT_YUV420P || p->format == AV_PIX_FMT_YUVJ420P,
      .full_range = p->format == AV_PIX_FMT_YUVJ420P || p->color_range == AVCOL_RANGE_JPEG,
      .hdr = is_hdr(p),
      .interlaced = p->field_order > AV_FIELD_PROGRESSIVE,
      .turned = shape_of_matrix(compat_display_matrix(st)) != 1,
      .ratio_num = ratio.num,
      .ratio_den = ratio.den,
      .width = p->width,
      .height = p->height,
      .most_short = order->most_height ? (int)order->most_height : MOST_SHORT_SIDE,
      .late_us = start_us(st) - origin_us,
  };
  return fits_picture(&facts, why);
}

static bool sound_fits(const struct input *in, const struct wire_order *order, int64_t origin_us, char why[FITS_TEXT]) {
  const AVStream *st = in->format->streams[in->audio];
  const AVCodecParameters *p = st->codecpar;
  struct fits_sound facts = {
      .changed = is_changed(order),
      .codec = avcodec_get_name(p->codec_id),
      .profile = p->profile,
      .boxed = is_boxed(in) && p->extradata_size >= CONFIG_BYTES,
      .channels = p->ch_layout.nb_channels,
      .sample_rate = p->sample_rate,
      .late_us = start_us(st) - origin_us,
  };
  return fits_sound(&facts, why);
}

/* ---- deciding ---- */

static void print_fate(char *out, size_t room, bool copied, const struct look *look, bool verified) {
  if (!copied)
    snprintf(out, room, "re-encoded: %s", look->picture_why);
  else if (verified)
    snprintf(out, room, "copied: fits, %llu key frames verified", (unsigned long long)look->beat.key_frames);
  else
    snprintf(out, room, "copied: fits, not verified");
}

static void print_choice(struct copy *c, const struct wire_order *order, bool with_picture, bool with_sound) {
  char picture[FITS_TEXT + 16] = "", sound[FITS_TEXT + 16] = "";
  if (!order->may_copy) {
    snprintf(c->choice, sizeof c->choice, "re-encoded: as ordered");
    return;
  }
  if (with_picture) print_fate(picture, sizeof picture, c->picture, &c->look, order->verify);
  if (with_sound && c->sound)
    snprintf(sound, sizeof sound, "copied: fits");
  else if (with_sound)
    snprintf(sound, sizeof sound, "re-encoded: %s", c->look.sound_why);
  bool one_reason = (c->picture && c->sound) || strcmp(picture, sound) == 0;
  if (!with_picture || !with_sound)
    snprintf(c->choice, sizeof c->choice, "%s%s", picture, sound);
  else if (one_reason)
    snprintf(c->choice, sizeof c->choice, "%s", picture);
  else
    snprintf(c->choice, sizeof c->choice, "picture %.70s; sound %s", picture, sound);
}

/* The same file, from its beginning, as it was the first time. */
static enum err reopen(struct input *in) {
  struct source *source = in->source;
  input_close(in);
  return input_open(source, "", in);
}

enum err copy_consider(struct input *in, const struct wire_order *order, struct cadence_rate rate, int64_t origin_us,
                       bool with_picture, bool with_sound, struct derive *derive, struct copy *out) {
  *out = (struct copy){.rate = rate};
  struct look *look = &out->look;
  if (order->may_copy) {
    look->picture = with_picture && picture_fits(in, order, origin_us, look->picture_why);
    look->sound = with_sound && sound_fits(in, order, origin_us, look->sound_why);
  }
  if (look->picture || look->sound) {
    TRY(look_run(in, order, rate, origin_us, derive, look));
    TRY(reopen(in));
  }
  out->picture = look->picture;
  out->sound = look->sound;
  print_choice(out, order, with_picture, with_sound);
  return ERR_OK;
}

/* ---- copying ---- */

/* Parameters that say how to decode, and nothing else that stood in the file. */
static AVCodecParameters *bare_parameters(const AVCodecParameters *from, const struct bytes *extradata) {
  AVCodecParameters *p = avcodec_parameters_alloc();
  bool whole = p && !extradata->failed && avcodec_parameters_copy(p, from) >= 0;
  if (whole) {
    compat_drop_side_data(p);
    av_freep(&p->extradata);
    p->extradata_size = 0;
    p->codec_tag = 0;
    p->extradata = av_mallocz(extradata->length + AV_INPUT_BUFFER_PADDING_SIZE);
  }
  if (!whole || !p->extradata) {
    avcodec_parameters_free(&p);
    return NULL;
  }
  memcpy(p->extradata, extradata->data, extradata->length);
  p->extradata_size = (int)extradata->length;
  return p;
}

static enum err add(struct copy *c, enum mux_track track, const AVCodecParameters *from, const struct bytes *extradata,
                    AVRational time_base, AVRational rate) {
  AVCodecParameters *bare = bare_parameters(from, extradata);
  if (!bare) return err_set(ERR_IO, "out of memory");
  enum err failure = mux_add_copied(c->mux, track, bare, time_base, rate);
  avcodec_parameters_free(&bare);
  return failure;
}

/* ISO/IEC 14496-3, 1.6.2.1: five bits of object type, four of rate, four of channels, three zero. */
static void put_sound_config(struct bytes *out, const AVCodecParameters *p) {
  unsigned rate = p->sample_rate == 44100 ? 4 : 3, channels = (unsigned)p->ch_layout.nb_channels;
  unsigned config = LOW_COMPLEXITY << 11 | rate << 7 | channels << 3;
  bytes_put_u8(out, (uint8_t)(config >> 8));
  bytes_put_u8(out, (uint8_t)config);
}

enum err copy_begin(struct copy *c, const struct input *in, int64_t origin_us, struct mux *mux) {
  AUTO(bytes) struct bytes extradata = {0};
  c->mux = mux;
  c->packet = av_packet_alloc();
  if (!c->packet) return err_set(ERR_IO, "out of memory");
  if (c->picture) {
    const AVCodecParameters *p = (c->picture_stream = in->format->streams[in->video])->codecpar;
    if (!units_open(p->extradata, (size_t)p->extradata_size, &c->units)) return err_set(ERR_BUG, "parameters are gone");
    TRY(units_record(&c->units, &extradata));
    AVRational rate = {c->rate.num, c->rate.den};
    TRY(add(c, MUX_PICTURE, p, &extradata, av_inv_q(rate), rate));
  }
  if (c->sound) {
    const AVCodecParameters *p = (c->sound_stream = in->format->streams[in->audio])->codecpar;
    AVRational sample = {1, p->sample_rate};
    c->first_sample =
        av_rescale_q(c->look.sound_first, c->sound_stream->time_base, sample) - av_rescale_q(origin_us, AV_TIME_BASE_Q, sample);
    bytes_clear(&extradata);
    put_sound_config(&extradata, p);
    TRY(add(c, MUX_SOUND, p, &extradata, sample, (AVRational){0, 1}));
  }
  return ERR_OK;
}

/* Where it goes and how long it lasts, by the copy's clock; nothing else of what a packet carries goes along. */
static enum err write(struct copy *c, enum mux_track track, int64_t pts, int64_t dts, int64_t duration, bool key) {
  AVPacket *p = c->packet;
  av_packet_free_side_data(p);
  p->pts = pts;
  p->dts = dts;
  p->duration = duration;
  p->pos = -1;
  p->flags = key ? AV_PKT_FLAG_KEY : 0;
  enum err failure = mux_packet(c->mux, track, p);
  av_packet_unref(p);
  return failure;
}

static enum err take_clean(struct copy *c, size_t length) {
  if (c->clean.failed || av_new_packet(c->packet, (int)length) < 0) return err_set(ERR_IO, "out of memory");
  memcpy(c->packet->data, c->clean.data, length);
  return ERR_OK;
}

static enum err copy_picture(struct copy *c, const AVPacket *packet) {
  struct units_seen seen;
  if (packet->pts == AV_NOPTS_VALUE || !units_look(&c->units, packet->data, (size_t)packet->size, &seen))
    return err_set(ERR_BUG, "a frame was whole a moment ago");
  if (seen.plain) {
    if (av_packet_ref(c->packet, packet) < 0) return err_set(ERR_IO, "out of memory");
  } else {
    bytes_clear(&c->clean);
    TRY(units_clean(&c->units, packet->data, (size_t)packet->size, &c->clean));
    TRY(take_clean(c, c->clean.length));
  }
  int64_t dts = (int64_t)c->pictures++ - c->look.beat.delay;
  return write(c, MUX_PICTURE, beat_place(&c->look.beat, packet->pts), dts, 1, seen.idr);
}

static enum err copy_sound(struct copy *c, const AVPacket *packet) {
  bytes_clear(&c->clean);
  bytes_put(&c->clean, packet->data, (size_t)packet->size);
  TRY(bytes_check(&c->clean));
  size_t length = c->clean.length;
  if (!elements_clean(c->clean.data, &length, c->sound_stream->codecpar->ch_layout.nb_channels))
    return err_set(ERR_BUG, "a sound was whole a moment ago");
  TRY(take_clean(c, length));
  int64_t at = c->first_sample + (int64_t)c->sounds++ * SOUND_FRAME;
  return write(c, MUX_SOUND, at, at, SOUND_FRAME, true);
}

enum err copy_packet(struct copy *c, const struct input *in, const AVPacket *packet) {
  return packet->stream_index == in->video ? copy_picture(c, packet) : copy_sound(c, packet);
}

enum err copy_finish(const struct copy *c) {
  bool whole = (!c->picture || c->pictures == c->look.beat.packets) && (!c->sound || c->sounds == c->look.sound_packets);
  return whole ? ERR_OK : err_set(ERR_BUG, "the recording was read differently the second time");
}

void copy_close(struct copy *c) {
  bytes_free(&c->clean);
  av_packet_free(&c->packet);
}
