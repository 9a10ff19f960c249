/* Who may look at a clip that is not of their own cases: what was granted to them, whom they supervise, and what two officers
 * opened together. A permit never makes a key: what nobody agreed to, it does not open.
 *
 *   clip, case    a grant: one user, one clip or all of a case, one purpose, until a day, perhaps for a number of viewings
 *   link          a supervisor and a practitioner: their clips, for supervision and accreditation
 *   break-glass   an officer asked, with a reason; a second one confirmed; for an hour, for what people agreed to, and it is
 *                 told on the clip for ever
 *
 * Everything a permit says is sealed under the system key users, and who and what is compared with the row. */
#ifndef CLIPVAULT_PERMIT_H
#define CLIPVAULT_PERMIT_H

#include "vault/policy.h"
#include "vault/vault.h"

enum permit_kind { PERMIT_CLIP = 1, PERMIT_CASE = 2, PERMIT_LINK = 3, PERMIT_BREAK_GLASS = 4 };
enum permit_state { PERMIT_LIVE = 1, PERMIT_REVOKED = 2, PERMIT_REQUESTED = 3 /* break-glass, not confirmed yet */ };
enum { PERMIT_REASON = 200, PERMIT_MOST_VIEWS = 1000000 };

struct permit {
  struct id id;
  enum permit_kind kind;
  enum permit_state state;
  struct id account, target;
  enum purpose purpose; /* of a grant */
  int64_t until_ms;     /* of a request: until when it can be confirmed */
  uint32_t views, used; /* views 0: as often as they like */
  struct id by, confirmed_by;
  int64_t made_ms, ended_ms; /* ended_ms: when it was revoked; CLOCK_NEVER_MS */
  char reason[PERMIT_REASON + 1];
};

/* Inside a transaction. A new one gets an id, the acting user as `by`, and the time. */
enum err permit_add(struct vault *v, struct permit *p);
enum err permit_write(struct vault *v, const struct permit *p);
/* ERR_MISSING; ERR_DATA if the row is not what was sealed. */
enum err permit_load(struct vault *v, const struct id *id, struct permit *out);
/* Appends struct permit, oldest first, whatever has become of them: of one account, of one target, or (NULL, NULL) all. */
enum err permit_list(struct vault *v, const struct id *account, const struct id *target, struct bytes *out);

/* What it is worth now: POLICY_GRANT_STANDS, or why not. */
enum policy_grant permit_standing(const struct permit *p, int64_t now_ms);
const char *permit_standing_word(enum policy_grant standing); /* "stands", "ended", … */

/* Fills in what stands between this account and this clip: linked, grant, glass, and until when that gives them the right.
 * Standing, roles, own_case, purpose and action are there already. For POLICY_LOCATE and POLICY_END any purpose does. */
enum err permit_ask(struct vault *v, const struct id *account, const struct index_clip *clip, const struct id *practitioner,
                    struct policy_question *q);
/* Inside the transaction in which the acting user's viewing of a clip begins, after policy allowed it: counts it, where it is by
 * a grant that it was allowed, and notes that in the audit log. *by (may be NULL): the grant or the break-glass, zero where it
 * was their own right. */
enum err permit_use(struct vault *v, const struct id *clip, enum purpose purpose, struct id *by);

#endif
