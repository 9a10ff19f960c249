#include "vault/plain.h"

#include "vault/json.h"

#include <string.h>

static uint32_t decode(const uint8_t *s, size_t length) {
  static const uint8_t mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t c = s[0] & mask[length];
  for (size_t i = 1; i < length; i++) c = c << 6 | (s[i] & 0x3f);
  return c;
}

static bool steers(uint32_t c) {
  bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  bool unseen = (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
                c == 0x61c || c >= 0xe0000;
  return control || unseen;
}

/* The next character of `s`: its bytes in *taken, and whether it may be shown as it is. Wide ones take two columns; to count
 * one too many here only cuts a name earlier. */
static size_t columns_of(const uint8_t *s, size_t left, size_t *taken, bool *shown) {
  size_t length = json_sequence(s, left);
  *taken = length ? length : 1;
  *shown = length && !steers(decode(s, length));
  return *shown && length > 2 ? 2 : 1;
}

static size_t width_of(const uint8_t *s, size_t length) {
  size_t width = 0, taken;
  bool shown;
  for (size_t at = 0; at < length; at += taken) width += columns_of(s + at, length - at, &taken, &shown);
  return width;
}

size_t plain_put(struct bytes *out, const char *text, size_t most) {
  const uint8_t *s = (const uint8_t *)text;
  size_t length = strlen(text), width = width_of(s, length), at = 0, taken;
  bool shown, cut = width > most;
  for (; cut && at < length && width + 1 > most; at += taken) width -= columns_of(s + at, length - at, &taken, &shown);
  if (cut) bytes_put_text(out, "…");
  for (; at < length; at += taken) {
    columns_of(s + at, length - at, &taken, &shown);
    if (shown)
      bytes_put(out, s + at, taken);
    else
      bytes_put_text(out, "?");
  }
  return width + cut;
}
