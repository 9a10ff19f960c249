/* The scan of a signed form, sealed as evidence: an object under a key derived from PK(person), named by the consent. */
#ifndef CLIPVAULT_CONSENT_FORM_H
#define CLIPVAULT_CONSENT_FORM_H

#include "vault/consent_book.h"
#include "vault/container.h"

enum { CONSENT_FORM_MOST_BYTES = 64 << 20 };

struct consent_form {
  struct id object;
  struct container_seal seal;
};
/* Seals the regular file behind `fd` (ERR_DATA if it is none); fills details->form and ->form_sha256. It goes away again unless
 * it is adopted. */
enum err consent_form_seal(struct vault *v, const struct id *person, const struct id *consent, int fd, struct consent_form *out,
                           struct consent_details *details);
/* Inside the transaction that adds the consent: its row. */
enum err consent_form_adopt(struct vault *v, const struct id *consent, const struct consent_form *form);
/* After that transaction, whatever became of it: a form that was not adopted goes. */
void consent_form_done(struct vault *v);
/* The key of a person's forms, for check. */
enum err consent_form_key(struct vault *v, const struct id *person, struct secret_key *out);

#endif
