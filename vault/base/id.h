/* Ids: 128 random bits, printed with a prefix that says what they name ("clp_" + 26 characters of lower-case
 * base32, RFC 4648 alphabet, no padding). Rows and file names use them; nothing is derived from a name. */
#ifndef CLIPVAULT_BASE_ID_H
#define CLIPVAULT_BASE_ID_H

#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct id {
  uint8_t b[16];
};

enum id_kind {
  ID_VAULT,       /* vlt_ */
  ID_PERSON,      /* per_ */
  ID_CASE,        /* cas_ */
  ID_CONSENT,     /* con_ */
  ID_CLIP,        /* clp_ */
  ID_USER,        /* usr_ */
  ID_HOLD,        /* hld_ */
  ID_CERTIFICATE, /* crt_ */
  ID_SLOT,        /* slt_ */
  ID_OBJECT,      /* obj_ */
  ID_JOB,         /* job_ */
  ID_GRANT,       /* grn_ */
  ID_UPLOAD,      /* upl_ */
  ID_REMARK,      /* rem_ */
  ID_CYCLE,       /* cyc_ */
  ID_GOAL,        /* goa_ */
  ID_SUPERVISION, /* sup_ */
};

#define ID_LAST ID_SUPERVISION

enum { ID_TEXT = 4 + 26 + 1 };

struct id id_new(void);
bool id_equal(const struct id *a, const struct id *b);
bool id_is_zero(const struct id *a);
/* For qsort: byte order, which is also the order in which people enter a KEK. */
int id_compare(const void *a, const void *b);

/* Writes prefix, text and NUL to out, and returns out. */
const char *id_format(enum id_kind kind, const struct id *id, char out[ID_TEXT]);
/* ERR_USAGE, naming what was expected, unless `text` is exactly what id_format(kind) prints. */
enum err id_parse(enum id_kind kind, const char *text, struct id *out);

#endif
