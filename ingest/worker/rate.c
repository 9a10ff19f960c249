#include "ingest/worker/rate.h"

#include <stdlib.h>

enum { MOST_MEASURED = 20000 };

static struct cadence_rate rate_of(AVRational r) { return (struct cadence_rate){r.num, r.den}; }

/* Times of the picture's packets in seconds, in the order in which they are shown. */
struct times {
  double *seconds;
  size_t count;
};

static void times_auto(struct times *t) { free(t->seconds); }

static int by_time(const void *a, const void *b) {
  double first = *(const double *)a, second = *(const double *)b;
  return (first > second) - (first < second);
}

static enum err read_times(const struct input *in, struct times *out) {
  double unit = av_q2d(in->format->streams[in->video]->time_base);
  AVPacket *packet = av_packet_alloc();
  out->seconds = calloc(MOST_MEASURED, sizeof *out->seconds);
  if (!packet || !out->seconds) {
    av_packet_free(&packet);
    return err_set(ERR_IO, "out of memory");
  }
  while (out->count < MOST_MEASURED && av_read_frame(in->format, packet) >= 0) {
    int64_t at = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    bool shown = packet->stream_index == in->video && at != AV_NOPTS_VALUE && !(packet->flags & AV_PKT_FLAG_DISCARD);
    if (shown) out->seconds[out->count++] = (double)at * unit;
    av_packet_unref(packet);
  }
  av_packet_free(&packet);
  qsort(out->seconds, out->count, sizeof *out->seconds, by_time);
  return source_check(in->source);
}

static struct cadence_rate average_of(const struct times *t) {
  double length = t->count < 2 ? 0 : t->seconds[t->count - 1] - t->seconds[0];
  return length > 0 ? rate_of(av_d2q((double)(t->count - 1) / length, 100000)) : (struct cadence_rate){0, 0};
}

static enum err measure(struct input *in, const char *hint, bool fit, struct cadence_rate nominal, struct cadence_rate *chosen) {
  AUTO(times) struct times times = {0};
  TRY(read_times(in, &times));
  struct cadence_rate average = average_of(&times);
  bool enough = fit && average.num > 0;
  *chosen = enough ? cadence_fit(times.seconds, times.count, nominal, average) : cadence_choose(nominal, average);
  struct source *source = in->source;
  input_close(in);
  return input_open(source, hint, in);
}

enum err rate_find(struct input *in, const char *hint, struct cadence_rate *chosen, bool *varies) {
  const AVStream *st = in->format->streams[in->video];
  struct cadence_rate nominal = rate_of(st->r_frame_rate), average = rate_of(st->avg_frame_rate);
  bool stated = average.num > 0 && average.num <= 240 * (int64_t)average.den;
  /* The nominal rate of interlaced films may be that of their fields. */
  bool fields = st->codecpar->field_order > AV_FIELD_PROGRESSIVE;
  *varies = cadence_varies(nominal, average);
  if (!stated) return measure(in, hint, false, nominal, chosen);
  if (*varies && !fields) return measure(in, hint, true, nominal, chosen);
  *chosen = cadence_choose(nominal, average);
  return ERR_OK;
}
