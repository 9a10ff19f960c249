#include "vault/dispatch.h"

#include "vault/alarm.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/control.h"
#include "vault/interrupt.h"
#include "vault/lock.h"
#include "vault/overdue.h"
#include "vault/session.h"
#include "vault/unlock.h"
#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { RETRY_MS = 50, MOST_ATTENDED = 16 };

/* ---- in the process that holds the vault open */

/* Whatever a handler leaves behind on its way out of a failure is undone here, so that it may leave at any TRY. */
static void run_handler(struct session *s, const struct request *rq, struct reply *reply) {
  enum err e = rq->command->run(s, rq, reply);
  if (e != ERR_OK && !reply->report) {
    reply_fail(reply, e);
  } else if (e != ERR_OK) {
    reply->status = e;
    bytes_put_text(&reply->message, err_text());
  }
  if (s->vault && s->vault->index->writing) {
    index_rollback(s->vault->index);
    if (e == ERR_OK) reply_fail(reply, err_set(ERR_BUG, "%s left a transaction open", rq->command->name));
  }
}

static enum err begin_for(struct session *s, unsigned flags) {
  unsigned allowed =
      (flags & COMMAND_STRANGER ? VAULT_ANYBODY : 0) | (flags & (COMMAND_STRANGER | COMMAND_LOOKS) ? VAULT_DOUBTFUL : 0);
  if (s->visitor) return vault_begin_as(s->vault, &s->visitor->account, s->visitor->generation);
  return vault_begin(s->vault, s->uid, allowed);
}

/* False if whoever asks does not act. */
static bool run_in_vault(struct session *s, const struct request *rq, struct reply *reply) {
  enum err e = begin_for(s, rq->command->flags);
  bool acts = e != ERR_REFUSED;
  if (e == ERR_DATA) alarm_raise(&s->vault->config, ALARM_VERIFICATION, err_text());
  if (e == ERR_OK && !(rq->command->flags & COMMAND_LOOKS)) e = vault_age_check(s->vault);
  if (e != ERR_OK) {
    reply_fail(reply, e);
    return acts;
  }
  struct alarm_watch watch = alarm_before(s->vault, rq);
  run_handler(s, rq, reply);
  e = vault_end(s->vault);
  if (e != ERR_OK && reply->status == ERR_OK) reply_fail(reply, e);
  alarm_after(s->vault, rq, &watch, reply);
  return true;
}

static void attend(struct session *s);

static bool needs_no_vault(const struct request *rq) {
  bool without = rq->command->flags & COMMAND_NO_VAULT;
  for (size_t i = 0; i < rq->count; i++) {
    unsigned flags = command_option(rq->command, rq->fields[i].name)->flags;
    if (flags & OPTION_VAULT) return false;
    without |= (flags & OPTION_NO_VAULT) != 0;
  }
  return without;
}

/* In the answer of a process that holds the vault; nothing was begun then. */
static const char lasts_already[] = "another clipvault command that lasts is using this vault";

static enum err may_run_for_others(const struct session *holder, const struct command *c) {
  if (c->flags & COMMAND_LOCAL) return err_set(ERR_BUSY, "%s cannot run inside the process that holds the vault open", c->name);
  if ((c->flags & COMMAND_LASTS) && !holder->takes_lasting) return err_set(ERR_BUSY, "%s", lasts_already);
  return ERR_OK;
}

/* Between two steps of our own: who acts and when belongs to each command. */
static bool run_between(struct session *s, const struct request *rq, struct reply *reply) {
  struct vault *v = s->vault;
  struct index_account actor = v->actor;
  int64_t now_ms = v->now_ms;
  bool acts = run_in_vault(s, rq, reply);
  v->actor = actor;
  v->now_ms = now_ms;
  return acts;
}

static struct session session_within(const struct session *holder) {
  return (struct session){.vault = holder->vault,
                          .uid = (uid_t)-1,
                          .json = true,
                          .remote = true,
                          .commands = holder->commands,
                          .progress_fd = -1,
                          .client_fd = -1,
                          .control_fd = -1,
                          .listen_fd = -1,
                          .dir_fd = holder->dir_fd,
                          .monitor = holder->monitor};
}

/* One request of another process. */
static void handle(void *context, uid_t uid, int client_fd, const struct request *rq, struct reply *reply) {
  struct session *holder = context;
  enum err e = needs_no_vault(rq) ? err_set(ERR_BUSY, "this is done without the vault") : may_run_for_others(holder, rq->command);
  if (e != ERR_OK) {
    reply_fail(reply, e);
    return;
  }
  struct session s = session_within(holder);
  s.uid = uid;
  s.json = rq->json;
  s.progress = rq->progress;
  s.client_fd = client_fd;
  if (rq->command->flags & COMMAND_LASTS) {
    s.control_fd = holder->control_fd, s.listen_fd = holder->listen_fd, s.attend = attend;
    s.also = holder->also, s.also_context = holder->also_context;
  }
  if (rq->progress_fd > 0) s.progress_fd = rq->progress_fd;
  run_between(&s, rq, reply);
}

static void attend(struct session *s) {
  bool served = s->listen_fd >= 0 && !s->vault->index->writing;
  for (int i = 0; served && i < MOST_ATTENDED; i++)
    if (control_serve_one(s->listen_fd, s->commands, handle, s, &served) != ERR_OK) break;
  if (s->also && !s->vault->index->writing) s->also(s->also_context);
}

static struct session lasting_within(const struct session *holder, const struct session_visitor *visitor) {
  struct session s = session_within(holder);
  s.visitor = visitor;
  s.control_fd = holder->control_fd, s.listen_fd = holder->listen_fd, s.attend = attend;
  s.also = holder->also, s.also_context = holder->also_context;
  return s;
}

bool dispatch_for(struct session *holder, const struct session_visitor *visitor, const struct request *rq, struct reply *reply) {
  struct session s = session_within(holder);
  s.visitor = visitor;
  enum err e = may_run_for_others(holder, rq->command);
  if (e == ERR_OK) return run_between(&s, rq, reply);
  reply_fail(reply, e);
  return true;
}

bool dispatch_lasting_for(struct session *holder, const struct session_visitor *visitor, const struct request *rq,
                          struct reply *reply) {
  struct session s = lasting_within(holder, visitor);
  enum err e = may_run_for_others(holder, rq->command);
  if (e == ERR_OK) return run_between(&s, rq, reply);
  reply_fail(reply, e);
  return true;
}

void dispatch_own(struct session *holder, const struct request *rq, struct reply *reply) {
  struct session s = session_within(holder);
  s.uid = holder->uid;
  run_between(&s, rq, reply);
}

static enum err work_in_vault(struct session *s, enum err (*work)(struct vault *v, void *context), void *context) {
  TRY(begin_for(s, s->visitor ? 0 : COMMAND_STRANGER));
  TRY(vault_age_check(s->vault));
  enum err e = work(s->vault, context);
  index_rollback(s->vault->index);
  enum err ended = vault_end(s->vault);
  return e == ERR_OK ? ended : e;
}

enum err dispatch_within(struct session *holder, const struct session_visitor *visitor,
                         enum err (*work)(struct vault *v, void *context), void *context) {
  struct session s = session_within(holder);
  struct index_account actor = s.vault->actor;
  int64_t now_ms = s.vault->now_ms;
  s.visitor = visitor;
  enum err e = work_in_vault(&s, work, context);
  if (e == ERR_DATA) alarm_raise(&s.vault->config, ALARM_VERIFICATION, err_text());
  s.vault->actor = actor;
  s.vault->now_ms = now_ms;
  return e;
}

/* ---- in the process of the command */

struct asker {
  command_table table;
  const struct arguments *globals;
  struct session session;
  struct unlock unlock;
  bool has_secret, keyring_is_stale;
  int64_t until_ms; /* how long it waits for others */
};

static void asker_auto(struct asker *a) {
  unlock_free(&a->unlock);
  io_close(&a->session.dir_fd);
}

static enum err open_folder(struct session *s) {
  s->dir_fd = open(s->vault_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (s->dir_fd < 0 && errno == ENOENT)
    return err_set(ERR_MISSING, "there is no vault at %.200s; name one with --vault, or make one with clipvault init",
                   s->vault_path);
  if (s->dir_fd < 0) return err_set_errno(io_failure(ERR_REFUSED), "cannot open the vault at %.200s", s->vault_path);
  /* Nothing is ever made in a folder that is not a vault, not even a lock. */
  if (!faccessat(s->dir_fd, "keys.db", F_OK, 0)) return ERR_OK;
  if (errno == ENOENT) return err_set(ERR_MISSING, "%.200s is not a vault: it has no keys.db", s->vault_path);
  return err_set_errno(io_failure(ERR_REFUSED), "cannot open the vault at %.200s", s->vault_path);
}

/* What `unlock` left behind may belong to a vault that has changed its slots since: then the person is asked. */
static enum err open_vault(struct asker *a, struct vault **out, bool *again) {
  enum err e = vault_open(a->session.dir_fd, &a->unlock.secret, out);
  if (e != ERR_REFUSED || !a->unlock.from_keyring) return e;
  unlock_free(&a->unlock);
  a->has_secret = false;
  a->keyring_is_stale = true;
  IGNORE(unlock_forget(a->session.dir_fd));
  *again = true;
  return ERR_OK;
}

/* With the lock and a secret. */
static enum err run_here(struct asker *a, const struct request *rq, struct reply *reply, bool *again) {
  AUTO(vault) struct vault *v = NULL;
  struct session s = a->session;
  TRY(open_vault(a, &v, again));
  if (*again) return ERR_OK;
  unlock_free(&a->unlock); /* from here on only the vault's own keys are in memory */
  s.vault = v;
  int control = -1;
  if (rq->command->flags & COMMAND_LASTS) {
    TRY(control_listen(s.dir_fd, &control));
    s.control_fd = s.listen_fd = control;
    s.attend = attend;
  }
  run_in_vault(&s, rq, reply);
  control_close(s.dir_fd, &control);
  return ERR_OK;
}

static enum err still_busy(const struct asker *a, const char *holder) {
  if (interrupt_seen()) return err_set(ERR_BUSY, "interrupted while waiting for %s", holder);
  return err_set(ERR_BUSY, "another clipvault command is using this vault (%s); waited %u s", holder, a->globals->wait_seconds);
}

/* It has to wait for its turn inside the holder, and there is time for that. */
static bool waits_for_turn(const struct reply *reply, int64_t left_ms) {
  bool busy = reply->status == ERR_BUSY && strcmp(bytes_text(&reply->message), lasts_already) == 0;
  return busy && left_ms > 0 && !interrupt_seen();
}

/* Another process has the lock. Sets *again unless the holder answered. */
static enum err ask_holder(struct asker *a, const struct request *rq, struct reply *reply, bool *again) {
  char holder[LOCK_HOLDER];
  bool serves = false;
  unsigned flags = rq->command->flags;
  lock_holder(a->session.dir_fd, holder, &serves);
  int64_t left_ms = a->until_ms - clock_steady_ms();
  if (left_ms < 0) left_ms = 0;
  if (!(flags & COMMAND_LOCAL) && (!(flags & COMMAND_LASTS) || serves)) {
    enum err e = control_call(a->session.dir_fd, rq, (int)left_ms, reply);
    if (e == ERR_BUSY) return still_busy(a, holder);
    if (e == ERR_OK && !waits_for_turn(reply, left_ms)) return ERR_OK;
    if (e != ERR_OK && e != ERR_MISSING) return e;
    reply_free(reply);
  }
  if (serves && (flags & COMMAND_LOCAL) && left_ms == 0)
    return err_set(ERR_BUSY, "%s needs the vault to itself, and %s holds it open", rq->command->name, holder);
  if (left_ms == 0 || interrupt_seen()) return still_busy(a, holder);
  IGNORE(poll(NULL, 0, RETRY_MS));
  *again = true;
  return ERR_OK;
}

/* A person may think long about a passphrase: nobody else is kept waiting meanwhile. */
static enum err obtain_secret(struct asker *a, const struct request *rq) {
  int64_t before_ms = clock_steady_ms();
  bool fresh = a->keyring_is_stale || (rq->command->flags & COMMAND_FRESH);
  const struct unlock_named named = {a->globals->key_file, a->globals->shares};
  TRY(unlock_obtain(&named, a->session.dir_fd, fresh, &a->unlock));
  a->has_secret = true;
  a->until_ms += clock_steady_ms() - before_ms;
  return ERR_OK;
}

static enum err run_once(struct asker *a, const struct request *rq, struct reply *reply, bool *again) {
  AUTO(io) int lock = -1;
  TRY(lock_try(a->session.dir_fd, rq->command->name, &lock));
  if (lock < 0) return ask_holder(a, rq, reply, again);
  if (a->has_secret) return run_here(a, rq, reply, again);
  io_close(&lock);
  *again = true;
  enum err e = obtain_secret(a, rq);
  return e == ERR_REFUSED && (rq->command->flags & COMMAND_SWEEPS) ? overdue_locked(a->session.dir_fd) : e;
}

static enum err carry_out(struct asker *a, struct request *rq, struct reply *reply, bool *aside) {
  const struct command *c = rq->command;
  TRY(arguments_open(rq, aside));
  if (c->prepare) TRY(c->prepare(&a->session, rq));
  if (needs_no_vault(rq)) {
    a->session.dir_fd = open(a->session.vault_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    run_handler(&a->session, rq, reply);
    return ERR_OK;
  }
  TRY(open_folder(&a->session));
  a->until_ms = clock_steady_ms() + (int64_t)a->globals->wait_seconds * 1000;
  for (bool again = true; again;) {
    again = false;
    TRY(run_once(a, rq, reply, &again));
  }
  return ERR_OK;
}

static bool progress_wanted(const struct arguments *globals, const struct request *rq) {
  return (rq->command->flags & COMMAND_LASTS) && (globals->progress || (!globals->json && isatty(STDERR_FILENO)));
}

void dispatch_run(command_table table, const struct arguments *globals, struct request *rq, struct reply *reply) {
  AUTO(asker)
  struct asker a = {.table = table,
                    .globals = globals,
                    .session = {.uid = geteuid(),
                                .json = globals->json,
                                .progress = globals->progress,
                                .commands = table,
                                .vault_path = globals->vault,
                                .key_file = globals->key_file,
                                .progress_fd = progress_wanted(globals, rq) ? STDERR_FILENO : -1,
                                .client_fd = -1,
                                .control_fd = -1,
                                .listen_fd = -1,
                                .dir_fd = -1}};
  if (a.session.progress_fd >= 0) rq->progress_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  bool aside = false;
  enum err e = carry_out(&a, rq, reply, &aside);
  if (e == ERR_OK && reply->status == ERR_OK) e = arguments_keep(rq);
  if (rq->command->after) e = rq->command->after(e == ERR_OK ? reply->status : e);
  if (e != ERR_OK) reply_fail(reply, e);
  if (reply->status != ERR_OK) arguments_discard(rq);
  reply->aside = aside;
}
