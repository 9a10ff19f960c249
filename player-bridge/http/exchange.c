#include "player-bridge/http/exchange.h"

#include "player-bridge/http/cookie.h"
#include "player-bridge/http/document.h"
#include "player-bridge/http/feed.h"
#include "player-bridge/http/large.h"
#include "player-bridge/http/line.h"
#include "player-bridge/http/origin.h"
#include "player-bridge/http/range.h"
#include "player-bridge/http/respond.h"
#include "player-bridge/http/route.h"
#include "player-bridge/http/stream.h"
#include "player-bridge/http/tus.h"
#include "player-bridge/http/tus_reply.h"
#include "player-bridge/http/values.h"
#include "player-bridge/http/web.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEX = 2 * STREAM_WHO, MOST_BASE = 160, MOST_SWALLOWED = 16 << 20 };
enum stage { FRESH, WAITING, ANSWERED };
enum place {
  PLACE_NONE,
  PLACE_WANTED,
  PLACE_ASKED,
  PLACE_HELD,
  PLACE_REFUSED /* as the monitor said */,
  PLACE_ENOUGH,
  PLACE_FULL
};

struct exchange {
  struct line_waiter waiter; /* first: the line gives us back by it */
  struct MHD_Connection *connection;
  const struct route *route;
  const struct web_file *file; /* of the web application, if it is none of the routes */
  char id[ROUTE_MOST_ID + 1], allow[ROUTE_ALLOW];
  bool unsafe, head, known_path;
  enum stage stage;
  atomic_bool answered; /* what it waits for is here */
  struct bytes body;
  struct feed *feed; /* until a response has it */
  struct {
    enum place place; /* for a body that is longer than usual */
    struct id account;
  } large;
  struct {
    uint64_t number;    /* of the transfer; 0: none was begun */
    bool refused;       /* the monitor's answer, or `problem`, waits until the body is through */
    unsigned problem;   /* of HTTP, found here; 0: none */
    const char *detail; /* of it */
    bool ended;
    uint64_t swallowed; /* of a body that nobody wants */
  } upload;
};

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

static bool session_of(const struct exchange *x, uint8_t out[STREAM_WHO]);

/* What has come of a body and was not passed on. */
static void put_piece(struct exchange *x, struct bytes *message) {
  if (x->body.length) wire_message_put(message, "data", x->body.data, x->body.length);
  bytes_clear(&x->body);
}

/* A body that did not come to its end: what came of it is kept. */
static void break_off(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  uint8_t session[STREAM_WHO];
  wire_message_begin(&message, WIRE_BODY, 0, session_of(x, session) ? session : NULL);
  if (!x->upload.refused) put_piece(x, &message);
  wire_message_put_number(&message, "transfer", x->upload.number);
  wire_message_put_number(&message, "torn", 1);
  if (wire_message_end(&message) == ERR_OK) line_say(&message, NULL, 0);
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
  if (x->upload.number) break_off(x);
  feed_free(x->feed);
  if (x->large.place == PLACE_HELD) large_give(&x->large.account);
  wire_link_frame_free(&x->waiter.answer);
  bytes_free(&x->body);
  sodium_memzero(x, sizeof *x);
  free(x);
}

/* ---- what HTTP says of it */

static const char *header(const struct exchange *x, const char *name) {
  return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static bool is_tus(const struct exchange *x) { return x->route->kind == ROUTE_TUS || x->route->kind == ROUTE_BODY; }

/* OPTIONS asks which versions there are. */
static bool is_other_tus(const struct exchange *x) {
  const char *version = header(x, "Tus-Resumable");
  return is_tus(x) && strcmp(x->route->method, "OPTIONS") != 0 && (!version || strcmp(version, TUS_VERSION) != 0);
}

/* What is wrong with a body is told when it is through: before that nothing can be answered in all versions of the library. */
static void judge_body(struct exchange *x, const char *foreign) {
  const char *type = header(x, "Content-Type");
  struct tus_checksum sum;
  uint64_t offset;
  if (foreign)
    x->upload.problem = 403, x->upload.detail = foreign;
  else if (is_other_tus(x))
    x->upload.problem = 412, x->upload.detail = "this server speaks tus " TUS_VERSION ": send Tus-Resumable";
  else if (!type || strcasecmp(type, "application/offset+octet-stream") != 0)
    x->upload.problem = 415, x->upload.detail = "the content of an upload is application/offset+octet-stream";
  else if (!tus_number(header(x, "Upload-Offset"), &offset))
    x->upload.problem = 400, x->upload.detail = "Upload-Offset says from where on these bytes are";
  else if (!tus_checksum(header(x, "Upload-Checksum"), &sum))
    x->upload.problem = 400, x->upload.detail = "Upload-Checksum is one of " TUS_CHECKSUMS " and its value in base64";
  x->upload.refused = x->upload.problem != 0;
}

static size_t announced(const struct exchange *x) {
  const char *length = header(x, "Content-Length");
  return !length ? 0 : strlen(length) > 9 ? SIZE_MAX : strtoul(length, NULL, 10);
}

static bool is_long(const struct exchange *x) { return announced(x) > large_limit(x->route); }

bool exchange_begins(struct exchange *x, enum MHD_Result *answered) {
  struct MHD_Connection *c = x->connection;
  const char *foreign = x->route && x->unsafe ? origin_foreign(x->connection) : NULL;
  if (x->route && x->route->kind == ROUTE_BODY) {
    judge_body(x, foreign);
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
  else if (is_other_tus(x))
    *answered = respond_problem(c, 412, "usage", "this server speaks tus " TUS_VERSION ": send Tus-Resumable", "Tus-Version",
                                TUS_VERSION);
  else if (is_long(x))
    *answered = respond_problem(c, 413, "usage", large_limit_words(x->route), NULL, NULL);
  else {
    x->large.place = announced(x) > LARGE_USUAL ? PLACE_WANTED : PLACE_NONE;
    return true;
  }
  return false;
}

/* ---- who asks */

static bool from_hex(const char *text, uint8_t out[STREAM_WHO]) {
  size_t length = 0;
  return text && strlen(text) == HEX && sodium_hex2bin(out, STREAM_WHO, text, HEX, NULL, &length, NULL) == 0 &&
         length == STREAM_WHO;
}

static bool session_of(const struct exchange *x, uint8_t out[STREAM_WHO]) {
  return from_hex(MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND, cookie_name()), out);
}

/* ---- asking the monitor */

static enum MHD_Result no_memory(const struct exchange *x) {
  return respond_problem(x->connection, 503, "busy", "the server has no memory left for this; try again", NULL, NULL);
}

/* From here on it is the line's, until it comes back through exchange_go. */
static enum MHD_Result send_off(struct exchange *x, struct bytes *message, uint64_t number) {
  if (wire_message_end(message) != ERR_OK) return no_memory(x);
  x->stage = WAITING;
  atomic_store(&x->answered, false);
  MHD_suspend_connection(x->connection);
  line_say(message, &x->waiter, number);
  return MHD_YES;
}

static void begin_message(const struct exchange *x, struct bytes *message, enum wire_message_verb verb, uint64_t number) {
  uint8_t session[STREAM_WHO];
  wire_message_begin(message, verb, number, session_of(x, session) ? session : NULL);
}

/* How whoever asks came by this server; it is only ever told to them. */
static void put_base(const struct exchange *x, struct bytes *message) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
  char base[MOST_BASE];
  const char *host = header(x, "Host");
  if (!host || !*host || host[strspn(host, letters)] || strlen(host) > MOST_BASE - 16) return;
  snprintf(base, sizeof base, "%s://%s", server.tls || server.behind_tls ? "https" : "http", host);
  wire_message_put_text(message, "base", base);
}

static enum MHD_Result ask(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  uint8_t csrf[STREAM_WHO];
  char address[ORIGIN_ADDRESS], why[VALUES_WHY];
  uint64_t number = line_number();
  begin_message(x, &message, WIRE_ASK, number);
  origin_address(x->connection, address);
  wire_message_put_text(&message, "do", x->route->ask);
  wire_message_put_text(&message, "address", address);
  if (x->unsafe && from_hex(header(x, "X-CSRF"), csrf)) wire_message_put(&message, "csrf", csrf, sizeof csrf);
  if (x->id[0]) wire_message_put_text(&message, "id", x->id);
  put_base(x, &message);
  if (server.behind_tls && strcmp(x->route->ask, "session.sign_on") == 0) values_signed_on(&message, x->connection);
  bool good = x->unsafe ? values_from_json(&message, x->route->names, bytes_text(&x->body), x->body.length, why)
                        : values_from_query(&message, x->route->names, x->connection, why);
  if (!good) return respond_problem(x->connection, 400, "usage", why, NULL, NULL);
  bytes_clear(&x->body);
  return send_off(x, &message, number);
}

/* ---- films */

static bool claim_of(const struct exchange *x, struct stream_claim *claim) {
  *claim = (struct stream_claim){.by_session = x->route->kind == ROUTE_FILM, .beside = x->route->ask ? x->route->ask : ""};
  if (!from_hex(x->id, claim->token)) return false;
  if (claim->by_session)
    session_of(x, claim->session); /* none: zeroes, which are nobody's */
  else
    origin_peer(x->connection, claim->peer);
  return true;
}

/* Whether the first byte of a film is among what is wanted. */
static bool from_start(const struct exchange *x) {
  struct range range = range_of(header(x, "Range"), NULL, "", UINT64_MAX);
  return !x->head && range.kind != RANGE_NOTHING && range.first == 0;
}

static enum MHD_Result want_film(struct exchange *x, const struct stream_claim *claim) {
  AUTO(bytes) struct bytes message = {0};
  uint64_t number = line_number();
  begin_message(x, &message, WIRE_FILM, number);
  wire_message_put(&message, "token", claim->token, sizeof claim->token);
  wire_message_put(&message, "peer", claim->peer, sizeof claim->peer);
  wire_message_put_number(&message, "by_session", claim->by_session);
  wire_message_put_number(&message, "from_start", from_start(x));
  if (*claim->beside) wire_message_put_text(&message, "beside", claim->beside);
  return send_off(x, &message, number);
}

static enum MHD_Result no_range(const struct exchange *x, uint64_t size) {
  char all[48];
  snprintf(all, sizeof all, "bytes */%" PRIu64, size);
  return respond_problem(x->connection, 416, "usage", "the film has no such part; ask for one range of bytes within it",
                         "Content-Range", all);
}

static bool add_film_headers(struct MHD_Response *r, const struct stream_film *f, const struct range *range) {
  char which[96];
  bool all = MHD_add_response_header(r, "Content-Type", stream_mime(f)) == MHD_YES &&
             MHD_add_response_header(r, "Accept-Ranges", "bytes") == MHD_YES &&
             MHD_add_response_header(r, "ETag", stream_etag(f)) == MHD_YES &&
             MHD_add_response_header(r, "Content-Disposition", "inline") == MHD_YES;
  if (range->kind != RANGE_PART) return all;
  snprintf(which, sizeof which, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->first, range->first + range->length - 1,
           stream_size(f));
  return all && MHD_add_response_header(r, "Content-Range", which) == MHD_YES;
}

static bool several(const struct exchange *x) {
  const char *range = header(x, "Range");
  return range && strchr(range, ',');
}

static enum MHD_Result send_film(struct exchange *x, struct stream_film *f) {
  struct range range = range_of(header(x, "Range"), header(x, "If-Range"), stream_etag(f), stream_size(f));
  if (several(x) || range.kind == RANGE_NOTHING) return no_range(x, stream_size(f));
  if (!stream_may_begin(f, !x->head && range.first == 0))
    return respond_problem(x->connection, 403, "refused", "this address was used already; it is good for once", NULL, NULL);
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct MHD_Response *r = info ? stream_response(f, info->connect_fd, range.first, range.length, x->head) : NULL;
  if (!r) return respond_problem(x->connection, 403, "refused", "this is not allowed any more", NULL, NULL);
  if (add_film_headers(r, f, &range)) return respond_with(x->connection, range.kind == RANGE_PART ? 206 : 200, r);
  MHD_destroy_response(r);
  return no_memory(x);
}

/* A film that is here already is given to whom it was granted, and to nobody else; any other question is the monitor's. */
static enum MHD_Result film(struct exchange *x) {
  struct stream_claim claim;
  bool allowed;
  if (!claim_of(x, &claim)) return respond_problem(x->connection, 404, "missing", "there is no film at this address", NULL, NULL);
  struct stream_film *f = stream_find(&claim, &allowed);
  enum MHD_Result result = MHD_YES;
  if (f && allowed)
    result = send_film(x, f);
  else if (x->stage == FRESH)
    result = want_film(x, &claim);
  else
    result = respond_problem(x->connection, 503, "unavailable", "the film could not be opened", NULL, NULL);
  if (f) stream_release(f);
  return result;
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
                         waits       ? "Retry-After"
                         : is_tus(x) ? "Tus-Resumable"
                                     : NULL,
                         waits ? wait : TUS_VERSION);
}

static enum MHD_Result begin_events(struct exchange *x) {
  struct MHD_Response *r = feed_response(x->feed);
  if (!r) return no_memory(x);
  x->feed = NULL;
  return respond_with(x->connection, 200, r);
}

static enum MHD_Result answer(struct exchange *x) {
  AUTO(bytes) struct bytes type = {0};
  struct wire_message m;
  uint64_t status, ends;
  uint8_t session[STREAM_WHO];
  char cookie[COOKIE_TEXT] = "";
  const struct wire_link_frame *frame = &x->waiter.answer;
  if (x->waiter.failed || wire_message_get(frame->body.data, frame->body.length, &m) != ERR_OK)
    return respond_problem(x->connection, 503, "unavailable", "the vault did not answer in time; try again", NULL, NULL);
  if (m.verb == WIRE_GRANTED) return film(x);
  if (!wire_message_number(&m, "status", 0, &status) || status < 200 || status > 599) status = 500;
  if (status >= 400) return fail(x, (unsigned)status, &m);
  if (is_tus(x)) {
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

/* ---- uploads */

static bool put_metadata(const struct exchange *x, struct bytes *message) {
  static const char *const keys[] = {"filename", "case", "persons", "recorded", "kind"};
  AUTO(bytes) struct bytes value = {0};
  const char *text = header(x, "Upload-Metadata");
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    bool found;
    if (!tus_metadata(text, keys[i], &value, &found)) return false;
    if (found) wire_message_put(message, keys[i], value.data, value.length);
  }
  return true;
}

static enum MHD_Result ask_tus(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  uint8_t csrf[STREAM_WHO];
  uint64_t number = line_number(), length;
  begin_message(x, &message, WIRE_ASK, number);
  wire_message_put_text(&message, "do", x->route->ask);
  if (x->unsafe && from_hex(header(x, "X-CSRF"), csrf)) wire_message_put(&message, "csrf", csrf, sizeof csrf);
  if (x->id[0]) wire_message_put_text(&message, "id", x->id);
  if (strcmp(x->route->method, "POST") != 0) return send_off(x, &message, number);
  if (x->body.length)
    return respond_problem(x->connection, 400, "usage", "an upload begins without a body (creation-with-upload is not offered)",
                           NULL, NULL);
  if (!tus_number(header(x, "Upload-Length"), &length))
    return respond_problem(x->connection, 400, "usage", "Upload-Length says how many bytes will come", NULL, NULL);
  if (!put_metadata(x, &message))
    return respond_problem(x->connection, 400, "usage", "Upload-Metadata is pairs of a key and its value in base64", NULL, NULL);
  wire_message_put_number(&message, "length", length);
  return send_off(x, &message, number);
}

static void put_opening(const struct exchange *x, struct bytes *message) {
  struct tus_checksum sum;
  uint8_t csrf[STREAM_WHO];
  uint64_t offset;
  wire_message_put_text(message, "id", x->id);
  if (from_hex(header(x, "X-CSRF"), csrf)) wire_message_put(message, "csrf", csrf, sizeof csrf);
  if (tus_number(header(x, "Upload-Offset"), &offset)) wire_message_put_number(message, "offset", offset);
  if (!tus_checksum(header(x, "Upload-Checksum"), &sum) || !sum.length) return;
  wire_message_put_text(message, "algorithm", sum.algorithm);
  wire_message_put(message, "digest", sum.digest, sum.length);
}

/* The next piece, with `last` the end: the connection waits until the monitor has sealed it, so that of each upload no more than
 * one piece is anywhere in clear. */
static enum MHD_Result pass_on(struct exchange *x, bool last) {
  AUTO(bytes) struct bytes message = {0};
  uint64_t number = line_number();
  bool first = !x->upload.number;
  begin_message(x, &message, WIRE_BODY, number);
  if (first) x->upload.number = number;
  wire_message_put_number(&message, "transfer", x->upload.number);
  if (first) put_opening(x, &message);
  put_piece(x, &message);
  if (last) wire_message_put_number(&message, "last", 1);
  return send_off(x, &message, number);
}

/* It comes from the library in what happens to fit into its buffer, and goes on in larger pieces: each costs a turn of the
 * monitor. The first goes at once, so that the upload is known to have begun. */
static enum MHD_Result gather(struct exchange *x, const char *data, size_t *length) {
  size_t room = WIRE_MESSAGE_MOST_DATA - x->body.length, piece = *length < room ? *length : room;
  bytes_put(&x->body, data, piece);
  if (x->body.failed) return MHD_NO;
  *length -= piece;
  return x->upload.number && x->body.length < WIRE_MESSAGE_MOST_DATA ? MHD_YES : pass_on(x, false);
}

/* What the monitor said of the piece before this. A refusal is kept for the end. */
static void hear_of_piece(struct exchange *x) {
  struct wire_message m;
  const struct wire_link_frame *frame = &x->waiter.answer;
  if (x->stage != WAITING) return;
  x->stage = FRESH;
  bool taken = !x->waiter.failed && wire_message_get(frame->body.data, frame->body.length, &m) == ERR_OK && m.verb == WIRE_TAKEN;
  x->upload.refused = !taken;
  if (taken) wire_link_frame_free(&x->waiter.answer);
}

static enum MHD_Result keep_body(struct exchange *x, const char *data, size_t length) {
  if (x->body.length + length > (x->large.place == PLACE_HELD ? large_limit(x->route) : LARGE_USUAL)) return MHD_NO;
  bytes_put(&x->body, data, length);
  sodium_memzero((void *)(uintptr_t)data, length); /* the library's own: it gives it back unwiped, and a password may be in it */
  return x->body.failed ? MHD_NO : MHD_YES;
}

static bool is_suspended(const struct exchange *x) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED);
  return info && info->suspended == MHD_YES;
}

/* A long body is only taken of somebody whom the monitor knows, before anything of it is kept. */
static enum MHD_Result ask_for_place(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  uint8_t csrf[STREAM_WHO];
  uint64_t number = line_number();
  begin_message(x, &message, WIRE_ASK, number);
  wire_message_put_text(&message, "do", "forms.begin");
  if (from_hex(header(x, "X-CSRF"), csrf)) wire_message_put(&message, "csrf", csrf, sizeof csrf);
  x->large.place = PLACE_ASKED;
  return send_off(x, &message, number);
}

static void hear_of_place(struct exchange *x) {
  static const enum place as[] = {[LARGE_TAKEN] = PLACE_HELD, [LARGE_ENOUGH] = PLACE_ENOUGH, [LARGE_FULL] = PLACE_FULL};
  struct wire_message m;
  const struct wire_link_frame *frame = &x->waiter.answer;
  x->stage = FRESH;
  x->large.place = PLACE_REFUSED;
  if (x->waiter.failed || wire_message_get(frame->body.data, frame->body.length, &m) != ERR_OK) return;
  if (!wire_message_bytes(&m, "account", &x->large.account, sizeof x->large.account)) return;
  x->large.place = as[large_take(&x->large.account)];
  wire_link_frame_free(&x->waiter.answer);
}

/* What was refused is read to its end, which was announced, and answered then. */
static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *length) {
  size_t all = *length;
  if (x->large.place == PLACE_WANTED) return ask_for_place(x);
  if (x->large.place == PLACE_ASKED && (is_suspended(x) || !atomic_load(&x->answered))) return MHD_YES;
  if (x->large.place == PLACE_ASKED) hear_of_place(x);
  *length = 0;
  return x->large.place > PLACE_HELD ? MHD_YES : keep_body(x, data, all);
}

static enum MHD_Result answer_without_place(struct exchange *x) {
  if (x->large.place == PLACE_REFUSED) return answer(x);
  if (x->large.place == PLACE_ENOUGH)
    return respond_problem(x->connection, 429, "busy", "another form of yours, or marks, is just being sent; send this after it",
                           "Retry-After", "10");
  return respond_problem(x->connection, 503, "busy", "other forms are just being sent; try again in a moment", NULL, NULL);
}

bool exchange_holds_place(const struct exchange *x, size_t *pieces) {
  *pieces = x->body.length / LARGE_PIECE;
  return x->large.place == PLACE_HELD;
}

/* Between the answer and the connection's going on there is a moment in which the library, of a body in chunks, shows more. */
enum MHD_Result exchange_take(struct exchange *x, const char *data, size_t *length) {
  size_t all = *length;
  if (x->route->kind != ROUTE_BODY) return take_body(x, data, length);
  if (x->stage == WAITING && (is_suspended(x) || !atomic_load(&x->answered))) return MHD_YES;
  hear_of_piece(x);
  if (!x->upload.refused) return gather(x, data, length);
  *length = 0;
  x->upload.swallowed += all;
  return x->upload.swallowed > MOST_SWALLOWED ? MHD_NO : MHD_YES;
}

bool exchange_wants_body(const struct exchange *x) { return x->route->kind == ROUTE_BODY && !x->upload.refused; }

/* The end of a body: what was wrong with it, or all of it is sealed. */
static enum MHD_Result end_body(struct exchange *x) {
  hear_of_piece(x);
  if (x->upload.problem)
    return respond_problem(x->connection, x->upload.problem, x->upload.problem == 403 ? "refused" : "usage", x->upload.detail,
                           "Tus-Resumable", TUS_VERSION);
  if (!x->upload.refused) return pass_on(x, true);
  x->stage = ANSWERED;
  return answer(x);
}

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
  begin_message(x, &message, WIRE_ASK, number);
  wire_message_put_text(&message, "do", x->route->ask);
  wire_message_put_number(&message, "again", header(x, "Last-Event-ID") != NULL);
  if (!values_from_query(&message, x->route->names, x->connection, why))
    return respond_problem(x->connection, 400, "usage", why, NULL, NULL);
  x->feed = feed_new(number, x->connection);
  return x->feed ? send_off(x, &message, number) : no_memory(x);
}

enum MHD_Result exchange_go(struct exchange *x) {
  if (x->route->kind == ROUTE_BODY && !x->upload.ended) {
    x->upload.ended = true;
    return end_body(x);
  }
  if (x->stage == WAITING) {
    x->stage = ANSWERED;
    return answer(x);
  }
  if (x->stage == ANSWERED) return MHD_NO;
  if (x->large.place > PLACE_HELD) {
    x->stage = ANSWERED;
    return answer_without_place(x);
  }
  if (x->route->kind == ROUTE_TUS) return ask_tus(x);
  if (x->route->kind == ROUTE_EVENTS) return ask_events(x);
  if (x->route->kind == ROUTE_TOLD) return tell_document(x);
  return x->route->kind == ROUTE_ASK ? ask(x) : film(x);
}
