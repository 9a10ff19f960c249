#include "ingest/worker/structure.h"

#include "vault/base/bytes.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_PARTS = 4096, PIECE_BYTES = 64 * 1024, MOST_FTYP = 4096 };

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

static uint32_t big_endian(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* A second file type box, or the box that HEIF has for a film: size, then one of the names. */
static bool begins_film(const uint8_t *at, uint64_t left) {
  uint32_t size = big_endian(at);
  return (size >= 16 && size <= MOST_FTYP && type_is(at + 4, "ftyp")) || (type_is(at + 4, "mpvd") && size <= left);
}

/* What only a film has: the box that describes one (a HEIF file with a sequence), or another container's beginning. */
static bool is_of_film(const uint8_t *at, uint64_t left) {
  uint32_t size = big_endian(at);
  bool moov = type_is(at + 4, "moov") && size >= 16 && size <= left;
  return moov || (type_is(at, "RIFF") && type_is(at + 8, "AVI "));
}

enum { LOOKED_AT = 12 };

static void look_at_piece(struct structure_film *film, const uint8_t *piece, size_t got, uint64_t at, uint64_t bytes) {
  for (size_t i = 0; i + LOOKED_AT <= got; i++) {
    uint64_t here = at + i;
    if (here < film->end && begins_film(piece + i, bytes - here)) film->end = here;
    film->more |= is_of_film(piece + i, bytes - here);
  }
}

enum err structure_look_for_film(struct source *s, struct structure_film *film, struct repair *out) {
  static uint8_t piece[PIECE_BYTES];
  uint64_t bytes = source_bytes(s);
  *film = (struct structure_film){.end = bytes};
  for (uint64_t at = LOOKED_AT; at < film->end; at += PIECE_BYTES - LOOKED_AT + 1) {
    size_t got;
    TRY(source_read(s, at, piece, sizeof piece, &got));
    look_at_piece(film, piece, got, at, bytes);
  }
  film->more |= film->end < bytes;
  if (film->more) repair_add(out, "the film behind the photograph was left out");
  return ERR_OK;
}
