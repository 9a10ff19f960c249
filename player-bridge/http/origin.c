#include "player-bridge/http/origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct { bool tls, behind_tls; } server;

void origin_prepare(bool tls, bool behind_tls) {
  server.tls = tls;
  server.behind_tls = behind_tls;
}

static const char *header(struct MHD_Connection *c, const char *name) {
  return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* "https://vault.example", of the page that asks, is where this request went. Behind a proxy both are as the proxy passes them
 * on. */
static bool is_own_origin(const char *origin, const char *host) {
  static const char plain[] = "http://", secure[] = "https://";
  if (!host) return false;
  if (!server.tls && strncasecmp(origin, plain, sizeof plain - 1) == 0) return strcasecmp(origin + sizeof plain - 1, host) == 0;
  if ((server.tls || server.behind_tls) && strncasecmp(origin, secure, sizeof secure - 1) == 0)
    return strcasecmp(origin + sizeof secure - 1, host) == 0;
  return false;
}

/* Whoever changes something says where they come from: a browser always does, and nobody else's page can make it lie. */
const char *origin_foreign(struct MHD_Connection *c) {
  const char *site = header(c, "Sec-Fetch-Site"), *origin = header(c, "Origin");
  if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
    return "this request comes from another site's page (Sec-Fetch-Site)";
  if (!origin) return "a request that changes something says where it comes from: send Origin, with this server's address";
  return is_own_origin(origin, header(c, "Host")) ? NULL : "this request comes from another site's page (Origin)";
}

/* Of the peer; behind a proxy what the proxy says last. */
void origin_address(struct MHD_Connection *c, char out[ORIGIN_ADDRESS]) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const struct sockaddr *peer = info ? info->client_addr : NULL;
  const char *said = header(c, "X-Forwarded-For"), *last = said ? strrchr(said, ',') : NULL;
  snprintf(out, ORIGIN_ADDRESS, "unknown");
  if (peer && peer->sa_family == AF_INET)
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, out, ORIGIN_ADDRESS);
  else if (peer && peer->sa_family == AF_INET6)
    inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, out, ORIGIN_ADDRESS);
  else if (server.behind_tls && said)
    snprintf(out, ORIGIN_ADDRESS, "%.60s", last ? last + 1 + strspn(last + 1, " ") : said);
}

/* A ticket belongs to the program that began to play it, at that address: as far as one can tell. */
void origin_peer(struct MHD_Connection *c, uint8_t out[ORIGIN_PEER]) {
  char address[ORIGIN_ADDRESS];
  const char *program = header(c, "User-Agent");
  crypto_generichash_state state;
  origin_address(c, address);
  crypto_generichash_init(&state, NULL, 0, ORIGIN_PEER);
  crypto_generichash_update(&state, (const uint8_t *)address, strlen(address) + 1); /* what is behind its end is anything */
  if (program) crypto_generichash_update(&state, (const uint8_t *)program, strlen(program));
  crypto_generichash_final(&state, out, ORIGIN_PEER);
}
