/* Which way a camera was held, read from a photograph's EXIF block with a bounded cursor. Nothing else of it is read, and
 * nothing of it is kept. Pure. */
#ifndef CLIPVAULT_INGEST_WORKER_EXIF_H
#define CLIPVAULT_INGEST_WORKER_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation (1..8, see shape.h) stated in the beginning of a JPEG, PNG, WebP or TIFF file; 1 if none is. */
int exif_orientation(const uint8_t *file, size_t length);

#endif
