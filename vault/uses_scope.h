/* Inside uses*.c only: under which scope each person's consent must stand for one rendition of a clip, and what follows. */
#ifndef CLIPVAULT_USES_SCOPE_H
#define CLIPVAULT_USES_SCOPE_H

#include "vault/consent_shelf.h"
#include "vault/obscured.h"
#include "vault/uses.h"

struct uses_scope {
  struct consent_clip as_filmed; /* what the clip brings to the question of consent */
  bool obscures;
  struct obscured covering; /* whom the rendition covers, where it obscures */
};
void uses_scope_free(struct uses_scope *s);
#define uses_scope_auto uses_scope_free

enum err uses_scope_load(struct vault *v, const struct index_clip *clip, const char *rendition, struct uses_scope *out);
/* The question to ask this person's consents: obscured for who is covered, as filmed for everyone else. */
struct consent_clip uses_scope_of(const struct uses_scope *s, const struct id *person);

/* uses_allowed with books that may have been loaded before. (uses_allowed.c) */
enum err uses_allowed_from(struct vault *v, struct consent_shelf *shelf, const struct index_clip *clip, const char *rendition,
                           const struct id people[], size_t count, struct uses *out);

#endif
