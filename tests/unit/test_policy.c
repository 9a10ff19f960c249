/* Who may do what with which clip, and the words for "no": the specification of vault/policy.h. */
#include "vault/policy.h"

#include "vault/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000, LATER = 5000 };
static const char *const action_names[] = {"view", "export", "locate", "end"};
static const char letters[] = "VXLE"; /* how a row names actions, in the order of enum policy_action */

static bool names_action(const char *list, enum policy_action action) { return strchr(list, letters[action]) != NULL; }

static struct policy_person saying(int n, enum consent_code code, int64_t expires_ms) {
  return (struct policy_person){.id = {{(uint8_t)n}}, .verdict = {code, {{(uint8_t)(100 + n)}}, expires_ms}};
}

/* A question to which nothing stands against but what a test changes: the practitioner's own live clip. */
static struct policy_question fine(const struct policy_person *people, size_t count) {
  return (struct policy_question){.action = POLICY_VIEW,
                                  .roles = POLICY_PRACTITIONER,
                                  .own_case = true,
                                  .purpose = PURPOSE_SUPERVISION,
                                  .clip = POLICY_CLIP_LIVE,
                                  .clip_expires_ms = LATER,
                                  .right_until_ms = CLOCK_NEVER_MS,
                                  .people = people,
                                  .people_count = count,
                                  .clock = POLICY_CLOCK_FINE,
                                  .now_ms = NOW};
}

static uint32_t reasons_of(const struct policy_answer *a) {
  uint32_t set = 0;
  for (size_t i = 0; i < a->count; i++) set |= 1u << a->reasons[i].reason;
  return set;
}

/* ---- who: roles and relations. What they may do, and for each action that they may not, in the order of letters, the reason */
#define FOUR(reason) \
  { reason, reason, reason, reason }
#define NOT POLICY_NOT_YOURS
#define BLIND POLICY_OFFICER_UNSEEN
#define ADMIN POLICY_ADMINISTRATOR_UNSEEN
#define LOOK POLICY_ONLY_TO_LOOK
#define ONLY POLICY_ONLY_TO_VIEW
enum { PRA = POLICY_PRACTITIONER, SUP = POLICY_SUPERVISOR, OFF = POLICY_OFFICER, ADM = POLICY_ADMINISTRATOR };
#define STANDS POLICY_GRANT_STANDS
#define USED POLICY_GRANT_USED_UP
#define OVER POLICY_GRANT_ENDED
#define BACK POLICY_GRANT_REVOKED
static const struct {
  uint32_t roles;
  bool own, linked;
  enum policy_grant grant;
  bool glass;
  const char *may;
  enum policy_reason why[4]; /* of view, export, locate, end, where they may not */
} who[] = {
    {0, false, false, POLICY_GRANT_NONE, false, "", {NOT, NOT, NOT, NOT}},
    {0, true, true, STANDS, true, "", {NOT, NOT, NOT, NOT}},
    /* a practitioner: their own cases, and to see what a colleague shared */
    {PRA, false, false, POLICY_GRANT_NONE, false, "", {NOT, NOT, NOT, NOT}},
    {PRA, true, false, POLICY_GRANT_NONE, false, "VXLE", {0}},
    {PRA, true, false, STANDS, false, "VXLE", {0}},
    {PRA, true, false, OVER, false, "VXLE", {0}},
    {PRA, false, true, POLICY_GRANT_NONE, false, "", {NOT, NOT, NOT, NOT}}, /* a link is for supervisors */
    {PRA, false, false, STANDS, false, "VL", {0, ONLY, 0, LOOK}},
    {PRA, false, false, USED, false, "", FOUR(POLICY_GRANT_IS_USED_UP)},
    {PRA, false, false, OVER, false, "", FOUR(POLICY_GRANT_IS_ENDED)},
    {PRA, false, false, BACK, false, "", FOUR(POLICY_GRANT_IS_REVOKED)},
    {PRA, false, false, POLICY_GRANT_NONE, true, "", {NOT, NOT, NOT, NOT}}, /* glass is for officers */
    /* a supervisor: those they are linked with, and what was shared; nothing to take away, nothing to end */
    {SUP, false, false, POLICY_GRANT_NONE, false, "", {NOT, NOT, NOT, NOT}},
    {SUP, true, false, POLICY_GRANT_NONE, false, "", {NOT, NOT, NOT, NOT}},
    {SUP, false, true, POLICY_GRANT_NONE, false, "VL", {0, ONLY, 0, LOOK}},
    {SUP, false, true, OVER, false, "VL", {0, ONLY, 0, LOOK}},
    {SUP, false, false, STANDS, false, "VL", {0, ONLY, 0, LOOK}},
    {SUP, false, false, USED, false, "", FOUR(POLICY_GRANT_IS_USED_UP)},
    {SUP, false, false, OVER, false, "", FOUR(POLICY_GRANT_IS_ENDED)},
    {SUP, false, false, BACK, false, "", FOUR(POLICY_GRANT_IS_REVOKED)},
    {SUP, false, false, POLICY_GRANT_NONE, true, "", {NOT, NOT, NOT, NOT}},
    /* an officer: without seeing, but where two broke the glass; even then nothing leaves */
    {OFF, false, false, POLICY_GRANT_NONE, false, "LE", {BLIND, BLIND, 0, 0}},
    {OFF, true, true, STANDS, false, "LE", {BLIND, BLIND, 0, 0}},
    {OFF, false, false, POLICY_GRANT_NONE, true, "VLE", {0, ONLY, 0, 0}},
    /* an administrator: nothing */
    {ADM, false, false, POLICY_GRANT_NONE, false, "", {ADMIN, ADMIN, ADMIN, ADMIN}},
    {ADM, true, true, STANDS, true, "", {ADMIN, ADMIN, ADMIN, ADMIN}},
    /* several roles are no more than each of them */
    {PRA | SUP, false, false, POLICY_GRANT_NONE, false, "", {NOT, NOT, NOT, NOT}},
    {PRA | SUP, true, false, POLICY_GRANT_NONE, false, "VXLE", {0}},
    {PRA | SUP, false, true, POLICY_GRANT_NONE, false, "VL", {0, ONLY, 0, LOOK}},
    {PRA | SUP, false, false, STANDS, false, "VL", {0, ONLY, 0, LOOK}},
    {PRA | OFF, false, false, POLICY_GRANT_NONE, false, "LE", {NOT, NOT, 0, 0}},
    {PRA | OFF, true, false, POLICY_GRANT_NONE, false, "VXLE", {0}},
    {SUP | OFF, false, false, STANDS, false, "VLE", {0, ONLY, 0, 0}},
    {OFF | ADM, true, true, STANDS, false, "LE", {BLIND, BLIND, 0, 0}},
    {PRA | ADM, false, false, POLICY_GRANT_NONE, false, "", {NOT, NOT, NOT, NOT}},
    {15, true, true, STANDS, true, "VXLE", {0}},
    {15, false, false, POLICY_GRANT_NONE, false, "LE", {NOT, NOT, 0, 0}},
    {~15u, true, true, STANDS, true, "", {NOT, NOT, NOT, NOT}}, /* roles nobody knows of yet */
};

static struct policy_question asked_by(size_t row, const struct policy_person *ada, enum policy_action action) {
  struct policy_question q = fine(ada, 1);
  q.action = action, q.roles = who[row].roles, q.own_case = who[row].own, q.linked = who[row].linked;
  q.grant = who[row].grant, q.glass = who[row].glass;
  return q;
}

static void roles_and_relations(void **state) {
  (void)state;
  const struct policy_person ada = saying(1, CONSENT_YES, LATER);
  for (size_t i = 0; i < sizeof who / sizeof *who; i++)
    for (enum policy_action action = POLICY_VIEW; action <= POLICY_END; action++) {
      struct policy_answer a;
      struct policy_question q = asked_by(i, &ada, action);
      policy_decide(&q, &a);
      bool may = names_action(who[i].may, action);
      uint32_t against = may ? 0 : 1u << who[i].why[action];
      if (a.allowed != may || reasons_of(&a) != against || policy_may_ask(&q) != may)
        fail_msg("row %zu, roles %#x: %s gives %d, reasons %#x instead of %#x", i, who[i].roles, action_names[action], a.allowed,
                 reasons_of(&a), against);
    }
}

/* Remarks are for whoever may view for their work: an officer for whom glass was broken sees the film, and not what was said of
 * it. */
static void who_reads_remarks(void **state) {
  (void)state;
  const struct policy_person ada = saying(1, CONSENT_YES, LATER), no = saying(1, CONSENT_NO, LATER);
  for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
    struct policy_answer a;
    struct policy_question q = asked_by(i, &ada, POLICY_VIEW);
    q.glass = false;
    policy_decide(&q, &a);
    bool views = a.allowed;
    q = asked_by(i, &ada, POLICY_REMARK);
    policy_decide(&q, &a);
    if (a.allowed != views) fail_msg("row %zu, roles %#x: remark gives %d", i, who[i].roles, a.allowed);
    q.people = &no;
    policy_decide(&q, &a);
    if (a.allowed) fail_msg("row %zu: a remark on what somebody said no to", i);
  }
  struct policy_answer a;
  struct policy_question q = fine(&ada, 1);
  q.action = POLICY_REMARK;
  policy_decide(&q, &a);
  assert_true(a.allowed);
  for (enum policy_clip clip = POLICY_CLIP_QUARANTINED; clip <= POLICY_CLIP_SHREDDED; clip++) {
    q.clip = clip;
    policy_decide(&q, &a);
    assert_false(a.allowed);
  }
}

/* Whoever acts no more may nothing, whatever they might have done. */
static void whose_time_is_over(void **state) {
  (void)state;
  const struct policy_person ada = saying(1, CONSENT_YES, LATER);
  static const enum policy_reason why[] = {[POLICY_DISABLED] = POLICY_USER_DISABLED, [POLICY_ENDED] = POLICY_USER_ENDED};
  for (size_t i = 0; i < sizeof who / sizeof *who; i++)
    for (enum policy_action action = POLICY_VIEW; action <= POLICY_END; action++)
      for (enum policy_standing standing = POLICY_DISABLED; standing <= POLICY_ENDED; standing++) {
        struct policy_answer a;
        struct policy_question q = asked_by(i, &ada, action);
        q.standing = standing;
        policy_decide(&q, &a);
        if (a.allowed || reasons_of(&a) != 1u << why[standing]) fail_msg("row %zu, %s", i, action_names[action]);
      }
}

/* A link is for what supervision is; to know of a clip it is enough. */
static void what_a_link_is_for(void **state) {
  (void)state;
  const struct policy_person ada = saying(1, CONSENT_YES, LATER);
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    for (enum policy_action action = POLICY_VIEW; action <= POLICY_END; action++) {
      struct policy_answer a;
      struct policy_question q = fine(&ada, 1);
      q.roles = SUP, q.own_case = false, q.linked = true, q.purpose = p, q.action = action;
      bool for_that = p == PURPOSE_SUPERVISION || p == PURPOSE_ACCREDITATION;
      bool may = action == POLICY_LOCATE || (action == POLICY_VIEW && for_that);
      enum policy_reason why = action == POLICY_END ? POLICY_ONLY_TO_LOOK : for_that ? POLICY_ONLY_TO_VIEW : POLICY_LINK_NOT_FOR;
      policy_decide(&q, &a);
      if (a.allowed != may || reasons_of(&a) != (may ? 0 : 1u << why))
        fail_msg("%s for %s: %d, %#x", action_names[action], purpose_name(p), a.allowed, reasons_of(&a));
    }
}

/* What was shared opens nothing that somebody in it is against. */
static void consents_still_rule(void **state) {
  (void)state;
  static const enum consent_code no[] = {CONSENT_SILENT, CONSENT_NO, CONSENT_EXPIRED};
  static const enum policy_reason why[] = {POLICY_PERSON_SILENT, POLICY_PERSON_NO, POLICY_PERSON_EXPIRED};
  for (size_t i = 0; i < sizeof who / sizeof *who; i++)
    for (size_t n = 0; n < 3; n++) {
      struct policy_answer a;
      const struct policy_person ada = saying(1, no[n], 1);
      struct policy_question q = asked_by(i, &ada, POLICY_VIEW);
      policy_decide(&q, &a);
      if (a.allowed || !(reasons_of(&a) & 1u << why[n])) fail_msg("row %zu", i);
    }
}

/* ---- what: one fact a row, which actions it stands against, and as which reason */
struct fact {
  const char *name, *against; /* "": nothing */
  enum policy_reason reason;
};
static const struct fact clips[] = {
    {"live", "", 0},
    {"quarantined", "VX", POLICY_QUARANTINED},
    {"kept by a hold alone", "VX", POLICY_KEPT},
    {"ending", "VXE", POLICY_GONE},
    {"shredded", "VXE", POLICY_GONE},
};
static const struct fact clocks[] = {
    {"clock fine", "", 0}, {"clock backwards", "VX", POLICY_CLOCK}, {"clock unconfirmed", "VX", POLICY_CLOCK}};
static const struct fact restrictions[] = {{"free", "", 0}, {"restricted", "VXE", POLICY_RESTRICTED}};
static const struct fact holds[] = {{"not held", "", 0}, {"held", "E", POLICY_HELD}};
static const struct fact terms[] = {
    {"in time", "", 0}, {"time is up", "VX", POLICY_CLIP_EXPIRED}, {"time was up", "VX", POLICY_CLIP_EXPIRED}};
static const int64_t term_ms[] = {NOW + 1, NOW, NOW - 1};
static const struct fact everyone[] = {
    {"all say yes", "", 0},
    {"nobody is named", "VX", POLICY_NOBODY_NAMED},
    {"one is silent", "VX", POLICY_PERSON_SILENT},
    {"one says no", "VX", POLICY_PERSON_NO},
    {"one's consent expired", "VX", POLICY_PERSON_EXPIRED},
    {"one agreed to being obscured", "VX", POLICY_PERSON_OBSCURED},
    {"one said no as filmed, yes obscured", "VX", POLICY_PERSON_OBSCURED},
    {"one's consent expired, obscured or not", "VX", POLICY_PERSON_EXPIRED},
    {"all say yes, one obscured as well", "", 0},
};
static const enum consent_code codes[] = {CONSENT_YES,    CONSENT_YES, CONSENT_SILENT,  CONSENT_NO, CONSENT_EXPIRED,
                                          CONSENT_SILENT, CONSENT_NO,  CONSENT_EXPIRED, CONSENT_YES};
enum { FIRST_OBSCURED = 5 }; /* from this row on they said yes to being shown obscured */

static uint32_t reason_against(const struct fact *f, enum policy_action action) {
  return names_action(f->against, action) ? 1u << f->reason : 0;
}

struct situation {
  enum policy_action action;
  unsigned clip, clock, restricted, held, term, people;
  bool mine;
};

static void check(const struct situation *s) {
  struct policy_person two[] = {saying(1, CONSENT_YES, LATER), saying(2, codes[s->people], LATER)};
  struct policy_question q = fine(two, s->people == 1 ? 0 : 2);
  struct policy_answer a;
  bool shredded = s->clip == POLICY_CLIP_SHREDDED; /* who was in it does not matter any more */
  two[1].only_obscured = s->people >= FIRST_OBSCURED;
  q.action = s->action, q.own_case = s->mine;
  q.clip = (enum policy_clip)s->clip, q.clock = (enum policy_clock)s->clock;
  q.restricted = s->restricted, q.held = s->held, q.clip_expires_ms = term_ms[s->term];
  uint32_t against = (s->mine ? 0 : 1u << POLICY_NOT_YOURS) | reason_against(&clips[s->clip], s->action) |
                     reason_against(&clocks[s->clock], s->action) | reason_against(&restrictions[s->restricted], s->action) |
                     reason_against(&holds[s->held], s->action) | reason_against(&terms[s->term], s->action) |
                     (shredded ? 0 : reason_against(&everyone[s->people], s->action));
  policy_decide(&q, &a);
  if (reasons_of(&a) != against || a.count != (size_t)__builtin_popcount(against) || a.allowed != !against)
    fail_msg("%s, %s, %s, %s, %s, %s, %s, own case %d: allowed %d for reasons %#x, expected %#x", action_names[s->action],
             clips[s->clip].name, clocks[s->clock].name, restrictions[s->restricted].name, holds[s->held].name,
             terms[s->term].name, everyone[s->people].name, s->mine, a.allowed, reasons_of(&a), against);
}

/* Every combination of facts: each reason is given whenever its fact holds, whatever else does, and no other. */
static void every_reason_is_given(void **state) {
  (void)state;
  const unsigned sizes[] = {4, 5, 3, 2, 2, 3, 9, 2};
  unsigned all = 1;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) all *= sizes[i];
  for (unsigned n = 0; n < all; n++) {
    unsigned digit[8], rest = n;
    for (size_t i = 0; i < 8; rest /= sizes[i++]) digit[i] = rest % sizes[i];
    struct situation s = {(enum policy_action)digit[0], digit[1], digit[2], digit[3], digit[4], digit[5], digit[6], digit[7]};
    check(&s);
  }
}

/* ---- until when */
static void the_earliest_end_wins(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int64_t clip, people[3]; /* 0: nobody more */
    int64_t until, right;    /* 0: without end */
  } rows[] = {
      {"the clip's own", 2000, {3000, 4000, CLOCK_NEVER_MS}, 2000, 0},
      {"the first person's", 9000, {3000, 4000, CLOCK_NEVER_MS}, 3000, 0},
      {"the second person's", 9000, {5000, 4000, 6000}, 4000, 0},
      {"the last person's", CLOCK_NEVER_MS, {5000, 4000, 3999}, 3999, 0},
      {"nobody's ends", CLOCK_NEVER_MS, {CLOCK_NEVER_MS, CLOCK_NEVER_MS, 0}, CLOCK_NEVER_MS, 0},
      {"the clip's, where people never end", 1001, {CLOCK_NEVER_MS, 0, 0}, 1001, 0},
      {"one person", CLOCK_NEVER_MS, {1002, 0, 0}, 1002, 0},
      {"the grant's", 9000, {5000, 0, 0}, 1500, 1500},
      {"the clip's, before the grant's", 1400, {5000, 0, 0}, 1400, 1500},
      {"a person's, before the grant's", 9000, {1300, 0, 0}, 1300, 1500},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct policy_person people[3];
    struct policy_answer a;
    size_t count = 0;
    for (; count < 3 && rows[i].people[count]; count++) people[count] = saying((int)count, CONSENT_YES, rows[i].people[count]);
    struct policy_question q = fine(people, count);
    q.clip_expires_ms = rows[i].clip;
    if (rows[i].right) q.right_until_ms = rows[i].right;
    policy_decide(&q, &a);
    if (!a.allowed || a.until_ms != rows[i].until) fail_msg("%s: allowed until %lld", rows[i].name, (long long)a.until_ms);
  }
}

/* ---- who said it */
static void names_each_person_who_is_against(void **state) {
  (void)state;
  const struct policy_person people[] = {saying(1, CONSENT_NO, 0), saying(2, CONSENT_YES, LATER), saying(3, CONSENT_SILENT, 0),
                                         saying(4, CONSENT_NO, 0), saying(5, CONSENT_EXPIRED, 1)};
  static const struct {
    enum policy_reason reason;
    uint8_t person;
  } expected[] = {{POLICY_PERSON_NO, 1}, {POLICY_PERSON_SILENT, 3}, {POLICY_PERSON_NO, 4}, {POLICY_PERSON_EXPIRED, 5}};
  struct policy_question q = fine(people, 5);
  struct policy_answer a;
  policy_decide(&q, &a);
  assert_int_equal(a.count, 4);
  for (size_t i = 0; i < 4; i++)
    if (a.reasons[i].reason != expected[i].reason || a.reasons[i].person.b[0] != expected[i].person)
      fail_msg("reason %zu is %d of person %d", i, a.reasons[i].reason, a.reasons[i].person.b[0]);
}

static void a_crowd_of_noes_is_a_no(void **state) {
  (void)state;
  enum { CROWD = POLICY_MOST_REASONS + 6 };
  struct policy_person people[CROWD];
  struct policy_answer a;
  for (int i = 0; i < CROWD; i++) people[i] = saying(i, CONSENT_NO, 0);
  struct policy_question q = fine(people, CROWD);
  policy_decide(&q, &a);
  assert_false(a.allowed);
  assert_int_equal(a.count, POLICY_MOST_REASONS);
  q.people_count = 0, q.roles = POLICY_ADMINISTRATOR; /* an answer is written anew, whatever was in it */
  policy_decide(&q, &a);
  assert_int_equal(a.count, 2);
}

/* ---- words */
static void says_why(void **state) {
  (void)state;
  static const struct {
    enum policy_reason reason;
    enum policy_clock clock;
    const char *name, *says;
  } rows[] = {
      {POLICY_NOT_YOURS, 0, NULL, "This is not a clip of your cases, and nobody has shared it with you for this."},
      {POLICY_USER_DISABLED, 0, NULL, "This user was disabled."},
      {POLICY_USER_ENDED, 0, NULL, "The time for which this user was to act in the vault is over."},
      {POLICY_GRANT_IS_REVOKED, 0, NULL, "This was shared with you, and that was taken back."},
      {POLICY_GRANT_IS_ENDED, 0, NULL, "The time for which this was shared with you is over."},
      {POLICY_GRANT_IS_USED_UP, 0, NULL, "This was shared with you for a number of viewings, and they are used up."},
      {POLICY_LINK_NOT_FOR, 0, NULL,
       "You supervise this practitioner: their clips are yours to see for supervision and accreditation only."},
      {POLICY_ONLY_TO_VIEW, 0, NULL,
       "This was shared with you to be viewed here; it does not leave the vault, and nothing is made of it."},
      {POLICY_ONLY_TO_LOOK, 0, NULL, "This was shared with you to be viewed; ending it is for its practitioner or an officer."},
      {POLICY_OFFICER_UNSEEN, 0, NULL,
       "An officer finds, holds and ends clips without seeing them; to see one takes two (clipvault break-glass request)."},
      {POLICY_ADMINISTRATOR_UNSEEN, 0, NULL, "An administrator runs the machine and sees no footage."},
      {POLICY_GONE, 0, NULL, "This clip has ended; its keys are destroyed."},
      {POLICY_KEPT, 0, NULL, "Every use of this clip has ended; a hold keeps it from being destroyed, and shows it to nobody."},
      {POLICY_QUARANTINED, 0, NULL, "This clip is in quarantine: not everyone in it has agreed to any use of it."},
      {POLICY_CLIP_EXPIRED, 0, NULL, "This clip's own time is over."},
      {POLICY_NOBODY_NAMED, 0, NULL, "Nobody is named as being in this clip, so nobody can have agreed."},
      {POLICY_PERSON_SILENT, 0, "Ada Example", "Ada Example has not agreed to peer_training."},
      {POLICY_PERSON_SILENT, 0, NULL, "per_caaaaaaaaaaaaaaaaaaaaaaaaa has not agreed to peer_training."},
      {POLICY_PERSON_NO, 0, "Ada Example", "Ada Example has said no to peer_training."},
      {POLICY_PERSON_NO, 0, NULL, "per_caaaaaaaaaaaaaaaaaaaaaaaaa has said no to peer_training."},
      {POLICY_PERSON_EXPIRED, 0, "Ada Example", "Ada Example agreed to peer_training only until a time that is over."},
      {POLICY_PERSON_EXPIRED, 0, NULL, "per_caaaaaaaaaaaaaaaaaaaaaaaaa agreed to peer_training only until a time that is over."},
      {POLICY_PERSON_OBSCURED, 0, "Ada Example",
       "Ada Example agreed to peer_training only if they cannot be recognised: mark where they are, and confirm it."},
      {POLICY_PERSON_OBSCURED, 0, NULL,
       "per_caaaaaaaaaaaaaaaaaaaaaaaaa agreed to peer_training only if they cannot be recognised: mark where they are, and "
       "confirm it."},
      {POLICY_RESTRICTED, 0, NULL, "This clip is under restriction: nobody views it and nothing of it is deleted."},
      {POLICY_HELD, 0, NULL, "A hold keeps this clip from being destroyed."},
      {POLICY_CLOCK, POLICY_CLOCK_BACKWARDS, NULL,
       "The clock shows an earlier time than this vault has already seen; set it right."},
      {POLICY_CLOCK, POLICY_CLOCK_UNCONFIRMED, NULL,
       "The clock has jumped, or much of the vault fell due at once: nothing is shown until an officer has looked (clipvault "
       "sweep "
       "--dry-run, clipvault clock confirm)."},
  };
  uint32_t covered = 0;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes words = {0};
    struct policy_question q = fine(NULL, 0);
    struct policy_answer a = {.count = 2, .reasons = {{POLICY_HELD, {{0}}}, {rows[i].reason, {{0x10}}}}};
    q.purpose = PURPOSE_PEER_TRAINING, q.clock = rows[i].clock;
    policy_put_reason(&words, &q, &a, 1, rows[i].name);
    if (strcmp(bytes_text(&words), rows[i].says) != 0) fail_msg("reason %d: %s", rows[i].reason, bytes_text(&words));
    covered |= 1u << rows[i].reason;
  }
  assert_int_equal(covered, (1u << (POLICY_CLOCK + 1)) - 1);
}

/* ---- what no version of ours says: a verdict, an action, a reason that do not exist decide nothing in anybody's favour */
static void what_is_unknown_is_a_no(void **state) {
  (void)state;
  enum { UNKNOWN = 99 };
  struct policy_person ada = saying(1, (enum consent_code)UNKNOWN, LATER);
  struct policy_question q = fine(&ada, 1);
  struct policy_answer a;
  policy_decide(&q, &a);
  assert_false(a.allowed);
  assert_int_equal(reasons_of(&a), 1u << POLICY_PERSON_SILENT);
  ada.verdict.code = CONSENT_YES;
  q.roles = PRA | SUP | OFF | ADM, q.linked = q.glass = true, q.grant = POLICY_GRANT_STANDS;
  q.action = (enum policy_action)UNKNOWN;
  assert_false(policy_may_ask(&q));
  policy_decide(&q, &a);
  assert_false(a.allowed);
  AUTO(bytes) struct bytes words = {0};
  a.reasons[0].reason = (enum policy_reason)UNKNOWN;
  policy_put_reason(&words, &q, &a, 0, NULL);
  assert_string_equal(bytes_text(&words), "?");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(roles_and_relations),     cmocka_unit_test(who_reads_remarks),
      cmocka_unit_test(whose_time_is_over),      cmocka_unit_test(what_a_link_is_for),
      cmocka_unit_test(consents_still_rule),     cmocka_unit_test(every_reason_is_given),
      cmocka_unit_test(the_earliest_end_wins),   cmocka_unit_test(names_each_person_who_is_against),
      cmocka_unit_test(a_crowd_of_noes_is_a_no), cmocka_unit_test(says_why),
      cmocka_unit_test(what_is_unknown_is_a_no),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
