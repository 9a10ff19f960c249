#include "ingest/worker/derive.h"

#include "ingest/worker/link.h"

enum { MOST_CHANNELS = 2 };

enum err derive_picture(struct derive *d, const AVFrame *frame, int64_t time_us) {
  if (!d->wanted) return ERR_OK;
  uint64_t n = d->frames.count;
  frames_add(&d->frames, time_us, d->rate);
  TRY(poster_offer(&d->poster, frame, n, d->rate));
  return strip_offer(&d->strip, frame, n, d->rate);
}

void derive_key(struct derive *d, int64_t n) {
  if (d->wanted && n >= 0) frames_key(&d->frames, (uint64_t)n);
}

void derive_sound(struct derive *d, const AVFrame *frame, int64_t at) {
  if (!d->wanted || frame->format != AV_SAMPLE_FMT_FLTP) return;
  int channels = frame->ch_layout.nb_channels < MOST_CHANNELS ? frame->ch_layout.nb_channels : MOST_CHANNELS;
  int64_t due = (int64_t)d->peaks.samples;
  int64_t passed_over = at < due ? due - at : 0;
  d->sample_rate = (uint32_t)frame->sample_rate;
  if (at > due) peaks_silence(&d->peaks, (uint64_t)(at - due));
  if (passed_over >= frame->nb_samples) return;
  const float *planes[MOST_CHANNELS];
  for (int c = 0; c < channels; c++) planes[c] = (const float *)(const void *)frame->extended_data[c] + passed_over;
  peaks_add(&d->peaks, planes, channels, frame->nb_samples - (int)passed_over);
}

void derive_forget_picture(struct derive *d) {
  poster_free(&d->poster);
  strip_free(&d->strip);
  frames_free(&d->frames);
}

void derive_forget_sound(struct derive *d) { peaks_free(&d->peaks); }

static enum err send(enum wire_object which, struct bytes *object) {
  enum err failure = link_send_part(which, object->data, object->length);
  bytes_clear(object);
  return failure;
}

enum err derive_send(struct derive *d) {
  AUTO(bytes) struct bytes object = {0};
  TRY(poster_finish(&d->poster, &object));
  TRY(send(WIRE_POSTER, &object));
  TRY(strip_finish(&d->strip, &object));
  TRY(send(WIRE_STRIP, &object));
  TRY(peaks_finish(&d->peaks, d->sample_rate, &object));
  TRY(send(WIRE_PEAKS, &object));
  TRY(frames_finish(&d->frames, d->rate, d->origin_us, &object));
  return send(WIRE_FRAMES, &object);
}

void derive_free(struct derive *d) {
  derive_forget_picture(d);
  derive_forget_sound(d);
}
