/* Where a request is carried out. The vault itself is a stand-in, the processes, the lock and the socket are real. */
#include "vault/dispatch.h"

#include "vault/alarm.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/overdue.h"
#include "vault/session.h"
#include "vault/unlock.h"
#include "vault/vault.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the stand-in: opens with the key file's bytes 0x11…, takes no MRK */

static struct index an_index;
static unsigned rolled_back;

enum err vault_open(int dirfd, const struct slot_secret *secret, struct vault **out) {
  (void)dirfd;
  if (secret->kind != SLOT_SECRET_KEY_FILE || secret->bytes[0] != 0x11) return err_set(ERR_REFUSED, "this opens no slot");
  *out = calloc(1, sizeof **out);
  (*out)->index = &an_index;
  return *out ? ERR_OK : err_set(ERR_IO, "out of memory");
}
void vault_close(struct vault *v) { free(v); }
enum err vault_begin(struct vault *v, int64_t uid, unsigned allowed) {
  (void)allowed;
  v->actor.uid = uid;
  v->now_ms++;
  return ERR_OK;
}
enum err vault_begin_as(struct vault *v, const struct id *user, uint32_t generation) {
  (void)v, (void)user;
  return generation == 1 ? ERR_OK : err_set(ERR_REFUSED, "this session was ended; sign in again");
}
enum err vault_end(struct vault *v) {
  (void)v;
  return ERR_OK;
}
enum err vault_age_check(const struct vault *v) {
  (void)v;
  return ERR_OK;
}
void alarm_raise(const struct config *c, enum alarm_event event, const char *words) { (void)c, (void)event, (void)words; }
struct alarm_watch alarm_before(struct vault *v, const struct request *rq) {
  (void)v, (void)rq;
  return (struct alarm_watch){0};
}
void alarm_after(struct vault *v, const struct request *rq, const struct alarm_watch *before, const struct reply *reply) {
  (void)v, (void)rq, (void)before, (void)reply;
}
enum err overdue_locked(int dirfd) {
  (void)dirfd;
  return err_set(ERR_BUSY, "the vault is locked");
}
void index_rollback(struct index *ix) {
  rolled_back++;
  ix->writing = false;
}

/* ---- commands */

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  const char *how = request_text_or(rq, "how", "well");
  int fd = request_fd(rq, "to", 0);
  s->vault->index->writing = !strncmp(how, "open", 4);
  if (fd >= 0) TRY(io_write_all(fd, "film", 4));
  bytes_printf(&reply->json, "[%ld,%s]", (long)getpid(), s->remote ? "true" : "false");
  if (!strcmp(how, "badly") || !strcmp(how, "open-badly")) return err_set(ERR_REFUSED, "not today");
  reply->report = !strcmp(how, "reporting");
  return reply->report ? err_set(ERR_BUSY, "pending") : ERR_OK;
}

static int ready[2], go_on[2];

static void say(int fd) { assert_int_equal(write(fd, "x", 1), 1); }
static void hear(int fd) {
  char byte;
  assert_int_equal(read(fd, &byte, 1), 1);
}

/* Lasts until it is told to end; attends to others unless it is deaf. Others must not change who acts, nor when. */
static enum err last_run(struct session *s, const struct request *rq, struct reply *reply) {
  int64_t now_ms = s->vault->now_ms;
  if (!strcmp(request_text_or(rq, "how", ""), "briefly")) {
    bytes_printf(&reply->json, "[%ld,%s]", (long)getpid(), s->remote ? "true" : "false");
    return ERR_OK;
  }
  s->takes_lasting = !strcmp(rq->command->name, "serve");
  say(ready[1]);
  struct pollfd p[] = {{.fd = go_on[0], .events = POLLIN}, {.fd = s->control_fd, .events = POLLIN}};
  bool deaf = request_flag(rq, "deaf");
  for (bool over = false; !over;) {
    if (poll(p, deaf ? 1 : 2, 10000) < 0) return err_set_errno(ERR_BUG, "poll");
    over = p[0].revents;
    if (over)
      hear(go_on[0]);
    else
      session_attend(s);
    if (s->vault->now_ms != now_ms || s->remote) return err_set(ERR_BUG, "another command's time leaked into mine");
  }
  bytes_put_text(&reply->json, "0");
  return ERR_OK;
}

static const struct command_option options[] = {
    {"--how", "HOW", 0, ""}, {"--deaf", NULL, OPTION_SWITCH, ""}, {"--to", "FILE", OPTION_FILE_OUT, ""}, {0}};
static const struct command show = {.name = "show", .options = options, .run = show_run};
static const struct command ingest = {.name = "ingest", .options = options, .flags = COMMAND_LASTS, .run = last_run};
static const struct command serve = {
    .name = "serve", .options = options, .flags = COMMAND_LASTS | COMMAND_LOCAL, .run = last_run};
static const struct command local = {.name = "local", .options = options, .flags = COMMAND_LOCAL, .run = show_run};
static const struct command *const TABLE[] = {&show, &ingest, &serve, &local, NULL};

static char folder[] = "/tmp/clipvault-test-XXXXXX";
static char vault_path[64], key_path[64], out_path[64];

static void carry_out(char *const words[], struct reply *reply) {
  AUTO(request) struct request rq = {0};
  struct arguments g;
  int count = 0;
  while (words[count]) count++;
  setenv("CLIPVAULT_DIR", vault_path, 1);
  assert_int_equal(arguments_parse(TABLE, count, words, &g, &rq), ERR_OK);
  dispatch_run(TABLE, &g, &rq, reply);
}
#define CARRY_OUT(reply, ...) carry_out((char *[]){__VA_ARGS__, NULL}, reply)

static pid_t holder(const char *name, bool deaf) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    AUTO(reply) struct reply reply = {0};
    char command[16];
    snprintf(command, sizeof command, "%s", name);
    if (deaf)
      CARRY_OUT(&reply, command, "--deaf");
    else
      CARRY_OUT(&reply, command);
    if (reply.status != ERR_OK) fprintf(stderr, "holder: %s\n", bytes_text(&reply.message));
    _exit((int)reply.status);
  }
  hear(ready[0]);
  return child;
}

static void assert_ends_well(pid_t child) {
  int status = 0;
  say(go_on[1]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

static void assert_ran_in(const struct reply *reply, pid_t pid, bool remote) {
  char expected[64];
  snprintf(expected, sizeof expected, "[%ld,%s]", (long)pid, remote ? "true" : "false");
  if (reply->status != ERR_OK) print_message("%s\n", bytes_text(&reply->message));
  assert_int_equal(reply->status, ERR_OK);
  assert_string_equal(bytes_text(&reply->json), expected);
}

/* ---- tests */

static bool is_there(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", vault_path, name);
  return access(path, F_OK) == 0;
}

static void alone_it_runs_here(void **state) {
  (void)state;
  AUTO(reply) struct reply a = {0};
  CARRY_OUT(&a, "show");
  assert_ran_in(&a, getpid(), false);
  assert_false(is_there("control"));
}

static void what_is_no_vault_is_left_alone(void **state) {
  (void)state;
  AUTO(reply) struct reply a = {0}, b = {0};
  CARRY_OUT(&a, "--vault", "/nonexistent/vault", "show");
  assert_int_equal(a.status, ERR_MISSING);
  CARRY_OUT(&b, "--vault", folder, "show");
  assert_int_equal(b.status, ERR_MISSING);
  char lock[64];
  snprintf(lock, sizeof lock, "%s/lock", folder);
  assert_int_equal(access(lock, F_OK), -1);
}

static void a_short_command_runs_inside_a_lasting_one(void **state) {
  (void)state;
  AUTO(reply) struct reply a = {0}, b = {0}, c = {0}, d = {0};
  pid_t pid = holder("ingest", false);
  CARRY_OUT(&a, "show");
  assert_ran_in(&a, pid, true);
  unsetenv("CLIPVAULT_KEY_FILE"); /* no secret is needed for that */
  CARRY_OUT(&b, "show", "--to", out_path);
  setenv("CLIPVAULT_KEY_FILE", key_path, 1);
  assert_ran_in(&b, pid, true);
  assert_int_equal(unlink(out_path), 0);
  CARRY_OUT(&c, "--wait", "1", "ingest", "--how", "briefly");
  assert_int_equal(c.status, ERR_BUSY);
  assert_non_null(strstr(bytes_text(&c.message), "(ingest (process "));
  CARRY_OUT(&d, "--wait", "0", "local");
  assert_int_equal(d.status, ERR_BUSY);
  assert_ends_well(pid);
}

static void serve_also_takes_what_lasts(void **state) {
  (void)state;
  AUTO(reply) struct reply a = {0}, b = {0};
  pid_t pid = holder("serve", false);
  CARRY_OUT(&a, "--wait", "1", "ingest", "--how", "briefly");
  assert_ran_in(&a, pid, true);
  CARRY_OUT(&b, "--wait", "1", "local");
  assert_int_equal(b.status, ERR_BUSY);
  assert_string_equal(bytes_text(&b.json), "");
  assert_ends_well(pid);
}

static void a_holder_that_does_not_attend_is_waited_for(void **state) {
  (void)state;
  AUTO(reply) struct reply a = {0}, b = {0};
  pid_t pid = holder("ingest", true);
  CARRY_OUT(&a, "--wait", "1", "show");
  assert_int_equal(a.status, ERR_BUSY);
  assert_ends_well(pid);
  CARRY_OUT(&b, "--wait", "5", "show");
  assert_ran_in(&b, getpid(), false);
}

static void a_killed_holder_is_in_nobodys_way(void **state) {
  (void)state;
  AUTO(reply) struct reply a = {0};
  pid_t pid = holder("ingest", false);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  assert_true(is_there("control"));
  CARRY_OUT(&a, "show");
  assert_ran_in(&a, getpid(), false);
  assert_ends_well(holder("ingest", false));
  assert_false(is_there("control"));
}

static void failures_leave_nothing_behind(void **state) {
  (void)state;
  static const struct {
    const char *how;
    enum err status;
    const char *message;
    unsigned rolled_back;
    bool has_json;
  } cases[] = {{"well", ERR_OK, "", 0, true},
               {"badly", ERR_REFUSED, "not today", 0, false},
               {"open-badly", ERR_REFUSED, "not today", 1, false},
               {"open", ERR_BUG, "show left a transaction open", 1, false},
               {"reporting", ERR_BUSY, "pending", 0, true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    AUTO(reply) struct reply r = {0};
    char how[16];
    snprintf(how, sizeof how, "%s", cases[i].how);
    rolled_back = 0;
    CARRY_OUT(&r, "show", "--how", how, "--to", out_path);
    assert_int_equal(r.status, cases[i].status);
    assert_string_equal(bytes_text(&r.message), cases[i].message);
    assert_int_equal(rolled_back, cases[i].rolled_back);
    assert_int_equal(r.json.length > 0, cases[i].has_json);
    assert_int_equal(access(out_path, F_OK) == 0, cases[i].status == ERR_OK);
    unlink(out_path);
  }
}

/* The MRK in the keyring was replaced by removing a slot: it is forgotten, and another way is looked for. */
static void a_stale_key_in_the_keyring_is_forgotten(void **state) {
  (void)state;
  SECRET_KEY(old);
  AUTO(io) int fd = open(vault_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (unlock_remember(fd, old, 60) != ERR_OK) skip();
  pid_t child = fork();
  if (!child) {
    AUTO(reply) struct reply r = {0};
    AUTO(unlock) struct unlock u = {0};
    setsid();
    unsetenv("CLIPVAULT_KEY_FILE");
    CARRY_OUT(&r, "show");
    bool forgotten = unlock_obtain(&(struct unlock_named){0}, fd, false, &u) == ERR_REFUSED;
    _exit(r.status == ERR_REFUSED && strstr(bytes_text(&r.message), "the vault is locked") && forgotten ? 0 : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  IGNORE(unlock_forget(fd));
  assert_int_equal(status, 0);
}

static int make_vault(void **state) {
  (void)state;
  static const char key[] = "CLIPVAULT-KEY-1 1111111111111111111111111111111111111111111111111111111111111111\n";
  if (secret_init() != ERR_OK || !mkdtemp(folder) || pipe(ready) || pipe(go_on)) return 1;
  snprintf(vault_path, sizeof vault_path, "%s/vault", folder);
  snprintf(key_path, sizeof key_path, "%s/key", folder);
  snprintf(out_path, sizeof out_path, "%s/out", folder);
  if (mkdir(vault_path, 0700)) return 1;
  setenv("CLIPVAULT_KEY_FILE", key_path, 1);
  char path[128];
  snprintf(path, sizeof path, "%s/keys.db", vault_path);
  return io_write_file(AT_FDCWD, key_path, key, strlen(key)) != ERR_OK || io_write_file(AT_FDCWD, path, "", 0) != ERR_OK;
}

static int remove_vault(void **state) {
  (void)state;
  char path[128];
  const char *names[] = {"keys.db", "lock", "control"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", vault_path, names[i]);
    unlink(path);
  }
  unlink(key_path);
  return rmdir(vault_path) || rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(alone_it_runs_here),
      cmocka_unit_test(what_is_no_vault_is_left_alone),
      cmocka_unit_test(a_short_command_runs_inside_a_lasting_one),
      cmocka_unit_test(serve_also_takes_what_lasts),
      cmocka_unit_test(a_holder_that_does_not_attend_is_waited_for),
      cmocka_unit_test(a_killed_holder_is_in_nobodys_way),
      cmocka_unit_test(failures_leave_nothing_behind),
      cmocka_unit_test(a_stale_key_in_the_keyring_is_forgotten),
  };
  return cmocka_run_group_tests(tests, make_vault, remove_vault);
}
