/* What is to be obscured, as the worker hears it: the frame WIRE_MARKS, after an order that says `marked`. Who it is that is
 * covered never reaches the worker. Bounded: whatever this carries fits into one frame of the wire. */
#ifndef CLIPVAULT_INGEST_WIRE_MARKS_H
#define CLIPVAULT_INGEST_WIRE_MARKS_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdint.h>

enum { WIRE_MOST_REGIONS = 256, WIRE_MOST_KEYS = 8192, WIRE_MOST_VOICES = 256, WIRE_MOST_SIDE = 16384 };

/* All of them leave no fine detail; only FILL leaves nothing at all (docs/obscuring.md). */
enum wire_method { WIRE_BLUR = 1, WIRE_FILL = 2, WIRE_PIXELATE = 3 };
enum wire_hush { WIRE_MUTE = 1, WIRE_ALTER = 2 };

/* Where a region lies at one frame of the film, counted from 0 at the copy's rate; in between it moves. In pixels of the
 * upright picture; it may reach over the picture's edges. */
struct wire_key {
  uint32_t frame;
  int32_t x, y; /* -WIRE_MOST_SIDE … WIRE_MOST_SIDE */
  uint32_t width, height;
};
/* Covered from its first key's frame until `end`, the first frame that is not. After its last key it stays where that was. */
struct wire_region {
  enum wire_method method;
  uint32_t first, count; /* its keys, at least one, frames ascending */
  uint32_t end;
};
struct wire_voice {
  enum wire_hush hush;
  int64_t from_ms, to_ms; /* [from, to); INT64_MAX: until the end */
};
/* Large: keep it on the heap. */
struct wire_marks {
  uint32_t width, height; /* of the picture that is meant: a worker whose picture is another refuses. 0, 0 without regions */
  uint64_t seed;          /* of how altered voices vary: random, or it could be undone */
  uint32_t region_count, key_count, voice_count;
  struct wire_region regions[WIRE_MOST_REGIONS];
  struct wire_key keys[WIRE_MOST_KEYS]; /* region after region */
  struct wire_voice voices[WIRE_MOST_VOICES];
};

/* Appends one whole frame. */
void wire_marks_put(struct bytes *out, const struct wire_marks *marks);
/* As the decoders of ingest/wire.h. */
enum err wire_marks_get(const uint8_t *payload, size_t length, struct wire_marks *out);

#endif
