#include "vault/answer.h"

#include "vault/base/clock.h"

static void key_of(struct answer *a, const char *key) {
  if (key) json_key(&a->json, key);
}

struct answer answer_begin(struct reply *reply) {
  struct answer a = {json_begin(&reply->json), reply};
  json_object(&a.json);
  return a;
}

struct answer answer_begin_list(struct reply *reply) {
  struct answer a = {json_begin(&reply->json), reply};
  json_array(&a.json);
  return a;
}

enum err answer_end(struct answer *a) {
  json_close(&a->json);
  TRY(json_end(&a->json));
  return bytes_check(&a->reply->text);
}

void answer_object(struct answer *a, const char *key) {
  key_of(a, key);
  json_object(&a->json);
}

void answer_object_end(struct answer *a) { json_close(&a->json); }

void answer_array(struct answer *a, const char *key) {
  key_of(a, key);
  json_array(&a->json);
}

void answer_array_end(struct answer *a) { json_close(&a->json); }

void answer_text(struct answer *a, const char *key, const char *text) {
  key_of(a, key);
  json_text(&a->json, text);
}

void answer_bytes(struct answer *a, const char *key, const struct bytes *text) {
  key_of(a, key);
  json_text_bytes(&a->json, text->data, text->length);
}

void answer_number(struct answer *a, const char *key, int64_t value) {
  key_of(a, key);
  json_number(&a->json, value);
}

void answer_bool(struct answer *a, const char *key, bool value) {
  key_of(a, key);
  json_bool(&a->json, value);
}

void answer_null(struct answer *a, const char *key) {
  key_of(a, key);
  json_null(&a->json);
}

void answer_id(struct answer *a, const char *key, enum id_kind kind, const struct id *id) {
  char text[ID_TEXT];
  answer_text(a, key, id_format(kind, id, text));
}

void answer_time(struct answer *a, const char *key, int64_t at_ms) {
  char text[CLOCK_TEXT];
  if (at_ms == CLOCK_NEVER_MS)
    answer_null(a, key);
  else
    answer_text(a, key, clock_format(at_ms, text));
}

void answer_hex(struct answer *a, const char *key, const uint8_t *data, size_t length) {
  AUTO(bytes) struct bytes text = {0};
  uint8_t *room = bytes_extend(&text, 2 * length + 1);
  if (room) bytes_hex(data, length, (char *)room);
  answer_text(a, key, bytes_text(&text));
}
