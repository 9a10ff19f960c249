#include "player-bridge/http/cookie.h"
#include "player-bridge/http/document.h"
#include "player-bridge/http/exchange_inside.h"
#include "player-bridge/http/large.h"
#include "player-bridge/http/origin.h"
#include "player-bridge/http/respond.h"
#include "player-bridge/http/tus.h"
#include "player-bridge/http/tus_reply.h"
#include "player-bridge/http/values.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEX = 2 * STREAM_WHO, MOST_BASE = 160 };

static struct { bool tls, behind_tls; } server;

void exchange_prepare(bool tls, bool behind_tls) {
  server.tls = tls;
  server.behind_tls = behind_tls;
  origin_prepare(tls, behind_tls);
  cookie_prepare(tls || behind_tls);
}

static bool is_unsafe(const char *method) {
  return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 && strcmp(method, "OPTIONS") != 0;
}

static void wake(struct line_waiter *w) {
  struct exchange *x = (struct exchange *)(void *)w;
  atomic_store(&x->answered, true);
  MHD_resume_connection(x->connection);
}

struct exchange *exchange_new(struct MHD_Connection *c, const char *method, const char *path) {
  struct exchange *x = calloc(1, sizeof *x);
  if (!x) return NULL;
  x->connection = c;
  x->waiter.wake = wake;
  x->unsafe = is_unsafe(method);
  x->head = strcmp(method, "HEAD") == 0;
  x->route = route_find(method, path, x->id, &x->known_path, x->allow);
  if (!x->route) x->file = web_find(path);
  return x;
}

void exchange_free(struct exchange *x) {
  if (!x) return;
  line_forget(&x->waiter); /* whatever it waits for, it is not there any more */
  if (x->upload.number) exchange_upload_break_off(x);
  feed_free(x->feed);
  if (x->large.place == EXCHANGE_PLACE_HELD) large_give(&x->large.account);
  wire_link_frame_free(&x->waiter.answer);
  bytes_free(&x->body);
  sodium_memzero(x, sizeof *x);
  free(x);
}

/* ---- what HTTP says of it */

const char *exchange_header(const struct exchange *x, const char *name) {
  return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static size_t announced(const struct exchange *x) {
  const char *length = exchange_header(x, "Content-Length");
  return !length ? 0 : strlen(length) > 9 ? SIZE_MAX : strtoul(length, NULL, 10);
}

static bool is_long(const struct exchange *x) { return announced(x) > large_limit(x->route); }

bool exchange_begins(struct exchange *x, enum MHD_Result *answered) {
  struct MHD_Connection *c = x->connection;
  const char *foreign = x->route && x->unsafe ? origin_foreign(x->connection) : NULL;
  if (x->route && x->route->kind == ROUTE_BODY) {
    exchange_upload_judge(x, foreign);
    return true;
  }
  if (x->file && !x->unsafe)
    *answered = web_answer(c, x->file);
  else if (x->file)
    *answered = respond_problem(c, 405, "usage", "this address does not take that method", "Allow", "GET");
  else if (!x->route && x->known_path)
    *answered = respond_problem(c, 405, "usage", "this address does not take that method", "Allow", x->allow);
  else if (!x->route)
    *answered = respond_problem(c, 404, "missing", "there is nothing at this address", NULL, NULL);
  else if (foreign)
    *answered = respond_problem(c, 403, "refused", foreign, NULL, NULL);
  else if (exchange_upload_is_other(x))
    *answered = respond_problem(c, 412, "usage", "this server speaks tus " TUS_VERSION ": send Tus-Resumable", "Tus-Version",
                                TUS_VERSION);
  else if (is_long(x))
    *answered = respond_problem(c, 413, "usage", large_limit_words(x->route), NULL, NULL);
  else {
    x->large.place = announced(x) > LARGE_USUAL ? EXCHANGE_PLACE_WANTED : EXCHANGE_NO_PLACE;
    return true;
  }
  return false;
}

/* ---- who asks */

bool exchange_from_hex(const char *text, uint8_t out[STREAM_WHO]) {
  size_t length = 0;
  return text && strlen(text) == HEX && sodium_hex2bin(out, STREAM_WHO, text, HEX, NULL, &length, NULL) == 0 &&
         length == STREAM_WHO;
}

bool exchange_session(const struct exchange *x, uint8_t out[STREAM_WHO]) {
  return exchange_from_hex(MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND, cookie_name()), out);
}

/* ---- asking the monitor */

enum MHD_Result exchange_no_memory(const struct exchange *x) {
  return respond_problem(x->connection, 503, "busy", "the server has no memory left for this; try again", NULL, NULL);
}

enum MHD_Result exchange_send_off(struct exchange *x, struct bytes *message, uint64_t number) {
  if (wire_message_end(message) != ERR_OK) return exchange_no_memory(x);
  x->stage = EXCHANGE_WAITING;
  atomic_store(&x->answered, false);
  MHD_suspend_connection(x->connection);
  line_say(message, &x->waiter, number);
  return MHD_YES;
}

bool exchange_awaits(const struct exchange *x) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED);
  return (info && info->suspended == MHD_YES) || !atomic_load(&x->answered);
}

void exchange_begin_message(const struct exchange *x, struct bytes *message, enum wire_message_verb verb, uint64_t number) {
  uint8_t session[STREAM_WHO];
  wire_message_begin(message, verb, number, exchange_session(x, session) ? session : NULL);
}

void exchange_put_token(const struct exchange *x, struct bytes *message) {
  uint8_t csrf[STREAM_WHO];
  if (exchange_from_hex(exchange_header(x, "X-CSRF"), csrf)) wire_message_put(message, "csrf", csrf, sizeof csrf);
}

/* How whoever asks came by this server; it is only ever told to them. */
static void put_base(const struct exchange *x, struct bytes *message) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
  char base[MOST_BASE];
  const char *host = exchange_header(x, "Host");
  if (!host || !*host || host[strspn(host, letters)] || strlen(host) > MOST_BASE - 16) return;
  snprintf(base, sizeof base, "%s://%s", server.tls || server.behind_tls ? "https" : "http", host);
  wire_message_put_text(message, "base", base);
}

static enum MHD_Result ask(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  char address[ORIGIN_ADDRESS], why[VALUES_WHY];
  uint64_t number = line_number();
  exchange_begin_message(x, &message, WIRE_ASK, number);
  origin_address(x->connection, address);
  wire_message_put_text(&message, "do", x->route->ask);
  wire_message_put_text(&message, "address", address);
  if (x->unsafe) exchange_put_token(x, &message);
  if (x->id[0]) wire_message_put_text(&message, "id", x->id);
  put_base(x, &message);
  if (server.behind_tls && strcmp(x->route->ask, "session.sign_on") == 0) values_signed_on(&message, x->connection);
  bool good = x->unsafe ? values_from_json(&message, x->route->names, bytes_text(&x->body), x->body.length, why)
                        : values_from_query(&message, x->route->names, x->connection, why);
  if (!good) return respond_problem(x->connection, 400, "usage", why, NULL, NULL);
  bytes_clear(&x->body);
  return exchange_send_off(x, &message, number);
}

/* ---- the answer */

static enum MHD_Result fail(struct exchange *x, unsigned status, const struct wire_message *m) {
  AUTO(bytes) struct bytes detail = {0}, word = {0};
  uint64_t wait_s;
  char wait[24];
  if (!wire_message_text(m, "detail", 0, 4096, &detail)) bytes_put_text(&detail, "it failed");
  if (!wire_message_text(m, "error", 0, 32, &word)) bytes_put_text(&word, "bug");
  bool waits = wire_message_number(m, "retry_after", 0, &wait_s);
  snprintf(wait, sizeof wait, "%" PRIu64, wait_s);
  return respond_problem(x->connection, status, bytes_text(&word), bytes_text(&detail),
                         waits                ? "Retry-After"
                         : exchange_is_tus(x) ? "Tus-Resumable"
                                              : NULL,
                         waits ? wait : TUS_VERSION);
}

static enum MHD_Result begin_events(struct exchange *x) {
  struct MHD_Response *r = feed_response(x->feed);
  if (!r) return exchange_no_memory(x);
  x->feed = NULL;
  return respond_with(x->connection, 200, r);
}

enum MHD_Result exchange_answer(struct exchange *x) {
  AUTO(bytes) struct bytes type = {0};
  struct wire_message m;
  uint64_t status, ends;
  uint8_t session[STREAM_WHO];
  char cookie[COOKIE_TEXT] = "";
  const struct wire_link_frame *frame = &x->waiter.answer;
  if (x->waiter.failed || wire_message_get(frame->body.data, frame->body.length, &m) != ERR_OK)
    return respond_problem(x->connection, 503, "unavailable", "the vault did not answer in time; try again", NULL, NULL);
  if (m.verb == WIRE_GRANTED) return exchange_film(x);
  if (!wire_message_number(&m, "status", 0, &status) || status < 200 || status > 599) status = 500;
  if (status >= 400) return fail(x, (unsigned)status, &m);
  if (exchange_is_tus(x)) {
    x->upload.number = 0; /* it is through */
    return tus_reply(x->connection, (unsigned)status, &m);
  }
  if (x->feed) return begin_events(x);
  if (wire_message_bytes(&m, "cookie", session, sizeof session)) cookie_make(cookie, session);
  if (wire_message_number(&m, "cookie_ends", 0, &ends)) cookie_make(cookie, NULL);
  bool typed = wire_message_text(&m, "type", 0, 64, &type);
  const struct wire_message_field *body = wire_message_find(&m, "body", 0);
  enum MHD_Result result = respond_body(x->connection, (unsigned)status, typed ? bytes_text(&type) : NULL,
                                        body ? body->value : NULL, body ? body->length : 0, cookie[0] ? cookie : NULL);
  sodium_memzero(session, sizeof session);
  sodium_memzero(cookie, sizeof cookie);
  return result;
}

/* ---- bodies */

static enum MHD_Result keep_body(struct exchange *x, const char *data, size_t length) {
  if (x->body.length + length > (x->large.place == EXCHANGE_PLACE_HELD ? large_limit(x->route) : LARGE_USUAL)) return MHD_NO;
  bytes_put(&x->body, data, length);
  sodium_memzero((void *)(uintptr_t)data, length); /* the library's own: it gives it back unwiped, and a password may be in it */
  return x->body.failed ? MHD_NO : MHD_YES;
}

/* A long body is only taken of somebody whom the monitor knows, before anything of it is kept. */
static enum MHD_Result ask_for_place(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  uint64_t number = line_number();
  exchange_begin_message(x, &message, WIRE_ASK, number);
  wire_message_put_text(&message, "do", "forms.begin");
  exchange_put_token(x, &message);
  x->large.place = EXCHANGE_PLACE_ASKED;
  return exchange_send_off(x, &message, number);
}

static void hear_of_place(struct exchange *x) {
  static const enum exchange_place as[] = {
      [LARGE_TAKEN] = EXCHANGE_PLACE_HELD, [LARGE_ENOUGH] = EXCHANGE_PLACE_ENOUGH, [LARGE_FULL] = EXCHANGE_PLACE_FULL};
  struct wire_message m;
  const struct wire_link_frame *frame = &x->waiter.answer;
  x->stage = EXCHANGE_FRESH;
  x->large.place = EXCHANGE_PLACE_REFUSED;
  if (x->waiter.failed || wire_message_get(frame->body.data, frame->body.length, &m) != ERR_OK) return;
  if (!wire_message_bytes(&m, "account", &x->large.account, sizeof x->large.account)) return;
  x->large.place = as[large_take(&x->large.account)];
  wire_link_frame_free(&x->waiter.answer);
}

/* What was refused is read to its end, which was announced, and answered then. */
static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *length) {
  size_t all = *length;
  if (x->large.place == EXCHANGE_PLACE_WANTED) return ask_for_place(x);
  if (x->large.place == EXCHANGE_PLACE_ASKED && exchange_awaits(x)) return MHD_YES;
  if (x->large.place == EXCHANGE_PLACE_ASKED) hear_of_place(x);
  *length = 0;
  return x->large.place > EXCHANGE_PLACE_HELD ? MHD_YES : keep_body(x, data, all);
}

static enum MHD_Result answer_without_place(struct exchange *x) {
  if (x->large.place == EXCHANGE_PLACE_REFUSED) return exchange_answer(x);
  if (x->large.place == EXCHANGE_PLACE_ENOUGH)
    return respond_problem(x->connection, 429, "busy", "another form of yours, or marks, is just being sent; send this after it",
                           "Retry-After", "10");
  return respond_problem(x->connection, 503, "busy", "other forms are just being sent; try again in a moment", NULL, NULL);
}

bool exchange_holds_place(const struct exchange *x, size_t *pieces) {
  *pieces = x->body.length / LARGE_PIECE;
  return x->large.place == EXCHANGE_PLACE_HELD;
}

enum MHD_Result exchange_take(struct exchange *x, const char *data, size_t *length) {
  return x->route->kind == ROUTE_BODY ? exchange_upload_take(x, data, length) : take_body(x, data, length);
}

bool exchange_wants_body(const struct exchange *x) { return x->route->kind == ROUTE_BODY && !x->upload.refused; }

static enum MHD_Result tell_document(const struct exchange *x) {
  size_t length;
  const char *text = document_openapi(&length);
  return respond_body(x->connection, 200, NULL, text, length, NULL);
}

/* What is said right after the answer must not be missed: the feed is there before. A page that comes back says so, and what it
 * has is of before. */
static enum MHD_Result ask_events(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  char why[VALUES_WHY];
  uint64_t number = line_number();
  if (x->head) return respond_problem(x->connection, 405, "usage", "events are only there to be listened to", "Allow", "GET");
  exchange_begin_message(x, &message, WIRE_ASK, number);
  wire_message_put_text(&message, "do", x->route->ask);
  wire_message_put_number(&message, "again", exchange_header(x, "Last-Event-ID") != NULL);
  if (!values_from_query(&message, x->route->names, x->connection, why))
    return respond_problem(x->connection, 400, "usage", why, NULL, NULL);
  x->feed = feed_new(number, x->connection);
  return x->feed ? exchange_send_off(x, &message, number) : exchange_no_memory(x);
}

enum MHD_Result exchange_go(struct exchange *x) {
  if (x->route->kind == ROUTE_BODY && !x->upload.ended) {
    x->upload.ended = true;
    return exchange_upload_end(x);
  }
  if (x->stage == EXCHANGE_WAITING) {
    x->stage = EXCHANGE_ANSWERED;
    return exchange_answer(x);
  }
  if (x->stage == EXCHANGE_ANSWERED) return MHD_NO;
  if (x->large.place > EXCHANGE_PLACE_HELD) {
    x->stage = EXCHANGE_ANSWERED;
    return answer_without_place(x);
  }
  if (x->route->kind == ROUTE_TUS) return exchange_upload_ask(x);
  if (x->route->kind == ROUTE_EVENTS) return ask_events(x);
  if (x->route->kind == ROUTE_TOLD) return tell_document(x);
  return x->route->kind == ROUTE_ASK ? ask(x) : exchange_film(x);
}
