/* The least that serving ranges of a sealed film can cost on this machine: an epoll loop in two threads that reads a chunk,
 * authenticates and decrypts it as the bridge does (vault/container.h), and sends it; no decisions, hardly any HTTP, nothing
 * wiped. What tests/bench/ranges.sh holds the bridge against, beside nginx.
 *
 *   bench_bare PLAIN SEALED [plain]   seals the file PLAIN as SEALED; prints its port on 127.0.0.1, and serves until it is killed
 *
 * With `plain` PLAIN is read and sent as it is, by read and send: what nginx's sendfile has over us before anything is decrypted.
 * The key is one that everybody knows: this is for measuring, and for nothing else. */
#include "tests/bench/sample.h"
#include "vault/base/io.h"
#include "vault/container.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  THREADS = 2,
  BLOCK = 1 << CONTAINER_LOG2_CHUNK,
  MOST_HEAD = 2048,
  MOST_EVENTS = 64,
  SEND_BUFFER = 128 << 10 /* as the bridge's */
};
static const struct container_ids ids = {{{1}}, {{2}}, {{3}}};

struct connection {
  int fd;
  char asked[MOST_HEAD];
  size_t asked_length;
  uint64_t at, end; /* of the film: what was asked for and is not in `out` yet */
  char out[MOST_HEAD + BLOCK];
  size_t from, to; /* of `out`: what is not sent yet */
};

static struct {
  const char *sealed;
  const struct secret_key *key;
  int plain; /* -1: what is sealed is served */
  uint64_t size;
  int wait_fds[THREADS];
} bare = {.plain = -1};

static uint64_t seal(const char *plain, const char *sealed) {
  struct container_writer *w;
  struct container_seal done;
  static char block[BLOCK];
  int in = open(plain, O_RDONLY | O_CLOEXEC), out = open(sealed, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (in < 0 || out < 0) must(err_set_errno(ERR_IO, "cannot open a film to seal"));
  must(container_create_unnamed(out, bare.key, &ids, CONTAINER_LOG2_CHUNK, &w));
  for (ssize_t n; (n = read(in, block, sizeof block)) > 0;) must(container_write(w, block, (size_t)n));
  must(container_finish(w, &done));
  container_writer_free(w);
  close(in);
  close(out);
  return done.plain_bytes;
}

/* Up to the end of a chunk, as in the bridge. */
static size_t read_next(struct container_reader *r, uint64_t at, char *out, size_t most) {
  static _Thread_local uint8_t sealed[BLOCK + CONTAINER_TAG];
  size_t got = most < BLOCK - at % BLOCK ? most : BLOCK - at % BLOCK;
  if (bare.plain >= 0)
    must(io_pread_all(bare.plain, out, got, at));
  else
    must(container_read_chunk(r, at, (uint8_t *)out, most, sealed, &got));
  return got;
}

/* What was asked for and fits; a short range whole. */
static void fill(struct connection *c, struct container_reader *r) {
  while (c->at < c->end && c->to < sizeof c->out - MOST_HEAD) {
    size_t room = sizeof c->out - c->to, left = (size_t)(c->end - c->at < room ? c->end - c->at : room);
    size_t got = read_next(r, c->at, c->out + c->to, left);
    c->at += got;
    c->to += got;
    if (c->end - c->at > BLOCK) break; /* a long one: what there is leaves first */
  }
}

static bool answer(struct connection *c) {
  c->asked[c->asked_length] = 0;
  const char *range = strstr(c->asked, "Range: bytes=");
  if (!strstr(c->asked, "\r\n\r\n") || !range) return c->asked_length < MOST_HEAD - 1;
  char *dash;
  c->at = strtoull(range + strlen("Range: bytes="), &dash, 10);
  c->end = strtoull(dash + 1, NULL, 10) + 1;
  if (c->at >= c->end || c->end > bare.size) return false;
  c->asked_length = 0;
  c->to = (size_t)snprintf(c->out, MOST_HEAD,
                           "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %llu-%llu/%llu\r\nContent-Length: %llu\r\n\r\n",
                           (unsigned long long)c->at, (unsigned long long)c->end - 1, (unsigned long long)bare.size,
                           (unsigned long long)(c->end - c->at));
  return true;
}

/* False: it is over. *waits: until there is more of what was asked. */
static bool hear(struct connection *c, bool *waits) {
  ssize_t n = recv(c->fd, c->asked + c->asked_length, MOST_HEAD - 1 - c->asked_length, 0);
  *waits = n < 0 && errno == EAGAIN;
  if (*waits) return true;
  if (n <= 0) return false;
  c->asked_length += (size_t)n;
  return answer(c);
}

/* False: it is over. */
static bool serve(struct connection *c, struct container_reader *r) {
  for (;;) {
    bool waits = false;
    if (c->from == c->to) c->from = c->to = 0;
    if (!c->to && c->at == c->end && !hear(c, &waits)) return false;
    if (waits) return true;
    if (!c->from) fill(c, r);
    ssize_t sent = c->to ? send(c->fd, c->out + c->from, c->to - c->from, MSG_NOSIGNAL) : 0;
    if (sent < 0) return errno == EAGAIN;
    c->from += (size_t)sent;
  }
}

static void *serve_all(void *context) {
  const int *wait_fd = context;
  struct epoll_event events[MOST_EVENTS];
  struct container_reader *r = NULL;
  int fd = open(bare.sealed, O_RDONLY | O_CLOEXEC);
  must(container_open(fd, bare.key, &ids, NULL, &r));
  for (;;) {
    int n = epoll_wait(*wait_fd, events, MOST_EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (serve(c, r)) continue;
      close(c->fd);
      free(c);
    }
  }
  return NULL;
}

static void take(int listener, int wait_fd) {
  const int one = 1, buffer = SEND_BUFFER;
  struct connection *c = calloc(1, sizeof *c);
  if (!c) exit(1);
  struct epoll_event on = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
  c->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) ||
      setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) || epoll_ctl(wait_fd, EPOLL_CTL_ADD, c->fd, &on))
    must(err_set_errno(ERR_IO, "a connection"));
}

static int begin_listening(void) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof here;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) || listen(fd, 1024) ||
      getsockname(fd, (struct sockaddr *)&here, &length))
    must(err_set_errno(ERR_IO, "cannot listen"));
  printf("%d\n", ntohs(here.sin_port));
  fflush(stdout);
  return fd;
}

int main(int argc, char **argv) {
  pthread_t thread;
  if (argc < 3) return 64;
  must(secret_init());
  struct secret_key *key = secret_key_new();
  memset(key->b, 0x42, sizeof key->b);
  bare.key = key;
  bare.sealed = argv[2];
  bare.size = seal(argv[1], argv[2]);
  if (argc > 3) bare.plain = open(argv[1], O_RDONLY | O_CLOEXEC);
  int listener = begin_listening();
  for (int i = 0; i < THREADS; i++) {
    bare.wait_fds[i] = epoll_create1(EPOLL_CLOEXEC);
    if (pthread_create(&thread, NULL, serve_all, &bare.wait_fds[i])) return 1;
  }
  for (int i = 0;; i++) take(listener, bare.wait_fds[i % THREADS]);
}
