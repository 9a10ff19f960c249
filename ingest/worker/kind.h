/* What a file is, by its content: libmagic as a hint, and the words in which a file is refused. The worker is never told
 * a file's name. */
#ifndef CLIPVAULT_INGEST_WORKER_KIND_H
#define CLIPVAULT_INGEST_WORKER_KIND_H

#include "ingest/worker/source.h"
#include "vault/base/err.h"

enum { KIND_TEXT = 80 };

/* Loads libmagic's database; to be called before the cage closes. Without one there are no hints. */
void kind_prepare(void);

/* libmagic's MIME type of the file's beginning, "" if it has no opinion. Only ever a hint. */
enum err kind_hint(struct source *s, char out[KIND_TEXT]);

/* ERR_DATA for what is refused before any library looks at it: nothing in it, animated WebP. */
enum err kind_check(struct source *s);

/* What only libheif reads: by the brand in its first box. */
enum kind_photo { KIND_NO_PHOTO, KIND_HEIC, KIND_AVIF };
enum err kind_photo(struct source *s, enum kind_photo *out);

/* Why libav could not make anything of the file: always fails, ERR_DATA with a sentence for a person. */
enum err kind_refuse(struct source *s, const char *hint);

#endif
