/* The parent's side of the worker, against workers that are broken or taken over: small shell scripts that speak the wire
 * form by hand. Whatever they do, the parent gets an answer, keeps no process, and leaks no piece of the recording. */
#include "ingest/plan.h"
#include "ingest/worker.h"
#include "vault/base/secret.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Frames in the shell's notation. READY has an empty text; REPORT is that of a film without anything. */
#define READY "printf '\\004\\000\\000\\000\\001\\000\\000\\000\\000' >&3\n"
#define ASK "printf '\\014\\000\\000\\000\\002\\000\\000\\000\\000\\000\\000\\000\\000\\004\\000\\000\\000' >&3\n"
#define READY_AND_ASK                                     \
  "printf '\\004\\000\\000\\000\\001\\000\\000\\000\\000" \
  "\\014\\000\\000\\000\\002\\000\\000\\000\\000\\000\\000\\000\\000\\004\\000\\000\\000' >&3\n"
#define NUL4 "\\000\\000\\000\\000"
#define REPORT                                                                     \
  "printf '\\066\\000\\000\\000\\003\\001" NUL4 NUL4 NUL4 NUL4 NUL4 NUL4 NUL4 NUL4 \
  "\\000\\000\\000\\001\\000" NUL4 NUL4 NUL4 NUL4 "' >&3\n"
#define REFUSED "printf '\\010\\000\\000\\000\\004\\101\\003\\000\\000\\000bad' >&3\n"
#define PART "printf '\\004\\000\\000\\000\\006\\002abc' >&3\n"
#define DONE "printf '\\213\\000\\000\\000\\007' >&3\n/usr/bin/head -c 139 /dev/zero >&3\n"
/* Takes WIRE_OPEN (45 bytes) and WIRE_ORDER (40 bytes) from the socket. */
#define HEAR_OPEN "/usr/bin/head -c 45 <&3 >/dev/null\n"
#define HEAR_ORDER "/usr/bin/head -c 40 <&3 >/dev/null\n"
#define HEAR_ANSWER "/usr/bin/head -c 9 <&3 >/dev/null\n"

struct taken {
  char body[64];
  size_t length;
  enum err next;
};

static enum err read_source(void *context, uint64_t offset, void *out, size_t length, size_t *got) {
  (void)context;
  memset(out, 'S', length);
  *got = offset == 0 ? length : 0;
  return ERR_OK;
}

static enum err take(void *context, enum wire_object which, const void *data, size_t length) {
  struct taken *t = context;
  if (t->next != ERR_OK) return err_set(t->next, "the disk is full");
  assert_int_equal(which, WIRE_BODY);
  assert_true(t->length + length <= sizeof t->body);
  memcpy(t->body + t->length, data, length);
  t->length += length;
  return ERR_OK;
}

static char folder[4096];

static const char *script(const char *body) {
  static char path[sizeof folder + 16];
  snprintf(path, sizeof path, "%s/worker", folder);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fprintf(f, "#!/bin/sh\n%s", body);
  fclose(f);
  assert_int_equal(chmod(path, 0700), 0);
  return path;
}

/* Until it has told what the recording is, or has made everything. */
static enum err until_it_rests(struct worker *w) {
  for (bool done = false, watched; !done;) TRY(worker_step(w, -1, 100, &watched, &done));
  return ERR_OK;
}

static enum err run_within(const char *body, struct taken *taken, const struct wire_limits *most) {
  struct worker_host host = {.context = taken, .read_source = read_source, .take = take, .most = most};
  AUTO(worker) struct worker *w = NULL;
  TRY(worker_start(script(body), 1000, &host, &w));
  TRY(until_it_rests(w));
  static const struct wire_order order = {.make = WIRE_MAKE_COPY, .keep_video = true, .to_frame = -1};
  TRY(worker_order(w, &order));
  return until_it_rests(w);
}

static enum err run(const char *body, struct taken *taken) { return run_within(body, taken, NULL); }

static const struct {
  const char *name, *body;
  enum err expected;
  const char *words;
} rows[] = {
    {"does all", READY HEAR_OPEN ASK HEAR_ANSWER REPORT HEAR_ORDER PART PART DONE, ERR_OK, ""},
    {"asks in the same breath as it is ready", READY_AND_ASK HEAR_OPEN HEAR_ANSWER REPORT HEAR_ORDER PART PART DONE, ERR_OK, ""},
    {"refuses", READY HEAR_OPEN REFUSED, ERR_DATA, "bad"},
    {"refuses midway", READY HEAR_OPEN REPORT HEAR_ORDER PART REFUSED, ERR_DATA, "bad"},
    {"has no cage", "exit 69\n", ERR_UNAVAILABLE, "exit code 69"},
    {"says nothing", "exit 0\n", ERR_UNAVAILABLE, "before it was done"},
    {"is stopped by its cage", READY HEAR_OPEN "kill -SYS $$\n", ERR_DATA, "by its cage (SIGSYS)"},
    {"crashes at once", READY HEAR_OPEN "kill -ABRT $$\n", ERR_DATA, "refused: the file crashed the decoder (SIGABRT)"},
    {"crashes", READY HEAR_OPEN REPORT HEAR_ORDER PART "kill -SEGV $$\n", ERR_DATA,
     "refused: the file crashed the decoder (SIGSEGV)"},
    {"divides by zero", READY HEAR_OPEN REPORT HEAR_ORDER "kill -FPE $$\n", ERR_DATA, "crashed the decoder (SIGFPE)"},
    {"crashes before it saw a file", "kill -SEGV $$\n", ERR_UNAVAILABLE, "SIGSEGV"},
    {"is killed", READY HEAR_OPEN REPORT HEAR_ORDER PART "kill -KILL $$\n", ERR_UNAVAILABLE, "SIGKILL"},
    {"ends early", READY HEAR_OPEN REPORT HEAR_ORDER PART, ERR_UNAVAILABLE, "before it was done"},
    {"sends the body unasked", READY HEAR_OPEN PART, ERR_DATA, "protocol"},
    {"is done unasked", READY HEAR_OPEN DONE, ERR_DATA, "protocol"},
    {"reports twice", READY HEAR_OPEN REPORT HEAR_ORDER REPORT, ERR_DATA, "protocol"},
    {"reads before it is caged", ASK, ERR_DATA, "protocol"},
    {"speaks like a parent", READY HEAR_OPEN "printf '\\000\\000\\000\\000\\021' >&3\n", ERR_DATA, "protocol"},
    {"sends an unknown frame", READY HEAR_OPEN "printf '\\000\\000\\000\\000\\011' >&3\n", ERR_DATA, "cannot be"},
    {"sends a frame that is too long", READY HEAR_OPEN "printf '\\000\\000\\020\\000\\006' >&3\n", ERR_DATA, "cannot be"},
    {"sends a malformed report", READY HEAR_OPEN "printf '\\001\\000\\000\\000\\003\\001' >&3\n", ERR_DATA, "malformed"},
};

static void test_workers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct taken taken = {0};
    enum err got = run(rows[i].body, &taken);
    if (got != rows[i].expected || (got != ERR_OK && !strstr(err_text(), rows[i].words)))
      print_error("a worker that %s: %d (%s)\n", rows[i].name, (int)got, err_text());
    assert_int_equal(got, rows[i].expected);
    if (got != ERR_OK) assert_non_null(strstr(err_text(), rows[i].words));
    if (got == ERR_OK) assert_memory_equal(taken.body, "abcabc", 6);
    assert_int_equal(secret_in_use(), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
  }
}

static void test_host_fails(void **state) {
  (void)state;
  struct taken taken = {.next = ERR_IO};
  assert_int_equal(run(READY HEAR_OPEN REPORT HEAR_ORDER PART "/usr/bin/sleep 60\n", &taken), ERR_IO);
  assert_string_equal(err_text(), "the disk is full");
  assert_int_equal(secret_in_use(), 0);
}

/* It asks and asks, and never takes an answer: the parent must not be held up. */
static void test_never_listens(void **state) {
  (void)state;
  struct worker_host host = {.read_source = read_source, .take = take};
  AUTO(worker) struct worker *w = NULL;
  static const struct wire_order order = {.make = WIRE_MAKE_COPY, .keep_video = true, .to_frame = -1};
  const char *path =
      script(READY HEAR_OPEN REPORT HEAR_ORDER
             "while :; do printf '\\014\\000\\000\\000\\002\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\002\\000'; "
             "done >&3\n");
  assert_int_equal(worker_start(path, 1000, &host, &w), ERR_OK);
  assert_int_equal(until_it_rests(w), ERR_OK);
  assert_int_equal(worker_order(w, &order), ERR_OK);
  bool watched, done = false;
  for (int i = 0; i < 50; i++) assert_int_equal(worker_step(w, -1, 10, &watched, &done), ERR_OK);
  assert_false(done);
}

/* However it hangs, it is ended when the file's time is up, and the file is refused: silent, talking, stopped, or at the end of
 * its computing time. The first second counts from when its cage was closed. */
static void test_hangs(void **state) {
  (void)state;
  static const char progress[] = "printf '\\004\\000\\000\\000\\005\\001\\000\\000\\000' >&3\n";
  char talks[512];
  snprintf(talks, sizeof talks, READY HEAR_OPEN REPORT HEAR_ORDER "while :; do %s done\n", progress);
  const char *const bodies[] = {
      READY HEAR_OPEN "while :; do :; done\n",
      READY HEAR_OPEN REPORT HEAR_ORDER PART "while :; do :; done\n",
      talks,
      READY HEAR_OPEN REPORT HEAR_ORDER "kill -STOP $$\n",
      READY HEAR_OPEN REPORT HEAR_ORDER "kill -XCPU $$\n",
  };
  const struct config usual = config_default();
  struct wire_limits most = plan_limits(&usual);
  most.most_seconds = 1;
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
    struct taken taken = {0};
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(run_within(bodies[i], &taken, &most), ERR_DATA);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_string_equal(err_text(), "refused: the file takes longer than 1 seconds (most_seconds in clipvault.conf)");
    assert_true(after.tv_sec - before.tv_sec < 20); /* a busy machine is no failure, five minutes would be */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(secret_in_use(), 0);
  }
}

/* It waits long for us: that is not its time. */
static void test_left_alone(void **state) {
  (void)state;
  const struct config usual = config_default();
  struct wire_limits most = plan_limits(&usual);
  most.most_seconds = 1;
  struct taken taken = {0};
  struct worker_host host = {.context = &taken, .read_source = read_source, .take = take, .most = &most};
  AUTO(worker) struct worker *w = NULL;
  static const struct wire_order order = {.make = WIRE_MAKE_COPY, .keep_video = true, .to_frame = -1};
  const char *path = script(READY HEAR_OPEN REPORT HEAR_ORDER PART DONE);
  assert_int_equal(worker_start(path, 1000, &host, &w), ERR_OK);
  assert_int_equal(until_it_rests(w), ERR_OK);
  assert_int_equal(worker_wait(w).fd, -1);
  assert_int_equal(worker_order(w, &order), ERR_OK);
  assert_int_not_equal(worker_wait(w).fd, -1);
  nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 100 * 1000000L}, NULL);
  assert_int_equal(until_it_rests(w), ERR_OK);
  assert_memory_equal(taken.body, "abc", 3);
}

/* What the child finds: its socket, no descriptor above it, no argument, no environment. */
static void test_surroundings(void **state) {
  (void)state;
  char body[sizeof folder + 256], path[sizeof folder + 16], line[256];
  snprintf(path, sizeof path, "%s/seen", folder);
  snprintf(body, sizeof body,
           "{ echo arguments $#; for i in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$i ] || echo open $i; done; /usr/bin/env; } "
           ">%s\n" READY,
           path);
  struct taken taken = {0};
  assert_int_equal(dup2(STDIN_FILENO, 9), 9); /* not close-on-exec, and still not for the child */
  assert_int_not_equal(run(body, &taken), ERR_OK);
  close(9);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  assert_string_equal(fgets(line, sizeof line, f), "arguments 0\n");
  assert_string_equal(fgets(line, sizeof line, f), "open 3\n");
  while (fgets(line, sizeof line, f))
    assert_true(strncmp(line, "PWD=", 4) == 0 || strncmp(line, "_=", 2) == 0); /* the shell's own */
  fclose(f);
  unlink(path);
}

static void test_no_program(void **state) {
  (void)state;
  struct worker_host host = {.read_source = read_source, .take = take};
  struct worker *w = NULL;
  assert_int_equal(worker_start("/nonexistent/clipvault-transcode", 0, &host, &w), ERR_UNAVAILABLE);
  assert_null(w);
  worker_free(NULL);
}

static int prepare(void **state) {
  (void)state;
  const char *temporary = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/cv-worker.XXXXXX", temporary ? temporary : "/tmp");
  return mkdtemp(folder) && secret_init() == ERR_OK ? 0 : -1;
}

static int clean(void **state) {
  (void)state;
  char path[sizeof folder + 16];
  snprintf(path, sizeof path, "%s/worker", folder);
  unlink(path);
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_workers),      cmocka_unit_test(test_host_fails), cmocka_unit_test(test_never_listens),
      cmocka_unit_test(test_surroundings), cmocka_unit_test(test_no_program), cmocka_unit_test(test_hangs),
      cmocka_unit_test(test_left_alone),
  };
  return cmocka_run_group_tests(tests, prepare, clean);
}
