/* What is kept of a clip's obscured rendition: who is covered by the marks that a person confirmed, the marks, how it was made.
 * Sealed under MK(XK), bound to the rendition's own body: who can write to the disk cannot let it cover someone it does not. */
#ifndef CLIPVAULT_OBSCURED_H
#define CLIPVAULT_OBSCURED_H

#include "vault/base/bytes.h"
#include "vault/vault.h"

enum { OBSCURED_TEXT = 256, OBSCURED_MOST_MARKS = 128 * 1024 };

struct obscured {
  struct bytes covered; /* struct id of persons, sorted */
  struct bytes marks;   /* as they were confirmed, for whoever shows or draws them; opaque here */
  int64_t confirmed_ms;
  struct id confirmed_by; /* account */
  char settings[OBSCURED_TEXT];
};

void obscured_free(struct obscured *o); /* wipes; takes any state */
#define obscured_auto obscured_free

/* ERR_MISSING if the clip has no obscured rendition. */
enum err obscured_load(struct vault *v, const struct id *clip, struct obscured *out);
/* Inside the transaction that puts the rendition's objects; `body` is that object. */
enum err obscured_put(struct vault *v, const struct id *clip, const struct id *body, const struct obscured *o);
/* Marks that a person is still working on, sealed under MK(XK) too. Inside a transaction; replaces earlier ones. */
enum err obscured_draft_put(struct vault *v, const struct id *clip, const struct bytes *marks);
enum err obscured_draft_get(struct vault *v, const struct id *clip, struct bytes *marks); /* ERR_MISSING if there are none */
bool obscured_covers(const struct obscured *o, const struct id *person);

#endif
