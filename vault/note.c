#include "vault/note.h"

#include "keys/certificate.h"
#include "vault/json.h"

#include <sodium.h>
#include <string.h>

enum { ED25519 = 1, KEY_ID = 4, SIGNED = KEY_ID + 64, BASE64 = sodium_base64_VARIANT_ORIGINAL };
static const char dash[] = "\xe2\x80\x94 "; /* an em dash and a space */
enum { DASH = sizeof dash - 1 };

static void key_id(const char *name, const uint8_t public_key[32], uint8_t out[KEY_ID]) {
  static const uint8_t kind[] = {'\n', ED25519};
  crypto_hash_sha256_state h;
  uint8_t hash[32];
  crypto_hash_sha256_init(&h);
  crypto_hash_sha256_update(&h, (const uint8_t *)name, strlen(name));
  crypto_hash_sha256_update(&h, kind, sizeof kind);
  crypto_hash_sha256_update(&h, public_key, 32);
  crypto_hash_sha256_final(&h, hash);
  memcpy(out, hash, KEY_ID);
}

enum err note_sign(const struct secret_key *seed, const char *name, struct bytes *text) {
  uint8_t signature[SIGNED], public_key[32];
  char line[sodium_base64_ENCODED_LEN(SIGNED, BASE64)];
  TRY(bytes_check(text));
  certificate_public_key(seed, public_key);
  key_id(name, public_key, signature);
  certificate_sign_bytes(seed, text->data, text->length, signature + KEY_ID);
  sodium_bin2base64(line, sizeof line, signature, sizeof signature, BASE64);
  bytes_printf(text, "\n%s%s %s\n", dash, name, line);
  return bytes_check(text);
}

static enum err no_note(const char *why) { return err_set(ERR_DATA, "this is not a signed note: %s", why); }

static bool is_text(const uint8_t *data, size_t length) {
  for (size_t i = 0, n; i < length; i += n) {
    n = json_sequence(data + i, length - i);
    if (!n || (data[i] < ' ' && data[i] != '\n')) return false;
  }
  return true;
}

/* One line below the text, without its newline: "— name base64". The name begins behind the dash, *name_length long. */
static bool is_signature(const char *line, size_t length, size_t *name_length) {
  if (length < DASH || memcmp(line, dash, DASH) != 0) return false;
  const char *name = line + DASH, *space = memchr(name, ' ', length - DASH);
  if (!space || space == name || memchr(name, '+', (size_t)(space - name))) return false;
  uint8_t signature[NOTE_MOST_BYTES];
  size_t got;
  *name_length = (size_t)(space - name);
  return bytes_parse_base64(space + 1, (size_t)(line + length - space - 1), signature, sizeof signature, &got) && got > KEY_ID;
}

enum err note_split(const void *data, size_t length, size_t *text_length) {
  const char *text = data;
  size_t at = length, name;
  if (!length || length > NOTE_MOST_BYTES || text[length - 1] != '\n' || !is_text(data, length))
    return no_note("it is empty, too long or no text");
  while (at >= 2 && !(text[at - 1] == '\n' && text[at - 2] == '\n')) at--; /* behind the last empty line */
  if (at < 3 || at == length) return no_note("an empty line and a signature are missing");
  for (size_t line = at, end; line < length; line = end + 1) {
    end = line + (size_t)((const char *)memchr(text + line, '\n', length - line) - (text + line));
    if (!is_signature(text + line, end - line, &name)) return no_note("below its empty line stands something else");
  }
  *text_length = at - 1;
  return ERR_OK;
}

/* Whether the line is of this name and key, and if so whether it verifies. */
static bool is_ours(const char *line, size_t length, const char *name, const uint8_t id[KEY_ID], uint8_t signature[SIGNED]) {
  size_t name_length, got, wanted = strlen(name);
  if (!is_signature(line, length, &name_length) || name_length != wanted || memcmp(line + DASH, name, wanted) != 0) return false;
  const char *encoded = line + DASH + wanted + 1;
  bool fits = bytes_parse_base64(encoded, (size_t)(line + length - encoded), signature, SIGNED, &got);
  return fits && got == SIGNED && memcmp(signature, id, KEY_ID) == 0;
}

enum err note_verify(const void *data, size_t length, const char *name, const uint8_t public_key[32], bool *valid) {
  const char *text = data;
  uint8_t id[KEY_ID], signature[SIGNED];
  size_t signed_length;
  bool found = false, wrong = false;
  TRY(note_split(data, length, &signed_length));
  key_id(name, public_key, id);
  for (size_t line = signed_length + 1, end; line < length; line = end + 1) {
    end = line + (size_t)((const char *)memchr(text + line, '\n', length - line) - (text + line));
    if (!is_ours(text + line, end - line, name, id, signature)) continue;
    found = true;
    wrong |= !certificate_check_bytes(public_key, data, signed_length, signature + KEY_ID);
  }
  *valid = found && !wrong;
  return ERR_OK;
}
