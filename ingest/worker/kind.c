#include "ingest/worker/kind.h"

#include "vault/base/bytes.h"

#include <magic.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_BYTES = 64 * 1024, MOST_BOXES = 4096, MOST_INDEX_BYTES = 1 << 20 };

static magic_t magic;

void kind_prepare(void) {
  magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_CDF);
  if (magic && magic_load(magic, NULL)) {
    magic_close(magic);
    magic = NULL;
  }
}

enum err kind_hint(struct source *s, char out[KIND_TEXT]) {
  static uint8_t head[HEAD_BYTES];
  size_t length;
  TRY(source_read(s, 0, head, sizeof head, &length));
  const char *answer = magic ? magic_buffer(magic, head, length) : NULL;
  snprintf(out, KIND_TEXT, "%s", answer ? answer : "");
  return ERR_OK;
}

/* ---- ISO base media (MP4, QuickTime, HEIF) ---- */

static bool type_is(const uint8_t *type, const char *name) { return memcmp(type, name, 4) == 0; }

static bool type_among(const uint8_t *type, const char *names) {
  for (; *names; names += 4)
    if (type_is(type, names)) return true;
  return false;
}

/* ftyp: size, "ftyp", major brand, version, compatible brands. */
static enum kind_photo brand_of(const uint8_t *head, size_t length) {
  struct bytes_reader r = bytes_reader(head, length);
  size_t size = bytes_get_u32be(&r);
  const uint8_t *type = bytes_get_view(&r, 4);
  if (!type || !type_is(type, "ftyp")) return KIND_NO_PHOTO;
  const uint8_t *major = bytes_get_view(&r, 4);
  bytes_get_u32be(&r);
  if (r.failed) return KIND_NO_PHOTO;
  if (type_among(major, "avifavis")) return KIND_AVIF;
  if (type_among(major, "heicheixhevchevxheimheishevmhevs")) return KIND_HEIC;
  if (!type_among(major, "mif1msf1")) return KIND_NO_PHOTO;
  for (size_t at = 16; at + 4 <= size; at += 4) {
    const uint8_t *compatible = bytes_get_view(&r, 4);
    if (!compatible) break;
    if (type_among(compatible, "avifavis")) return KIND_AVIF;
  }
  return KIND_HEIC;
}

struct boxes {
  bool any, index, media, protected;
};

static enum err look_for_protection(struct source *s, uint64_t offset, uint64_t length, struct boxes *out) {
  AUTO(bytes) struct bytes index = {0};
  size_t wanted = length < MOST_INDEX_BYTES ? (size_t)length : MOST_INDEX_BYTES, got;
  uint8_t *room = bytes_extend(&index, wanted);
  if (!room) return bytes_check(&index);
  TRY(source_read(s, offset, room, wanted, &got));
  out->protected = memmem(room, got, "encv", 4) || memmem(room, got, "enca", 4);
  return ERR_OK;
}

static enum err walk_boxes(struct source *s, struct boxes *out) {
  uint64_t at = 0;
  for (int i = 0; i < MOST_BOXES && at < source_bytes(s); i++) {
    uint8_t head[16];
    size_t got;
    TRY(source_read(s, at, head, sizeof head, &got));
    struct bytes_reader r = bytes_reader(head, got);
    uint64_t size = bytes_get_u32be(&r);
    const uint8_t *type = bytes_get_view(&r, 4);
    if (size == 1) size = bytes_get_u64be(&r);
    if (r.failed) break;
    if (i == 0) out->any = type_among(type, "ftypmoovmdatwidefreeskippnotstyp");
    if (type_is(type, "moov")) out->index = true;
    if (type_is(type, "mdat") || type_is(type, "moof")) out->media = true;
    if (type_is(type, "moov")) TRY(look_for_protection(s, at, size, out));
    if (size < 8 || size > source_bytes(s) - at) break;
    at += size;
  }
  return ERR_OK;
}

static enum err refuse_boxes(const struct boxes *boxes) {
  if (boxes->protected) return err_set(ERR_DATA, "This recording is protected (encrypted); export an unprotected copy first.");
  if (!boxes->index)
    return err_set(ERR_DATA, "This recording is cut short: its index (moov) is missing. Copy it from the camera again.");
  if (!boxes->media) return err_set(ERR_DATA, "This file has an index but no picture or sound in it; it was cut short.");
  return err_set(ERR_DATA, "This recording is damaged: its index and its content do not fit together.");
}

/* ---- everything else ---- */

static bool is_playlist(const uint8_t *head, size_t length) {
  static const char *const marks[] = {"#EXTM3U", "ffconcat", "<MPD", "<SmoothStreamingMedia", "[playlist]", "<asx", "<smil"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (memmem(head, length, marks[i], strlen(marks[i]))) return true;
  return false;
}

/* libmagic takes much for text in some old alphabet. */
static bool is_text(const uint8_t *head, size_t length) {
  size_t plain = 0;
  for (size_t i = 0; i < length; i++)
    plain += (head[i] >= ' ' && head[i] < 0x7f) || head[i] == '\n' || head[i] == '\r' || head[i] == '\t';
  return plain * 2 > length;
}

static enum err refuse_text(const uint8_t *head, size_t length) {
  if (memmem(head, length, "<svg", 4))
    return err_set(ERR_DATA, "This is an SVG drawing, not a photograph; export it as PNG first.");
  return err_set(ERR_DATA, "This is a text file, not a recording.");
}

/* RIFF, length, WEBP, then an extended header whose second flag bit says "animation". libav 5.1 reads none of those. */
static bool is_animated_webp(const uint8_t *head, size_t length) {
  return length > 20 && memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WEBPVP8X", 8) == 0 && (head[20] & 2) != 0;
}

enum err kind_check(struct source *s) {
  if (source_bytes(s) == 0) return err_set(ERR_DATA, "This file is empty.");
  uint8_t head[512];
  size_t length;
  TRY(source_read(s, 0, head, sizeof head, &length));
  if (is_animated_webp(head, length))
    return err_set(ERR_DATA, "Animated WebP pictures are not supported; export the picture as JPEG and take that in.");
  return ERR_OK;
}

enum err kind_photo(struct source *s, enum kind_photo *out) {
  uint8_t head[512];
  size_t length;
  TRY(source_read(s, 0, head, sizeof head, &length));
  *out = brand_of(head, length);
  return ERR_OK;
}

enum err kind_refuse(struct source *s, const char *hint) {
  uint8_t head[4096];
  size_t length;
  struct boxes boxes = {0};
  TRY(source_check(s));
  TRY(source_read(s, 0, head, sizeof head, &length));
  TRY(walk_boxes(s, &boxes));
  if (boxes.any) return refuse_boxes(&boxes);
  /* By content: libmagic calls some playlists text, some sound. */
  if (is_playlist(head, length)) return err_set(ERR_DATA, "This is a playlist, not a recording; choose the film file itself.");
  bool text = strncmp(hint, "text/", 5) == 0;
  if (text && !is_text(head, length))
    return err_set(ERR_DATA, "This is no recording or photograph of a kind this program knows.");
  if (text || strcmp(hint, "application/json") == 0 || strcmp(hint, "image/svg+xml") == 0) return refuse_text(head, length);
  if (strncmp(hint, "image/", 6) == 0) return err_set(ERR_DATA, "This picture is damaged, or of a kind not supported: %s.", hint);
  if (strncmp(hint, "video/", 6) == 0 || strncmp(hint, "audio/", 6) == 0)
    return err_set(ERR_DATA, "This recording is damaged, or of a kind not supported: %s.", hint);
  if (*hint && strcmp(hint, "application/octet-stream") != 0)
    return err_set(ERR_DATA, "This is no recording or photograph but %s.", hint);
  return err_set(ERR_DATA, "This is no recording or photograph of a kind this program knows.");
}
