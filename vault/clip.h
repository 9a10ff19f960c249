/* What is kept of a clip besides its pictures: file name, title, how it was made. Sealed under MK = BLAKE2b(XK, "meta"),
 * so that policy can show it without spending a purpose's key, and so that it dies with the clip. */
#ifndef CLIPVAULT_CLIP_H
#define CLIPVAULT_CLIP_H

#include "vault/vault.h"

enum { CLIP_TEXT = 256, CLIP_MOST_PLACES = 8 };

struct clip_facts {
  char file_name[CLIP_TEXT], mime[CLIP_TEXT], source[CLIP_TEXT], settings[CLIP_TEXT], tools[CLIP_TEXT];
  char choice[CLIP_TEXT], repairs[CLIP_TEXT]; /* why it was copied or re-encoded; what was put right; may be "" */
  uint8_t source_sha256[32];
  uint64_t source_bytes;
  uint32_t width, height, rate_num, rate_den;
  int64_t duration_ms; /* -1 unknown */
  uint64_t frames, frames_damaged, packets_damaged;
  uint32_t places; /* of damaged_ms: where the first damages lie */
  int64_t damaged_ms[CLIP_MOST_PLACES];
  struct id parent;             /* the clip that it was cut from; zero: taken in */
  int64_t from_frame, to_frame; /* of the parent, [from, to) */
};

enum err clip_seal(const struct secret_key *xk, const struct id *clip, const struct clip_facts *facts, struct bytes *sealed);
/* MK, for what is sealed beside the facts. ERR_MISSING once the clip has ended; of one that a hold keeps, what that hold keeps.
 */
enum err clip_meta_key(struct vault *v, const struct id *clip, struct secret_key *mk);
/* ERR_MISSING once the clip is shredded. */
enum err clip_facts(struct vault *v, const struct id *clip, struct clip_facts *out);
/* What places in it are counted in: frames of num/den a second; of sound alone milliseconds, 1000/1; a picture is one frame, 1/1.
 */
struct clip_beat {
  bool sound;
  int64_t frames; /* so many there are */
  uint32_t num, den;
};
enum err clip_beat(struct vault *v, const struct id *clip, struct clip_beat *out);
/* By which an equal source is found again: keyed BLAKE2b of its SHA-256. */
enum err clip_source_mac(struct vault *v, const uint8_t sha256[32], uint8_t mac[32]);

#endif
