/* What is drawn over the moving picture before anything is made of it: first what must not be recognised, then a watermark. */
#ifndef CLIPVAULT_INGEST_WORKER_PAINT_H
#define CLIPVAULT_INGEST_WORKER_PAINT_H

#include "ingest/wire.h"

#include <libavutil/frame.h>

struct paint {
  const struct wire_order *order; /* borrowed */
  AVFrame *drawn;
};

/* Close it whatever the result. */
enum err paint_open(const struct wire_order *order, struct paint *out);
/* Frame `number`: *frame stays if there is nothing to draw, else becomes a painted copy that lives until the next call. What came
 * in is left as it is, for it may be shown again, as another number. */
enum err paint_frame(struct paint *p, int64_t number, AVFrame **frame);
void paint_close(struct paint *p);

#endif
