#include "player-bridge/http/cookie.h"

#include <sodium.h>
#include <stdio.h>

static bool by_tls;

void cookie_prepare(bool tls) { by_tls = tls; }

/* Where a browser ends TLS somewhere before us the cookie is bound to this very host (__Host-). Over plain HTTP, which is
 * loopback alone, not every client takes a Secure cookie, and the prefix asks for one. */
const char *cookie_name(void) { return by_tls ? "__Host-clipvault" : "clipvault"; }

void cookie_make(char out[COOKIE_TEXT], const uint8_t *session) {
  char hex[2 * COOKIE_KEY + 1] = "";
  if (session) sodium_bin2hex(hex, sizeof hex, session, COOKIE_KEY);
  snprintf(out, COOKIE_TEXT, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", cookie_name(), hex, by_tls ? "; Secure" : "",
           session ? "" : "; Max-Age=0");
}
