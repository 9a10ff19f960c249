#include "ingest/worker/range.h"

#include "ingest/worker/fault.h"

#include <libavutil/samplefmt.h>

/* An AAC decoder needs the packet before; at 8 kHz that is 128 ms. */
enum { PREROLL_US = 300 * 1000 };

struct range range_of(const struct wire_order *order, struct cadence_rate rate, bool picture) {
  struct range r = {.from = order->from_frame, .to = order->to_frame < 0 ? INT64_MAX : order->to_frame, .rate = rate};
  if (!picture) r.rate = (struct cadence_rate){1000, 1};
  r.whole = r.from == 0 && r.to == INT64_MAX;
  return r;
}

int64_t range_start_us(const struct range *r) { return av_rescale(r->from, INT64_C(1000000) * r->rate.den, r->rate.num); }

int64_t range_sample(const struct range *r, int64_t frame, int sample_rate) {
  return frame == INT64_MAX ? INT64_MAX : av_rescale(frame, (int64_t)sample_rate * r->rate.den, r->rate.num);
}

int64_t range_length(const struct range *r) { return r->to == INT64_MAX ? INT64_MAX : r->to - r->from; }

static int64_t start_of(const AVStream *st) { return st->start_time == AV_NOPTS_VALUE ? 0 : st->start_time; }

int64_t range_frame(const struct range *r, const AVStream *stream, int64_t pts) {
  return av_rescale_q(pts - start_of(stream), stream->time_base, (AVRational){r->rate.den, r->rate.num});
}

enum err range_seek(const struct range *r, const struct input *in) {
  int stream = in->video >= 0 ? in->video : in->audio;
  const AVStream *st = in->format->streams[stream];
  /* Demuxers look for the time of decoding, which lies before that of showing by as many frames as may be reordered. */
  int64_t reordered_us = av_rescale(st->codecpar->video_delay + 1, INT64_C(1000000) * r->rate.den, r->rate.num);
  int64_t at_us = range_start_us(r) - PREROLL_US - reordered_us;
  int64_t at = start_of(st) + av_rescale_q(at_us > 0 ? at_us : 0, AV_TIME_BASE_Q, st->time_base);
  int result = av_seek_frame(in->format, stream, at, AVSEEK_FLAG_BACKWARD);
  return result < 0 ? fault_set(result, "This film cannot be entered in its middle") : source_check(in->source);
}

enum err range_trim(struct range *r, AVFrame *f, int64_t at, bool *left) {
  int64_t first = range_sample(r, r->from, f->sample_rate), end = range_sample(r, r->to, f->sample_rate);
  int64_t begin = at > first ? at : first, stop = at + f->nb_samples < end ? at + f->nb_samples : end;
  if (at + f->nb_samples >= end) r->sound_over = true;
  *left = begin < stop;
  if (!*left) return ERR_OK;
  if (begin > at) {
    if (av_frame_make_writable(f) < 0) return err_set(ERR_IO, "out of memory");
    av_samples_copy(f->extended_data, f->extended_data, 0, (int)(begin - at), (int)(stop - begin), f->ch_layout.nb_channels,
                    f->format);
  }
  f->nb_samples = (int)(stop - begin);
  f->pts = begin - first;
  return ERR_OK;
}
