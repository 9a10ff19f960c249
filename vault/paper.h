/* Papers that a service must have on file, filled from what the vault knows of itself: texts in vault/papers/ in which {{name}}
 * stands for a fact. Pure: what is a fact, and where it comes from, is the caller's (vault/cmd_report.c). */
#ifndef CLIPVAULT_PAPER_H
#define CLIPVAULT_PAPER_H

#include "vault/base/bytes.h"

#include <stddef.h>

struct paper_fact {
  const char *name;
  const char *text; /* no line breaks where it stands in a table */
};

/* The shipped text of "dpia" or "processing"; NULL for any other name. */
const char *paper_text(const char *name);

/* Appends `text` with every {{name}} replaced. ERR_BUG for a name that is no fact, and for one that is not closed. */
enum err paper_fill(const char *text, size_t count, const struct paper_fact facts[], struct bytes *out);

#endif
