/* Reading a certificate's JSON, for those who must look into it: the page, and the check of its place in the log. It is asked
 * only after the signature held, so it meets nothing but what a vault wrote; it is strict and bounded all the same. Exactly the
 * form of vault/json.h is taken: no space between tokens, whole numbers, no name twice in an object, at most 12 levels.
 *
 *   AUTO(statement_read) struct statement_read r = {0};
 *   TRY(statement_read_parse(data, length, &r));
 *   const char *reason = statement_read_text(&r, statement_read_root(&r), "reason"); */
#ifndef CLIPVAULT_STATEMENT_READ_H
#define CLIPVAULT_STATEMENT_READ_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

struct statement_node {
  char kind;                /* '{' '[' '"' '0' (a number) or 'w' (true, false, null) */
  size_t key, text;         /* places in `texts`; of a text without its escapes, of a number as written */
  size_t first, next, last; /* numbers of nodes; 0: none. last: of the children */
};

struct statement_read {
  struct bytes nodes; /* struct statement_node, the root first */
  struct bytes texts; /* NUL-terminated one after another, "" at 0 */
};
void statement_read_free(struct statement_read *r);
#define statement_read_auto statement_read_free

/* ERR_DATA if it is anything else. */
enum err statement_read_parse(const void *data, size_t length, struct statement_read *out);

const struct statement_node *statement_read_root(const struct statement_read *r);
/* NULL: there is none. `of` may be NULL. */
const struct statement_node *statement_read_member(const struct statement_read *r, const struct statement_node *of,
                                                   const char *name);
const struct statement_node *statement_read_first(const struct statement_read *r, const struct statement_node *of);
const struct statement_node *statement_read_next(const struct statement_read *r, const struct statement_node *of);
/* Of a text, number or word; "" for anything else and for what is not there. */
const char *statement_read_value(const struct statement_read *r, const struct statement_node *of);
const char *statement_read_text(const struct statement_read *r, const struct statement_node *of, const char *name);
/* Its number, or 0. */
uint64_t statement_read_number(const struct statement_read *r, const struct statement_node *of, const char *name);

#endif
