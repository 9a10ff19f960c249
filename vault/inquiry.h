/* Questions to policy about a clip as it stands: gathers the facts from the index and asks vault/policy.h. */
#ifndef CLIPVAULT_INQUIRY_H
#define CLIPVAULT_INQUIRY_H

#include "vault/policy.h"
#include "vault/vault.h"

struct inquiry {
  struct policy_question question;
  struct policy_person *people; /* owned */
  struct policy_answer answer;
  const char *rendition; /* the one the answer is about: USES_AS_FILMED, … */
};
void inquiry_free(struct inquiry *q);
#define inquiry_auto inquiry_free

struct inquiry_about {
  const struct id *clip;
  enum policy_action action;
  enum purpose purpose;
  const char *rendition; /* NULL: as filmed, or else obscured where only that is allowed, or kept */
};
/* May `account` do this? The answer is in out->answer. ERR_MISSING if there is no such rendition. */
enum err inquiry_ask(struct vault *v, const struct index_account *account, const struct inquiry_about *about,
                     struct inquiry *out);
/* Whether that rendition has a key for the purpose that is not being destroyed: what is allowed by consents may have ended
 * before, or end by itself (obscure drop). */
enum err inquiry_has_key(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, bool *out);
/* The same for what runs already: also where the wrap is made anew just now (other people are in the clip) and waits until the
 * one before is destroyed. Inside is the same key; whether those people agree is for inquiry_ask. */
enum err inquiry_keeps_key(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, bool *out);
/* Appends the nth reason, with the person's name where the acting user may know it. */
enum err inquiry_reason(struct vault *v, const struct inquiry *q, size_t n, struct bytes *out);
struct inquiry_leave {
  const char *rendition; /* the one they may have, */
  int64_t until_ms;      /* and until when */
};
/* ERR_REFUSED with the reasons in words, unless the acting user is allowed; ERR_MISSING if what they want to see has no key left.
 * `leave` may be NULL. */
enum err inquiry_require(struct vault *v, const struct inquiry_about *about, struct inquiry_leave *leave);
/* Some purpose for which the acting user is allowed this, whatever about->purpose says. ERR_REFUSED in words if there is none:
 * what stands against every purpose, or that there is none to which everyone in it agrees. */
enum err inquiry_require_some(struct vault *v, const struct inquiry_about *about, enum purpose *out);

#endif
