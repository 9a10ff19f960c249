/* What a certificate says may still bring something back. */
#include "vault/statement.h"

enum err statement_remains_ask(struct vault *v, struct statement_remains *out) {
  (void)v;
  *out = (struct statement_remains){0};
  return ERR_OK;
}
