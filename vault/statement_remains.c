/* What a certificate says may still bring something back. */
#include "vault/base/clock.h"
#include "vault/statement.h"

#include <stdio.h>

/* Every other holder has confirmed before there is a certificate; of one that was given up nobody knows. */
static void ask_holders(const struct vault *v, struct statement_remains *out) {
  const struct keystore_copy *copies;
  size_t count = keystore_copies(v->keys, &copies);
  for (size_t i = 0; i < count && out->holder_count < STATEMENT_MOST_HOLDERS; i++)
    if (copies[i].kind == KEYSTORE_LOST || (copies[i].kind == KEYSTORE_HOLDER && copies[i].waiting))
      snprintf(out->holders[out->holder_count++].name, sizeof out->holders->name, "%s", copies[i].name);
}

enum err statement_remains_ask(struct vault *v, struct statement_remains *out) {
  *out = (struct statement_remains){0};
  ask_holders(v, out);
  /* A backup has no effaceable secret: the one that it would need is gone everywhere by now, unless somebody was given up. */
  out->backups_until_ms = out->holder_count ? CLOCK_NEVER_MS : vault_now_ms(v);
  return ERR_OK;
}
