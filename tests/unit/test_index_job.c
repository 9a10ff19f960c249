/* Destructions in the index, from decision to certificate: what a finished job drops, what it lets live, what it leaves
 * alone. And the certificates and audit entries that stay. */
#include "tests/unit/index_sample.h"

#include <sqlite3.h>

/* Bystanders have everything a dying thing has, and belong to no job or to another one. */
enum { DYING = 1, BYSTANDER = 2, USE_ENDS = 3, JOB = 70, OTHER_JOB = 71, PERSON = 50, ERASED = 51 };

static struct index_job sample_job(uint8_t n, int64_t created_ms) {
  return (struct index_job){.id = number(n),
                            .account = number(5),
                            .certificate = number(80),
                            .state = "pending",
                            .reason = {1, 2, 0, 4},
                            .reason_length = 4,
                            .created_ms = created_ms,
                            .due_ms = 99};
}

static void put_object(struct index *ix, uint8_t n, uint8_t clip) {
  struct index_object o = {.id = number(n), .clip = number(clip), .rendition = "as-filmed", .role = "body"};
  OK(index_object_put(ix, &o));
}

static void put_grant(struct index *ix, uint8_t consent, keystore_leaf leaf) {
  struct index_grant g = {{number(PERSON), number(200), "supervision", 2, 1}, number(consent), leaf, {0}};
  OK(index_grant_put(ix, &g));
}

static void put_verdict(struct index *ix, uint8_t consent, keystore_leaf leaf) {
  struct index_verdict v = {.consent = number(consent), .purpose = "supervision", .leaf = leaf, .state = "live"};
  AUTO(bytes) struct bytes sealed = sealed_text("x");
  struct index_consent c = {.id = v.consent, .person = number(PERSON)};
  OK(index_consent_put(ix, &c, &sealed));
  OK(index_verdict_put(ix, &v));
}

/* One clip that dies with the job, one that loses a use and gains another, and one that nothing is to happen to. */
static void put_everything(struct index *ix) {
  const struct id job = number(JOB), other = number(OTHER_JOB);
  AUTO(bytes) struct bytes sealed = sealed_text("name");
  struct index_job row = sample_job(JOB, 1), another = sample_job(OTHER_JOB, 2);
  OK(index_job_put(ix, &row));
  OK(index_job_put(ix, &another));
  for (uint8_t n = DYING; n <= USE_ENDS; n++) {
    struct index_clip c = sample_clip(n, "live");
    put_clip(ix, &c);
    OK(index_rendition_put(ix, &c.id, "as-filmed", &(struct id){{(uint8_t)(n + 100), 0x42}}, &sealed));
    OK(index_marks_put(ix, &c.id, &sealed));
    put_object(ix, (uint8_t)(n + 100), n);
    OK(index_clip_add_person(ix, &c.id, &(struct id){{PERSON, 0x42}}));
  }
  struct index_wrap wraps[] = {
      sample_wrap(DYING, "supervision", 21, "live"),     sample_wrap(DYING, "research", 22, "live"),
      sample_wrap(BYSTANDER, "supervision", 23, "live"), sample_wrap(USE_ENDS, "supervision", 24, "live"),
      sample_wrap(USE_ENDS, "supervision", 25, "new"),   sample_wrap(BYSTANDER, "research", 26, "new"),
      sample_wrap(BYSTANDER, "publication", 27, "live")};
  wraps[4].job = job, wraps[5].job = other;
  for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) OK(index_wrap_put(ix, &wraps[i]));
  OK(index_clip_end(ix, &(struct id){{DYING, 0x42}}, &job));
  OK(index_wrap_end(ix, &wraps[0], &job)); /* the clip's other wrap dies with the clip */
  OK(index_wrap_end(ix, &wraps[3], &job));
  OK(index_wrap_end(ix, &wraps[6], &other));
  put_verdict(ix, 60, 41), put_grant(ix, 60, 41);
  put_verdict(ix, 61, 42), put_grant(ix, 61, 42);
  struct index_verdict withdrawn = {number(60), "supervision", 41, "withdrawn", 7, 1, job};
  OK(index_verdict_set(ix, &withdrawn));
  for (keystore_leaf leaf = 21; leaf <= 41; leaf += 20) OK(index_job_add_leaf(ix, &job, leaf)); /* 21 and 41 */
  OK(index_job_add_leaf(ix, &job, 1000 + DYING));
  OK(index_job_add_leaf(ix, &job, 21)); /* twice is once */
  OK(index_job_add_leaf(ix, &other, 27));
  struct index_person ada = {number(PERSON), 51, 1, "live"}, gone = {number(ERASED), 52, 1, "live"};
  OK(index_person_put(ix, &ada, &sealed));
  OK(index_person_put(ix, &gone, &sealed));
  OK(index_person_end(ix, &gone.id, &job));
}

/* "21 41 1001", of the leaves that `list` gives. */
static void expect_leaves(const char *what, const struct bytes *leaves, const char *expected) {
  AUTO(bytes) struct bytes text = {0};
  for (size_t i = 0; i < INDEX_COUNT(keystore_leaf, *leaves); i++)
    bytes_printf(&text, "%s%llu", i ? " " : "", (unsigned long long)INDEX_ROWS(keystore_leaf, *leaves)[i]);
  if (strcmp(bytes_text(&text), expected) != 0) fail_msg("%s: %s, not %s", what, bytes_text(&text), expected);
}

/* "supervision/25/live …" of a clip's wraps. */
static void expect_wraps(struct index *ix, uint8_t clip, const char *expected) {
  AUTO(bytes) struct bytes wraps = {0}, text = {0};
  OK(index_wrap_of(ix, &(struct id){{clip, 0x42}}, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    bytes_printf(&text, "%s%s/%llu/%s%s", i ? " " : "", w->purpose, (unsigned long long)w->leaf, w->state,
                 id_is_zero(&w->job) ? "" : "/job");
  }
  if (strcmp(bytes_text(&text), expected) != 0) fail_msg("wraps of clip %d: %s, not %s", clip, bytes_text(&text), expected);
}

static void a_pending_job_knows_what_is_to_die(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id job = number(JOB);
  AUTO(bytes) struct bytes leaves = {0}, clips = {0}, wraps = {0}, verdicts = {0}, pending = {0};
  struct index_job got, expected = sample_job(JOB, 1);
  put_everything(ix);
  OK(index_job_get(ix, &job, &got));
  assert_memory_equal(&got, &expected, sizeof got);
  OK(index_job_leaves(ix, &job, &leaves));
  expect_leaves("the job's leaves", &leaves, "21 41 1001");
  OK(index_job_clips(ix, &job, &clips));
  assert_int_equal(INDEX_COUNT(struct index_clip, clips), 1);
  assert_int_equal(INDEX_ROWS(struct index_clip, clips)[0].id.b[0], DYING);
  OK(index_job_wraps(ix, &job, &wraps)); /* those that wait as "new" do not die */
  assert_int_equal(INDEX_COUNT(struct index_wrap, wraps), 2);
  assert_int_equal(INDEX_ROWS(struct index_wrap, wraps)[0].leaf, 21);
  assert_int_equal(INDEX_ROWS(struct index_wrap, wraps)[1].leaf, 24);
  OK(index_job_verdicts(ix, &job, &verdicts));
  assert_int_equal(INDEX_COUNT(struct index_verdict, verdicts), 1);
  assert_string_equal(INDEX_ROWS(struct index_verdict, verdicts)[0].state, "withdrawn");
  assert_int_equal(INDEX_ROWS(struct index_verdict, verdicts)[0].ended_ms, 7);
  OK(index_job_pending(ix, &pending));
  assert_int_equal(INDEX_COUNT(struct index_job, pending), 2);
  expect_wraps(ix, BYSTANDER, "publication/27/dying/job research/26/new/job supervision/23/live");
}

static void finishing_drops_what_died_and_lets_the_new_live(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id job = number(JOB), dying = number(DYING);
  AUTO(bytes) struct bytes title = {0}, people = {0}, objects = {0}, doomed = {0}, stale = {0};
  struct index_clip c;
  uint8_t mac[32];
  struct id found;
  put_everything(ix);
  OK(index_begin(ix));
  OK(index_job_finish(ix, &job));
  OK(index_commit(ix));
  expect_wraps(ix, DYING, "");
  expect_wraps(ix, USE_ENDS, "supervision/25/live");
  OK(index_clip_get(ix, &dying, &c, &title));
  assert_true(strcmp(c.state, "shredded") == 0 && c.leaf == 0 && id_is_zero(&c.job));
  assert_int_equal(title.length, 0);
  OK(index_clip_people(ix, &dying, &people));
  OK(index_object_of(ix, &dying, &objects));
  assert_int_equal(people.length + objects.length, 0);
  memset(mac, DYING, sizeof mac); /* the same film may be taken in again */
  assert_int_equal(index_clip_by_source(ix, mac, &found), ERR_MISSING);
  OK(index_doomed_list(ix, &doomed));
  assert_int_equal(INDEX_COUNT(struct id, doomed), 1);
  assert_int_equal(INDEX_ROWS(struct id, doomed)[0].b[0], DYING + 100);
  OK(index_stale_list(ix, &stale)); /* died with others, not by a leaf of the job itself: the next sweep's */
  expect_leaves("stale leaves", &stale, "22 24");
}

static void finishing_ends_verdicts_grants_and_persons(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id job = number(JOB), ended = number(60), erased = number(ERASED);
  AUTO(bytes) struct bytes verdicts = {0}, gone = {0}, kept = {0}, name = {0}, leaves = {0}, pending = {0};
  struct index_person p;
  struct index_job done;
  put_everything(ix);
  OK(index_job_finish(ix, &job));
  OK(index_verdict_of(ix, &ended, &verdicts));
  const struct index_verdict *v = INDEX_ROWS(struct index_verdict, verdicts);
  assert_true(v->leaf == 0 && id_is_zero(&v->job) && strcmp(v->state, "withdrawn") == 0 && v->ended_ms == 7);
  OK(index_grant_under(ix, 41, &gone));
  OK(index_grant_under(ix, 42, &kept));
  assert_int_equal(gone.length, 0);
  assert_int_equal(INDEX_COUNT(struct index_grant, kept), 1);
  OK(index_person_get(ix, &erased, &p, &name));
  assert_true(strcmp(p.state, "erased") == 0 && p.leaf == 0 && name.length == 0);
  OK(index_job_get(ix, &job, &done));
  assert_string_equal(done.state, "done");
  OK(index_job_leaves(ix, &job, &leaves));
  assert_int_equal(leaves.length, 0);
  OK(index_job_pending(ix, &pending));
  assert_int_equal(INDEX_COUNT(struct index_job, pending), 1);
  assert_int_equal(INDEX_ROWS(struct index_job, pending)[0].id.b[0], OTHER_JOB);
}

static void finishing_leaves_bystanders_alone(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id job = number(JOB), other = number(OTHER_JOB), bystander = number(BYSTANDER), lives = number(61),
                  ada = number(PERSON);
  AUTO(bytes) struct bytes title = {0}, people = {0}, objects = {0}, verdicts = {0}, name = {0}, leaves = {0};
  struct index_clip c, before = sample_clip(BYSTANDER, "live");
  struct index_person p;
  put_everything(ix);
  OK(index_job_finish(ix, &job));
  OK(index_clip_get(ix, &bystander, &c, &title));
  assert_memory_equal(&c, &before, sizeof c);
  assert_string_equal(bytes_text(&title), "title");
  OK(index_clip_people(ix, &bystander, &people));
  OK(index_object_of(ix, &bystander, &objects));
  assert_int_equal(INDEX_COUNT(struct id, people) + INDEX_COUNT(struct index_object, objects), 2);
  expect_wraps(ix, BYSTANDER, "publication/27/dying/job research/26/new/job supervision/23/live");
  OK(index_verdict_of(ix, &lives, &verdicts));
  assert_true(INDEX_ROWS(struct index_verdict, verdicts)->leaf == 42);
  OK(index_person_get(ix, &ada, &p, &name));
  assert_true(p.leaf == 51 && strcmp(bytes_text(&name), "name") == 0);
  OK(index_job_leaves(ix, &other, &leaves));
  expect_leaves("the other job's leaves", &leaves, "27");
}

/* What is kept beside a clip's objects goes with them, and only then. */
static void finishing_drops_what_was_bound_to_objects(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id job = number(JOB);
  put_everything(ix);
  OK(index_job_finish(ix, &job));
  for (uint8_t n = DYING; n <= USE_ENDS; n++) {
    AUTO(bytes) struct bytes rendition = {0}, marks = {0};
    struct id clip = number(n), body;
    enum err expected = n == DYING ? ERR_MISSING : ERR_OK;
    if (index_rendition_get(ix, &clip, "as-filmed", &body, &rendition) != expected) fail_msg("rendition of clip %d", n);
    if (index_marks_get(ix, &clip, &marks) != expected) fail_msg("marks of clip %d", n);
  }
}

/* A clip's second rendition ends when its last wrap does; the clip and its other rendition live on. */
static const struct {
  const char *name;
  const char *wraps[3]; /* of the rendition: "dying", "new" (both by this job), "live", "other" (dies by another job) */
  bool clip_dies, ends;
} renditions[] = {
    {"its only wrap dies", {"dying"}, false, true},
    {"both its wraps die", {"dying", "dying"}, false, true},
    {"one of two dies", {"dying", "live"}, false, false},
    {"one dies and one comes", {"dying", "new"}, false, false},
    {"the other dies by another job", {"dying", "other"}, false, false},
    {"it dies by another job", {"other"}, false, false},
    {"a wrap comes", {"new"}, false, false},
    {"nothing happens to it", {"live"}, false, false},
    {"it has no wrap", {NULL}, false, false},
    {"the whole clip dies", {"dying"}, true, false}, /* then it is no rendition that ends, but the clip */
};

static void put_rendition(struct index *ix, size_t row) {
  static const char *const purposes[] = {"research", "supervision", "publication"};
  const struct id job = number(JOB), other = number(OTHER_JOB);
  struct index_clip c = sample_clip((uint8_t)(row + 1), "live");
  struct index_object filmed = {.id = number((uint8_t)(row + 100)), .clip = c.id, .rendition = "as-filmed", .role = "body"},
                      obscured = {.id = number((uint8_t)(row + 150)), .clip = c.id, .rendition = "obscured", .role = "body"};
  put_clip(ix, &c);
  OK(index_object_put(ix, &filmed));
  OK(index_object_put(ix, &obscured));
  struct index_wrap lasting = sample_wrap(c.id.b[0], "intervention", 9, "live");
  OK(index_wrap_put(ix, &lasting));
  for (size_t i = 0; i < 3 && renditions[row].wraps[i]; i++) {
    struct index_wrap w = sample_wrap(c.id.b[0], purposes[i], (uint8_t)(10 + i), renditions[row].wraps[i]);
    snprintf(w.rendition, sizeof w.rendition, "obscured");
    if (strcmp(w.state, "live") != 0) w.job = strcmp(w.state, "other") == 0 ? other : job;
    if (strcmp(w.state, "other") == 0) snprintf(w.state, sizeof w.state, "dying");
    OK(index_wrap_put(ix, &w));
  }
  if (renditions[row].clip_dies) OK(index_clip_end(ix, &c.id, &job));
}

static void a_rendition_ends_with_its_last_wrap(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id job = number(JOB);
  enum { COUNT = sizeof renditions / sizeof *renditions };
  AUTO(bytes) struct bytes ended = {0};
  bool ends[COUNT] = {0};
  for (size_t i = 0; i < COUNT; i++) put_rendition(ix, i);
  OK(index_job_objects(ix, &job, &ended));
  for (size_t k = 0; k < INDEX_COUNT(struct index_object, ended); k++) {
    const struct index_object *o = &INDEX_ROWS(struct index_object, ended)[k];
    if (strcmp(o->rendition, "obscured") != 0) fail_msg("%s: as filmed ends, too", renditions[o->clip.b[0] - 1].name);
    ends[o->clip.b[0] - 1] = true;
  }
  OK(index_job_finish(ix, &job));
  for (size_t i = 0; i < COUNT; i++) {
    AUTO(bytes) struct bytes left = {0};
    struct id clip = number((uint8_t)(i + 1));
    size_t expected = renditions[i].clip_dies ? 0 : renditions[i].ends ? 1 : 2;
    if (ends[i] != renditions[i].ends) fail_msg("%s: ends %d", renditions[i].name, ends[i]);
    OK(index_object_of(ix, &clip, &left));
    if (INDEX_COUNT(struct index_object, left) != expected) fail_msg("%s: wrong objects are left", renditions[i].name);
  }
}

static void finishing_twice_is_finishing_once(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id job = number(JOB), unknown = number(99);
  AUTO(bytes) struct bytes once = {0}, twice = {0};
  put_everything(ix);
  OK(index_job_finish(ix, &job));
  OK(index_leaves(ix, &once));
  OK(index_job_finish(ix, &job));
  OK(index_job_finish(ix, &unknown));
  OK(index_leaves(ix, &twice));
  assert_int_equal(once.length, twice.length);
  assert_memory_equal(once.data, twice.data, once.length);
  expect_wraps(ix, USE_ENDS, "supervision/25/live");
}

/* A job that is decided and then taken back leaves no trace: that is what a dry run is. */
static void a_job_that_is_taken_back_ends_nothing(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  const struct id job = number(JOB);
  AUTO(bytes) struct bytes doomed = {0}, pending = {0};
  struct index_clip c = sample_clip(BYSTANDER, "live"), got;
  put_clip(ix, &c);
  OK(index_begin(ix));
  struct index_job row = sample_job(JOB, 1);
  OK(index_job_put(ix, &row));
  put_object(ix, 100, BYSTANDER);
  OK(index_clip_end(ix, &c.id, &job));
  OK(index_job_finish(ix, &job));
  index_rollback(ix);
  OK(index_clip_get(ix, &c.id, &got, NULL));
  assert_memory_equal(&got, &c, sizeof c);
  OK(index_doomed_list(ix, &doomed));
  OK(index_job_pending(ix, &pending));
  assert_int_equal(doomed.length + pending.length, 0);
}

static void every_leaf_that_opens_something_is_listed(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  static const keystore_leaf before[] = {21, 22, 23, 24, 25, 26, 27, 41, 42, 51, 52, 1001, 1002, 1003, 19, 77};
  static const keystore_leaf after[] = {22, 23, 24, 25, 26, 27, 42, 51, 1002, 1003, 19, 77};
  AUTO(bytes) struct bytes sealed = sealed_text("x");
  struct index_case kase = {.id = number(200), .leaf = 19, .practitioner = number(5)};
  put_everything(ix);
  OK(index_case_put(ix, &kase, &sealed));
  OK(index_stale_add(ix, 77));
  for (int round = 0; round < 2; round++) {
    const keystore_leaf *expected = round ? after : before;
    size_t count = round ? sizeof after / sizeof *after : sizeof before / sizeof *before, known = 0;
    AUTO(bytes) struct bytes leaves = {0};
    if (round) OK(index_job_finish(ix, &(struct id){{JOB, 0x42}}));
    OK(index_leaves(ix, &leaves));
    for (size_t i = 0; i < count; i++) {
      bool found = false;
      for (size_t k = 0; k < INDEX_COUNT(keystore_leaf, leaves); k++)
        found |= INDEX_ROWS(keystore_leaf, leaves)[k] == expected[i];
      if (!found) fail_msg("leaf %llu is missing in round %d", (unsigned long long)expected[i], round);
    }
    for (size_t k = 0; k < INDEX_COUNT(keystore_leaf, leaves); k++) {
      known = 0;
      for (size_t i = 0; i < count; i++) known += INDEX_ROWS(keystore_leaf, leaves)[k] == expected[i];
      if (!known) fail_msg("leaf %llu is too much in round %d", (unsigned long long)INDEX_ROWS(keystore_leaf, leaves)[k], round);
    }
  }
}

static void pending_jobs_come_oldest_first(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  AUTO(bytes) struct bytes pending = {0};
  static const int64_t created[] = {30, 10, 20};
  for (uint8_t i = 0; i < 3; i++) {
    struct index_job row = sample_job(i, created[i]);
    OK(index_job_put(ix, &row));
  }
  OK(index_job_pending(ix, &pending));
  for (size_t i = 0; i < 3; i++) assert_int_equal(INDEX_ROWS(struct index_job, pending)[i].created_ms, 10 * (i + 1));
}

static void doomed_and_stale_are_lists_to_work_off(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  AUTO(bytes) struct bytes doomed = {0}, stale = {0};
  bool known;
  for (uint8_t i = 0; i < 3; i++) {
    OK(index_doomed_add(ix, &(struct id){{1, 0x42}}));
    OK(index_stale_add(ix, 9u + i / 2)); /* 9 9 10 */
  }
  OK(index_object_known(ix, &(struct id){{1, 0x42}}, &known)); /* no orphan: somebody knows that it must go */
  assert_true(known);
  OK(index_doomed_gone(ix, &(struct id){{1, 0x42}}));
  OK(index_doomed_gone(ix, &(struct id){{2, 0x42}}));
  OK(index_stale_gone(ix, 9));
  OK(index_doomed_list(ix, &doomed));
  OK(index_stale_list(ix, &stale));
  assert_int_equal(doomed.length, 0);
  expect_leaves("stale leaves", &stale, "10");
}

/* ---- what stays */
static void certificates_stay(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  AUTO(bytes) struct bytes one = sealed_text("{1}\n"), two = sealed_text("{2}\n"), got = {0}, list = {0};
  struct id first = number(9), second = number(3);
  OK(index_certificate_put(ix, &first, 100, &one));
  OK(index_certificate_put(ix, &second, 50, &two));
  assert_int_equal(index_certificate_put(ix, &first, 100, &two), ERR_IO);
  OK(index_certificate_get(ix, &first, &got));
  assert_string_equal(bytes_text(&got), "{1}\n");
  OK(index_certificate_list(ix, &list)); /* as they were made, whatever a clock said */
  assert_int_equal(INDEX_COUNT(struct index_certificate, list), 2);
  assert_int_equal(INDEX_ROWS(struct index_certificate, list)[0].id.b[0], 9);
  assert_int_equal(INDEX_ROWS(struct index_certificate, list)[1].made_ms, 50);
}

static enum err note(void *context, uint64_t seq, const uint8_t *entry, size_t length) {
  bytes_printf(context, "%llu%.*s ", (unsigned long long)seq, (int)length, (const char *)entry);
  return seq == 4 ? err_set(ERR_REFUSED, "enough") : ERR_OK;
}

static void audit_entries_stay_in_order(void **state) {
  struct index *ix = ((struct sample *)*state)->ix;
  AUTO(bytes) struct bytes some = {0}, none = {0}, cut = {0};
  uint64_t count = 77;
  OK(index_audit_count(ix, &count));
  assert_int_equal(count, 0);
  for (uint64_t seq = 0; seq < 6; seq++) {
    AUTO(bytes) struct bytes entry = {0};
    bytes_printf(&entry, "%c", (int)('a' + seq));
    OK(index_audit_append(ix, seq, &entry));
    if (seq == 3) OK(index_audit_each(ix, 1, note, &some));
    if (seq == 3) assert_int_equal(index_audit_append(ix, 2, &entry), ERR_IO); /* never over another one */
  }
  OK(index_audit_count(ix, &count));
  assert_int_equal(count, 6);
  OK(index_audit_each(ix, 6, note, &none));
  assert_int_equal(index_audit_each(ix, 3, note, &cut), ERR_REFUSED);
  assert_string_equal(err_text(), "enough");
  assert_string_equal(bytes_text(&some), "1b 2c 3d ");
  assert_string_equal(bytes_text(&none), "");
  assert_string_equal(bytes_text(&cut), "3d 4e ");
}

/* What a hold defers is told once, with the job; what was committed to a key stays until the key is gone. */
static void deferrals_and_commitments_go_with_their_job(void **state) {
  struct sample *s = *state;
  AUTO(bytes) struct bytes rows = {0}, waiting = {0};
  const struct id job = number(JOB), other = number(OTHER_JOB);
  struct index_deferral d = {
      .hold = number(90), .clip = number(1), .purpose = "", .owner = "officer", .due_ms = 5, .review_ms = 6};
  struct index_commitment c = {.leaf = 21, .hash = {1}, .published = {2}, .entry = INDEX_UNPUBLISHED}, got;
  OK(index_begin(s->ix));
  put_everything(s->ix);
  OK(index_deferral_put(s->ix, &job, &d));
  OK(index_deferral_put(s->ix, &job, &d)); /* twice is once */
  OK(index_deferral_put(s->ix, &other, &d));
  for (; c.leaf <= 24; c.leaf++) OK(index_commitment_put(s->ix, &c));
  OK(index_commitment_waiting(s->ix, 3, &waiting));
  assert_int_equal(INDEX_COUNT(struct index_commitment, waiting), 3);
  OK(index_commitment_set_entry(s->ix, 21, 77));
  OK(index_commitment_get(s->ix, 21, &got));
  assert_int_equal(got.entry, 77);
  assert_true(got.hash[0] == 1 && got.published[0] == 2);
  OK(index_deferral_of(s->ix, &job, &rows));
  assert_int_equal(INDEX_COUNT(struct index_deferral, rows), 1);
  assert_string_equal(INDEX_ROWS(struct index_deferral, rows)[0].owner, "officer");
  OK(index_job_finish(s->ix, &job));
  bytes_clear(&rows), bytes_clear(&waiting);
  OK(index_deferral_of(s->ix, &job, &rows));
  assert_int_equal(rows.length, 0);
  OK(index_deferral_of(s->ix, &other, &rows));
  assert_int_equal(INDEX_COUNT(struct index_deferral, rows), 1);
  assert_int_equal(index_commitment_get(s->ix, 21, &got), ERR_MISSING); /* the job's */
  OK(index_commitment_waiting(s->ix, 9, &waiting));
  assert_int_equal(INDEX_COUNT(struct index_commitment, waiting), 3);
  OK(index_commit(s->ix));
}

/* ---- a large vault */
enum { MANY = 500 };

/* Clips of other cases, each with all that a clip has, and a consent with its form. */
static void put_many(struct index *ix) {
  AUTO(bytes) struct bytes sealed = sealed_text("x");
  OK(index_begin(ix));
  for (uint16_t n = 0; n < MANY; n++) {
    const struct id id = {{(uint8_t)n, (uint8_t)(n >> 8), 1}}, body = {{(uint8_t)n, (uint8_t)(n >> 8), 2}};
    const struct id consent = {{(uint8_t)n, (uint8_t)(n >> 8), 3}}, form = {{(uint8_t)n, (uint8_t)(n >> 8), 4}};
    struct index_clip clip = sample_clip(1, "live");
    struct index_wrap wrap = sample_wrap(1, "supervision", 1, "live");
    clip.id = wrap.clip = id, clip.kase = number(201), clip.leaf = wrap.leaf = 5000u + n;
    struct index_object o = {.id = body, .clip = id, .rendition = "as-filmed", .role = "body"}, f = {.id = form, .clip = consent};
    struct index_consent c = {.id = consent, .person = number(PERSON)};
    OK(index_clip_put(ix, &clip, NULL, &sealed));
    OK(index_wrap_put(ix, &wrap));
    OK(index_object_put(ix, &o));
    OK(index_object_put(ix, &f));
    OK(index_rendition_put(ix, &id, "as-filmed", &body, &sealed));
    OK(index_consent_put(ix, &c, &sealed));
    OK(index_clip_add_person(ix, &id, &(struct id){{PERSON, 0x42}}));
  }
  OK(index_commit(ix));
}

/* No statement may look at all rows of what grows with the vault. */
static void expect_no_scans(const struct index *ix) {
  for (size_t i = 0; i < INDEX_STATEMENTS; i++) {
    sqlite3_stmt *q = ix->cache[i].statement;
    int rows = q ? sqlite3_stmt_status(q, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) : 0;
    if (rows > MANY / 2) fail_msg("%d rows were gone through by %s", rows, ix->cache[i].sql);
  }
}

static void a_destruction_costs_the_same_in_a_large_vault(void **state) {
  struct sample *s = *state;
  AUTO(bytes) struct bytes objects = {0}, forms = {0}, clips = {0}, wraps = {0};
  put_everything(s->ix);
  put_many(s->ix);
  OK(index_job_objects(s->ix, &(struct id){{JOB, 0x42}}, &objects));
  OK(index_object_forms_ending(s->ix, &(struct id){{JOB, 0x42}}, &forms));
  OK(index_job_clips(s->ix, &(struct id){{JOB, 0x42}}, &clips));
  OK(index_job_wraps(s->ix, &(struct id){{JOB, 0x42}}, &wraps));
  OK(index_job_finish(s->ix, &(struct id){{JOB, 0x42}}));
  expect_no_scans(s->ix);
}

static void a_case_is_listed_at_the_same_cost_in_a_large_vault(void **state) {
  struct sample *s = *state;
  AUTO(bytes) struct bytes found = {0};
  put_everything(s->ix);
  put_many(s->ix);
  OK(index_clip_list(s->ix, &(struct index_clip_filter){.kase = number(200)}, &found));
  assert_int_equal(INDEX_COUNT(struct index_clip, found), 3);
  expect_no_scans(s->ix);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_make, sample_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_pending_job_knows_what_is_to_die),
      TEST(finishing_drops_what_died_and_lets_the_new_live),
      TEST(finishing_ends_verdicts_grants_and_persons),
      TEST(finishing_leaves_bystanders_alone),
      TEST(finishing_drops_what_was_bound_to_objects),
      TEST(a_rendition_ends_with_its_last_wrap),
      TEST(finishing_twice_is_finishing_once),
      TEST(a_job_that_is_taken_back_ends_nothing),
      TEST(every_leaf_that_opens_something_is_listed),
      TEST(deferrals_and_commitments_go_with_their_job),
      TEST(pending_jobs_come_oldest_first),
      TEST(doomed_and_stale_are_lists_to_work_off),
      TEST(certificates_stay),
      TEST(audit_entries_stay_in_order),
      TEST(a_destruction_costs_the_same_in_a_large_vault),
      TEST(a_case_is_listed_at_the_same_cost_in_a_large_vault),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
