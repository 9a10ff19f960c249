/* The consent books of the people in many clips, each loaded once. For one pass over clips within one transaction, in which
 * nobody's consents change: a shelf that outlived such a change would answer with what was said before. */
#ifndef CLIPVAULT_CONSENT_SHELF_H
#define CLIPVAULT_CONSENT_SHELF_H

#include "vault/consent_book.h"

enum { CONSENT_SHELF_BOOKS = 32 };

/* Begins as {0}. When it is full, the oldest book makes room. */
struct consent_shelf {
  struct consent_book books[CONSENT_SHELF_BOOKS];
  size_t count, next;
};

void consent_shelf_free(struct consent_shelf *s);
#define consent_shelf_auto consent_shelf_free

/* *out is the shelf's and lasts until the next call. Fails as consent_book_load. */
enum err consent_shelf_take(struct consent_shelf *s, struct vault *v, const struct id *person, const struct consent_book **out);

#endif
