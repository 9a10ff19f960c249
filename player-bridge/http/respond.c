#include "player-bridge/http/respond.h"

#include "player-bridge/http/patience.h"
#include "vault/base/clock.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* What a page may load, which is all ours: no page but ours frames, scripts or embeds anything of it. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";
/* Of a page that comes from the monitor, to be printed: it loads nothing, runs nothing, and brings its own style. */
static const char printed_policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

static const char *const usual[][2] = {
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Content-Type-Options", "nosniff"},
    {"Permissions-Policy", "camera=(), microphone=(), display-capture=()"},
    {"Referrer-Policy", "no-referrer"},
};

static struct { bool tls; } server;

void respond_prepare(bool tls) { server.tls = tls; }

/* Nothing that was decrypted may lie in anybody's cache: `caching` is "no-store" for all but the application's own files. */
static enum MHD_Result queue(struct MHD_Connection *c, unsigned status, struct MHD_Response *r, const char *caching,
                             const char *under) {
  if (!r) return MHD_NO;
  bool all = MHD_add_response_header(r, "Cache-Control", caching) == MHD_YES &&
             MHD_add_response_header(r, "Content-Security-Policy", under) == MHD_YES;
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    all = all && MHD_add_response_header(r, usual[i][0], usual[i][1]) == MHD_YES;
  if (server.tls) all = all && MHD_add_response_header(r, "Strict-Transport-Security", "max-age=63072000") == MHD_YES;
  enum MHD_Result queued = all ? MHD_queue_response(c, status, r) : MHD_NO;
  MHD_destroy_response(r);
  return queued;
}

enum MHD_Result respond_with(struct MHD_Connection *c, unsigned status, struct MHD_Response *r) {
  return queue(c, status, r, "no-store", policy);
}

/* The same for what is to be read. */
static enum MHD_Result queue_short(struct MHD_Connection *c, unsigned status, struct MHD_Response *r, size_t length,
                                   const char *caching, const char *under) {
  enum { HEADERS = 1024 };
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  if (info) patience_read(info->socket_context, HEADERS + length, clock_steady_ms());
  return queue(c, status, r, caching, under);
}

enum MHD_Result respond_keepable(struct MHD_Connection *c, unsigned status, struct MHD_Response *r, size_t length) {
  return queue_short(c, status, r, length, "no-cache", policy);
}

/* What leaves may name somebody, or be their picture: our copy of it is wiped. */
struct copy {
  size_t length;
  char data[];
};

static void wipe(void *context) {
  struct copy *copy = context;
  sodium_memzero(copy->data, copy->length);
  free(copy);
}

static struct MHD_Response *response_of(const void *body, size_t length) {
  struct copy *copy = malloc(sizeof *copy + length);
  if (!copy) return NULL;
  copy->length = length;
  if (length) memcpy(copy->data, body, length);
  struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback_cls(length, copy->data, wipe, copy);
  if (!r) wipe(copy);
  return r;
}

enum MHD_Result respond_body(struct MHD_Connection *c, unsigned status, const char *type, const void *body, size_t length,
                             const char *cookie) {
  struct MHD_Response *r = response_of(body, length);
  bool all = r && MHD_add_response_header(r, "Content-Type", type ? type : "application/json") == MHD_YES;
  if (cookie) all = all && MHD_add_response_header(r, "Set-Cookie", cookie) == MHD_YES;
  bool printed = type && strncmp(type, "text/html", 9) == 0;
  if (all) return queue_short(c, status, r, length, "no-store", printed ? printed_policy : policy);
  if (r) MHD_destroy_response(r);
  return MHD_NO;
}

enum MHD_Result respond_bare(struct MHD_Connection *c, unsigned status, const struct respond_header *headers) {
  struct MHD_Response *r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  bool all = r != NULL;
  for (; all && headers->name; headers++) all = MHD_add_response_header(r, headers->name, headers->value) == MHD_YES;
  if (all) return queue_short(c, status, r, 0, "no-store", policy);
  if (r) MHD_destroy_response(r);
  return MHD_NO;
}

static const char *title_of(unsigned status) {
  switch (status) {
    case 400: return "The request is not understood";
    case 401: return "Not signed in";
    case 403: return "Refused";
    case 404: return "There is no such thing";
    case 405: return "Not in this way";
    case 409: return "Not from there";
    case 412: return "Another version of tus";
    case 413: return "Too much at once";
    case 415: return "Another type of content";
    case 416: return "No such part of the film";
    case 422: return "What was sent cannot be used";
    case 429: return "Too many at once";
    case 460: return "The checksum does not match";
    case 503: return "Not now";
    default: return "It failed";
  }
}

enum MHD_Result respond_problem(struct MHD_Connection *c, unsigned status, const char *word, const char *detail,
                                const char *header, const char *value) {
  json_t *problem = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", title_of(status), "status",
                              (int)status, "detail", detail, "error", word);
  char *text = problem ? json_dumps(problem, JSON_COMPACT) : NULL;
  json_decref(problem);
  if (!text) return MHD_NO;
  struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
  bool all = r && MHD_add_response_header(r, "Content-Type", "application/problem+json") == MHD_YES;
  if (header) all = all && MHD_add_response_header(r, header, value) == MHD_YES;
  if (all) return queue_short(c, status, r, 0, "no-store", policy);
  if (r) MHD_destroy_response(r);
  return MHD_NO;
}
