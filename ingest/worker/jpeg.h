/* A small JPEG of a frame, without any metadata. */
#ifndef CLIPVAULT_INGEST_WORKER_JPEG_H
#define CLIPVAULT_INGEST_WORKER_JPEG_H

#include "ingest/worker/shape.h"
#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <libavutil/frame.h>

/* Scales the frame (of any pixel format, square pixels; it stays as it is) to `size` and appends the JPEG to `out`. `quality`:
 * 2 the best … 31 the smallest. */
enum err jpeg_make(const AVFrame *frame, struct shape_size size, int quality, struct bytes *out);

#endif
