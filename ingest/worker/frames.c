#include "ingest/worker/frames.h"

enum { VERSION = 1, MOST_KEY = 1 << 30 };

void frames_put_varint(struct bytes *out, int64_t n) {
  uint64_t rest = ((uint64_t)n << 1) ^ (n < 0 ? UINT64_MAX : 0);
  for (; rest > 0x7f; rest >>= 7) bytes_put_u8(out, (uint8_t)(rest | 0x80));
  bytes_put_u8(out, (uint8_t)rest);
}

int64_t frames_get_varint(struct bytes_reader *r) {
  uint64_t folded = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t byte = bytes_get_u8(r);
    folded |= (uint64_t)(byte & 0x7f) << shift;
    if (shift == 63 && byte > 1) break;
    if (!(byte & 0x80)) return (int64_t)(folded >> 1) ^ -(int64_t)(folded & 1);
  }
  r->failed = true;
  return 0;
}

static int64_t beat_us(struct cadence_rate rate) { return INT64_C(1000000) * rate.den / rate.num; }

/* Only what differs from an even beat is written: a byte a frame for most films. */
void frames_add(struct frames *f, int64_t time_us, struct cadence_rate rate) {
  int64_t expected = f->count ? f->last_us + beat_us(rate) : 0;
  frames_put_varint(&f->times, time_us - expected);
  f->last_us = time_us;
  f->count++;
}

void frames_key(struct frames *f, uint64_t n) {
  size_t place = (size_t)(n / 8);
  if (n > MOST_KEY) return;
  if (place >= f->starts.length) bytes_extend(&f->starts, place + 1 - f->starts.length);
  if (!f->starts.failed) f->starts.data[place] |= (uint8_t)(1 << n % 8);
}

enum err frames_finish(const struct frames *f, struct cadence_rate rate, int64_t origin_us, struct bytes *out) {
  if (!f->count) return ERR_OK;
  TRY(bytes_check(&f->times));
  TRY(bytes_check(&f->starts));
  bytes_put(out, "CVFR", 4);
  bytes_put_u16(out, VERSION);
  bytes_put_u16(out, 0);
  bytes_put_u32(out, (uint32_t)rate.num);
  bytes_put_u32(out, (uint32_t)rate.den);
  bytes_put_u32(out, f->count);
  bytes_put_u64(out, (uint64_t)origin_us);
  for (size_t i = 0; i < (f->count + 7u) / 8; i++) bytes_put_u8(out, i < f->starts.length ? f->starts.data[i] : 0);
  bytes_put(out, f->times.data, f->times.length);
  return bytes_check(out);
}

void frames_free(struct frames *f) {
  bytes_free(&f->times);
  bytes_free(&f->starts);
  *f = (struct frames){0};
}
