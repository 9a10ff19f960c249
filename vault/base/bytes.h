/* Byte strings: `struct bytes` grows while it is written, `struct bytes_reader` is the bounded cursor through
 * which every integer and field from outside is read. Both fail sticky: many steps, one check at the end.
 * Integers are little endian unless the name says `be`. */
#ifndef CLIPVAULT_BASE_BYTES_H
#define CLIPVAULT_BASE_BYTES_H

#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
  uint8_t *data; /* owned; NULL while empty. Kept NUL-terminated once anything was put, for use as text. */
  size_t length;
  size_t capacity;
  bool failed; /* memory ran out: every further put does nothing */
};

/* Wipes and frees; takes any state, leaves an empty one. */
void bytes_free(struct bytes *b);
#define bytes_auto bytes_free

void bytes_put(struct bytes *b, const void *data, size_t length);
void bytes_put_u8(struct bytes *b, uint8_t v);
void bytes_put_u16(struct bytes *b, uint16_t v);
void bytes_put_u32(struct bytes *b, uint32_t v);
void bytes_put_u64(struct bytes *b, uint64_t v);
void bytes_put_u32be(struct bytes *b, uint32_t v);
void bytes_put_u64be(struct bytes *b, uint64_t v);
/* u32 length, then the bytes. */
void bytes_put_field(struct bytes *b, const void *data, size_t length);
void bytes_put_text(struct bytes *b, const char *text); /* without its NUL */
void bytes_printf(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* At most `most` bytes of a text that somebody else chose, made harmless for a terminal: '?' for each control character (C0, C1,
 * DEL; line ends too). */
void bytes_put_plain(struct bytes *b, const char *text, size_t most);
/* Appends `length` zero bytes and returns them to be filled, or NULL. */
uint8_t *bytes_extend(struct bytes *b, size_t length);
/* Forgets the content (wiped), keeps the room. */
void bytes_clear(struct bytes *b);
/* ERR_IO "out of memory" if any put failed. */
enum err bytes_check(const struct bytes *b);
/* The content as text; "" while empty. */
const char *bytes_text(const struct bytes *b);

struct bytes_reader {
  const uint8_t *next, *end;
  bool failed; /* something was asked for that is not there; all later gets return zero or NULL */
};

struct bytes_reader bytes_reader(const void *data, size_t length);
uint8_t bytes_get_u8(struct bytes_reader *r);
uint16_t bytes_get_u16(struct bytes_reader *r);
uint32_t bytes_get_u32(struct bytes_reader *r);
uint64_t bytes_get_u64(struct bytes_reader *r);
uint32_t bytes_get_u32be(struct bytes_reader *r);
uint64_t bytes_get_u64be(struct bytes_reader *r);
/* Copies out exactly `length` bytes (zeroes on failure). */
void bytes_get(struct bytes_reader *r, void *out, size_t length);
/* Borrows exactly `length` bytes, or NULL. */
const uint8_t *bytes_get_view(struct bytes_reader *r, size_t length);
/* Borrows what bytes_put_field wrote, refusing more than `most`; NULL on failure. */
const uint8_t *bytes_get_field(struct bytes_reader *r, size_t most, size_t *length);
size_t bytes_left(const struct bytes_reader *r);
/* True if nothing failed and nothing is left: what a parser of a whole message ends with. */
bool bytes_done(const struct bytes_reader *r);

/* Strictly parses a whole text as an unsigned decimal number of at most `most`. */
bool bytes_parse_u64(const char *text, uint64_t most, uint64_t *out);

/* Strictly decodes a whole text in padded base64 (RFC 4648, 4) to at most `room` bytes at `out`; false, and *got undefined, if it
 * is none. */
bool bytes_parse_base64(const char *text, size_t length, void *out, size_t room, size_t *got);

/* What of a line is left without the blanks around it; the line is shortened in place. */
char *bytes_trim(char *line);

/* "00ff…" of `data`; `out` takes 2 * length + 1. */
void bytes_hex(const void *data, size_t length, char *out);

#endif
