#include "ingest/worker/poster.h"

#include "ingest/worker/jpeg.h"
#include "ingest/worker/tiles.h"

enum { LOOKED_AT_SECONDS = 30, LOOKS_A_SECOND = 2, QUALITY = 4 };

static bool looked_at(uint64_t n, struct cadence_rate rate) {
  uint64_t step = (uint64_t)rate.num / ((uint64_t)rate.den * LOOKS_A_SECOND);
  return n * (uint64_t)rate.den < (uint64_t)rate.num * LOOKED_AT_SECONDS && n % (step ? step : 1) == 0;
}

static uint64_t detail_of(const AVFrame *frame) {
  uint8_t small[TILES_LONG_SIDE * TILES_LONG_SIDE];
  struct shape_size whole = {frame->width, frame->height}, size = tiles_size(whole);
  tiles_shrink(frame->data[0], frame->linesize[0], whole, small, size);
  return tiles_detail(small, size);
}

enum err poster_offer(struct poster *p, const AVFrame *frame, uint64_t n, struct cadence_rate rate) {
  if (!looked_at(n, rate)) return ERR_OK;
  uint64_t detail = detail_of(frame);
  if (p->best && detail <= p->detail) return ERR_OK;
  av_frame_free(&p->best);
  p->best = av_frame_clone(frame);
  p->detail = detail;
  return p->best ? ERR_OK : err_set(ERR_IO, "out of memory");
}

enum err poster_of_still(const AVFrame *still, struct bytes *out) {
  struct shape_size size = shape_upright((struct shape_size){still->width, still->height}, 1, 1, 1, POSTER_SHORT_SIDE, true);
  return jpeg_make(still, size, QUALITY, out);
}

enum err poster_finish(const struct poster *p, struct bytes *out) { return p->best ? poster_of_still(p->best, out) : ERR_OK; }

void poster_free(struct poster *p) { av_frame_free(&p->best); }
