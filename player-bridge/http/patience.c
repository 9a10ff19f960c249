#include "player-bridge/http/patience.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ADDRESS = 16, NETWORK = 8 /* bytes of an IPv6 address: whoever has one has all of these */ };

struct patience {
  int fd;
  enum patience_with with;
  int64_t since_ms;
  int64_t late_ms; /* how long answers may still be read without coming forward */
  size_t piece;
  bool gone;
  uint8_t address[ADDRESS];
  size_t address_length; /* 0: none to count by */
  struct patience *before, *next;
};

/* In the order in which they began to be waited for. */
static struct {
  pthread_mutex_t lock;
  struct patience *first, *last;
  size_t most;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

void patience_prepare(size_t most) { all.most = most; }

static void append(struct patience *p) {
  p->before = all.last;
  p->next = NULL;
  *(all.last ? &all.last->next : &all.first) = p;
  all.last = p;
}

static void take_out(const struct patience *p) {
  *(p->before ? &p->before->next : &all.first) = p->next;
  *(p->next ? &p->next->before : &all.last) = p->before;
}

static void send_away(struct patience *p) {
  if (!p->gone) shutdown(p->fd, SHUT_RDWR);
  p->gone = true;
}

static void read_address(const struct sockaddr *peer, struct patience *p) {
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)peer;
  const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)peer;
  if (peer && peer->sa_family == AF_INET) {
    p->address_length = sizeof four->sin_addr;
    memcpy(p->address, &four->sin_addr, sizeof four->sin_addr);
  } else if (peer && peer->sa_family == AF_INET6) {
    p->address_length = IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) ? ADDRESS : NETWORK;
    memcpy(p->address, &six->sin6_addr, p->address_length);
  }
}

static size_t count_of_address(const struct patience *p) {
  size_t count = 0;
  for (const struct patience *one = all.first; one; one = one->next)
    count += !one->gone && one->address_length == p->address_length && memcmp(one->address, p->address, p->address_length) == 0;
  return count;
}

/* Those who are gone leave soon, and make no more place by going again. */
static void make_place(void) {
  size_t staying = 0;
  struct patience *oldest = NULL;
  for (struct patience *one = all.first; one; one = one->next) {
    staying += !one->gone;
    if (!oldest && !one->gone && one->with != PATIENCE_ANSWER) oldest = one;
  }
  if (oldest && staying > all.most - all.most / 4) send_away(oldest);
}

struct patience *patience_begin(int fd, const struct sockaddr *peer, int64_t now_ms) {
  struct patience *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->fd = fd;
  p->since_ms = now_ms;
  p->late_ms = PATIENCE_READ_MS;
  read_address(peer, p);
  pthread_mutex_lock(&all.lock);
  append(p);
  if (p->address_length && count_of_address(p) > all.most / 2)
    send_away(p);
  else
    make_place();
  pthread_mutex_unlock(&all.lock);
  return p;
}

void patience_end(struct patience *p) {
  if (!p) return;
  pthread_mutex_lock(&all.lock);
  take_out(p);
  pthread_mutex_unlock(&all.lock);
  free(p);
}

/* With the lock. What was read slowly counts on: else many small answers could each take their time. */
static void turn(struct patience *p, enum patience_with with, int64_t now_ms) {
  if (p->with == PATIENCE_READ) p->late_ms -= now_ms - p->since_ms;
  if (p->late_ms > PATIENCE_READ_MS) p->late_ms = PATIENCE_READ_MS;
  p->with = with;
  p->since_ms = now_ms;
  take_out(p);
  append(p);
}

void patience_turn(struct patience *p, enum patience_with with, int64_t now_ms) {
  if (!p) return;
  pthread_mutex_lock(&all.lock);
  if (p->with != with) turn(p, with, now_ms);
  pthread_mutex_unlock(&all.lock);
}

void patience_piece(struct patience *p, size_t nth, int64_t now_ms) {
  if (!p) return;
  pthread_mutex_lock(&all.lock);
  if (p->with != PATIENCE_PIECE || p->piece != nth) turn(p, PATIENCE_PIECE, now_ms);
  p->piece = nth;
  pthread_mutex_unlock(&all.lock);
}

void patience_read(struct patience *p, size_t length, int64_t now_ms) {
  if (!p) return;
  pthread_mutex_lock(&all.lock);
  turn(p, PATIENCE_READ, now_ms);
  p->late_ms += (int64_t)(length / PATIENCE_READ_RATE);
  pthread_mutex_unlock(&all.lock);
}

static bool is_over(const struct patience *p, int64_t now_ms) {
  switch (p->with) {
    case PATIENCE_HEAD: return now_ms - p->since_ms > PATIENCE_HEAD_MS;
    case PATIENCE_BODY: return now_ms - p->since_ms > PATIENCE_BODY_MS;
    case PATIENCE_PIECE: return now_ms - p->since_ms > PATIENCE_PIECE_MS;
    case PATIENCE_READ: return now_ms - p->since_ms > p->late_ms;
    default: return false;
  }
}

void patience_tick(int64_t now_ms) {
  pthread_mutex_lock(&all.lock);
  for (struct patience *one = all.first; one; one = one->next)
    if (is_over(one, now_ms)) send_away(one);
  pthread_mutex_unlock(&all.lock);
}
