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

static void check_stream(const uint8_t *data, size_t size) {
  int pair[2];
  struct wire_link *l;
  bool got = true;
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) abort();
  if (wire_link_new(pair[0], &l) != ERR_OK) abort();
  if (send(pair[1], data, size, MSG_DONTWAIT) < 0) size = 0;
  while (got) {
    AUTO(wire_link_frame) struct wire_link_frame frame = {0};
    if (wire_link_receive(l, &frame, &got) != ERR_OK) break;
    if (got && frame.fd_count) abort(); /* none were sent */
    if (got) check_message(frame.body.data, frame.body.length);
  }
  wire_link_free(l);
  close(pair[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (secret_init() != ERR_OK) abort();
  check_message(data, size);
  if (size && size < 60000) check_stream(data, size);
  return 0;
}
