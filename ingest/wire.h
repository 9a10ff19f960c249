/* The one form in which ingest and the caged worker speak: frames of `u32 length, u8 kind, payload` over a socket pair.
 * Encoder and decoder of every frame stand in wire.c, bounded, and are fuzzed. Text fields are at most WIRE_TEXT bytes
 * of printable ASCII (others are replaced on decoding), because the parent shows them to a person. Integers are little
 * endian; a struct crosses as its fields in the order of the declaration: texts as u32 length and bytes, flags as a u8
 * of 0 or 1, enums as a u8, int64 in two's complement. */
#ifndef CLIPVAULT_INGEST_WIRE_H
#define CLIPVAULT_INGEST_WIRE_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  WIRE_TEXT = 120,
  WIRE_MOST_DATA = 128 * 1024,             /* source or object bytes in one frame */
  WIRE_MOST_PAYLOAD = WIRE_MOST_DATA + 16, /* no frame is longer */
  WIRE_PREFIX = 5,                         /* u32 length of the payload, u8 kind */
};

enum wire_kind {
  /* from the worker */
  WIRE_READY = 1,    /* the cage is closed; text: what it is made of */
  WIRE_READ = 2,     /* u64 offset, u32 length (1..WIRE_MOST_DATA): wants bytes of the source */
  WIRE_REPORT = 3,   /* struct wire_report */
  WIRE_REFUSED = 4,  /* u8 enum err, text: why nothing will be made */
  WIRE_PROGRESS = 5, /* u32 permille */
  WIRE_PART = 6,     /* u8 enum wire_object, then its next bytes (1..WIRE_MOST_DATA) */
  WIRE_DONE = 7,     /* struct wire_summary */
  /* from the parent */
  WIRE_OPEN = 16,  /* u64 bytes of the source, struct wire_limits; sent first of all, before the cage is closed */
  WIRE_BYTES = 17, /* the answer to WIRE_READ; shorter only at the end of the source */
  WIRE_ORDER = 18, /* struct wire_order */
  WIRE_MARKS = 19, /* struct wire_marks, after an order that says so */
};

/* The sealed objects a worker can make (design: virtual faststart gives head + body). The derived ones, from POSTER on, are
 * described in docs/format.md. */
enum wire_object { WIRE_HEAD = 1, WIRE_BODY = 2, WIRE_POSTER = 3, WIRE_FRAMES = 4, WIRE_STRIP = 5, WIRE_PEAKS = 6 };

/* What kind of thing a file turned out to be. */
enum wire_media { WIRE_FILM = 1, WIRE_AUDIO = 2, WIRE_STILL = 3 };

/* The probe's answer: everything a plan is made from. */
struct wire_report {
  enum wire_media media;
  char container[WIRE_TEXT + 1], video_codec[WIRE_TEXT + 1], audio_codec[WIRE_TEXT + 1], mime[WIRE_TEXT + 1];
  uint32_t width, height;      /* upright, square pixels */
  uint32_t rate_num, rate_den; /* best guess of the frame rate, 0/0 if none */
  bool variable_rate, interlaced, hdr, has_video, has_audio;
  int64_t duration_ms; /* -1 unknown */
  int64_t recorded_ms; /* creation time as the file claims, INT64_MIN unknown */
};

/* The playable copy of a film or sound, or one picture of it. A photograph always becomes a still. */
enum wire_make { WIRE_MAKE_COPY = 1, WIRE_MAKE_STILL = 2 };

/* What one file may cost at most; each is at least 1. They come from clipvault.conf, and a refusal names the key. */
struct wire_limits {
  uint64_t most_pixels; /* of one picture */
  uint32_t most_streams;
  uint64_t most_duration_ms, most_packets;
  uint32_t most_seconds; /* of computing, and of waiting for it */
};

struct wire_marks;

/* What to make of it. */
struct wire_order {
  enum wire_make make;
  bool keep_video, keep_audio;
  bool may_copy;        /* a stream that has the form of the copy already is taken over as it is */
  bool verify;          /* … once it was decoded from every key frame without an error (off only where that is measured) */
  bool derive;          /* also make poster, strip, peaks, frames */
  bool marked;          /* a frame WIRE_MARKS follows: what is to be obscured (ingest/wire_marks.h) */
  uint32_t most_height; /* the shorter side gets at most so many lines; 0: no limit (worker's own 1080 applies) */
  uint32_t crf;         /* x264 quality; 0 = default 21 */
  int64_t from_frame,
      to_frame; /* of what will be shown at the copy's rate, [from, to); to -1: until the end. A still is `from` */
  char watermark[WIRE_TEXT + 1];  /* drawn over the picture; "" for none */
  const struct wire_marks *marks; /* not a field of this frame: what the frame after it said, where `marked`; borrowed */
};

enum { WIRE_MOST_PLACES = 8 };

/* What was made, for `show` and the custody record. */
struct wire_summary {
  uint32_t width, height, rate_num, rate_den;
  int64_t duration_ms;
  uint64_t frames, frames_damaged, packets_damaged; /* decode errors are counted, never silent */
  uint32_t places;                                  /* how many of damaged_ms are filled: where the first damages lie */
  int64_t damaged_ms[WIRE_MOST_PLACES];
  bool picture_copied, sound_copied;
  bool more;                    /* of a photograph: the file also holds a film, which was left out */
  char mime[WIRE_TEXT + 1];     /* of the result: video/mp4, audio/mp4, image/jpeg */
  char settings[WIRE_TEXT + 1]; /* encoder settings */
  char choice[WIRE_TEXT + 1];   /* why it was copied, or why not */
  char repairs[WIRE_TEXT + 1];  /* what was put right on the way, "" if nothing */
  char tools[WIRE_TEXT + 1];    /* libavcodec … versions */
};

/* Encoders: each appends one whole frame (a failed allocation sticks in `out`). Texts are cut to WIRE_TEXT. */
void wire_put_text(struct bytes *out, enum wire_kind kind, const char *text); /* WIRE_READY */
void wire_put_read(struct bytes *out, uint64_t offset, uint32_t length);
void wire_put_report(struct bytes *out, const struct wire_report *report);
void wire_put_refused(struct bytes *out, enum err code, const char *reason);
void wire_put_progress(struct bytes *out, uint32_t permille);
void wire_put_done(struct bytes *out, const struct wire_summary *summary);
void wire_put_open(struct bytes *out, uint64_t source_bytes, const struct wire_limits *most);
void wire_put_order(struct bytes *out, const struct wire_order *order);
/* The prefix of a frame whose payload is not copied together first (WIRE_PART, WIRE_BYTES). */
void wire_prefix(uint8_t out[WIRE_PREFIX], enum wire_kind kind, size_t length);

/* Decoders. The first takes a prefix, the others the whole payload of their kind; all answer ERR_DATA unless every
 * byte is as it must be, and write to their out-parameters only then. Text comes out as printable ASCII. */
enum err wire_get_prefix(const uint8_t prefix[WIRE_PREFIX], enum wire_kind *kind, uint32_t *length);
enum err wire_get_text(const uint8_t *payload, size_t length, char out[WIRE_TEXT + 1]);
enum err wire_get_read(const uint8_t *payload, size_t length, uint64_t *offset, uint32_t *wanted);
enum err wire_get_report(const uint8_t *payload, size_t length, struct wire_report *out);
enum err wire_get_refused(const uint8_t *payload, size_t length, enum err *code, char reason[WIRE_TEXT + 1]);
enum err wire_get_progress(const uint8_t *payload, size_t length, uint32_t *permille);
enum err wire_get_part(const uint8_t *payload, size_t length, enum wire_object *which, const uint8_t **data, size_t *data_length);
enum err wire_get_done(const uint8_t *payload, size_t length, struct wire_summary *out);
enum err wire_get_open(const uint8_t *payload, size_t length, uint64_t *source_bytes, struct wire_limits *most);
enum err wire_get_order(const uint8_t *payload, size_t length, struct wire_order *out);

#endif
