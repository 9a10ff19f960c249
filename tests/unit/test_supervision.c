/* What waits for a supervisor: only before somebody who may, sealed to what it is about; and what they sign. */
#include "tests/unit/vault_sample.h"
#include "vault/casework.h"
#include "vault/permit.h"
#include "vault/sign_off.h"
#include "vault/supervision.h"

#include <sqlite3.h>

struct family {
  struct id kase, cycle, supervisor;
};

static struct family new_family(struct vault *v) {
  struct family f;
  f.supervisor = vault_sample_user(v, "Sue", ACCOUNT_SUPERVISOR);
  OK(index_begin(v->index));
  OK(casework_open(v, "family", &v->actor.id, &f.kase));
  OK(cycle_open(v, &f.kase, "How?", &f.cycle));
  OK(index_commit(v->index));
  return f;
}

static struct permit permitted(struct vault *v, const struct id *user, enum permit_kind kind, const struct id *target,
                               enum purpose purpose) {
  struct permit p = {.kind = kind, .state = PERMIT_LIVE, .account = *user, .target = *target, .purpose = purpose};
  p.until_ms = CLOCK_NEVER_MS;
  OK(index_begin(v->index));
  OK(permit_add(v, &p));
  OK(index_commit(v->index));
  return p;
}

static enum err ask(struct vault *v, const struct family *f, struct id *out) {
  OK(index_begin(v->index));
  enum err e = supervision_ask(v, &f->supervisor, ID_CYCLE, &f->cycle, "Where did I miss it?", out);
  if (e == ERR_OK)
    OK(index_commit(v->index));
  else
    index_rollback(v->index);
  return e;
}

static void only_before_who_may(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct family f = new_family(v);
  struct id id;
  assert_int_equal(ask(v, &f, &id), ERR_REFUSED);
  permitted(v, &f.supervisor, PERMIT_CASE, &f.kase, PURPOSE_RESEARCH);
  assert_int_equal(ask(v, &f, &id), ERR_REFUSED);
  struct permit link = permitted(v, &f.supervisor, PERMIT_LINK, &v->actor.id, PURPOSE_SUPERVISION);
  OK(ask(v, &f, &id));
  assert_int_equal(ask(v, &f, &id), ERR_USAGE); /* it waits already */
  bool right;
  OK(supervision_has_right(v, &f.supervisor, ID_CYCLE, &f.cycle, &right));
  assert_true(right);
  link.state = PERMIT_REVOKED;
  OK(index_begin(v->index));
  OK(permit_write(v, &link));
  OK(index_commit(v->index));
  OK(supervision_has_right(v, &f.supervisor, ID_CYCLE, &f.cycle, &right));
  assert_false(right);
  permitted(v, &f.supervisor, PERMIT_CASE, &f.kase, PURPOSE_ACCREDITATION);
  OK(supervision_has_right(v, &f.supervisor, ID_CYCLE, &f.cycle, &right));
  assert_true(right);
  struct id ulf = vault_sample_user(v, "Ulf", ACCOUNT_PRACTITIONER);
  permitted(v, &ulf, PERMIT_LINK, &v->actor.id, PURPOSE_SUPERVISION); /* a link is for supervisors */
  OK(supervision_has_right(v, &ulf, ID_CYCLE, &f.cycle, &right));
  assert_false(right);
}

static void what_was_asked_and_said(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct family f = new_family(v);
  AUTO(supervision) struct supervision s = {0}, again = {0};
  struct id id;
  permitted(v, &f.supervisor, PERMIT_LINK, &v->actor.id, PURPOSE_SUPERVISION);
  OK(ask(v, &f, &id));
  OK(supervision_load(v, &id, &s));
  assert_string_equal(bytes_text(&s.note), "Where did I miss it?");
  assert_true(id_equal(&s.by, &v->actor.id) && s.done_ms == CLOCK_NEVER_MS);
  OK(index_begin(v->index));
  OK(supervision_note(v, &s, "At the door."));
  OK(index_commit(v->index));
  OK(supervision_load(v, &id, &again));
  assert_string_equal(bytes_text(&again.answer), "At the door.");
  assert_true(again.done_ms == CLOCK_NEVER_MS); /* a cycle waits to be signed */
}

/* Whoever can write to the disk lays nothing before somebody else, and signs nothing for another. */
static void what_was_changed_is_found(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct family f = new_family(v);
  AUTO(supervision) struct supervision s = {0};
  struct id id;
  permitted(v, &f.supervisor, PERMIT_LINK, &v->actor.id, PURPOSE_SUPERVISION);
  OK(ask(v, &f, &id));
  assert_int_equal(sqlite3_exec(v->index->db, "UPDATE supervision SET account = (SELECT id FROM account ORDER BY n LIMIT 1)",
                                NULL, NULL, NULL),
                   SQLITE_OK);
  assert_int_equal(supervision_load(v, &id, &s), ERR_DATA);
}

static void a_signature(void **state) {
  struct vault *v = (*(struct vault_sample **)state)->v;
  struct family f = new_family(v);
  AUTO(cycle) struct cycle c = {0};
  AUTO(sign_off) struct sign_off s = {0}, moved = {0};
  struct id id, own = v->actor.id;
  OK(cycle_load(v, &f.cycle, &c));
  assert_int_equal(sign_off_load(v, &f.cycle, &s), ERR_MISSING);
  OK(index_begin(v->index));
  assert_int_equal(sign_off_make(v, &c, 90, "good", &id), ERR_REFUSED); /* nobody signs their own */
  v->actor.id = f.supervisor;
  assert_int_equal(sign_off_make(v, &c, 90, "", &id), ERR_USAGE);
  OK(sign_off_make(v, &c, 90, "good", &id));
  assert_int_equal(sign_off_make(v, &c, 90, "again", &id), ERR_REFUSED);
  OK(index_commit(v->index));
  OK(sign_off_load(v, &f.cycle, &s));
  assert_true(s.minutes == 90 && id_equal(&s.supervisor, &f.supervisor) && id_equal(&s.row.practitioner, &own) && !s.external);
  assert_string_equal(bytes_text(&s.note), "good");
  assert_int_equal(
      sqlite3_exec(v->index->db, "UPDATE sign_off SET practitioner = (SELECT id FROM account ORDER BY n DESC LIMIT 1)", NULL,
                   NULL, NULL),
      SQLITE_OK);
  assert_int_equal(sign_off_load(v, &f.cycle, &moved), ERR_DATA);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(only_before_who_may, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(what_was_asked_and_said, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(what_was_changed_is_found, vault_sample_make, vault_sample_end),
      cmocka_unit_test_setup_teardown(a_signature, vault_sample_make, vault_sample_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
