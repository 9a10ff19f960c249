/* Whatever a bridge that was taken over, or a monitor that is broken, may send: as one message, and as a stream of frames. What
 * is taken encodes to the same bytes again. */
#include "player-bridge/wire_link.h"
#include "player-bridge/wire_message.h"
#include "vault/base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FDS = WIRE_LINK_BESIDE + 3 };

static void check_message(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes again = {0}, text = {0};
  static struct wire_message m;
  uint64_t number;
  uint8_t raw[32];
  if (wire_message_get(data, size, &m) != ERR_OK) return;
  wire_message_begin(&again, m.verb, m.number, m.has_session ? m.session : NULL);
  for (size_t i = 0; i < m.count; i++) {
    char name[WIRE_MESSAGE_MOST_NAME + 1] = "";
    memcpy(name, m.fields[i].name, m.fields[i].name_length);
    wire_message_put(&again, name, m.fields[i].value, m.fields[i].length);
    if (wire_message_text(&m, name, 0, 100, &text) && strlen(bytes_text(&text)) != text.length) abort();
    wire_message_number(&m, name, 0, &number);
    wire_message_bytes(&m, name, raw, sizeof raw);
  }
  if (wire_message_end(&again) != ERR_OK || again.length != size || memcmp(again.data, data, size) != 0) abort();
}

static void open_links(int pair[2], struct wire_link **one) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || wire_link_new(pair[0], one) != ERR_OK) abort();
}

/* What came arrives as the same at whoever it is sent on to, with what goes beside it. */
static void check_resent(struct wire_link_frame *frame) {
  AUTO(wire_link) struct wire_link *from = NULL, *to = NULL;
  AUTO(wire_link_frame) struct wire_link_frame again = {0};
  AUTO(bytes) struct bytes body = {0}, keys = {0};
  size_t fds = frame->fd_count;
  int pair[2];
  bool got = false;
  bytes_put(&body, frame->body.data, frame->body.length);
  bytes_put(&keys, frame->keys, frame->key_count * WIRE_LINK_KEY);
  if (body.failed || keys.failed) abort();
  open_links(pair, &from);
  if (wire_link_new(pair[1], &to) != ERR_OK || wire_link_send(from, frame) != ERR_OK) abort();
  if (wire_link_waits(from) && !wire_link_queued(from)) abort();
  if (wire_link_receive(to, &again, &got) != ERR_OK || !got) abort();
  if (again.fd_count != fds || again.body.length != body.length || again.key_count * WIRE_LINK_KEY != keys.length) abort();
  if (body.length && memcmp(again.body.data, body.data, body.length) != 0) abort();
  if (keys.length && memcmp(again.keys, keys.data, keys.length) != 0) abort();
}

/* With so many descriptors beside the first byte. */
static void send_all(int fd, const uint8_t *data, size_t size, size_t count) {
  int fds[MOST_FDS];
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof fds)];
  } beside = {0};
  struct iovec io = {(uint8_t *)data, size};
  struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
  for (size_t i = 0; i < count; i++) fds[i] = dup(fd);
  if (count) {
    m.msg_control = &beside;
    m.msg_controllen = CMSG_SPACE(count * sizeof *fds);
    *CMSG_FIRSTHDR(&m) =
        (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof *fds)};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fds, count * sizeof *fds);
  }
  if (sendmsg(fd, &m, MSG_DONTWAIT) != (ssize_t)size) abort(); /* it fits: see below */
  for (size_t i = 0; i < count; i++) close(fds[i]);
}

static void check_stream(const uint8_t *data, size_t size) {
  AUTO(wire_link) struct wire_link *l = NULL;
  size_t sent = data[size - 1] % MOST_FDS;
  int pair[2];
  bool got = true;
  open_links(pair, &l);
  send_all(pair[1], data, size, sent);
  while (got) {
    AUTO(wire_link_frame) struct wire_link_frame frame = {0};
    if (wire_link_receive(l, &frame, &got) != ERR_OK) break;
    if (frame.fd_count > sent || (got && frame.fd_count > WIRE_LINK_BESIDE)) abort();
    if (got) check_message(frame.body.data, frame.body.length);
    if (got) check_resent(&frame);
    if (got) sent = 0;
  }
  close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (secret_init() != ERR_OK) abort();
  check_message(data, size);
  if (size && size < 60000) check_stream(data, size);
  return 0;
}
