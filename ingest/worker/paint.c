#include "ingest/worker/paint.h"

#include "ingest/wire_marks.h"
#include "ingest/worker/mask.h"
#include "ingest/worker/stamp.h"

enum err paint_open(const struct wire_order *order, struct paint *out) {
  *out = (struct paint){.order = order, .drawn = av_frame_alloc()};
  return out->drawn ? ERR_OK : err_set(ERR_IO, "out of memory");
}

void paint_close(struct paint *p) { av_frame_free(&p->drawn); }

enum err paint_frame(struct paint *p, int64_t number, AVFrame **frame) {
  bool masks = p->order->marks && p->order->marks->region_count, stamps = p->order->watermark[0];
  if (!masks && !stamps) return ERR_OK;
  av_frame_unref(p->drawn);
  if (av_frame_ref(p->drawn, *frame) < 0 || av_frame_make_writable(p->drawn) < 0) return err_set(ERR_IO, "out of memory");
  if (masks) TRY(mask_draw(p->order->marks, number, p->drawn));
  if (stamps) stamp_draw(p->order->watermark, number, p->drawn);
  *frame = p->drawn;
  return ERR_OK;
}
