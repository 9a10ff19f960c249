/* The cookie of a session, as browsers keep it. */
#ifndef CLIPVAULT_BRIDGE_COOKIE_H
#define CLIPVAULT_BRIDGE_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

enum { COOKIE_KEY = 32, COOKIE_TEXT = 256 };

/* Before the first request: whether browsers come by TLS, ended here or by a proxy. */
void cookie_prepare(bool tls);
const char *cookie_name(void);
/* A whole Set-Cookie value; without a key (NULL) one that ends it. */
void cookie_make(char out[COOKIE_TEXT], const uint8_t *key);

#endif
