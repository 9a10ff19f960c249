#include "ingest/worker/link.h"

#include "vault/base/sandbox.h"

#include <errno.h>
#include <sys/socket.h>

static enum err send_all(const void *data, size_t length) {
  const uint8_t *next = data;
  while (length) {
    ssize_t sent = send(SANDBOX_SOCKET, next, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return err_set_errno(ERR_IO, "cannot speak to the parent");
    next += sent;
    length -= (size_t)sent;
  }
  return ERR_OK;
}

static enum err receive_all(void *out, size_t length) {
  uint8_t *next = out;
  while (length) {
    ssize_t got = recv(SANDBOX_SOCKET, next, length, MSG_WAITALL);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return err_set_errno(ERR_IO, "cannot hear the parent");
    if (got == 0) return err_set(ERR_IO, "the parent is gone");
    next += got;
    length -= (size_t)got;
  }
  return ERR_OK;
}

enum err link_send(struct bytes *frames) {
  TRY(bytes_check(frames));
  enum err sent = send_all(frames->data, frames->length);
  bytes_clear(frames);
  return sent;
}

enum err link_send_part(enum wire_object which, const void *data, size_t length) {
  const uint8_t *next = data;
  while (length) {
    size_t piece = length < WIRE_MOST_DATA ? length : WIRE_MOST_DATA;
    uint8_t head[WIRE_PREFIX + 1];
    wire_prefix(head, WIRE_PART, piece + 1);
    head[WIRE_PREFIX] = (uint8_t)which;
    TRY(send_all(head, sizeof head));
    TRY(send_all(next, piece));
    next += piece;
    length -= piece;
  }
  return ERR_OK;
}

static enum err expect(enum wire_kind kind, uint32_t *length) {
  uint8_t prefix[WIRE_PREFIX];
  enum wire_kind got;
  TRY(receive_all(prefix, sizeof prefix));
  TRY(wire_get_prefix(prefix, &got, length));
  return got == kind ? ERR_OK : err_set(ERR_BUG, "the parent sent another frame than was due");
}

enum err link_read_source(uint64_t offset, void *out, size_t length, size_t *got) {
  AUTO(bytes) struct bytes ask = {0};
  wire_put_read(&ask, offset, (uint32_t)length);
  TRY(link_send(&ask));
  uint32_t answer;
  TRY(expect(WIRE_BYTES, &answer));
  if (answer > length) return err_set(ERR_BUG, "the parent sent more than was asked for");
  TRY(receive_all(out, answer));
  *got = answer;
  return ERR_OK;
}

enum err link_receive(enum wire_kind kind, struct bytes *out) {
  uint32_t length;
  TRY(expect(kind, &length));
  uint8_t *room = bytes_extend(out, length);
  if (!room) return bytes_check(out);
  return receive_all(room, length);
}
