#include "player-bridge/admission.h"

#include "player-bridge/monitor.h"
#include "player-bridge/viewing.h"
#include "vault/base/clock.h"
#include "vault/base/id.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/dispatch.h"
#include "vault/json.h"
#include "vault/signin.h"

#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { AT_ONCE = 2, MOST_WAITING = 32, MOST_NAME = 200, MOST_PASSWORD = 1024, MOST_CODE = 16, MOST_ADDRESS = 64 };

/* One attempt. */
struct attempt {
  struct admission *home;
  uint64_t number, replaces; /* the question; the visit that the browser had before */
  uint64_t confirms;         /* the visit that goes on with it, instead of a new one; 0: none */
  uint64_t bridge;           /* which one asked (monitor.lost): to another the number of the question means nothing */
  struct signin_check *check;
  uint8_t *password; /* in the arena */
  size_t password_length;
  char code[MOST_CODE + 1];
  bool verified, running, done;
  struct attempt *next;
};

struct admission {
  struct throttle *throttle;
  pthread_mutex_t lock; /* what is done, and how many run */
  pthread_cond_t ended;
  struct attempt *first, **last;
  size_t count, running;
  int event;
};

static void free_attempt(struct attempt *a) {
  signin_check_free(a->check);
  secret_free(a->password);
  sodium_memzero(a, sizeof *a);
  free(a);
}

enum err admission_new(struct admission **out) {
  struct admission *a = calloc(1, sizeof *a);
  if (!a) return err_set(ERR_IO, "out of memory");
  pthread_mutex_init(&a->lock, NULL);
  pthread_cond_init(&a->ended, NULL);
  a->last = &a->first;
  a->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  enum err e = a->event < 0 ? err_set_errno(ERR_UNAVAILABLE, "cannot make an event") : throttle_new(&a->throttle);
  if (e != ERR_OK)
    admission_free(a);
  else
    *out = a;
  return e;
}

void admission_free(struct admission *a) {
  if (!a) return;
  pthread_mutex_lock(&a->lock);
  while (a->running) pthread_cond_wait(&a->ended, &a->lock);
  pthread_mutex_unlock(&a->lock);
  while (a->first) {
    struct attempt *one = a->first;
    a->first = one->next;
    free_attempt(one);
  }
  throttle_free(a->throttle);
  io_close(&a->event);
  free(a);
}

int admission_fd(const struct admission *a) { return a->event; }

/* ---- in a thread */

static void *verify(void *context) {
  const uint64_t one = 1;
  struct attempt *a = context;
  struct admission *home = a->home;
  bool verified = signin_verify(a->check, a->password, a->password_length);
  pthread_mutex_lock(&home->lock);
  a->verified = verified;
  a->running = false;
  a->done = true;
  home->running--;
  if (write(home->event, &one, sizeof one) < 0) a->done = true; /* it is full: then it is readable */
  pthread_cond_broadcast(&home->ended);
  pthread_mutex_unlock(&home->lock);
  return NULL;
}

/* Signals are for the thread that serves. */
static bool start_thread(struct attempt *a) {
  pthread_t thread;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&thread, NULL, verify, a);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!failed) pthread_detach(thread);
  return !failed;
}

static void start_some(struct admission *a) {
  pthread_mutex_lock(&a->lock);
  for (struct attempt *one = a->first; one && a->running < AT_ONCE; one = one->next) {
    if (one->running || one->done) continue;
    one->running = true;
    a->running++;
    if (start_thread(one)) continue;
    one->running = false;
    a->running--;
    break;
  }
  pthread_mutex_unlock(&a->lock);
}

/* ---- its beginning */

struct beginning {
  struct admission *home;
  const char *name, *address;
  struct signin_check *check;
  int64_t wait_ms;
};

static enum err begin_in(struct vault *v, void *context) {
  struct beginning *b = context;
  return signin_begin(v, b->home->throttle, b->name, b->address, &b->check, &b->wait_ms);
}

static void ask_to_wait(struct monitor *m, uint64_t number, int64_t wait_ms) {
  IGNORE(err_set(ERR_BUSY, "too many attempts have failed; wait a little before the next"));
  monitor_fail_later(m, number, (unsigned)((wait_ms + 999) / 1000));
}

static enum err queue(struct monitor *m, const struct wire_message *ask, const struct visit *confirms,
                      struct signin_check *check) {
  AUTO(bytes) struct bytes code = {0};
  const struct wire_message_field *password = wire_message_find(ask, "password", 0);
  struct admission *home = m->admission;
  struct attempt *a = calloc(1, sizeof *a);
  struct visit *before = ask->has_session ? visit_find(&m->visits, ask->session) : NULL;
  if (!a) return err_set(ERR_IO, "out of memory");
  if (wire_message_text(ask, "code", 0, MOST_CODE, &code)) memcpy(a->code, bytes_text(&code), code.length);
  a->home = home;
  a->number = ask->number;
  a->bridge = m->lost;
  a->replaces = before ? before->number : 0;
  a->confirms = confirms ? confirms->number : 0;
  a->check = check;
  a->password = secret_alloc(password->length + 1);
  a->password_length = password->length;
  memcpy(a->password, password->value, password->length);
  pthread_mutex_lock(&home->lock);
  *home->last = a;
  home->last = &a->next;
  home->count++;
  pthread_mutex_unlock(&home->lock);
  start_some(home);
  return ERR_OK;
}

static enum err begin(struct monitor *m, const struct wire_message *ask, const struct visit *confirms, int64_t *wait_ms) {
  AUTO(bytes) struct bytes name = {0}, address = {0};
  AUTO(signin_check) struct signin_check *check = NULL;
  const struct wire_message_field *password = wire_message_find(ask, "password", 0);
  char id[ID_TEXT];
  bool named = confirms || (wire_message_text(ask, "name", 0, MOST_NAME, &name) && name.length);
  if (confirms) bytes_put_text(&name, id_format(ID_USER, &confirms->visitor.account, id));
  if (!named || !password || !password->length || password->length > MOST_PASSWORD)
    return err_set(ERR_USAGE, "to sign in takes \"name\" and \"password\", and \"code\" where an app is enrolled");
  if (m->admission->count >= MOST_WAITING) return err_set(ERR_BUSY, "too many people are signing in just now; try again");
  if (!wire_message_text(ask, "address", 0, MOST_ADDRESS, &address)) bytes_put_text(&address, "unknown");
  struct beginning b = {m->admission, bytes_text(&name), bytes_text(&address), NULL, 0};
  enum err e = dispatch_within(m->session, NULL, begin_in, &b);
  check = b.check;
  *wait_ms = b.wait_ms;
  if (e != ERR_OK || b.wait_ms > 0) return e;
  TRY(queue(m, ask, confirms, check));
  check = NULL;
  return ERR_OK;
}

void admission_begin(struct monitor *m, const struct wire_message *ask, const struct visit *confirms) {
  int64_t wait_ms = 0;
  enum err e = begin(m, ask, confirms, &wait_ms);
  if (e != ERR_OK)
    monitor_fail(m, ask->number, monitor_status(e), e);
  else if (wait_ms > 0)
    ask_to_wait(m, ask->number, wait_ms);
}

/* ---- its end */

struct finishing {
  struct admission *home;
  const struct attempt *attempt;
  struct signin_user user;
};

static enum err finish_in(struct vault *v, void *context) {
  struct finishing *f = context;
  return signin_finish(v, f->home->throttle, f->attempt->check, f->attempt->verified, f->attempt->code, &f->user);
}

static enum err put_answer(const struct visit *visit, struct bytes *json) {
  char csrf[2 * VISIT_KEY + 1], id[ID_TEXT], at[CLOCK_TEXT];
  sodium_bin2hex(csrf, sizeof csrf, visit->csrf, sizeof visit->csrf);
  struct json j = json_begin(json);
  json_object(&j);
  json_key(&j, "csrf");
  json_text(&j, csrf);
  json_key(&j, "user");
  json_text(&j, id_format(ID_USER, &visit->visitor.account, id));
  json_key(&j, "expires_at");
  json_text(&j, clock_format(clock_now_ms() + VISIT_MOST_MS, at));
  json_close(&j);
  sodium_memzero(csrf, sizeof csrf);
  return json_end(&j);
}

/* Whoever signs in gets a new session, whatever their browser brought along; the old one is over. */
enum err admission_welcome(struct monitor *m, uint64_t number, uint64_t replaces, const struct signin_user *user,
                           const struct admission_proof *proof) {
  AUTO(bytes) struct bytes message = {0}, json = {0};
  struct session_visitor visitor = {user->account.id, user->generation};
  struct visit *visit, *before = visit_by_number(&m->visits, replaces);
  uint8_t key[VISIT_KEY];
  if (before) viewing_end_visit(m, before);
  struct visit *surplus = visit_surplus(&m->visits, &visitor.account);
  if (surplus) viewing_end_visit(m, surplus);
  TRY(visit_begin(&m->visits, &visitor, user->with_code, key, &visit));
  visit->signed_on = proof->signed_on;
  visit->proven_ms = proof->at_ms;
  TRY(put_answer(visit, &json));
  wire_message_begin(&message, WIRE_ANSWER, number, NULL);
  wire_message_put_number(&message, "status", 200);
  wire_message_put(&message, "body", json.data, json.length);
  wire_message_put(&message, "cookie", key, sizeof key);
  sodium_memzero(key, sizeof key);
  monitor_say(m, &message);
  return ERR_OK;
}

/* The session may have ended meanwhile. */
static enum err confirm(struct monitor *m, const struct attempt *a, const struct signin_user *user) {
  AUTO(bytes) struct bytes json = {0};
  char at[CLOCK_TEXT];
  struct visit *visit = visit_by_number(&m->visits, a->confirms);
  if (!visit || !id_equal(&visit->visitor.account, &user->account.id)) return err_set(ERR_REFUSED, "sign in first");
  visit->proven_ms = clock_steady_ms();
  visit->with_code |= user->with_code;
  struct json j = json_begin(&json);
  json_object(&j);
  json_key(&j, "until");
  json_text(&j, clock_format(clock_now_ms() + VISIT_PROVEN_MS, at));
  json_close(&j);
  TRY(json_end(&j));
  monitor_answer(m, a->number, 200, &json);
  return ERR_OK;
}

static struct attempt *take_done(struct admission *a) {
  struct attempt *done = NULL;
  pthread_mutex_lock(&a->lock);
  for (struct attempt **at = &a->first; *at && !done; at = done ? at : &(*at)->next)
    if ((*at)->done) {
      done = *at;
      *at = done->next;
      if (a->last == &done->next) a->last = at;
      a->count--;
    }
  pthread_mutex_unlock(&a->lock);
  return done;
}

void admission_turn(struct monitor *m) {
  struct admission *home = m->admission;
  uint64_t count;
  if (read(home->event, &count, sizeof count) < 0) count = 0;
  for (struct attempt *a = take_done(home); a; a = take_done(home)) {
    struct finishing f = {.home = home, .attempt = a};
    enum err e = dispatch_within(m->session, NULL, finish_in, &f);
    if (a->bridge != m->lost) { /* tried and counted, but nobody is there any more whose cookie it would be */
      free_attempt(a);
      continue;
    }
    unsigned status = e == ERR_REFUSED && !a->confirms ? 401 : monitor_status(e); /* who confirms is signed in all the same */
    const struct admission_proof given = {.at_ms = clock_steady_ms()};
    if (e == ERR_OK) e = a->confirms ? confirm(m, a, &f.user) : admission_welcome(m, a->number, a->replaces, &f.user, &given);
    if (e != ERR_OK) monitor_fail(m, a->number, status == 200 ? monitor_status(e) : status, e);
    free_attempt(a);
  }
  start_some(home);
}
