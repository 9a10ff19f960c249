/* Which bytes of a film a request means (RFC 9110, 14). Pure; its table is tests/unit/test_bridge_range.c. */
#ifndef CLIPVAULT_BRIDGE_RANGE_H
#define CLIPVAULT_BRIDGE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum range_kind {
  RANGE_WHOLE,   /* 200: no range was asked for, or one that does not apply */
  RANGE_PART,    /* 206 */
  RANGE_NOTHING, /* 416: beyond the end, malformed, or more than one at a time */
};

struct range {
  enum range_kind kind;
  uint64_t first, length; /* of what is sent; 0, 0 for RANGE_NOTHING */
};

/* `range` and `if_range` are header values or NULL; `etag` is what the film answers to, with its quotes. Only one range is given
 * at a time, and one that could be read in two ways is refused rather than guessed. Units other than bytes are ignored, and so is
 * the range when If-Range names anything but the strong etag of now. */
struct range range_of(const char *range, const char *if_range, const char *etag, uint64_t size);

#endif
