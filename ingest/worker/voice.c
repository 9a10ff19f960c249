#include "ingest/worker/voice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_MS = 50, MOST_SAMPLES = 65536 };

/* Far enough from 1 at every moment. To which side is up to the seed. */
static const double ranges[2][2] = {{0.66, 0.82}, {1.24, 1.48}};

/* splitmix64: not secret by itself, its seed is. */
static double next_random(struct voice *v) {
  uint64_t z = v->random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (double)((z ^ z >> 31) >> 11) / (double)(UINT64_C(1) << 53);
}

static void choose_target(struct voice *v) { v->target = v->low + (v->high - v->low) * next_random(v); }

enum err voice_open(const struct wire_marks *marks, int sample_rate, struct voice *out) {
  *out = (struct voice){.marks = marks, .rate = sample_rate, .window = sample_rate * WINDOW_MS / 1000};
  if (!marks) return ERR_OK;
  for (uint32_t i = 0; i < marks->voice_count; i++) out->alters |= marks->voices[i].hush == WIRE_ALTER;
  if (!out->alters) return ERR_OK;
  out->random = marks->seed;
  const double *range = ranges[next_random(out) < 0.5 ? 0 : 1];
  out->low = range[0];
  out->high = range[1];
  choose_target(out);
  out->pitch = out->target;
  for (int i = 0; i < VOICE_CHANNELS; i++) out->past[i] = calloc((size_t)out->window + 1, sizeof(float));
  return out->past[0] && out->past[1] ? ERR_OK : err_set(ERR_IO, "out of memory");
}

void voice_close(struct voice *v) {
  for (int i = 0; i < VOICE_CHANNELS; i++) {
    free(v->past[i]);
    v->past[i] = NULL;
  }
}

/* ---- altering: two readers run through the last moments faster or slower than they pass, and take turns */

/* A new aim about once a second, approached within a third of one. */
static void wander(struct voice *v) {
  if (next_random(v) * v->rate < 1) choose_target(v);
  v->pitch += (v->target - v->pitch) * 3 / v->rate;
  v->phase += (1 - v->pitch) / v->window;
  v->phase -= floor(v->phase);
}

static float read_back(const float *ring, int size, int64_t newest, double back) {
  double place = (double)(newest % size) + size - back;
  int first = (int)place;
  double part = place - first;
  return (float)(ring[first % size] * (1 - part) + ring[(first + 1) % size] * part);
}

static void alter(struct voice *v, AVFrame *frame, int channels, float *const out[VOICE_CHANNELS]) {
  int size = v->window + 1;
  for (int n = 0; n < frame->nb_samples; n++, v->at++) {
    wander(v);
    double other = v->phase < 0.5 ? v->phase + 0.5 : v->phase - 0.5;
    double weight = 1 - fabs(2 * v->phase - 1); /* a reader is silent where it jumps */
    for (int c = 0; c < channels; c++) {
      v->past[c][v->at % size] = ((const float *)(const void *)frame->extended_data[c])[n];
      double a = read_back(v->past[c], size, v->at, v->phase * (v->window - 1));
      double b = read_back(v->past[c], size, v->at, other * (v->window - 1));
      out[c][n] = (float)(a * weight + b * (1 - weight));
    }
  }
}

/* ---- where */

/* Which samples of a frame [first, first + count) a marked stretch takes: [*from, *to) of the frame. */
static bool overlap(const struct voice *v, const struct wire_voice *w, int64_t first, int count, int *from, int *to) {
  int64_t begin = first * 1000 / v->rate, end = (first + count) * 1000 / v->rate + 1;
  int64_t stop_ms = w->to_ms > INT64_MAX - VOICE_PAD_MS ? INT64_MAX : w->to_ms + VOICE_PAD_MS;
  int64_t start_ms = w->from_ms - VOICE_PAD_MS;
  if (start_ms >= end || stop_ms <= begin) return false;
  int64_t a = start_ms <= begin ? 0 : start_ms * v->rate / 1000 - first;
  int64_t b = stop_ms >= end ? count : stop_ms * v->rate / 1000 - first;
  *from = a < 0 ? 0 : (int)a;
  *to = b > count ? count : (int)b;
  return *from < *to;
}

static void put_altered(struct voice *v, int64_t first, AVFrame *frame, int channels, float *const altered[VOICE_CHANNELS]) {
  int from, to;
  for (uint32_t i = 0; i < v->marks->voice_count; i++) {
    const struct wire_voice *w = &v->marks->voices[i];
    if (w->hush != WIRE_ALTER || !overlap(v, w, first, frame->nb_samples, &from, &to)) continue;
    for (int c = 0; c < channels; c++)
      memcpy((float *)(void *)frame->extended_data[c] + from, altered[c] + from, (size_t)(to - from) * sizeof(float));
  }
}

static void mute(struct voice *v, int64_t first, AVFrame *frame, int channels) {
  int from, to;
  for (uint32_t i = 0; i < v->marks->voice_count; i++) {
    const struct wire_voice *w = &v->marks->voices[i];
    if (w->hush != WIRE_MUTE || !overlap(v, w, first, frame->nb_samples, &from, &to)) continue;
    for (int c = 0; c < channels; c++)
      memset((float *)(void *)frame->extended_data[c] + from, 0, (size_t)(to - from) * sizeof(float));
  }
}

enum err voice_frame(struct voice *v, int64_t first, AVFrame *frame) {
  int channels = frame->ch_layout.nb_channels;
  if (!v->marks || !v->marks->voice_count) return ERR_OK;
  if (frame->format != AV_SAMPLE_FMT_FLTP || channels > VOICE_CHANNELS || frame->nb_samples > MOST_SAMPLES)
    return err_set(ERR_BUG, "sound whose form cannot be altered");
  if (av_frame_make_writable(frame) < 0) return err_set(ERR_IO, "out of memory");
  if (v->alters) {
    float *room = calloc((size_t)frame->nb_samples * VOICE_CHANNELS, sizeof *room);
    if (!room) return err_set(ERR_IO, "out of memory");
    float *const altered[VOICE_CHANNELS] = {room, room + frame->nb_samples};
    alter(v, frame, channels, altered);
    put_altered(v, first, frame, channels, altered);
    free(room);
  }
  mute(v, first, frame, channels);
  return ERR_OK;
}
