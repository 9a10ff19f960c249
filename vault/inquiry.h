/* Questions to policy about a clip as it stands: gathers the facts from the index and asks vault/policy.h. */
#ifndef CLIPVAULT_INQUIRY_H
#define CLIPVAULT_INQUIRY_H

#include "vault/policy.h"
#include "vault/vault.h"

struct inquiry {
  struct policy_question question;
  struct policy_person *people; /* owned */
  struct policy_answer answer;
};
void inquiry_free(struct inquiry *q);
#define inquiry_auto inquiry_free

/* May `account` do this with the clip? The answer is in out->answer. */
enum err inquiry_ask(struct vault *v, const struct index_account *account, const struct id *clip, enum policy_action action,
                     enum purpose purpose, struct inquiry *out);
/* Appends the nth reason, with the person's name where the acting user may know it. */
enum err inquiry_reason(struct vault *v, const struct inquiry *q, size_t n, struct bytes *out);
/* ERR_REFUSED with the first reason in words, unless the acting user is allowed. */
enum err inquiry_require(struct vault *v, const struct id *clip, enum policy_action action, enum purpose purpose);

#endif
