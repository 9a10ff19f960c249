#include "player-bridge/http/range.h"

#include <string.h>
#include <strings.h>

/* A position that does not fit is beyond every film: it saturates. *text moves behind the digits; false if there are none. */
static bool take_position(const char **text, uint64_t *out) {
  const char *c = *text;
  uint64_t value = 0;
  for (; *c >= '0' && *c <= '9'; c++) {
    unsigned digit = (unsigned)(*c - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  bool any = c != *text;
  *text = c;
  *out = value;
  return any;
}

static const struct range nothing = {.kind = RANGE_NOTHING};

static struct range part(uint64_t first, uint64_t last, uint64_t size) {
  if (first >= size || last < first) return nothing;
  if (last >= size) last = size - 1;
  return (struct range){.kind = RANGE_PART, .first = first, .length = last - first + 1};
}

static struct range suffix(const char *text, uint64_t size) {
  uint64_t length;
  if (!take_position(&text, &length) || *text || !length || !size) return nothing;
  return part(length < size ? size - length : 0, size - 1, size);
}

static struct range one(const char *text, uint64_t size) {
  uint64_t first, last = UINT64_MAX;
  if (*text == '-') return suffix(text + 1, size);
  if (!take_position(&text, &first) || *text++ != '-') return nothing;
  if (*text && !take_position(&text, &last)) return nothing;
  return *text ? nothing : part(first, last, size);
}

struct range range_of(const char *range, const char *if_range, const char *etag, uint64_t size) {
  const struct range whole = {.kind = RANGE_WHOLE, .length = size};
  static const char unit[] = "bytes=";
  if (!range || strncasecmp(range, unit, sizeof unit - 1) != 0) return whole;
  if (if_range && strcmp(if_range, etag) != 0) return whole;
  return one(range + sizeof unit - 1, size);
}
