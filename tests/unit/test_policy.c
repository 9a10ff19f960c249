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

/* ---- who: roles and relations */
static const struct {
  uint32_t roles;
  bool own, granted;
  const char *may;
} who[] = {
    {0, false, false, ""},
    {0, true, false, ""},
    {0, false, true, ""},
    {0, true, true, ""},
    {POLICY_PRACTITIONER, false, false, ""},
    {POLICY_PRACTITIONER, true, false, "VXLE"},
    {POLICY_PRACTITIONER, false, true, ""},
    {POLICY_PRACTITIONER, true, true, "VXLE"},
    {POLICY_SUPERVISOR, false, false, ""},
    {POLICY_SUPERVISOR, true, false, ""},
    {POLICY_SUPERVISOR, false, true, "VL"},
    {POLICY_SUPERVISOR, true, true, "VL"},
    {POLICY_OFFICER, false, false, "LE"},
    {POLICY_OFFICER, true, false, "LE"},
    {POLICY_OFFICER, false, true, "LE"},
    {POLICY_OFFICER, true, true, "LE"},
    {POLICY_ADMINISTRATOR, false, false, ""},
    {POLICY_ADMINISTRATOR, true, false, ""},
    {POLICY_ADMINISTRATOR, false, true, ""},
    {POLICY_ADMINISTRATOR, true, true, ""},
    /* several roles are no more than each of them */
    {POLICY_PRACTITIONER | POLICY_SUPERVISOR, false, false, ""},
    {POLICY_PRACTITIONER | POLICY_SUPERVISOR, true, false, "VXLE"},
    {POLICY_PRACTITIONER | POLICY_SUPERVISOR, false, true, "VL"},
    {POLICY_PRACTITIONER | POLICY_SUPERVISOR, true, true, "VXLE"},
    {POLICY_SUPERVISOR | POLICY_OFFICER, false, false, "LE"},
    {POLICY_SUPERVISOR | POLICY_OFFICER, false, true, "VLE"},
    {POLICY_OFFICER | POLICY_ADMINISTRATOR, true, true, "LE"},
    {POLICY_PRACTITIONER | POLICY_ADMINISTRATOR, false, true, ""},
    {POLICY_PRACTITIONER | POLICY_OFFICER | POLICY_ADMINISTRATOR, false, true, "LE"},
    {15, true, true, "VXLE"},
    {15, false, false, "LE"},
    {~15u, true, true, ""}, /* roles nobody knows of yet */
};

static void roles_and_relations(void **state) {
  (void)state;
  const struct policy_person ada = saying(1, CONSENT_YES, LATER);
  for (size_t i = 0; i < sizeof who / sizeof *who; i++)
    for (enum policy_action action = POLICY_VIEW; action <= POLICY_END; action++) {
      struct policy_answer a;
      struct policy_question q = fine(&ada, 1);
      q.action = action, q.roles = who[i].roles, q.own_case = who[i].own, q.granted = who[i].granted;
      policy_decide(&q, &a);
      bool may = names_action(who[i].may, action);
      uint32_t against = may ? 0 : 1u << POLICY_NOT_YOURS;
      if (a.allowed != may || reasons_of(&a) != against)
        fail_msg("roles %#x, own case %d, granted %d: %s gives %d, reasons %#x", who[i].roles, who[i].own, who[i].granted,
                 action_names[action], a.allowed, reasons_of(&a));
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
  const unsigned sizes[] = {4, 4, 3, 2, 2, 3, 9, 2};
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
    int64_t until;
  } rows[] = {
      {"the clip's own", 2000, {3000, 4000, CLOCK_NEVER_MS}, 2000},
      {"the first person's", 9000, {3000, 4000, CLOCK_NEVER_MS}, 3000},
      {"the second person's", 9000, {5000, 4000, 6000}, 4000},
      {"the last person's", CLOCK_NEVER_MS, {5000, 4000, 3999}, 3999},
      {"nobody's ends", CLOCK_NEVER_MS, {CLOCK_NEVER_MS, CLOCK_NEVER_MS, 0}, CLOCK_NEVER_MS},
      {"the clip's, where people never end", 1001, {CLOCK_NEVER_MS, 0, 0}, 1001},
      {"one person", CLOCK_NEVER_MS, {1002, 0, 0}, 1002},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct policy_person people[3];
    struct policy_answer a;
    size_t count = 0;
    for (; count < 3 && rows[i].people[count]; count++) people[count] = saying((int)count, CONSENT_YES, rows[i].people[count]);
    struct policy_question q = fine(people, count);
    q.clip_expires_ms = rows[i].clip;
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
       "The clock has jumped; if it is right, confirm it (clipvault clock confirm)."},
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(roles_and_relations),     cmocka_unit_test(every_reason_is_given),
      cmocka_unit_test(the_earliest_end_wins),   cmocka_unit_test(names_each_person_who_is_against),
      cmocka_unit_test(a_crowd_of_noes_is_a_no), cmocka_unit_test(says_why),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
