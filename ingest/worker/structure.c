#include "ingest/worker/structure.h"

#include "vault/base/bytes.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_PARTS = 4096, PIECE_BYTES = 64 * 1024, MOST_SEARCHED = 64 << 20 };

static bool type_is(const uint8_t *type, const char *name) { return memcmp(type, name, 4) == 0; }

static bool is_name(const uint8_t *type) {
  for (int i = 0; i < 4; i++)
    if (!isalnum(type[i]) && type[i] != ' ' && type[i] != 0xa9) return false;
  return true;
}

/* MP4, QuickTime: boxes of u32 size, type; size 1 is followed by a u64, size 0 means "to the end". */
static enum err look_at_boxes(struct source *s, struct repair *out) {
  uint64_t at = 0;
  for (int i = 0; i < MOST_PARTS && at < source_bytes(s); i++) {
    uint8_t head[16];
    size_t got;
    TRY(source_read(s, at, head, sizeof head, &got));
    struct bytes_reader r = bytes_reader(head, got);
    uint64_t size = bytes_get_u32be(&r), left = source_bytes(s) - at;
    const uint8_t *type = bytes_get_view(&r, 4);
    if (size == 1) size = bytes_get_u64be(&r);
    if (r.failed || size == 0) return ERR_OK;
    /* What vendors put behind the last box need not be one. */
    if (size > left && is_name(type)) repair_add(out, "%.4s longer than the file", (const char *)type);
    if (size < 8 || size > left) return ERR_OK;
    at += size;
  }
  return ERR_OK;
}

/* AVI, WAV: "RIFF", u32 length, form; then chunks of type, u32 length, data padded to even. A recorder writes the lengths when
 * it is stopped, and not at all if its battery ended first. */
static enum err look_at_chunks(struct source *s, bool avi, struct repair *out) {
  uint64_t at = 12;
  bool index = false;
  for (int i = 0; i < MOST_PARTS && at + 8 <= source_bytes(s); i++) {
    uint8_t head[12];
    size_t got;
    TRY(source_read(s, at, head, sizeof head, &got));
    struct bytes_reader r = bytes_reader(head, got);
    const uint8_t *type = bytes_get_view(&r, 4);
    uint64_t size = bytes_get_u32(&r);
    bool media = type_is(type, "data") || (type_is(type, "LIST") && got == 12 && type_is(head + 8, "movi"));
    index |= type_is(type, "idx1") || type_is(type, "RIFF"); /* a second RIFF: OpenDML, which has its index in front */
    if (media && (size == 0 || size == UINT32_MAX || size > source_bytes(s) - at - 8)) {
      repair_add(out, "its stated length does not fit the file; counted");
      at = source_bytes(s);
      break;
    }
    at += 8 + size + (size & 1);
  }
  if (avi && !index) repair_add(out, "index rebuilt");
  return ERR_OK;
}

enum err structure_look(struct source *s, struct repair *out) {
  uint8_t head[12];
  size_t got;
  TRY(source_read(s, 0, head, sizeof head, &got));
  if (got < sizeof head) return ERR_OK;
  if (type_is(head, "RIFF") && type_is(head + 8, "AVI ")) return look_at_chunks(s, true, out);
  if (type_is(head, "RIFF") && type_is(head + 8, "WAVE")) return look_at_chunks(s, false, out);
  static const char *const first[] = {"ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"};
  for (size_t i = 0; i < sizeof first / sizeof *first; i++)
    if (type_is(head + 4, first[i])) return look_at_boxes(s, out);
  return ERR_OK;
}

/* A second file type box, or the box that HEIF has for a film: size, then one of the names. */
static bool begins_film(const uint8_t *at) {
  bool short_box = at[0] == 0 && at[1] == 0 && at[2] == 0 && at[3] >= 16 && at[3] <= 64;
  return (short_box && type_is(at + 4, "ftyp")) || (type_is(at + 4, "mpvd") && at[0] < 8);
}

enum err structure_look_for_film(struct source *s, uint64_t *end, struct repair *out) {
  static uint8_t piece[PIECE_BYTES];
  uint64_t most = source_bytes(s) < MOST_SEARCHED ? source_bytes(s) : MOST_SEARCHED;
  *end = source_bytes(s);
  for (uint64_t at = 16; at < most; at += PIECE_BYTES - 8) {
    size_t got;
    TRY(source_read(s, at, piece, sizeof piece, &got));
    for (size_t i = 0; i + 8 <= got; i++) {
      if (!begins_film(piece + i)) continue;
      *end = at + i;
      repair_add(out, "the film behind the photograph was left out");
      return ERR_OK;
    }
  }
  return ERR_OK;
}
