/* Regions in which nobody can be recognised, drawn over a frame before it is encoded. Planar 8-bit YUV of any subsampling. */
#ifndef CLIPVAULT_INGEST_WORKER_MASK_H
#define CLIPVAULT_INGEST_WORKER_MASK_H

#include "ingest/wire_marks.h"

#include <libavutil/frame.h>
#include <stdbool.h>

struct mask_box {
  int x, y, width, height;
};

/* Where the region lies at this frame, false if nowhere in the picture. Between two keys it covers both where a steady and where
 * an eased movement (smoothstep) would be; it is padded by a sixteenth of its sides and four pixels all around, cut to the
 * picture, and put on even pixels. Pure. */
bool mask_place(const struct wire_marks *marks, const struct wire_region *region, int64_t frame, int width, int height,
                struct mask_box *out);

/* How many cells a side of a box is averaged into: the shorter one into at most MASK_CELLS, none smaller than eight pixels, so
 * that what is left of a face does not grow with its size in the picture. Pure. */
enum { MASK_CELLS = 4, MASK_MOST_CELLS = 16 };
void mask_cells(int width, int height, int *across, int *down);

/* One plane of a picture: `box` in its own pixels, inside it. Nothing that comes out depends on what lies outside the box, and
 * nothing in it on more than the means of its cells. */
void mask_plane(uint8_t *data, int stride, struct mask_box box, enum wire_method method, int across, int down);

/* Draws all regions over frame number `number`, whose data is writable. ERR_BUG if the marks mean a picture of another size. */
enum err mask_draw(const struct wire_marks *marks, int64_t number, AVFrame *frame);

#endif
