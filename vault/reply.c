#include "vault/reply.h"

#include "vault/json.h"

#include <string.h>

enum { VERSION = 1, FLAG_REPORT = 1 };
static const char MAGIC[4] = {'C', 'V', 'R', 'P'};

void reply_free(struct reply *r) {
  bytes_free(&r->json);
  bytes_free(&r->text);
  bytes_free(&r->message);
  *r = (struct reply){0};
}

void reply_fail(struct reply *r, enum err status) {
  reply_free(r);
  r->status = status;
  bytes_put_text(&r->message, err_text());
}

enum err reply_encode(const struct reply *r, struct bytes *out) {
  if (r->json.length + r->text.length + r->message.length > REPLY_MOST_BYTES - 64)
    return err_set(ERR_BUG, "the answer is larger than %d bytes", REPLY_MOST_BYTES);
  bytes_put(out, MAGIC, sizeof MAGIC);
  bytes_put_u8(out, VERSION);
  bytes_put_u8(out, r->report ? FLAG_REPORT : 0);
  bytes_put_u8(out, (uint8_t)r->status);
  bytes_put_field(out, r->json.data, r->json.length);
  bytes_put_field(out, r->text.data, r->text.length);
  bytes_put_field(out, r->message.data, r->message.length);
  return bytes_check(out);
}

static void get_bytes(struct bytes_reader *r, struct bytes *out) {
  size_t length = 0;
  const uint8_t *field = bytes_get_field(r, REPLY_MOST_BYTES, &length);
  if (field && length) bytes_put(out, field, length);
}

static enum err known_status(unsigned status) {
  switch (status) {
    case ERR_OK:
    case ERR_USAGE:
    case ERR_DATA:
    case ERR_MISSING:
    case ERR_UNAVAILABLE:
    case ERR_CREATE:
    case ERR_IO:
    case ERR_BUSY:
    case ERR_REFUSED:
    case ERR_CONFIG: return (enum err)status;
    default: return ERR_BUG;
  }
}

enum err reply_decode(const void *data, size_t length, struct reply *out) {
  AUTO(reply) struct reply reply = {0};
  struct bytes_reader r = bytes_reader(data, length);
  char magic[sizeof MAGIC];
  bytes_get(&r, magic, sizeof magic);
  unsigned version = bytes_get_u8(&r), flags = bytes_get_u8(&r);
  reply.status = known_status(bytes_get_u8(&r));
  get_bytes(&r, &reply.json);
  get_bytes(&r, &reply.text);
  get_bytes(&r, &reply.message);
  if (!bytes_done(&r) || memcmp(magic, MAGIC, sizeof magic) || version != VERSION || flags > FLAG_REPORT)
    return err_set(ERR_DATA, "this is not an answer of this version of clipvault");
  TRY(bytes_check(&reply.json));
  TRY(bytes_check(&reply.text));
  TRY(bytes_check(&reply.message));
  reply.report = flags & FLAG_REPORT;
  *out = reply;
  reply = (struct reply){0};
  return ERR_OK;
}

static void put_failure(enum err status, const char *message, bool json, FILE *err) {
  AUTO(bytes) struct bytes line = {0};
  if (json) {
    struct json j = json_begin(&line);
    json_object(&j);
    json_key(&j, "error");
    json_text(&j, err_word(status));
    json_key(&j, "message");
    json_text(&j, message);
    json_close(&j);
    IGNORE(json_end(&j)); /* a failure in the failure: the exit code still tells */
  } else {
    bytes_printf(&line, "clipvault: %s", message);
  }
  fprintf(err, "%s\n", bytes_text(&line));
}

static bool put_content(const struct reply *r, bool json, FILE *to) {
  const struct bytes *shown = json || !r->text.length ? &r->json : &r->text;
  const char *text = json && !shown->length ? "{}" : bytes_text(shown);
  size_t length = json && !shown->length ? 2 : shown->length;
  if (length) fwrite(text, 1, length, to);
  if (length && text[length - 1] != '\n') fputc('\n', to);
  return fflush(to) == 0 && !ferror(to);
}

int reply_print(const struct reply *r, bool json, FILE *out, FILE *err) {
  bool written = true;
  if ((r->status == ERR_OK || r->report) && !r->said) written = put_content(r, json, r->aside ? err : out);
  if (r->status != ERR_OK) put_failure(r->status, bytes_text(&r->message), json, err);
  if (r->status != ERR_OK || written) return (int)r->status;
  put_failure(ERR_IO, "it was done, but the answer could not be written", json, err);
  return ERR_IO;
}
