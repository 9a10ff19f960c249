#include "vault/control.h"

#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { HELLO = 'h', NOT_YOU = 'n', BACKLOG = 16, FOREVER = -1 };
static const char NAME[] = "control";

/* ---- the socket file */

/* A path of any length does not fit into sun_path; the descriptor of the folder does. */
static struct sockaddr_un address_in(int dirfd) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/%s", dirfd, NAME);
  return a;
}

enum err control_listen(int dirfd, int *fd) {
  struct sockaddr_un a = address_in(dirfd);
  AUTO(io) int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot make the control socket");
  /* Whoever made the one that is there does not hold the lock any more, as we do. */
  if (unlinkat(dirfd, NAME, 0) && errno != ENOENT) return err_set_errno(ERR_CREATE, "cannot remove the old control socket");
  mode_t mask = umask(0177);
  int failed = bind(s, (struct sockaddr *)&a, sizeof a);
  umask(mask);
  if (failed || listen(s, BACKLOG)) return err_set_errno(ERR_CREATE, "cannot make the control socket");
  *fd = s;
  s = -1;
  return ERR_OK;
}

void control_close(int dirfd, int *fd) {
  if (*fd >= 0) unlinkat(dirfd, NAME, 0);
  io_close(fd);
}

/* ---- bytes with a deadline */

struct wire {
  int fd;
  int64_t until_ms; /* monotonic; FOREVER */
  bool stoppable;   /* a signal ends the wait */
};

static struct wire wire_for(int fd, int for_ms, bool stoppable) {
  return (struct wire){.fd = fd, .until_ms = for_ms == FOREVER ? FOREVER : clock_steady_ms() + for_ms, .stoppable = stoppable};
}

/* Until `events` (or the peer's end) show. A poll of at most a second, since a signal may come between check and poll. */
static enum err wait_for(const struct wire *w, short events) {
  for (;;) {
    int64_t left = w->until_ms == FOREVER ? 1000 : w->until_ms - clock_steady_ms();
    if (left < 0) return err_set(ERR_BUSY, "the other side of the control socket is silent");
    if (w->stoppable && interrupt_seen())
      return err_set(ERR_BUSY, "interrupted while waiting for the process that holds the vault");
    struct pollfd p = {.fd = w->fd, .events = events};
    int n = poll(&p, 1, left < 1000 ? (int)left : 1000);
    if (n > 0) return ERR_OK;
    if (n < 0 && errno != EINTR) return err_set_errno(ERR_IO, "cannot wait on the control socket");
  }
}

static enum err send_all(const struct wire *w, const void *data, size_t length) {
  const uint8_t *next = data;
  while (length) {
    ssize_t n = send(w->fd, next, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) next += n, length -= (size_t)n;
    if (n >= 0) continue;
    if (errno != EAGAIN && errno != EINTR) return err_set_errno(ERR_IO, "cannot send on the control socket");
    TRY(wait_for(w, POLLOUT));
  }
  return ERR_OK;
}

static enum err receive_all(const struct wire *w, void *out, size_t length) {
  uint8_t *next = out;
  while (length) {
    ssize_t n = recv(w->fd, next, length, MSG_DONTWAIT);
    if (n == 0) return err_set(ERR_IO, "the other side of the control socket has gone");
    if (n > 0) next += n, length -= (size_t)n;
    if (n >= 0) continue;
    if (errno != EAGAIN && errno != EINTR) return err_set_errno(ERR_IO, "cannot receive on the control socket");
    TRY(wait_for(w, POLLIN));
  }
  return ERR_OK;
}

/* ---- frames: a length, with which descriptors travel, and a body */

union control_buffer {
  struct cmsghdr align;
  char room[CMSG_SPACE(REQUEST_MOST_FDS * sizeof(int))];
};

static enum err send_head(const struct wire *w, uint32_t length, const int fds[], size_t fd_count) {
  uint8_t head[4] = {(uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16), (uint8_t)(length >> 24)};
  union control_buffer buffer = {0};
  struct iovec io = {.iov_base = head, .iov_len = sizeof head};
  struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
  if (fd_count) {
    m.msg_control = &buffer;
    m.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(fd_count * sizeof(int))};
    memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
  }
  TRY(wait_for(w, POLLOUT));
  ssize_t n = sendmsg(w->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT); /* four bytes into an empty socket go as a whole or not at all */
  if (n != sizeof head) return err_set_errno(ERR_IO, "cannot send on the control socket");
  return ERR_OK;
}

static enum err send_frame(const struct wire *w, const struct bytes *body, const int fds[], size_t fd_count) {
  TRY(send_head(w, (uint32_t)body->length, fds, fd_count));
  return send_all(w, body->data, body->length);
}

struct descriptors {
  int fd[REQUEST_MOST_FDS];
  size_t count;
};

static void descriptors_auto(struct descriptors *d) {
  for (size_t i = 0; i < d->count; i++) io_close(&d->fd[i]);
}

static void keep_descriptors(struct msghdr *m, struct descriptors *out) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count && out->count < REQUEST_MOST_FDS; i++)
      memcpy(&out->fd[out->count++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
  }
}

static enum err receive_head(const struct wire *w, struct descriptors *fds, uint32_t *length) {
  uint8_t head[4];
  union control_buffer buffer;
  struct iovec io = {.iov_base = head, .iov_len = sizeof head};
  struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = &buffer, .msg_controllen = sizeof buffer};
  TRY(wait_for(w, POLLIN));
  ssize_t n = recvmsg(w->fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n > 0) keep_descriptors(&m, fds);
  if (n == 0) return err_set(ERR_IO, "the other side of the control socket has gone");
  if (n < 0) return err_set_errno(ERR_IO, "cannot receive on the control socket");
  if (m.msg_flags & MSG_CTRUNC) return err_set(ERR_DATA, "too many descriptors on the control socket");
  TRY(receive_all(w, head + n, sizeof head - (size_t)n));
  struct bytes_reader r = bytes_reader(head, sizeof head);
  *length = bytes_get_u32(&r);
  return ERR_OK;
}

/* The body is taken in pieces: a length alone must not make us reserve memory. */
static enum err receive_body(const struct wire *w, size_t length, size_t most, struct bytes *out) {
  enum { PIECE = 64 * 1024 };
  if (length > most) return err_set(ERR_DATA, "a message on the control socket is larger than %zu bytes", most);
  while (length) {
    size_t piece = length < PIECE ? length : PIECE;
    uint8_t *room = bytes_extend(out, piece);
    TRY(bytes_check(out));
    TRY(receive_all(w, room, piece));
    length -= piece;
  }
  return ERR_OK;
}

/* ---- serving */

static enum err check_peer(int fd, uid_t *uid) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length)) return err_set_errno(ERR_IO, "cannot see who calls");
  if (peer.uid != geteuid()) {
    struct wire w = wire_for(fd, CONTROL_REQUEST_MS, false);
    IGNORE(send_all(&w, &(uint8_t){NOT_YOU}, 1));
    return err_set(ERR_REFUSED, "uid %u may not use the control socket", (unsigned)peer.uid);
  }
  *uid = peer.uid;
  return ERR_OK;
}

static enum err receive_request(int fd, command_table table, struct request *out) {
  AUTO(bytes) struct bytes body = {0};
  AUTO(descriptors) struct descriptors fds = {0};
  struct wire w = wire_for(fd, CONTROL_REQUEST_MS, false);
  const uint8_t hello = HELLO;
  uint32_t length = 0;
  TRY(send_all(&w, &hello, 1));
  TRY(receive_head(&w, &fds, &length));
  TRY(receive_body(&w, length, REQUEST_MOST_BYTES, &body));
  return request_decode(table, body.data, body.length, fds.fd, fds.count, out);
}

static enum err send_reply(int fd, const struct reply *reply) {
  AUTO(bytes) struct bytes body = {0};
  struct wire w = wire_for(fd, CONTROL_REPLY_MS, false);
  TRY(reply_encode(reply, &body));
  return send_frame(&w, &body, NULL, 0);
}

static enum err serve(int fd, command_table table, control_handler *handler, void *context) {
  AUTO(request) struct request rq = {0};
  AUTO(reply) struct reply reply = {0};
  uid_t uid = (uid_t)-1;
  TRY(check_peer(fd, &uid));
  enum err e = receive_request(fd, table, &rq);
  if (e != ERR_OK) {
    reply_fail(&reply, e);
    IGNORE(send_reply(fd, &reply)); /* what is logged is what was wrong with the request */
    return err_set(e, "%s", bytes_text(&reply.message));
  }
  handler(context, uid, fd, &rq, &reply);
  return send_reply(fd, &reply);
}

enum err control_serve_one(int fd, command_table table, control_handler *handler, void *context, bool *served) {
  AUTO(io) int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
  if (client < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
    return err_set_errno(ERR_IO, "cannot accept on the control socket");
  *served = client >= 0;
  if (client >= 0 && serve(client, table, handler, context) != ERR_OK) log_warn("control socket: %s", err_text());
  return ERR_OK;
}

/* ---- asking */

static enum err dial(int dirfd, int *fd) {
  struct sockaddr_un a = address_in(dirfd);
  AUTO(io) int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot make a socket");
  if (connect(s, (struct sockaddr *)&a, sizeof a)) {
    if (errno == EAGAIN || errno == EINTR) return err_set(ERR_MISSING, "too many are waiting at the control socket");
    if (errno == ENOENT || errno == ECONNREFUSED) return err_set(ERR_MISSING, "nobody listens on the control socket");
    return err_set_errno(ERR_REFUSED, "cannot reach the process that holds the vault");
  }
  *fd = s;
  s = -1;
  return ERR_OK;
}

static enum err await_hello(int fd, int wait_ms) {
  struct wire w = wire_for(fd, wait_ms, true);
  uint8_t hello = 0;
  enum err e = receive_all(&w, &hello, 1);
  /* It ended between two of our looks at the lock, before it heard of us. */
  if (e == ERR_IO) return err_set(ERR_MISSING, "the process that held the vault has ended");
  TRY(e);
  if (hello == NOT_YOU)
    return err_set(ERR_REFUSED, "the vault is held open by a process of another user: run this command as that user");
  return hello == HELLO ? ERR_OK : err_set(ERR_DATA, "the control socket does not speak our language");
}

enum err control_call(int dirfd, const struct request *rq, int wait_ms, struct reply *reply) {
  AUTO(bytes) struct bytes body = {0}, answer = {0};
  AUTO(descriptors) struct descriptors none = {0};
  AUTO(io) int fd = -1;
  int fds[REQUEST_MOST_FDS];
  size_t fd_count = 0;
  uint32_t length = 0;
  TRY(request_encode(rq, &body, fds, &fd_count));
  TRY(dial(dirfd, &fd));
  TRY(await_hello(fd, wait_ms));
  struct wire out = wire_for(fd, CONTROL_REQUEST_MS, true), in = wire_for(fd, FOREVER, true);
  TRY(send_frame(&out, &body, fds, fd_count));
  TRY(receive_head(&in, &none, &length));
  TRY(receive_body(&in, length, REPLY_MOST_BYTES, &answer));
  return reply_decode(answer.data, answer.length, reply);
}
