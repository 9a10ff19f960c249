#include "ingest/worker/sound.h"

#include "ingest/worker/encode.h"

#include <libavutil/channel_layout.h>
#include <stdio.h>

enum { CHAIN_TEXT = 256 };
static const int64_t MOST_GAP_US = INT64_C(600) * 1000000;

static int copy_rate(int source_rate) { return source_rate % 11025 == 0 ? 44100 : 48000; }

enum err sound_open(const struct input *in, int64_t origin_us, struct mux *mux, struct derive *derive, struct sound *out) {
  *out = (struct sound){.mux = mux, .derive = derive, .origin_us = origin_us, .last_us = INT64_MIN};
  out->stream = in->format->streams[in->audio];
  out->decoded = av_frame_alloc();
  out->fresh = av_frame_alloc();
  out->packet = av_packet_alloc();
  if (!out->decoded || !out->fresh || !out->packet) return err_set(ERR_IO, "out of memory");
  const AVCodecParameters *p = out->stream->codecpar;
  TRY(decode_open(in, in->audio, &out->decode));
  out->decode.origin_us = origin_us;
  TRY(encode_open_sound(copy_rate(p->sample_rate), p->ch_layout.nb_channels > 1 ? 2 : 1, &out->encoder));
  out->waiting = av_audio_fifo_alloc(AV_SAMPLE_FMT_FLTP, out->encoder->ch_layout.nb_channels, 2 * ENCODE_SOUND_SAMPLES);
  if (!out->waiting) return err_set(ERR_IO, "out of memory");
  return mux_add(mux, MUX_SOUND, out->encoder);
}

void sound_close(struct sound *s) {
  voice_close(&s->voice);
  filter_close(&s->filter);
  decode_close(&s->decode);
  avcodec_free_context(&s->encoder);
  av_frame_free(&s->decoded);
  av_frame_free(&s->fresh);
  av_packet_free(&s->packet);
  if (s->waiting) av_audio_fifo_free(s->waiting);
  s->waiting = NULL;
}

/* A gap or overlap of a frame's length is closed at once; less is the clock's jitter, and mending it would click. aresample
 * counts first_pts in samples of what goes in; it fills or cuts so that the first sample lies there. */
static enum err open_filter(struct sound *s, const AVFrame *f) {
  int rate = s->encoder->sample_rate;
  char chain[CHAIN_TEXT];
  snprintf(chain, sizeof chain,
           "aresample=%d:async=1:min_hard_comp=0.04:first_pts=%lld:rematrix_maxval=1,aformat=sample_fmts=fltp:channel_layouts=%s:"
           "sample_rates=%d",
           rate, (long long)av_rescale(s->samples + av_audio_fifo_size(s->waiting), f->sample_rate, rate),
           s->encoder->ch_layout.nb_channels == 1 ? "mono" : "stereo", rate);
  return filter_open(&s->filter, f, (AVRational){1, f->sample_rate}, chain);
}

static enum err write_packets(struct sound *s) {
  for (bool have = true; have;) {
    TRY(encode_pull(s->encoder, s->packet, &have));
    if (have) TRY(mux_packet(s->mux, MUX_SOUND, s->packet));
  }
  return ERR_OK;
}

/* The next samples of those that wait, as one frame in s->fresh. */
static enum err take_waiting(struct sound *s, int samples) {
  AVFrame *f = s->fresh;
  f->format = AV_SAMPLE_FMT_FLTP;
  f->sample_rate = s->encoder->sample_rate;
  f->nb_samples = samples;
  bool made = av_channel_layout_copy(&f->ch_layout, &s->encoder->ch_layout) >= 0 && av_frame_get_buffer(f, 0) >= 0;
  if (!made || av_audio_fifo_read(s->waiting, (void **)f->extended_data, samples) != samples)
    return err_set(ERR_IO, "out of memory");
  return ERR_OK;
}

/* An encoder takes frames of one length; only the very last may be shorter. */
static enum err encode_waiting(struct sound *s, int least) {
  for (int size; (size = av_audio_fifo_size(s->waiting)) >= least && size > 0;) {
    TRY(take_waiting(s, size < ENCODE_SOUND_SAMPLES ? size : ENCODE_SOUND_SAMPLES));
    TRY(voice_frame(&s->voice, s->samples, s->fresh)); /* before anything else hears it */
    s->fresh->pts = s->samples;
    derive_sound(s->derive, s->fresh, s->samples);
    s->samples += s->fresh->nb_samples;
    TRY(encode_push(s->encoder, s->fresh));
    av_frame_unref(s->fresh);
    TRY(write_packets(s));
  }
  return ERR_OK;
}

static enum err encode_filtered(struct sound *s) {
  for (bool have = true; have;) {
    TRY(filter_pull(&s->filter, s->fresh, &have));
    if (!have) break;
    int samples = s->fresh->nb_samples;
    if (av_audio_fifo_write(s->waiting, (void **)s->fresh->extended_data, samples) != samples)
      return err_set(ERR_IO, "out of memory");
    av_frame_unref(s->fresh);
    TRY(encode_waiting(s, ENCODE_SOUND_SAMPLES));
  }
  return ERR_OK;
}

static enum err drain_filter(struct sound *s) {
  if (!s->filter.graph) return ERR_OK;
  TRY(filter_push(&s->filter, NULL));
  return encode_filtered(s);
}

/* Exact to the sample, which aresample is not: it lets a millisecond pass. */
static enum err cut(struct sound *s, AVFrame *f, bool *left) {
  int64_t zero = av_rescale(s->origin_us - range_start_us(s->range), f->sample_rate, 1000000);
  if (f->best_effort_timestamp == AV_NOPTS_VALUE)
    return err_set(ERR_DATA, "This recording's sound has no times; it cannot be cut.");
  int64_t at = av_rescale_q(f->best_effort_timestamp, s->stream->time_base, (AVRational){1, f->sample_rate}) - zero;
  return range_trim(s->range, f, at, left);
}

static enum err filter_frame(struct sound *s) {
  AVFrame *f = s->decoded;
  if (f->sample_rate <= 0 || f->nb_samples <= 0) return ERR_OK;
  if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) av_channel_layout_default(&f->ch_layout, f->ch_layout.nb_channels);
  int64_t at = s->last_us == INT64_MIN ? 0 : s->last_us;
  if (f->best_effort_timestamp != AV_NOPTS_VALUE)
    at = av_rescale_q(f->best_effort_timestamp, s->stream->time_base, AV_TIME_BASE_Q) - s->origin_us;
  if (at - (s->last_us == INT64_MIN ? 0 : s->last_us) > MOST_GAP_US)
    return err_set(ERR_DATA, "This recording's clock jumps by more than ten minutes; it is damaged.");
  s->last_us = at + av_rescale(f->nb_samples, 1000000, f->sample_rate);
  f->pts = av_rescale(at, f->sample_rate, 1000000);
  bool left = true;
  if (s->range && !s->range->whole) TRY(cut(s, f, &left));
  if (!left) return ERR_OK;
  if (!filter_fits(&s->filter, f)) {
    TRY(drain_filter(s));
    TRY(open_filter(s, f));
  }
  TRY(filter_push(&s->filter, f));
  return encode_filtered(s);
}

static enum err decode_frames(struct sound *s) {
  for (bool have = true; have;) {
    decode_pull(&s->decode, s->decoded, &have);
    if (have) TRY(filter_frame(s));
    av_frame_unref(s->decoded);
  }
  return ERR_OK;
}

enum err sound_packet(struct sound *s, const AVPacket *packet) {
  TRY(decode_push(&s->decode, packet));
  return decode_frames(s);
}

enum err sound_finish(struct sound *s) {
  TRY(decode_push(&s->decode, NULL));
  TRY(decode_frames(s));
  TRY(drain_filter(s));
  TRY(encode_waiting(s, 1));
  TRY(encode_push(s->encoder, NULL));
  return write_packets(s);
}
