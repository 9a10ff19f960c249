/* JPEGs of frames, without any metadata. */
#ifndef CLIPVAULT_INGEST_WORKER_JPEG_H
#define CLIPVAULT_INGEST_WORKER_JPEG_H

#include "ingest/wire.h"
#include "ingest/worker/decode.h"
#include "ingest/worker/shape.h"
#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <libavutil/frame.h>

/* A small one. Scales the frame (of any pixel format, square pixels; it stays as it is) to `size` and appends the JPEG to `out`.
 * `quality`: 2 the best … 31 the smallest. */
enum err jpeg_make(const AVFrame *frame, struct shape_size size, int quality, struct bytes *out);

/* What is kept of a picture, as it is: the object `body`, of the best quality. The frame is yuvj420p or yuvj444p, and loses its
 * side data. */
enum err jpeg_send(AVFrame *frame);
/* What is said of that one. */
void jpeg_account(const AVFrame *frame, const struct decode *d, struct wire_summary *out);

#endif
