/* Ranges of one film over keep-alive connections, for comparing servers (tests/bench/ranges.sh).
 *
 *   bench_ranges ADDRESS PORT PATH FILM_BYTES RANGE_BYTES GRID CONNECTIONS MILLISECONDS [HEADER]
 *
 * Each connection asks for RANGE_BYTES from a random multiple of GRID on, takes all of it, and asks again. Prints one line:
 * answers, bytes of body, seconds, and p50 and p99 of an answer (request to last byte) in ms. The first fifth of the time warms
 * up and is not counted. Ends with 1 if a single answer is not the 206 that was asked for. */
#include "tests/bench/sample.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 1024, MOST_ANSWERS = 4 << 20, MOST_HEAD = 4096, ROOM = 256 << 10, MOST_EVENTS = 64 };

struct connection {
  int fd;
  char head[MOST_HEAD];
  size_t head_length;
  bool in_body;
  uint64_t first, left; /* of the body */
  double asked_ms;
};

static struct {
  struct sockaddr_in to;
  const char *path, *header, *host;
  uint64_t film, range, grid;
  struct connection all[MOST_CONNECTIONS];
  double *took_ms;
  size_t answers;
  uint64_t bytes, random;
  double counts_from_ms;
} bench = {.random = 0x9e3779b97f4a7c15};

static char room[ROOM];

static void give_up(const char *why) {
  fprintf(stderr, "bench_ranges: %s: %s\n", why, strerror(errno));
  exit(1);
}

static double now_ms(void) { return sample_clock(CLOCK_MONOTONIC, 1e3); }

static uint64_t next_random(void) { /* xorshift: the same places for every server */
  bench.random ^= bench.random << 13;
  bench.random ^= bench.random >> 7;
  return bench.random ^= bench.random << 17;
}

static void ask(struct connection *c) {
  char text[MOST_HEAD];
  c->first = next_random() % ((bench.film - bench.range) / bench.grid + 1) * bench.grid;
  int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\nRange: bytes=%llu-%llu\r\n%s%s\r\n", bench.path, bench.host,
                   (unsigned long long)c->first, (unsigned long long)(c->first + bench.range - 1), bench.header,
                   *bench.header ? "\r\n" : "");
  c->head_length = 0;
  c->in_body = false;
  c->left = bench.range;
  c->asked_ms = now_ms();
  if (send(c->fd, text, (size_t)n, MSG_NOSIGNAL) != n) give_up("a request");
}

static void answered(const struct connection *c) {
  double at_ms = now_ms();
  if (at_ms < bench.counts_from_ms || bench.answers == MOST_ANSWERS) return;
  bench.took_ms[bench.answers++] = at_ms - c->asked_ms;
  bench.bytes += bench.range;
}

/* How much of what was received belongs to the head, once it is whole; 0: more is to come. */
static size_t take_head(struct connection *c, size_t got) {
  char wanted[64];
  size_t before = c->head_length, piece = got < MOST_HEAD - 1 - before ? got : MOST_HEAD - 1 - before;
  memcpy(c->head + before, room, piece);
  c->head_length += piece;
  c->head[c->head_length] = 0;
  const char *end = strstr(c->head, "\r\n\r\n");
  if (!end && c->head_length == MOST_HEAD - 1) give_up("an endless head");
  if (!end) return 0;
  snprintf(wanted, sizeof wanted, "bytes %llu-%llu/", (unsigned long long)c->first,
           (unsigned long long)(c->first + bench.range - 1));
  if (strncmp(c->head, "HTTP/1.1 206", 12) != 0 || !strstr(c->head, wanted)) give_up(c->head);
  c->in_body = true;
  return (size_t)(end + 4 - c->head) - before;
}

static void take(struct connection *c) {
  ssize_t n = recv(c->fd, room, sizeof room, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) give_up("a connection ended");
  size_t of_head = c->in_body ? 0 : take_head(c, (size_t)n), body = (size_t)n - of_head;
  if (!c->in_body) return;
  if (body > c->left) give_up("more than was asked for");
  c->left -= body;
  if (c->left) return;
  answered(c);
  ask(c);
}

static void begin(struct connection *c, int wait_fd) {
  const int one = 1;
  struct epoll_event on = {.events = EPOLLIN, .data.ptr = c};
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&bench.to, sizeof bench.to)) give_up("connecting");
  if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) || epoll_ctl(wait_fd, EPOLL_CTL_ADD, c->fd, &on))
    give_up("a connection");
  ask(c);
}

static void run(int wait_fd, double until_ms) {
  struct epoll_event events[MOST_EVENTS];
  while (now_ms() < until_ms) {
    int n = epoll_wait(wait_fd, events, MOST_EVENTS, 1000);
    if (n < 0 && errno != EINTR) give_up("waiting");
    for (int i = 0; i < n; i++) take(events[i].data.ptr);
  }
}

int main(int argc, char **argv) {
  if (argc < 9) return 64;
  size_t connections = strtoul(argv[7], NULL, 10);
  double lasts_ms = strtod(argv[8], NULL), start_ms = now_ms();
  int wait_fd = epoll_create1(EPOLL_CLOEXEC);
  if (wait_fd < 0 || connections > MOST_CONNECTIONS) return 64;
  bench.to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10))};
  if (inet_pton(AF_INET, argv[1], &bench.to.sin_addr) != 1) return 64;
  bench.host = argv[1], bench.path = argv[3], bench.header = argc > 9 ? argv[9] : "";
  bench.film = strtoull(argv[4], NULL, 10), bench.range = strtoull(argv[5], NULL, 10), bench.grid = strtoull(argv[6], NULL, 10);
  bench.took_ms = malloc(MOST_ANSWERS * sizeof *bench.took_ms);
  if (!bench.took_ms || !bench.grid || bench.film < bench.range) return 64;
  bench.counts_from_ms = start_ms + lasts_ms / 5;
  for (size_t i = 0; i < connections; i++) begin(&bench.all[i], wait_fd);
  run(wait_fd, start_ms + lasts_ms);
  double seconds = (now_ms() - bench.counts_from_ms) / 1e3;
  double p50 = sample_at(bench.took_ms, bench.answers, 50), p99 = sample_at(bench.took_ms, bench.answers, 99);
  printf("%zu %llu %.3f %.3f %.3f\n", bench.answers, (unsigned long long)bench.bytes, seconds, p50, p99);
  return 0;
}
