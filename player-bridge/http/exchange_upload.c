#include "player-bridge/http/exchange_inside.h"
#include "player-bridge/http/respond.h"
#include "player-bridge/http/tus.h"

#include <string.h>
#include <strings.h>

enum { MOST_SWALLOWED = 16 << 20 };

/* OPTIONS asks which versions there are. */
bool exchange_upload_is_other(const struct exchange *x) {
  const char *version = exchange_header(x, "Tus-Resumable");
  return exchange_is_tus(x) && strcmp(x->route->method, "OPTIONS") != 0 && (!version || strcmp(version, TUS_VERSION) != 0);
}

void exchange_upload_judge(struct exchange *x, const char *foreign) {
  const char *type = exchange_header(x, "Content-Type");
  struct tus_checksum sum;
  uint64_t offset;
  if (foreign)
    x->upload.problem = 403, x->upload.detail = foreign;
  else if (exchange_upload_is_other(x))
    x->upload.problem = 412, x->upload.detail = "this server speaks tus " TUS_VERSION ": send Tus-Resumable";
  else if (!type || strcasecmp(type, "application/offset+octet-stream") != 0)
    x->upload.problem = 415, x->upload.detail = "the content of an upload is application/offset+octet-stream";
  else if (!tus_number(exchange_header(x, "Upload-Offset"), &offset))
    x->upload.problem = 400, x->upload.detail = "Upload-Offset says from where on these bytes are";
  else if (!tus_checksum(exchange_header(x, "Upload-Checksum"), &sum))
    x->upload.problem = 400, x->upload.detail = "Upload-Checksum is one of " TUS_CHECKSUMS " and its value in base64";
  x->upload.refused = x->upload.problem != 0;
}

/* ---- what is asked without a body */

static bool put_metadata(const struct exchange *x, struct bytes *message) {
  static const char *const keys[] = {"filename", "case", "persons", "recorded", "kind"};
  AUTO(bytes) struct bytes value = {0};
  const char *text = exchange_header(x, "Upload-Metadata");
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    bool found;
    if (!tus_metadata(text, keys[i], &value, &found)) return false;
    if (found) wire_message_put(message, keys[i], value.data, value.length);
  }
  return true;
}

enum MHD_Result exchange_upload_ask(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  uint64_t number = line_number(), length;
  exchange_begin_message(x, &message, WIRE_ASK, number);
  wire_message_put_text(&message, "do", x->route->ask);
  if (x->unsafe) exchange_put_token(x, &message);
  if (x->id[0]) wire_message_put_text(&message, "id", x->id);
  if (strcmp(x->route->method, "POST") != 0) return exchange_send_off(x, &message, number);
  if (x->body.length)
    return respond_problem(x->connection, 400, "usage", "an upload begins without a body (creation-with-upload is not offered)",
                           NULL, NULL);
  if (!tus_number(exchange_header(x, "Upload-Length"), &length))
    return respond_problem(x->connection, 400, "usage", "Upload-Length says how many bytes will come", NULL, NULL);
  if (!put_metadata(x, &message))
    return respond_problem(x->connection, 400, "usage", "Upload-Metadata is pairs of a key and its value in base64", NULL, NULL);
  wire_message_put_number(&message, "length", length);
  return exchange_send_off(x, &message, number);
}

/* ---- a body, piece by piece */

/* What has come of a body and was not passed on. */
static void put_piece(struct exchange *x, struct bytes *message) {
  if (x->body.length) wire_message_put(message, "data", x->body.data, x->body.length);
  bytes_clear(&x->body);
}

static void put_opening(const struct exchange *x, struct bytes *message) {
  struct tus_checksum sum;
  uint64_t offset;
  wire_message_put_text(message, "id", x->id);
  exchange_put_token(x, message);
  if (tus_number(exchange_header(x, "Upload-Offset"), &offset)) wire_message_put_number(message, "offset", offset);
  if (!tus_checksum(exchange_header(x, "Upload-Checksum"), &sum) || !sum.length) return;
  wire_message_put_text(message, "algorithm", sum.algorithm);
  wire_message_put(message, "digest", sum.digest, sum.length);
}

/* The next piece, with `last` the end: the connection waits until the monitor has sealed it, so that of each upload no more than
 * one piece is anywhere in clear. */
static enum MHD_Result pass_on(struct exchange *x, bool last) {
  AUTO(bytes) struct bytes message = {0};
  uint64_t number = line_number();
  bool first = !x->upload.number;
  exchange_begin_message(x, &message, WIRE_BODY, number);
  if (first) x->upload.number = number;
  wire_message_put_number(&message, "transfer", x->upload.number);
  if (first) put_opening(x, &message);
  put_piece(x, &message);
  if (last) wire_message_put_number(&message, "last", 1);
  return exchange_send_off(x, &message, number);
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
  if (x->stage != EXCHANGE_WAITING) return;
  x->stage = EXCHANGE_FRESH;
  bool taken = !x->waiter.failed && wire_message_get(frame->body.data, frame->body.length, &m) == ERR_OK && m.verb == WIRE_TAKEN;
  x->upload.refused = !taken;
  if (taken) wire_link_frame_free(&x->waiter.answer);
}

enum MHD_Result exchange_upload_take(struct exchange *x, const char *data, size_t *length) {
  size_t all = *length;
  if (x->stage == EXCHANGE_WAITING && exchange_awaits(x)) return MHD_YES;
  hear_of_piece(x);
  if (!x->upload.refused) return gather(x, data, length);
  *length = 0;
  x->upload.swallowed += all;
  return x->upload.swallowed > MOST_SWALLOWED ? MHD_NO : MHD_YES;
}

enum MHD_Result exchange_upload_end(struct exchange *x) {
  hear_of_piece(x);
  if (x->upload.problem)
    return respond_problem(x->connection, x->upload.problem, x->upload.problem == 403 ? "refused" : "usage", x->upload.detail,
                           "Tus-Resumable", TUS_VERSION);
  if (!x->upload.refused) return pass_on(x, true);
  x->stage = EXCHANGE_ANSWERED;
  return exchange_answer(x);
}

void exchange_upload_break_off(struct exchange *x) {
  AUTO(bytes) struct bytes message = {0};
  uint8_t session[STREAM_WHO];
  wire_message_begin(&message, WIRE_BODY, 0, exchange_session(x, session) ? session : NULL);
  if (!x->upload.refused) put_piece(x, &message);
  wire_message_put_number(&message, "transfer", x->upload.number);
  wire_message_put_number(&message, "torn", 1);
  if (wire_message_end(&message) == ERR_OK) line_say(&message, NULL, 0);
}
