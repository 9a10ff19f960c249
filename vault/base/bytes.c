#include "vault/base/bytes.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_free(struct bytes *b) {
  if (b->data) sodium_memzero(b->data, b->capacity);
  free(b->data);
  *b = (struct bytes){0};
}

/* Room for `more` bytes and the closing NUL. realloc() would leave an unwiped copy behind, so: copy, wipe, free. */
static bool grow(struct bytes *b, size_t more) {
  if (b->failed || more > SIZE_MAX / 4 - b->length) return !(b->failed = true);
  size_t needed = b->length + more + 1;
  if (needed <= b->capacity) return true;
  size_t capacity = b->capacity ? 2 * b->capacity : 64;
  if (capacity < needed) capacity = needed; /* not more: all of it is wiped in the end */
  uint8_t *data = malloc(capacity);
  if (!data) return !(b->failed = true);
  if (b->data) {
    memcpy(data, b->data, b->length);
    sodium_memzero(b->data, b->capacity);
    free(b->data);
  }
  b->data = data;
  b->capacity = capacity;
  return true;
}

void bytes_put_plain(struct bytes *b, const char *text, size_t most) {
  const uint8_t *c = (const uint8_t *)text;
  for (size_t n = 0; n < most && c[n]; n++) {
    bool c1 = c[n] == 0xc2 && c[n + 1] >= 0x80 && c[n + 1] < 0xa0; /* as UTF-8 */
    bytes_put_u8(b, c[n] < ' ' || c[n] == 0x7f || c1 ? '?' : c[n]);
    n += c1;
  }
}

uint8_t *bytes_extend(struct bytes *b, size_t length) {
  if (!grow(b, length)) return NULL;
  uint8_t *fresh = b->data + b->length;
  memset(fresh, 0, length + 1);
  b->length += length;
  return fresh;
}

void bytes_put(struct bytes *b, const void *data, size_t length) {
  if (!grow(b, length)) return;
  if (length) memcpy(b->data + b->length, data, length);
  b->length += length;
  b->data[b->length] = 0;
}

static void put_integer(struct bytes *b, uint64_t v, size_t width, bool big_endian) {
  uint8_t raw[8];
  for (size_t i = 0; i < width; i++) raw[big_endian ? width - 1 - i : i] = (uint8_t)(v >> (8 * i));
  bytes_put(b, raw, width);
}

void bytes_put_u8(struct bytes *b, uint8_t v) { put_integer(b, v, 1, false); }
void bytes_put_u16(struct bytes *b, uint16_t v) { put_integer(b, v, 2, false); }
void bytes_put_u32(struct bytes *b, uint32_t v) { put_integer(b, v, 4, false); }
void bytes_put_u64(struct bytes *b, uint64_t v) { put_integer(b, v, 8, false); }
void bytes_put_u32be(struct bytes *b, uint32_t v) { put_integer(b, v, 4, true); }
void bytes_put_u64be(struct bytes *b, uint64_t v) { put_integer(b, v, 8, true); }

void bytes_put_field(struct bytes *b, const void *data, size_t length) {
  if (length > UINT32_MAX) {
    b->failed = true;
    return;
  }
  bytes_put_u32(b, (uint32_t)length);
  bytes_put(b, data, length);
}

void bytes_put_text(struct bytes *b, const char *text) { bytes_put(b, text, strlen(text)); }

void bytes_printf(struct bytes *b, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length >= 0 && grow(b, (size_t)length)) {
    vsnprintf((char *)b->data + b->length, (size_t)length + 1, format, again);
    b->length += (size_t)length;
  } else {
    b->failed = true;
  }
  va_end(again);
}

void bytes_clear(struct bytes *b) {
  if (b->data) sodium_memzero(b->data, b->capacity);
  b->length = 0;
}

enum err bytes_check(const struct bytes *b) { return b->failed ? err_set(ERR_IO, "out of memory") : ERR_OK; }

const char *bytes_text(const struct bytes *b) { return b->data ? (const char *)b->data : ""; }

struct bytes_reader bytes_reader(const void *data, size_t length) {
  return (struct bytes_reader){.next = data, .end = (const uint8_t *)data + length};
}

size_t bytes_left(const struct bytes_reader *r) { return r->failed ? 0 : (size_t)(r->end - r->next); }

bool bytes_done(const struct bytes_reader *r) { return !r->failed && r->next == r->end; }

const uint8_t *bytes_get_view(struct bytes_reader *r, size_t length) {
  if (r->failed || length > (size_t)(r->end - r->next)) {
    r->failed = true;
    return NULL;
  }
  const uint8_t *view = r->next;
  if (length) r->next += length;
  return view;
}

static uint64_t get_integer(struct bytes_reader *r, size_t width, bool big_endian) {
  const uint8_t *raw = bytes_get_view(r, width);
  uint64_t v = 0;
  for (size_t i = 0; raw && i < width; i++) v |= (uint64_t)raw[big_endian ? width - 1 - i : i] << (8 * i);
  return v;
}

uint8_t bytes_get_u8(struct bytes_reader *r) { return (uint8_t)get_integer(r, 1, false); }
uint16_t bytes_get_u16(struct bytes_reader *r) { return (uint16_t)get_integer(r, 2, false); }
uint32_t bytes_get_u32(struct bytes_reader *r) { return (uint32_t)get_integer(r, 4, false); }
uint64_t bytes_get_u64(struct bytes_reader *r) { return get_integer(r, 8, false); }
uint32_t bytes_get_u32be(struct bytes_reader *r) { return (uint32_t)get_integer(r, 4, true); }
uint64_t bytes_get_u64be(struct bytes_reader *r) { return get_integer(r, 8, true); }

void bytes_get(struct bytes_reader *r, void *out, size_t length) {
  const uint8_t *view = bytes_get_view(r, length);
  if (view && length)
    memcpy(out, view, length);
  else if (length)
    memset(out, 0, length);
}

const uint8_t *bytes_get_field(struct bytes_reader *r, size_t most, size_t *length) {
  size_t stated = bytes_get_u32(r);
  if (stated > most) r->failed = true;
  const uint8_t *view = bytes_get_view(r, stated);
  *length = view ? stated : 0;
  return view;
}

bool bytes_parse_u64(const char *text, uint64_t most, uint64_t *out) {
  uint64_t v = 0;
  if (!*text) return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9') return false;
    uint64_t digit = (uint64_t)(*text - '0');
    if (v > (UINT64_MAX - digit) / 10) return false;
    v = v * 10 + digit;
  }
  if (v > most) return false;
  *out = v;
  return true;
}

/* libsodium 1.0.18 takes every byte above 0x7f for an 'A' where char is signed: what was changed would still be read. */
bool bytes_parse_base64(const char *text, size_t length, void *out, size_t room, size_t *got) {
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)text[i] > 0x7f) return false;
  return sodium_base642bin(out, room, text, length, NULL, got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
}

char *bytes_trim(char *line) {
  char *text = line + strspn(line, " \t\r");
  size_t length = strlen(text);
  while (length && strchr(" \t\r", text[length - 1])) length--;
  text[length] = 0;
  return text;
}

void bytes_hex(const void *data, size_t length, char *out) { sodium_bin2hex(out, 2 * length + 1, data, length); }
