/* May this user do this with this clip for this purpose, now? One pure function; its table is tests/unit/test_policy.c.
 *
 * It names *every* reason against, in words for the person who asked. Keys decide on top of it: what policy allows still has to
 * open (vault/uses.h), and what has no key cannot be opened whatever policy says. */
#ifndef CLIPVAULT_POLICY_H
#define CLIPVAULT_POLICY_H

#include "vault/base/bytes.h"
#include "vault/consent.h"

#include <stdbool.h>
#include <stddef.h>

enum policy_action {
  POLICY_VIEW,   /* see the picture or hear the sound inside the vault's players */
  POLICY_EXPORT, /* plaintext leaves the vault, or something else is made of it: a cut, a still, an obscured rendition */
  POLICY_LOCATE, /* know that it exists, in which state, who is in it */
  POLICY_END,    /* withdraw, shred */
  POLICY_REMARK, /* read and write what is remarked on it: for whoever may view it for their work, breaking glass is for seeing */
};
enum policy_role { POLICY_PRACTITIONER = 1, POLICY_SUPERVISOR = 2, POLICY_OFFICER = 4, POLICY_ADMINISTRATOR = 8 };
enum policy_clip { POLICY_CLIP_LIVE, POLICY_CLIP_QUARANTINED, POLICY_CLIP_HELD, POLICY_CLIP_ENDING, POLICY_CLIP_SHREDDED };
/* What was shared with who asks, of this clip and for this purpose: the best there is, the last one the best. */
enum policy_grant { POLICY_GRANT_NONE, POLICY_GRANT_REVOKED, POLICY_GRANT_ENDED, POLICY_GRANT_USED_UP, POLICY_GRANT_STANDS };
enum policy_standing { POLICY_ACTS, POLICY_DISABLED, POLICY_ENDED };
enum policy_clock { POLICY_CLOCK_FINE, POLICY_CLOCK_BACKWARDS, POLICY_CLOCK_UNCONFIRMED };

struct policy_person {
  struct id id;
  struct consent_verdict verdict; /* for this purpose and clip */
  bool only_obscured;             /* no yes as filmed, but one to being shown obscured */
};
struct policy_question {
  enum policy_action action;
  uint32_t roles; /* of who asks */
  enum policy_standing standing;
  bool own_case; /* they are the case's practitioner */
  bool linked;   /* they are linked with the case's practitioner, as their supervisor */
  enum policy_grant grant;
  int64_t right_until_ms; /* when what gives them the right ends: a grant, their time in the vault */
  bool glass;             /* they are an officer, asked to see this clip, and a second one confirmed it a short while ago */
  enum purpose purpose;
  enum policy_clip clip;
  int64_t clip_expires_ms;
  const struct policy_person *people; /* everyone in it */
  size_t people_count;
  bool restricted, held;
  enum policy_clock clock;
  int64_t now_ms;
};

enum policy_reason {
  POLICY_NOT_YOURS, /* role or relation; this and the next ten are never given together */
  POLICY_USER_DISABLED,
  POLICY_USER_ENDED,
  POLICY_GRANT_IS_REVOKED,
  POLICY_GRANT_IS_ENDED,
  POLICY_GRANT_IS_USED_UP,
  POLICY_LINK_NOT_FOR,   /* linked, but for another purpose than those of supervision */
  POLICY_ONLY_TO_VIEW,   /* shared to be viewed: it does not leave the vault */
  POLICY_ONLY_TO_LOOK,   /* shared: not theirs to end */
  POLICY_OFFICER_UNSEEN, /* an officer does not view */
  POLICY_ADMINISTRATOR_UNSEEN,
  POLICY_GONE, /* shredded, or being shredded */
  POLICY_KEPT, /* its uses have ended; a hold keeps it, and shows it to nobody */
  POLICY_QUARANTINED,
  POLICY_CLIP_EXPIRED,
  POLICY_NOBODY_NAMED, /* a clip without people can be used for nothing */
  POLICY_PERSON_SILENT,
  POLICY_PERSON_NO,
  POLICY_PERSON_EXPIRED,
  POLICY_PERSON_OBSCURED, /* agreed only to being shown obscured */
  POLICY_RESTRICTED,
  POLICY_HELD,
  POLICY_CLOCK,
};
enum { POLICY_MOST_REASONS = 64 };
struct policy_answer {
  bool allowed;
  int64_t until_ms; /* the earliest end among all people, the clip and the asker's right, if allowed */
  size_t count;
  struct {
    enum policy_reason reason;
    struct id person; /* zero unless it is about one */
  } reasons[POLICY_MOST_REASONS];
};

/* Role and relation alone: whether this is theirs to ask, whatever the clip and its people say. */
bool policy_may_ask(const struct policy_question *q);
void policy_decide(const struct policy_question *q, struct policy_answer *out);
/* Appends the nth reason as a sentence. `name` stands for its person where the asker may know it, else NULL (the id is
 * shown). */
void policy_put_reason(struct bytes *out, const struct policy_question *q, const struct policy_answer *a, size_t n,
                       const char *name);

#endif
