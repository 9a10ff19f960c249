/* The one form in which ingest and the caged worker speak: frames of `u32 length, u8 kind, payload` over a socket pair.
 * Encoder and decoder of every frame stand in wire.c, bounded, and are fuzzed. Text fields are at most WIRE_TEXT bytes
 * of printable ASCII (others are replaced on decoding), because the parent shows them to a person. */
#ifndef CLIPVAULT_INGEST_WIRE_H
#define CLIPVAULT_INGEST_WIRE_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { WIRE_TEXT = 120, WIRE_MOST_PAYLOAD = 1 << 20 };

/* The sealed objects a worker can make (design: virtual faststart gives head + body). */
enum wire_object { WIRE_HEAD = 1, WIRE_BODY = 2, WIRE_POSTER = 3, WIRE_FRAMES = 4 };

/* What kind of thing a file turned out to be. */
enum wire_media { WIRE_FILM = 1, WIRE_AUDIO = 2, WIRE_STILL = 3 };

/* The probe's answer: everything a plan is made from. */
struct wire_report {
  enum wire_media media;
  char container[WIRE_TEXT + 1], video_codec[WIRE_TEXT + 1], audio_codec[WIRE_TEXT + 1], mime[WIRE_TEXT + 1];
  uint32_t width, height;          /* upright, square pixels */
  uint32_t rate_num, rate_den;     /* best guess of the frame rate, 0/0 if none */
  bool variable_rate, interlaced, hdr, has_video, has_audio;
  int64_t duration_ms;             /* -1 unknown */
  int64_t recorded_ms;             /* creation time as the file claims, INT64_MIN unknown */
};

/* What to make of it. */
struct wire_order {
  bool keep_video, keep_audio;
  uint32_t most_height; /* scale down to at most this many lines; 0: no limit (worker's own 1080 applies) */
  uint32_t crf;         /* x264 quality; 0 = default 21 */
};

/* What was made, for `show` and the custody record. */
struct wire_summary {
  uint32_t width, height, rate_num, rate_den;
  int64_t duration_ms;
  uint64_t frames, frames_damaged, packets_damaged; /* decode errors are counted, never silent */
  char mime[WIRE_TEXT + 1];       /* of the result: video/mp4, audio/mp4, image/jpeg */
  char settings[WIRE_TEXT + 1];   /* encoder settings, or "copied" and why */
  char tools[WIRE_TEXT + 1];      /* libavcodec … versions */
};

#endif
