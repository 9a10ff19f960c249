#include "player-bridge/signon.h"

#include "player-bridge/monitor.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/dispatch.h"
#include "vault/signin.h"

#include <sodium.h>

enum { LEAST_SECRET = 32, MOST_SECRET = 256, MOST_CLAIM = 255, MOST_ADDRESS = 64, MOST_TIME = 20, AHEAD_MS = 60 * 1000 };

static void hash(const void *secret, size_t length, uint8_t out[SIGNON_SECRET]) {
  crypto_generichash(out, SIGNON_SECRET, secret, length, NULL, 0);
}

enum err signon_read(int fd, uint8_t out[SIGNON_SECRET]) {
  size_t length = 0;
  uint8_t *text = secret_alloc(MOST_SECRET + 2);
  enum err e = io_read_upto(fd, text, MOST_SECRET + 2, &length);
  if (e == ERR_OK && length && text[length - 1] == '\n') length--;
  if (e == ERR_OK && (length < LEAST_SECRET || length > MOST_SECRET))
    e = err_set(ERR_DATA, "the secret for --sign-on-secret is one line of %d to %d characters; openssl rand -hex 32 makes one",
                LEAST_SECRET, MOST_SECRET);
  if (e == ERR_OK) hash(text, length, out);
  secret_free(text);
  return e;
}

/* Of two hashes nothing is learned from how long they take to compare. */
static bool is_from_proxy(const struct monitor *m, const struct wire_message *ask) {
  uint8_t said[SIGNON_SECRET];
  const struct wire_message_field *proof = wire_message_find(ask, "proof", 0);
  if (!m->sign_on || !proof || proof->length > MOST_SECRET) return false;
  hash(proof->value, proof->length, said);
  return sodium_memcmp(said, m->sign_on, sizeof said) == 0;
}

/* When whoever signed on has shown who they are, by the steady clock; VISIT_NEVER_MS if `said` is no such time, or one that has
 * not come yet but for a clock that is a little ahead. */
static int64_t proven_at(const char *said, int64_t now_ms, int64_t steady_ms) {
  uint64_t at_s;
  if (!bytes_parse_u64(said, INT64_MAX / 1000, &at_s)) return VISIT_NEVER_MS;
  int64_t ago_ms = now_ms - (int64_t)at_s * 1000;
  if (ago_ms < -AHEAD_MS) return VISIT_NEVER_MS;
  return steady_ms - (ago_ms > 0 ? ago_ms : 0);
}

struct asking {
  const char *issuer, *subject, *address;
  struct signin_user user;
};

static enum err sign_on_in(struct vault *v, void *context) {
  struct asking *a = context;
  return signin_as_identity(v, a->issuer, a->subject, a->address, &a->user);
}

static enum err sign_on(struct monitor *m, const struct wire_message *ask) {
  AUTO(bytes) struct bytes issuer = {0}, subject = {0}, address = {0}, auth_time = {0};
  struct visit *before = ask->has_session ? visit_find(&m->visits, ask->session) : NULL;
  uint64_t replaces = before ? before->number : 0;
  if (!is_from_proxy(m, ask)) return err_set(ERR_REFUSED, "this did not come through a proxy that signs people on");
  if (!wire_message_text(ask, "issuer", 0, MOST_CLAIM, &issuer) || !wire_message_text(ask, "subject", 0, MOST_CLAIM, &subject))
    return err_set(ERR_REFUSED, "the proxy does not say who is signed on");
  bool known = wire_message_text(ask, "address", 0, MOST_ADDRESS, &address);
  struct asking a = {
      .issuer = bytes_text(&issuer), .subject = bytes_text(&subject), .address = known ? bytes_text(&address) : "unknown"};
  TRY(dispatch_within(m->session, NULL, sign_on_in, &a));
  if (!wire_message_text(ask, "auth_time", 0, MOST_TIME, &auth_time)) bytes_clear(&auth_time);
  int64_t proven_ms = proven_at(bytes_text(&auth_time), clock_now_ms(), clock_steady_ms());
  return admission_welcome(m, ask->number, replaces, &a.user, &(struct admission_proof){.signed_on = true, .at_ms = proven_ms});
}

void signon_begin(struct monitor *m, const struct wire_message *ask) {
  enum err e = sign_on(m, ask);
  if (e != ERR_OK) monitor_fail(m, ask->number, monitor_status(e), e);
}
