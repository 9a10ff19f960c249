/* What somebody says in one case, in short: to which purposes yes, to which no, whatever the medium, and until when. For lists;
 * what a single film may be used for is asked elsewhere (vault/uses.h). */
#ifndef CLIPVAULT_CONSENT_SUMMARY_H
#define CLIPVAULT_CONSENT_SUMMARY_H

#include "vault/answer.h"
#include "vault/vault.h"

struct consent_summary {
  uint32_t agreed, refused, over; /* bits of purposes: yes to some medium; no; a yes whose time is over */
  int64_t until_ms;               /* when the first of the yeses ends */
};
/* ERR_MISSING once the person was erased. */
enum err consent_summary(struct vault *v, const struct id *person, const struct id *kase, struct consent_summary *out);
/* Whether they have said nothing that stands, neither yes nor no. */
bool consent_summary_is_missing(const struct consent_summary *s);
/* Its members, in an object that is open. */
void consent_summary_put(struct answer *a, const struct consent_summary *s);

#endif
