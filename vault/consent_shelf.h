/* The consent books that one command needs again and again, each loaded once. The shelf belongs to the open vault; it is cleared
 * before each command and at every change of a consent or a person. */
#ifndef CLIPVAULT_CONSENT_SHELF_H
#define CLIPVAULT_CONSENT_SHELF_H

#include "vault/consent_book.h"

struct consent_shelf;

struct consent_shelf *consent_shelf_new(void); /* NULL if memory ran out */
void consent_shelf_clear(struct consent_shelf *s);
void consent_shelf_free(struct consent_shelf *s); /* takes NULL */

/* *out is the shelf's and lasts until the next call. Fails as consent_book_load. */
enum err consent_shelf_take(struct vault *v, const struct id *person, const struct consent_book **out);

#endif
