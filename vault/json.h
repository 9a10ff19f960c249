/* A writer of JSON, one compact line; there is no parser anywhere near a key. Commas and quoting are its business; keys and
 * nesting are the caller's. Bytes that are not UTF-8 become U+FFFD. */
#ifndef CLIPVAULT_JSON_H
#define CLIPVAULT_JSON_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_MOST_DEPTH = 16 };

struct json {
  struct bytes *out; /* borrowed */
  unsigned depth;
  char closing[JSON_MOST_DEPTH]; /* '}' or ']' of each open level */
  bool filled[JSON_MOST_DEPTH];  /* whether that level has a value already */
  bool after_key, wrong;
};

struct json json_begin(struct bytes *out);
/* ERR_BUG if what was written is not exactly one value; ERR_IO if memory ran out. */
enum err json_end(struct json *j);

void json_object(struct json *j);
void json_array(struct json *j);
void json_close(struct json *j); /* the innermost object or array */
void json_key(struct json *j, const char *key);
void json_text(struct json *j, const char *text);
void json_text_bytes(struct json *j, const void *text, size_t length);
void json_number(struct json *j, int64_t value);
void json_bool(struct json *j, bool value);
void json_null(struct json *j);

/* Length of the well-formed UTF-8 sequence at s, of which `left` bytes are there; 0 if there is none (overlong, surrogate,
 * beyond U+10FFFF, cut). */
size_t json_sequence(const uint8_t *s, size_t left);

#endif
