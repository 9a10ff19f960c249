/* Whom to obscure in a film, and where, as a text that a person or a program can write. Pure; the tables of
 * tests/unit/test_marks.c are its specification, docs/obscuring.md explains it to people.
 *
 *   # up to the end of a line: a remark
 *   person per_… blur             from here on the region of one person: blur, fill or pixelate
 *     0    120 80 200 260         when, then x y width height in pixels of the upright picture, the corner top left
 *     3.2  140 82 200 260         in between the box moves; after the last line it stays
 *   end 9.0                       from when it covers nothing any more; without it: until the film's end
 *   person per_… voice            a person who is only heard: the lines about voices cover them
 *   voice mute 2.0 4.5            the film's sound, from … to …
 *   voice alter all
 *
 * A time is seconds with up to three decimals (3.2: the frame that is shown then) or a frame, f80; where a stretch ends also
 * `end`. A person may have several regions, one after another or at once. */
#ifndef CLIPVAULT_INGEST_MARKS_H
#define CLIPVAULT_INGEST_MARKS_H

#include "ingest/wire_marks.h"
#include "vault/base/id.h"

#include <stddef.h>

enum { MARKS_MOST_BYTES = 120 * 1024, MARKS_TO_THE_END = INT32_MAX };

/* What the text is about. A photograph is a film of one frame. */
struct marks_film {
  uint32_t width, height, rate_num, rate_den; /* 0 without a picture */
  uint64_t frames;
  int64_t duration_ms;
};

/* Large: keep it on the heap. */
struct marks {
  struct wire_marks wire; /* its seed stays 0 here */
  struct id person[WIRE_MOST_REGIONS];
  uint32_t line[WIRE_MOST_REGIONS]; /* in which it began */
  struct id heard[WIRE_MOST_REGIONS];
  uint32_t heard_line[WIRE_MOST_REGIONS], heard_count;
};

/* ERR_DATA, naming the line, unless all of it is as above and fits the film. */
enum err marks_parse(const char *text, size_t length, const struct marks_film *film, struct marks **out);
void marks_free(struct marks *m); /* takes NULL */
static inline void marks_auto(struct marks **m) { marks_free(*m); }

/* Appends the text again: the same marks, all times of regions as frames. What marks_parse takes of it is equal. ERR_DATA if it
 * is longer than MARKS_MOST_BYTES. */
enum err marks_format(const struct marks *m, struct bytes *out);

/* Appends everyone who is covered, struct id, sorted, each once. */
enum err marks_covered(const struct marks *m, struct bytes *out);

/* Whether `text` (a time, or "end") is the film's whole length, to within a frame. ERR_USAGE if it is no time; ERR_REFUSED,
 * saying both lengths, if it is another. */
enum err marks_whole(const char *text, const struct marks_film *film);

#endif
