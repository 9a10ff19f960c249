/* A visible watermark: a line of text, repeated all over the picture, half transparent, slowly moving, so that no part of a
 * frame is without it and no one place hides what is below. */
#ifndef CLIPVAULT_INGEST_WORKER_STAMP_H
#define CLIPVAULT_INGEST_WORKER_STAMP_H

#include <libavutil/frame.h>
#include <stdint.h>

/* What lies at this pixel of frame `number`: 1 a letter, -1 its shadow, 0 nothing. `dot` is the size of a letter's dot in
 * pixels. Pure. */
int stamp_at(const char *text, int dot, int64_t number, int x, int y);

/* Draws on the brightness of a planar 8-bit YUV frame whose data is writable. */
void stamp_draw(const char *text, int64_t number, AVFrame *frame);

#endif
