#include "player-bridge/http/stream.h"

#include "player-bridge/http/line.h"
#include "player-bridge/http/seen.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/container.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

_Static_assert(sizeof(struct container_keys) == WIRE_LINK_KEY, "what travels beside a message are a container's keys");

enum {
  PARTS = 2,
  MOST_THREADS = 16,
  BLOCK = 64 << 10,
  IDLE_MS = 20 * 1000,
  MOST_STOP_MS = 1500,
  STREAM_BESIDE = 16,
};

struct part {
  int fd;
  struct container_ids ids;
  uint8_t binding[32];
  uint64_t length;
  _Atomic(struct container_reader *) idle[MOST_THREADS]; /* readers that nobody reads with just now */
};

struct stream_film {
  uint64_t number;
  struct stream_claim claim;
  char beside[STREAM_BESIDE]; /* what claim.beside points at */
  struct part parts[PARTS];
  struct container_keys *keys; /* PARTS of them, in the arena */
  size_t count;
  uint64_t size;
  char etag[STREAM_TEXT], mime[STREAM_TEXT];
  atomic_bool stopped;
  pthread_rwlock_t reading; /* shared while a chunk is read; alone, to wipe */
  /* under films.lock */
  struct stream *streams;
  unsigned holders; /* streams, and requests that look at it */
  bool gone;        /* not in the list any more */
  bool begun;
  int64_t used_ms;
  struct seen seen;
  char fault[STREAM_TEXT];
  struct stream_film *next;
};

struct stream {
  struct stream_film *film;
  int socket;
  uint64_t first, length, sent;
  char *buffer; /* the library's, in which plaintext stood */
  size_t buffer_length;
  uint8_t *ahead; /* ours, with all that is sent of a short range */
  struct stream *next;
};

static struct {
  struct stream_film *first;
  pthread_mutex_t lock;
  pthread_cond_t ended; /* a stream has */
} films = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

/* ---- its beginning and end */

/* While nobody reads. */
static void close_parts(struct stream_film *f) {
  for (size_t i = 0; i < f->count; i++) {
    for (int k = 0; k < MOST_THREADS; k++) container_close(atomic_exchange(&f->parts[i].idle[k], NULL));
    io_close(&f->parts[i].fd);
  }
  secret_free(f->keys);
  f->keys = NULL;
}

static void free_film(struct stream_film *f) {
  close_parts(f);
  pthread_rwlock_destroy(&f->reading);
  sodium_memzero(f, sizeof *f);
  free(f);
}

/* What a stopped film still holds while its last streams notice. */
static void wipe(struct stream_film *f) {
  pthread_rwlock_wrlock(&f->reading);
  close_parts(f);
  pthread_rwlock_unlock(&f->reading);
}

static bool read_part(struct stream_film *f, struct wire_link_frame *frame, const struct wire_message *m) {
  const struct wire_message_field *field = wire_message_find(m, "object", f->count);
  struct part *p = &f->parts[f->count];
  if (!field || field->length != 3 * sizeof(struct id) + sizeof p->binding) return false;
  struct bytes_reader r = bytes_reader(field->value, field->length);
  bytes_get(&r, p->ids.vault.b, sizeof p->ids.vault.b);
  bytes_get(&r, p->ids.clip.b, sizeof p->ids.clip.b);
  bytes_get(&r, p->ids.object.b, sizeof p->ids.object.b);
  bytes_get(&r, p->binding, sizeof p->binding);
  p->fd = frame->fds[f->count];
  frame->fds[f->count] = -1;
  f->count++;
  return true;
}

static void read_text(const struct wire_message *m, const char *name, char out[STREAM_TEXT]) {
  AUTO(bytes) struct bytes text = {0};
  if (wire_message_text(m, name, 0, STREAM_TEXT - 1, &text)) snprintf(out, STREAM_TEXT, "%s", bytes_text(&text));
}

/* A reader is nobody else's while it reads: one that is idle, or a new one. */
static enum err take_reader(struct stream_film *f, size_t n, struct container_reader **out) {
  struct part *p = &f->parts[n];
  struct container_reader *r = NULL;
  for (int k = 0; k < MOST_THREADS && !r; k++) r = atomic_exchange(&p->idle[k], NULL);
  if (!r) {
    TRY(container_open_keys(p->fd, &f->keys[n], &p->ids, p->binding, &r));
    container_forget(r);
  }
  *out = r;
  return ERR_OK;
}

/* There are never more of them than threads, and as many places: server.c */
static void give_back(struct part *p, struct container_reader *r) {
  for (int k = 0; k < MOST_THREADS; k++) {
    struct container_reader *none = NULL;
    if (atomic_compare_exchange_strong(&p->idle[k], &none, r)) return;
  }
  container_close(r);
}

static enum err read_film(struct wire_link_frame *frame, const struct wire_message *m, struct stream_film *f) {
  uint64_t by_session = 0, begun = 0;
  char beside[STREAM_TEXT] = "";
  bool good = wire_message_number(m, "film", 0, &f->number) && wire_message_number(m, "by_session", 0, &by_session) &&
              wire_message_bytes(m, "token", f->claim.token, STREAM_TOKEN) && frame->fd_count && frame->fd_count <= PARTS &&
              frame->key_count == frame->fd_count;
  f->claim.by_session = by_session;
  wire_message_number(m, "begun", 0, &begun);
  f->begun = begun;
  good =
      good && wire_message_bytes(m, by_session ? "session" : "peer", by_session ? f->claim.session : f->claim.peer, STREAM_WHO);
  for (size_t i = 0; good && i < frame->fd_count; i++) good = read_part(f, frame, m);
  if (!good) return err_set(ERR_DATA, "the monitor granted a film in a form that is none");
  memcpy(f->keys, frame->keys, frame->key_count * WIRE_LINK_KEY);
  read_text(m, "mime", f->mime);
  read_text(m, "etag", f->etag);
  read_text(m, "beside", beside);
  snprintf(f->beside, sizeof f->beside, "%.*s", STREAM_BESIDE - 1, beside);
  f->claim.beside = f->beside;
  for (size_t i = 0; i < f->count; i++) {
    struct container_reader *r;
    TRY(take_reader(f, i, &r));
    f->size += f->parts[i].length = container_length(r);
    give_back(&f->parts[i], r);
  }
  return ERR_OK;
}

static void tell_seen(const struct stream_film *f) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_SEEN, line_number(), NULL);
  pthread_mutex_lock(&films.lock);
  wire_message_put_number(&message, "film", f->number);
  wire_message_put_number(&message, "size", f->size);
  wire_message_put_number(&message, "sent", f->seen.sent);
  for (size_t i = 0; i < f->seen.count; i++) {
    wire_message_put_number(&message, "from", f->seen.part[i].from);
    wire_message_put_number(&message, "to", f->seen.part[i].to);
  }
  if (f->fault[0]) wire_message_put_text(&message, "fault", f->fault);
  pthread_mutex_unlock(&films.lock);
  if (wire_message_end(&message) == ERR_OK) line_say(&message, NULL, 0);
}

static bool same(const uint8_t *a, const uint8_t *b) { return sodium_memcmp(a, b, STREAM_WHO) == 0; }

static struct stream_film *by_address(const struct stream_claim *claim) {
  struct stream_film *found = NULL;
  for (struct stream_film *f = films.first; f; f = f->next)
    if (same(f->claim.token, claim->token) && strcmp(f->claim.beside, claim->beside) == 0) found = f;
  return found;
}

void stream_granted(struct wire_link_frame *frame, const struct wire_message *m) {
  if (!frame->fd_count) return; /* it is here already */
  struct stream_film *f = calloc(1, sizeof *f);
  if (!f) return;
  f->keys = secret_alloc(PARTS * sizeof *f->keys);
  pthread_rwlock_init(&f->reading, NULL);
  for (size_t i = 0; i < PARTS; i++) f->parts[i].fd = -1;
  enum err e = read_film(frame, m, f);
  if (e != ERR_OK) snprintf(f->fault, sizeof f->fault, "%.120s", err_text());
  if (e != ERR_OK) tell_seen(f);
  pthread_mutex_lock(&films.lock);
  bool twice = e == ERR_OK && by_address(&f->claim);
  if (e == ERR_OK && !twice) {
    f->used_ms = clock_steady_ms();
    f->next = films.first;
    films.first = f;
    f = NULL;
  }
  pthread_mutex_unlock(&films.lock);
  if (f) free_film(f);
}

struct stream_film *stream_find(const struct stream_claim *claim, bool *allowed) {
  pthread_mutex_lock(&films.lock);
  struct stream_film *f = by_address(claim);
  *allowed = f && f->claim.by_session == claim->by_session &&
             (claim->by_session ? same(f->claim.session, claim->session) : same(f->claim.peer, claim->peer));
  if (f) f->holders++;
  pthread_mutex_unlock(&films.lock);
  return f;
}

void stream_release(struct stream_film *f) {
  pthread_mutex_lock(&films.lock);
  f->used_ms = clock_steady_ms();
  bool last = --f->holders == 0 && f->gone;
  pthread_cond_broadcast(&films.ended);
  pthread_mutex_unlock(&films.lock);
  if (last) free_film(f);
}

uint64_t stream_size(const struct stream_film *f) { return f->size; }
const char *stream_etag(const struct stream_film *f) { return f->etag; }
const char *stream_mime(const struct stream_film *f) { return f->mime[0] ? f->mime : "application/octet-stream"; }

bool stream_may_begin(struct stream_film *f, bool from_start) {
  pthread_mutex_lock(&films.lock);
  bool may = f->claim.by_session || !from_start || !f->begun;
  f->begun |= from_start;
  pthread_mutex_unlock(&films.lock);
  return may;
}

/* ---- reading */

/* Room for a chunk as it is sealed, of which each thread reads one at a time; NULL if there is no memory. */
static uint8_t *for_sealed(size_t length) {
  static _Thread_local uint8_t *room;
  static _Thread_local size_t size;
  if (size < length) {
    free(room);
    room = malloc(length);
    size = room ? length : 0;
  }
  return room;
}

/* Up to the end of a chunk or of a part: what follows is then whole chunks, which are decrypted where they are wanted. */
static enum err read_at(struct stream_film *f, uint64_t at, uint8_t *out, size_t most, size_t *got) {
  size_t n = 0;
  struct container_reader *r;
  for (; n + 1 < f->count && at >= f->parts[n].length; n++) at -= f->parts[n].length;
  TRY(take_reader(f, n, &r));
  uint8_t *sealed = for_sealed(container_sealed_chunk(r));
  enum err e = sealed ? container_read_chunk(r, at, out, most, sealed, got) : err_set(ERR_UNAVAILABLE, "out of memory");
  give_back(&f->parts[n], r);
  return e;
}

/* While the film's keys are there, which the caller sees to. */
static enum err read_all(struct stream_film *f, uint64_t at, uint8_t *out, size_t length) {
  for (size_t done = 0, got; done < length; done += got) TRY(read_at(f, at + done, out + done, length - done, &got));
  return ERR_OK;
}

/* What is on the disk is not what was sealed: nobody gets any more of it. */
static void tell_fault(struct stream_film *f) {
  pthread_mutex_lock(&films.lock);
  bool first = !f->fault[0];
  if (first) snprintf(f->fault, sizeof f->fault, "%.120s", err_text());
  pthread_mutex_unlock(&films.lock);
  if (first) tell_seen(f);
}

static void note_sent(struct stream_film *f, uint64_t from, size_t length) {
  pthread_mutex_lock(&films.lock);
  seen_add(&f->seen, from, from + length);
  pthread_mutex_unlock(&films.lock);
}

static ssize_t send_next(void *context, uint64_t position, char *buffer, size_t most) {
  struct stream *s = context;
  struct stream_film *f = s->film;
  size_t got = 0;
  if (most > s->length - position) most = (size_t)(s->length - position);
  s->buffer = buffer;
  pthread_rwlock_rdlock(&f->reading);
  bool stopped = atomic_load(&f->stopped);
  enum err e = stopped ? ERR_REFUSED : read_at(f, s->first + position, (uint8_t *)buffer, most, &got);
  pthread_rwlock_unlock(&f->reading);
  if (e != ERR_OK && !stopped) tell_fault(f);
  if (e != ERR_OK) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (got > s->buffer_length) s->buffer_length = got;
  note_sent(f, s->first + position, got);
  return (ssize_t)got;
}

static void forget_ahead(struct stream *s) {
  if (s->ahead) sodium_memzero(s->ahead, (size_t)s->length);
  free(s->ahead);
  s->ahead = NULL;
}

/* The library calls this before it gives its buffer back, or when it needs ours no more. */
static void end_stream(void *context) {
  struct stream *s = context;
  struct stream_film *f = s->film;
  if (s->buffer) sodium_memzero(s->buffer, s->buffer_length);
  forget_ahead(s);
  pthread_mutex_lock(&films.lock);
  for (struct stream **at = &f->streams; *at; at = &(*at)->next)
    if (*at == s) {
      *at = s->next;
      break;
    }
  pthread_mutex_unlock(&films.lock);
  free(s);
  stream_release(f);
}

static bool read_ahead(struct stream *s) {
  struct stream_film *f = s->film;
  s->ahead = malloc((size_t)s->length);
  if (!s->ahead) return false;
  pthread_rwlock_rdlock(&f->reading);
  bool read = !atomic_load(&f->stopped) && read_all(f, s->first, s->ahead, (size_t)s->length) == ERR_OK;
  pthread_rwlock_unlock(&f->reading);
  if (read)
    note_sent(f, s->first, (size_t)s->length);
  else
    forget_ahead(s);
  return read;
}

/* A short range is verified whole before its head is sent: both then leave in one call, and the library needs no block of its
 * own. One that does not verify fails again, in mid-answer, as a long one does. */
static struct MHD_Response *make_response(struct stream *s, bool head_only) {
  if (s->length && s->length <= BLOCK && !head_only && read_ahead(s))
    return MHD_create_response_from_buffer_with_free_callback_cls((size_t)s->length, s->ahead, end_stream, s);
  return MHD_create_response_from_callback(s->length, BLOCK, send_next, s, end_stream);
}

struct MHD_Response *stream_response(struct stream_film *f, int socket, uint64_t first, uint64_t length, bool head_only) {
  struct stream *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  *s = (struct stream){.film = f, .socket = socket, .first = first, .length = length};
  pthread_mutex_lock(&films.lock);
  s->next = f->streams;
  f->streams = s;
  f->holders++;
  bool stopped = atomic_load(&f->stopped);
  pthread_mutex_unlock(&films.lock);
  struct MHD_Response *r = stopped ? NULL : make_response(s, head_only);
  if (!r) end_stream(s);
  return r;
}

/* With the lock. Nothing more leaves: not what waits in the library's buffers, nor (linger) in the kernel's. */
static void cut(struct stream_film *f) {
  const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  atomic_store(&f->stopped, true);
  for (struct stream *s = f->streams; s; s = s->next) {
    setsockopt(s->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    shutdown(s->socket, SHUT_RDWR);
  }
}

static void take_out(struct stream_film *f) {
  for (struct stream_film **at = &films.first; *at; at = &(*at)->next)
    if (*at == f) {
      *at = f->next;
      break;
    }
  f->gone = true;
}

/* Takes the films for which `wanted` holds out of the list; they come back in a list of their own, each held. */
static struct stream_film *collect(bool (*wanted)(const struct stream_film *f, const void *context), const void *context,
                                   bool cutting) {
  struct stream_film *out = NULL;
  pthread_mutex_lock(&films.lock);
  for (struct stream_film *f = films.first, *next; f; f = next) {
    next = f->next;
    if (!wanted(f, context)) continue;
    if (cutting) cut(f);
    take_out(f);
    f->holders++;
    f->next = out;
    out = f;
  }
  pthread_mutex_unlock(&films.lock);
  return out;
}

/* When it is too late to say that something is wiped: the monitor waits for 2 s. */
static struct timespec latest(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += MOST_STOP_MS % 1000 * 1000000L;
  until.tv_sec += MOST_STOP_MS / 1000 + until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  return until;
}

/* Until its streams have noticed, so that their buffers are wiped too; false if they have not by then. */
static bool await_streams(struct stream_film *f, const struct timespec *until) {
  pthread_mutex_lock(&films.lock);
  while (f->streams && pthread_cond_timedwait(&films.ended, &films.lock, until) == 0) continue;
  bool ended = !f->streams;
  pthread_mutex_unlock(&films.lock);
  return ended;
}

/* False if something of them may be left in a buffer. */
static bool let_go(struct stream_film *list) {
  const struct timespec until = latest();
  bool all = true;
  for (struct stream_film *f = list; f; f = f->next) wipe(f);
  for (struct stream_film *f = list, *next; f; f = next) {
    next = f->next;
    all &= await_streams(f, &until);
    tell_seen(f);
    stream_release(f);
  }
  return all;
}

static bool is_named(const struct stream_film *f, const void *context) {
  const struct wire_message *m = context;
  uint64_t number;
  for (size_t i = 0; wire_message_number(m, "film", i, &number); i++)
    if (number == f->number) return true;
  return false;
}

static bool is_any(const struct stream_film *f, const void *context) {
  (void)f, (void)context;
  return true;
}

static bool is_idle(const struct stream_film *f, const void *context) {
  const int64_t *now_ms = context;
  return !f->holders && *now_ms - f->used_ms > IDLE_MS;
}

void stream_stop(const struct wire_message *m) {
  AUTO(bytes) struct bytes message = {0};
  if (!let_go(collect(is_named, m, true))) return; /* it ends us, and what is left goes with us */
  wire_message_begin(&message, WIRE_STOPPED, m->number, NULL);
  if (wire_message_end(&message) == ERR_OK) line_say(&message, NULL, 0);
}

void stream_stop_all(void) { IGNORE(let_go(collect(is_any, NULL, true))); }
void stream_tick(int64_t now_ms) { IGNORE(let_go(collect(is_idle, &now_ms, false))); }
