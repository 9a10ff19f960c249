/* A cut that encodes as little as possible anew: where a film was made by our own encoder with our own settings, its groups of
 * pictures that lie wholly within the range are taken over as they are, and only the frames before the first and after the
 * last of them are encoded.
 *
 *   frames    from ──────── first ═══════════════ last ──────── to
 *             encoded       taken over            encoded
 *
 * That is possible because each group stands for itself (it begins with an IDR picture and shows nothing outside of itself) and
 * because both parts are read with the same parameter sets: which is checked, byte by byte, before anything is written. Nothing
 * outside the range is in the result: not a frame, not a part of one. */
#ifndef CLIPVAULT_INGEST_WORKER_SPLICE_H
#define CLIPVAULT_INGEST_WORKER_SPLICE_H

#include "ingest/wire.h"
#include "ingest/worker/input.h"
#include "ingest/worker/picture.h"
#include "ingest/worker/range.h"

#include <stdbool.h>

enum splice_part { SPLICE_BEFORE, SPLICE_HEAD, SPLICE_MIDDLE, SPLICE_TAIL, SPLICE_OVER };

struct splice {
  bool possible;
  const char *why_not; /* if not, in a few words */
  struct range range;  /* with its end known */
  int64_t first, last; /* frames of the film, [first, last) is taken over */
  bool decoded;        /* frames that are taken over are decoded all the same, for what is derived from them */
  enum splice_part part;
  AVPacket *copy;
};

/* Reads through the range (and moves the reader) to see whether it can be done. `p` is open for in's picture. */
enum err splice_plan(const struct input *in, const struct wire_order *order, const struct range *range, struct picture *p,
                     struct splice *out);

/* The picture's next packet, from where range_seek put the reader. */
enum err splice_packet(struct splice *s, struct picture *p, AVPacket *packet);

/* For the summary: what was done, or why not. */
void splice_print(const struct splice *s, char *out, size_t room);

void splice_free(struct splice *s);
#define splice_auto splice_free

#endif
