#include "player-bridge/http/values.h"

#include <jansson.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void wipe_and_free(void *p) {
  if (p) sodium_memzero(p, malloc_usable_size(p));
  free(p);
}

void values_prepare(void) { json_set_alloc_funcs(malloc, wipe_and_free); }

static const char *known(const char *const *names, const char *name) {
  for (; *names; names++)
    if (strcmp(*names, name) == 0) return *names;
  return NULL;
}

/* What is wrong with the member of that name, of which what can be shown is shown. */
static bool refuse(char why[VALUES_WHY], const char *name, const char *words) {
  char plain[33] = "";
  size_t length = strnlen(name, sizeof plain - 1);
  for (size_t i = 0; i < length; i++) plain[i] = (char)(name[i] < ' ' || name[i] > '~' ? '?' : name[i]);
  snprintf(why, VALUES_WHY, "\"%s\": %s", plain, words);
  return false;
}

static bool put_file(struct bytes *message, const char *name, const char *text, size_t length, char why[VALUES_WHY]) {
  AUTO(bytes) struct bytes file = {0};
  uint8_t *room = bytes_extend(&file, length / 4 * 3 + 3);
  size_t got;
  if (!room || file.failed) return refuse(why, name, "there is no memory for it just now");
  if (!bytes_parse_base64(text, length, room, file.length, &got) || !got) return refuse(why, name, "takes a file in base64");
  if (got > VALUES_MOST_FILE) return refuse(why, name, "takes a file of at most 5 MiB");
  wire_message_put(message, name, file.data, got);
  return true;
}

static bool put_value(struct bytes *message, const char *name, const json_t *v, char why[VALUES_WHY]) {
  char number[32];
  if (json_is_null(v) || json_is_false(v)) return true;
  if (json_is_true(v)) {
    wire_message_put_text(message, name, "true");
  } else if (json_is_integer(v)) {
    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    wire_message_put_text(message, name, number);
  } else if (json_is_string(v) && strcmp(name, VALUES_FILE) == 0) {
    return put_file(message, name, json_string_value(v), json_string_length(v), why);
  } else if (json_is_string(v)) {
    wire_message_put(message, name, json_string_value(v), json_string_length(v));
  } else {
    return refuse(why, name, "takes a text, or an array of texts");
  }
  return true;
}

static bool put_member(struct bytes *message, const char *name, json_t *v, char why[VALUES_WHY]) {
  if (!json_is_array(v)) return put_value(message, name, v, why);
  if (json_array_size(v) > WIRE_MESSAGE_MOST_FIELDS / 4) return refuse(why, name, "has too many values");
  for (size_t i = 0; i < json_array_size(v); i++)
    if (!put_value(message, name, json_array_get(v, i), why)) return false;
  return true;
}

static bool put_members(struct bytes *message, const char *const *names, json_t *object, char why[VALUES_WHY]) {
  const char *key;
  json_t *v;
  if (!json_is_object(object)) return refuse(why, "", "a JSON object is expected");
  json_object_foreach(object, key, v) {
    const char *name = known(names, key);
    if (!name) return refuse(why, key, "there is no such member here");
    if (!put_member(message, name, v, why)) return false;
  }
  return true;
}

bool values_from_json(struct bytes *message, const char *const *names, const char *text, size_t length, char why[VALUES_WHY]) {
  json_error_t problem;
  if (!length) return true;
  json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
  if (!object) return refuse(why, "", "this is not JSON");
  bool good = put_members(message, names, object, why);
  json_decref(object);
  return good;
}

struct query {
  struct bytes *message;
  const char *const *names;
  char *why;
  bool good;
};

static enum MHD_Result put_argument(void *context, enum MHD_ValueKind kind, const char *key, const char *value) {
  struct query *q = context;
  const char *name = known(q->names, key);
  (void)kind;
  if (!name) q->good = refuse(q->why, key, "there is no such argument here");
  if (name && value && *value) wire_message_put_text(q->message, name, value);
  return q->good ? MHD_YES : MHD_NO;
}

bool values_from_query(struct bytes *message, const char *const *names, struct MHD_Connection *c, char why[VALUES_WHY]) {
  struct query q = {message, names, why, true};
  MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, put_argument, &q);
  return q.good;
}

void values_signed_on(struct bytes *message, struct MHD_Connection *c) {
  static const char *const said[][2] = {
      {"OIDC_CLAIM_iss", "issuer"},
      {"OIDC_CLAIM_sub", "subject"},
      {"OIDC_CLAIM_auth_time", "auth_time"},
      {"X-Clipvault-Sign-On", "proof"},
  };
  for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
    const char *value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, said[i][0]);
    if (value) wire_message_put_text(message, said[i][1], value);
  }
}
