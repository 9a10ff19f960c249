#include "vault/audit_checkpoint.h"

#include "vault/note.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { BASE64 = sodium_base64_VARIANT_ORIGINAL, ROOT_TEXT = 44, ORIGIN = 10 + ID_TEXT, NUMBER = 20 };
static const char prefix[] = "clipvault/";
enum { PREFIX = sizeof prefix - 1 };

static void origin_of(const struct id *vault, char out[ORIGIN]) {
  char id[ID_TEXT];
  snprintf(out, ORIGIN, "%s%s", prefix, id_format(ID_VAULT, vault, id));
}

static void put_lines(const struct audit_checkpoint *c, struct bytes *out) {
  char origin[ORIGIN], root[ROOT_TEXT + 1];
  origin_of(&c->vault, origin);
  sodium_bin2base64(root, sizeof root, c->root, sizeof c->root, BASE64);
  bytes_printf(out, "%s\n%llu\n%s\n", origin, (unsigned long long)c->entries, root);
}

enum err audit_checkpoint_write(const struct secret_key *seed, const struct audit_checkpoint *c, struct bytes *out) {
  AUTO(bytes) struct bytes note = {0};
  char origin[ORIGIN];
  origin_of(&c->vault, origin);
  put_lines(c, &note);
  TRY(note_sign(seed, origin, &note));
  bytes_put(out, note.data, note.length);
  return bytes_check(out);
}

/* One line of at most `most` bytes, NUL-terminated; false if there is none. */
static bool take_line(struct bytes_reader *r, char *out, size_t most) {
  size_t length = 0;
  for (uint8_t c; (c = bytes_get_u8(r)) != '\n';) {
    if (r->failed || !c || length == most) return false;
    out[length++] = (char)c;
  }
  out[length] = 0;
  return !r->failed && length;
}

static bool read_lines(const void *data, size_t length, struct audit_checkpoint *out) {
  struct bytes_reader r = bytes_reader(data, length);
  char origin[ORIGIN], number[NUMBER + 1], root[ROOT_TEXT + 1];
  size_t got;
  if (!take_line(&r, origin, sizeof origin - 1) || !take_line(&r, number, NUMBER) || !take_line(&r, root, ROOT_TEXT))
    return false;
  if (!bytes_done(&r) || strncmp(origin, prefix, PREFIX) != 0) return false;
  if (id_parse(ID_VAULT, origin + PREFIX, &out->vault) != ERR_OK) return false;
  if (!bytes_parse_u64(number, INT64_MAX, &out->entries) || (number[0] == '0' && number[1])) return false;
  return bytes_parse_base64(root, strlen(root), out->root, sizeof out->root, &got) && got == sizeof out->root;
}

enum err audit_checkpoint_read(const void *data, size_t length, const uint8_t public_key[32], struct audit_checkpoint *out,
                               bool *valid) {
  struct audit_checkpoint c;
  char origin[ORIGIN];
  size_t text;
  if (note_split(data, length, &text) != ERR_OK || !read_lines(data, text, &c))
    return err_set(ERR_DATA, "this is no checkpoint of a clipvault audit log");
  origin_of(&c.vault, origin);
  TRY(note_verify(data, length, origin, public_key, valid));
  *out = c;
  return ERR_OK;
}

const char *audit_checkpoint_fingerprint(const struct audit_checkpoint *c, char out[AUDIT_CHECKPOINT_FINGERPRINT]) {
  AUTO(bytes) struct bytes lines = {0};
  uint8_t hash[32];
  char hex[33], *at = out;
  put_lines(c, &lines);
  crypto_hash_sha256(hash, lines.data, lines.length);
  bytes_hex(hash, 16, hex);
  for (int i = 0; i < 32; i++) {
    if (i && i % 4 == 0) *at++ = ' ';
    *at++ = hex[i];
  }
  *at = 0;
  return out;
}
