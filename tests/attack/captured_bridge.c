/* A bridge that was taken over. It lies beside a copy of clipvault in the place of clipvault-bridge, is started as such, and asks
 * for everything it was not given: what it got stands on standard error, one line for each attempt. With the file `nonsense`
 * beside the vault (it inherits the current folder) it says what is no message instead. */
#include "player-bridge/wire_link.h"
#include "vault/base/secret.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SOCKET = 3, PATIENCE_MS = 2000 };

static struct wire_link *line;

static bool receive(struct wire_link_frame *out) {
  bool got = false;
  for (int waited = 0; !got && waited < PATIENCE_MS; waited += 10) {
    if (wire_link_flush(line) != ERR_OK || wire_link_receive(line, out, &got) != ERR_OK) return false;
    struct pollfd on = {.fd = SOCKET, .events = POLLIN};
    if (!got) poll(&on, 1, 10);
  }
  return got;
}

static void say(struct bytes *message) {
  struct wire_link_frame frame = {.body = *message};
  *message = (struct bytes){0};
  if (wire_link_send(line, &frame) != ERR_OK) fprintf(stderr, "captured: the monitor is gone\n");
}

/* Sends it and tells what came back: a status, or that something was granted, or nothing. */
static void attempt(const char *what, struct bytes *message) {
  AUTO(wire_link_frame) struct wire_link_frame answer = {0};
  struct wire_message m;
  uint64_t status = 0;
  say(message);
  if (!receive(&answer) || wire_message_get(answer.body.data, answer.body.length, &m) != ERR_OK)
    fprintf(stderr, "captured: %s: nothing\n", what);
  else if (m.verb == WIRE_GRANTED || answer.fd_count || answer.key_count)
    fprintf(stderr, "captured: %s: GRANTED\n", what);
  else if (wire_message_number(&m, "status", 0, &status))
    fprintf(stderr, "captured: %s: %d\n", what, (int)status);
}

static void ask(const char *what, const uint8_t *session) {
  AUTO(bytes) struct bytes b = {0};
  wire_message_begin(&b, WIRE_ASK, 1, session);
  wire_message_put_text(&b, "do", what);
  wire_message_put_text(&b, "id", "clp_aaaaaaaaaaaaaaaaaaaaaaaaaa");
  wire_message_put_text(&b, "purpose", "supervision");
  attempt(what, &b);
}

static void want_film(const uint8_t *session, uint64_t by_session, const char *name) {
  AUTO(bytes) struct bytes b = {0};
  const uint8_t token[32] = {0};
  wire_message_begin(&b, WIRE_FILM, 2, session);
  wire_message_put(&b, "token", token, sizeof token);
  wire_message_put(&b, "peer", token, sizeof token);
  wire_message_put_number(&b, "by_session", by_session);
  wire_message_put_number(&b, "from_start", 1);
  attempt(name, &b);
}

/* Films it never had: nothing happens, and the vault goes on. */
static void tell_lies(void) {
  AUTO(bytes) struct bytes b = {0};
  for (uint64_t film = 0; film < 3; film++) {
    wire_message_begin(&b, WIRE_SEEN, 3, NULL);
    wire_message_put_number(&b, "film", film);
    wire_message_put_text(&b, "fault", "the sky is falling");
    say(&b);
  }
  wire_message_begin(&b, WIRE_STOPPED, 77, NULL);
  say(&b);
}

static void begin(void) {
  AUTO(wire_link_frame) struct wire_link_frame setup = {0};
  AUTO(bytes) struct bytes b = {0};
  receive(&setup);
  wire_message_begin(&b, WIRE_READY, 0, NULL);
  wire_message_put_text(&b, "cage", "none");
  say(&b);
}

int main(void) {
  const uint8_t nobody[WIRE_MESSAGE_SESSION] = {0};
  const uint8_t nonsense[] = {5, 0, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'};
  if (secret_init() != ERR_OK || wire_link_new(SOCKET, &line) != ERR_OK) return 1;
  begin();
  if (access("nonsense", F_OK) == 0) {
    fprintf(stderr, "captured: nonsense\n");
    if (write(SOCKET, nonsense, sizeof nonsense) < 0) return 1;
  } else {
    static const char *const things[] = {
        "clips.list",        "clips.show", "clips.open", "clips.ticket", "me", "session.end", "consents.record",
        "consents.withdraw", "ls",         "export",     "user list",    "",   "slot add"};
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) ask(things[i], NULL), ask(things[i], nobody);
    want_film(NULL, 0, "film without anything");
    want_film(nobody, 0, "film by ticket");
    want_film(nobody, 1, "film by session");
    tell_lies();
    ask("health", NULL);
    fprintf(stderr, "captured: done\n");
  }
  AUTO(wire_link_frame) struct wire_link_frame last = {0};
  while (receive(&last)) wire_link_frame_free(&last);
  for (struct pollfd on = {.fd = SOCKET, .events = POLLIN}; poll(&on, 1, -1) > 0;)
    if (!receive(&last)) return 0;
  return 0;
}
