/* A photograph in a HEIF file (HEIC, AVIF), read by libheif: tiles put together, turned and mirrored as the file says, the
 * colours as RGB. libav 5.1 reads neither tiles nor turns. Nothing else of the file is looked at: neither its EXIF block,
 * whose orientation says the same once more, nor its other pictures, nor a film behind it. */
#ifndef CLIPVAULT_INGEST_WORKER_PHOTO_H
#define CLIPVAULT_INGEST_WORKER_PHOTO_H

#include "ingest/wire.h"
#include "ingest/worker/source.h"
#include "vault/base/err.h"

#include <libavutil/frame.h>
#include <stdbool.h>

/* Loads libheif's decoders, which may be plugins in files; to be called before the cage closes. It starts no thread. */
void photo_prepare(void);

struct photo;

/* Reads what the file, which ends at `end`, says of its main picture; ERR_DATA with a sentence if there is none that can be
 * decoded, or it has too many pixels. */
enum err photo_open(struct source *source, uint64_t end, bool avif, struct photo **out);
void photo_free(struct photo *p); /* takes NULL */

/* What probe_report says of other files. */
void photo_report(const struct photo *p, struct wire_report *out);

/* The picture, upright: RGB or RGBA, 8 bits a colour, or 16 with the transfer function named if it is HDR; with its ICC profile
 * as side data. *warnings counts what libheif passed over. */
enum err photo_decode(const struct photo *p, AVFrame *out, uint64_t *warnings);

/* Of libheif, for the record. */
const char *photo_tool(void);

#endif
