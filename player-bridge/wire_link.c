#include "player-bridge/wire_link.h"

#include "vault/base/io.h"
#include "vault/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PREFIX = 6, PIECE = WIRE_MESSAGE_MOST_DATA + (4 << 10) };

struct outgoing {
  struct wire_link_frame frame;
  uint8_t prefix[PREFIX];
  size_t sent; /* of prefix, body and keys together */
  struct outgoing *next;
};

struct wire_link {
  int fd;
  struct outgoing *first, **last;
  size_t queued;
  /* what is coming in */
  struct wire_link_frame in;
  uint8_t prefix[PREFIX];
  size_t got_prefix, body_length, keys_got;
};

void wire_link_frame_free(struct wire_link_frame *f) {
  bytes_free(&f->body);
  for (size_t i = 0; i < f->fd_count; i++) io_close(&f->fds[i]);
  secret_free(f->keys);
  *f = (struct wire_link_frame){0};
}

enum err wire_link_new(int fd, struct wire_link **out) {
  AUTO(io) int held = fd;
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK)) return err_set_errno(ERR_UNAVAILABLE, "cannot prepare a socket");
  struct wire_link *l = calloc(1, sizeof *l);
  if (!l) return err_set(ERR_IO, "out of memory");
  l->fd = held;
  l->last = &l->first;
  held = -1;
  *out = l;
  return ERR_OK;
}

static void drop_first(struct wire_link *l) {
  struct outgoing *o = l->first;
  l->first = o->next;
  if (!l->first) l->last = &l->first;
  wire_link_frame_free(&o->frame);
  free(o);
}

void wire_link_free(struct wire_link *l) {
  if (!l) return;
  while (l->first) drop_first(l);
  wire_link_frame_free(&l->in);
  io_close(&l->fd);
  free(l);
}

bool wire_link_waits(const struct wire_link *l) { return l->first != NULL; }
size_t wire_link_queued(const struct wire_link *l) { return l->queued; }

/* ---- out */

union beside {
  struct cmsghdr align;
  char room[CMSG_SPACE(WIRE_LINK_BESIDE * sizeof(int))];
};

static void attach(struct msghdr *m, union beside *room, const struct wire_link_frame *f) {
  if (!f->fd_count) return;
  m->msg_control = room;
  m->msg_controllen = CMSG_SPACE(f->fd_count * sizeof(int));
  struct cmsghdr *c = CMSG_FIRSTHDR(m);
  *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(f->fd_count * sizeof(int))};
  memcpy(CMSG_DATA(c), f->fds, f->fd_count * sizeof(int));
}

/* Prefix, body and keys from where we are. */
static int pieces(struct outgoing *o, struct iovec io[3]) {
  const struct iovec all[3] = {
      {o->prefix, PREFIX}, {o->frame.body.data, o->frame.body.length}, {o->frame.keys, o->frame.key_count * WIRE_LINK_KEY}};
  size_t skip = o->sent;
  int count = 0;
  for (int i = 0; i < 3; i++) {
    size_t left = all[i].iov_len > skip ? all[i].iov_len - skip : 0;
    if (left) io[count++] = (struct iovec){(uint8_t *)all[i].iov_base + skip, left};
    skip -= all[i].iov_len - left;
  }
  return count;
}

static enum err write_some(struct wire_link *l, bool *blocked) {
  struct outgoing *o = l->first;
  struct iovec io[3];
  union beside room = {0};
  struct msghdr m = {.msg_iov = io, .msg_iovlen = (size_t)pieces(o, io)};
  if (!o->sent) attach(&m, &room, &o->frame);
  ssize_t n = sendmsg(l->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
  *blocked = n < 0 && errno == EAGAIN;
  if (n < 0 && errno != EAGAIN && errno != EINTR) return err_set_errno(ERR_IO, "cannot send to the other side of the bridge");
  if (n <= 0) return ERR_OK;
  o->sent += (size_t)n;
  l->queued -= (size_t)n;
  if (o->sent == PREFIX + o->frame.body.length + o->frame.key_count * WIRE_LINK_KEY) drop_first(l);
  return ERR_OK;
}

enum err wire_link_flush(struct wire_link *l) {
  for (bool blocked = false; l->first && !blocked;) TRY(write_some(l, &blocked));
  return ERR_OK;
}

enum err wire_link_send(struct wire_link *l, struct wire_link_frame *frame) {
  AUTO(wire_link_frame) struct wire_link_frame f = *frame;
  *frame = (struct wire_link_frame){0};
  TRY(bytes_check(&f.body));
  if (f.body.length > WIRE_MESSAGE_MOST_BYTES) return err_set(ERR_BUG, "a message to the bridge is too long");
  struct outgoing *o = calloc(1, sizeof *o);
  if (!o) return err_set(ERR_IO, "out of memory");
  o->frame = f;
  f = (struct wire_link_frame){0};
  for (size_t i = 0; i < 4; i++) o->prefix[i] = (uint8_t)(o->frame.body.length >> (8 * i));
  o->prefix[4] = (uint8_t)o->frame.fd_count;
  o->prefix[5] = (uint8_t)o->frame.key_count;
  l->queued += PREFIX + o->frame.body.length + o->frame.key_count * WIRE_LINK_KEY;
  *l->last = o;
  l->last = &o->next;
  return wire_link_flush(l);
}

/* ---- in */

static enum err keep_descriptors(struct msghdr *m, struct wire_link_frame *f) {
  bool too_many = m->msg_flags & MSG_CTRUNC;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      too_many |= f->fd_count == WIRE_LINK_BESIDE;
      if (f->fd_count < WIRE_LINK_BESIDE)
        f->fds[f->fd_count++] = fd;
      else
        io_close(&fd);
    }
  }
  return too_many ? err_set(ERR_DATA, "too many descriptors beside a message") : ERR_OK;
}

/* At most `length` bytes; *n is 0 if there are none now. */
static enum err read_some(struct wire_link *l, void *out, size_t length, size_t *n) {
  union beside room;
  struct iovec io = {out, length};
  struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
  ssize_t got = recvmsg(l->fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  *n = got > 0 ? (size_t)got : 0;
  if (got > 0) return keep_descriptors(&m, &l->in);
  if (got == 0) return err_set(ERR_IO, "the other side of the bridge has gone");
  return errno == EAGAIN || errno == EINTR ? ERR_OK : err_set_errno(ERR_IO, "cannot receive from the other side of the bridge");
}

static enum err read_prefix(struct wire_link *l, size_t *n) {
  TRY(read_some(l, l->prefix + l->got_prefix, PREFIX - l->got_prefix, n));
  l->got_prefix += *n;
  if (l->got_prefix < PREFIX) return ERR_OK;
  struct bytes_reader r = bytes_reader(l->prefix, PREFIX);
  l->body_length = bytes_get_u32(&r);
  unsigned fds = bytes_get_u8(&r);
  l->in.key_count = bytes_get_u8(&r);
  if (l->body_length > WIRE_MESSAGE_MOST_BYTES || fds != l->in.fd_count || l->in.key_count > WIRE_LINK_BESIDE) {
    l->in.key_count = 0;
    return err_set(ERR_DATA, "this is no frame of the bridge");
  }
  if (l->in.key_count) l->in.keys = secret_alloc(l->in.key_count * WIRE_LINK_KEY);
  return ERR_OK;
}

/* In pieces, of which one takes a piece of an upload: a length alone must not make us reserve more memory. */
static enum err read_body(struct wire_link *l, size_t *n) {
  size_t before = l->in.body.length, left = l->body_length - before, piece = left < PIECE ? left : PIECE;
  uint8_t *room = bytes_extend(&l->in.body, piece);
  TRY(bytes_check(&l->in.body));
  enum err e = read_some(l, room, piece, n);
  l->in.body.length = before + *n;
  l->in.body.data[l->in.body.length] = 0;
  return e;
}

static enum err read_keys(struct wire_link *l, size_t *n) {
  TRY(read_some(l, l->in.keys + l->keys_got, l->in.key_count * WIRE_LINK_KEY - l->keys_got, n));
  l->keys_got += *n;
  return ERR_OK;
}

static bool is_whole(const struct wire_link *l) {
  return l->got_prefix == PREFIX && l->in.body.length == l->body_length && l->keys_got == l->in.key_count * WIRE_LINK_KEY;
}

enum err wire_link_receive(struct wire_link *l, struct wire_link_frame *out, bool *got) {
  *got = false;
  for (size_t n = 1; n && !is_whole(l);) {
    n = 0;
    if (l->got_prefix < PREFIX)
      TRY(read_prefix(l, &n));
    else if (l->in.body.length < l->body_length)
      TRY(read_body(l, &n));
    else
      TRY(read_keys(l, &n));
  }
  if (!is_whole(l)) return ERR_OK;
  *out = l->in;
  l->in = (struct wire_link_frame){0};
  l->got_prefix = l->keys_got = l->body_length = 0;
  *got = true;
  return ERR_OK;
}
