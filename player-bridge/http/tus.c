#include "player-bridge/http/tus.h"

#include <string.h>

enum { SHA1 = 20, SHA256 = 32 };

bool tus_number(const char *text, uint64_t *out) { return text && bytes_parse_u64(text, INT64_MAX, out); }

/* Padded base64 and nothing else. */
static bool decode(const char *text, size_t length, struct bytes *out) {
  size_t got = 0;
  bytes_clear(out);
  if (!length) return true;
  if (length % 4 || length / 4 * 3 > TUS_MOST_VALUE) return false;
  uint8_t *room = bytes_extend(out, length / 4 * 3);
  if (!room) return false;
  bool good = bytes_parse_base64(text, length, room, length / 4 * 3, &got);
  out->length = good ? got : 0;
  room[out->length] = 0;
  return good && !memchr(room, 0, got);
}

/* ---- Upload-Metadata */

struct pair {
  const char *key, *value;
  size_t key_length, value_length;
};

/* The next pair of the header; `*at` is behind it, NULL after the last. */
static bool next_pair(const char **at, struct pair *p) {
  const char *text = *at + strspn(*at, " ");
  size_t length = strcspn(text, ",");
  *at = text[length] ? text + length + 1 : NULL;
  while (length && text[length - 1] == ' ') length--;
  p->key = text;
  p->key_length = 0;
  while (p->key_length < length && text[p->key_length] > ' ' && text[p->key_length] < 0x7f) p->key_length++;
  p->value = text + p->key_length;
  p->value_length = length - p->key_length;
  if (!p->key_length) return false;
  if (!p->value_length) return true;
  if (*p->value != ' ') return false;
  p->value++, p->value_length--;
  return !memchr(p->value, ' ', p->value_length);
}

bool tus_metadata(const char *text, const char *key, struct bytes *out, bool *found) {
  size_t length = strlen(key);
  *found = false;
  bytes_clear(out);
  if (!text || !*text) return true;
  if (strlen(text) > TUS_MOST_METADATA) return false;
  for (const char *at = text; at;) {
    struct pair p;
    if (!next_pair(&at, &p)) return false;
    if (p.key_length != length || memcmp(p.key, key, length) != 0) continue;
    if (*found || !decode(p.value, p.value_length, out)) return false;
    *found = true;
  }
  return !out->failed;
}

/* ---- Upload-Checksum */

bool tus_checksum(const char *text, struct tus_checksum *out) {
  *out = (struct tus_checksum){0};
  if (!text) return true;
  size_t length = strcspn(text, " ");
  bool sha1 = length == 4 && memcmp(text, "sha1", 4) == 0, sha256 = length == 6 && memcmp(text, "sha256", 6) == 0;
  if ((!sha1 && !sha256) || text[length] != ' ') return false;
  const char *encoded = text + length + 1;
  size_t wanted = sha1 ? SHA1 : SHA256, got = 0, encoded_length = strlen(encoded);
  uint8_t raw[TUS_MOST_DIGEST];
  if (!bytes_parse_base64(encoded, encoded_length, raw, sizeof raw, &got) || got != wanted) return false;
  memcpy(out->algorithm, text, length);
  memcpy(out->digest, raw, got);
  out->length = got;
  return true;
}
