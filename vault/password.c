#include "vault/password.h"

#include "vault/base/io.h"
#include "vault/base/secret.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

enum { OPS = 2, KIB = 64 * 1024, LEAST_KIB = 8 * 1024, MOST_KIB = 1024 * 1024, MOST_OPS = 12, LEFT_OVER = 4, LEAST_RUN = 3 };

/* ---- which are taken */

/* What people are asked for, in the languages they are asked in, and what lies side by side on keyboards. */
static const char *const tried_first[] = {"password",  "passw0rd", "passwort", "kennwort", "passphrase", "clipvault",
                                          "letmein",   "welcome",  "iloveyou", "monkey",   "dragon",     "qwertyuiop",
                                          "asdfghjkl", "zxcvbnm",  "qwertz",   "azerty",   "qwerty"};

static bool is_plain(uint8_t c) { return isalnum(c) || c >= 0x80; }

static size_t match(const uint8_t *at, size_t left, const char *word) {
  size_t length = strlen(word);
  if (length > left) return 0;
  for (size_t i = 0; i < length; i++)
    if (tolower(at[i]) != tolower((unsigned char)word[i])) return 0;
  return length;
}

/* "aaaa", "3456", "dcba": how long, if it is a row at all. */
static size_t row(const uint8_t *at, size_t left) {
  size_t n = 1;
  int step = left > 1 ? at[1] - at[0] : 0;
  if (step < -1 || step > 1) return 0;
  while (n < left && at[n] - at[n - 1] == step) n++;
  return n >= LEAST_RUN ? n : 0;
}

/* Each word of the name, of three letters or more. */
static size_t match_name(const uint8_t *at, size_t left, const char *name) {
  char word[64];
  while (name && *name) {
    size_t length = strcspn(name, " .-_");
    if (length >= LEAST_RUN && length < sizeof word) {
      memcpy(word, name, length);
      word[length] = 0;
      if (match(at, left, word)) return length;
    }
    name += length + (name[length] != 0);
  }
  return 0;
}

static size_t worth_nothing(const uint8_t *at, size_t left, const char *name) {
  size_t n = row(at, left);
  for (size_t i = 0; !n && i < sizeof tried_first / sizeof *tried_first; i++) n = match(at, left, tried_first[i]);
  return n ? n : match_name(at, left, name);
}

/* Different letters and digits that are left where rows, words and names are taken away. */
static unsigned left_over(const uint8_t *password, size_t length, const char *name) {
  bool seen[256] = {false};
  unsigned count = 0;
  for (size_t at = 0; at < length;) {
    size_t nothing = worth_nothing(password + at, length - at, name);
    uint8_t c = password[at];
    bool counts = !nothing && is_plain(c) && !seen[c];
    if (counts) seen[c] = true;
    count += counts;
    at += nothing ? nothing : 1;
  }
  sodium_memzero(seen, sizeof seen);
  return count;
}

enum err password_check_choice(const uint8_t *password, size_t length, const char *name) {
  if (length > PASSWORD_MOST) return err_set(ERR_USAGE, "a password can have at most %d bytes", PASSWORD_MOST);
  if (length < PASSWORD_LEAST)
    return err_set(ERR_REFUSED, "a password needs at least %d characters; a few words in a row are easy to remember",
                   PASSWORD_LEAST);
  if (left_over(password, length, name) < LEFT_OVER)
    return err_set(ERR_REFUSED,
                   "this password is little more than words, names or rows of keys that are tried first; take a few words that "
                   "have nothing to do with each other");
  return ERR_OK;
}

/* ---- the record */

static bool compute(const struct password_record *r, const uint8_t *password, size_t length, uint8_t hash[PASSWORD_HASH]) {
  return crypto_pwhash(hash, PASSWORD_HASH, (const char *)password, length, r->salt, r->ops, (size_t)r->kib << 10,
                       crypto_pwhash_ALG_ARGON2ID13) == 0;
}

enum err password_make(const uint8_t *password, size_t length, struct password_record *out) {
  struct password_record r = {.ops = OPS, .kib = KIB};
  randombytes_buf(r.salt, sizeof r.salt);
  bool made = compute(&r, password, length, r.hash);
  if (made) *out = r;
  sodium_memzero(&r, sizeof r);
  return made ? ERR_OK : err_set(ERR_UNAVAILABLE, "not enough memory to keep a password (%d MiB for a moment)", KIB / 1024);
}

void password_dummy(struct password_record *out) {
  *out = (struct password_record){.ops = OPS, .kib = KIB};
  randombytes_buf(out->salt, sizeof out->salt);
  randombytes_buf(out->hash, sizeof out->hash);
}

bool password_fits(const struct password_record *record, const uint8_t *password, size_t length) {
  uint8_t hash[PASSWORD_HASH];
  if (!record->kib || length > PASSWORD_MOST) return false;
  bool fits = compute(record, password, length, hash) && sodium_memcmp(hash, record->hash, sizeof hash) == 0;
  sodium_memzero(hash, sizeof hash);
  return fits;
}

void password_put(struct bytes *out, const struct password_record *record) {
  bytes_put_u32(out, record->ops);
  bytes_put_u32(out, record->kib);
  bytes_put(out, record->salt, sizeof record->salt);
  bytes_put(out, record->hash, sizeof record->hash);
}

void password_get(struct bytes_reader *r, struct password_record *out) {
  out->ops = bytes_get_u32(r);
  out->kib = bytes_get_u32(r);
  bytes_get(r, out->salt, sizeof out->salt);
  bytes_get(r, out->hash, sizeof out->hash);
  bool none = !out->ops && !out->kib;
  if (!none && (!out->ops || out->ops > MOST_OPS || out->kib < LEAST_KIB || out->kib > MOST_KIB)) r->failed = true;
}

/* ---- where it comes from */

enum err password_read_line(int fd, uint8_t *out, size_t *length) {
  size_t got = 0, most = PASSWORD_MOST + 2; /* a line's end, and one more to see that it is too long */
  uint8_t *read = secret_alloc(most + 1);
  enum err e = io_read_upto(fd, read, most + 1, &got);
  size_t line = 0;
  while (line < got && read[line] != '\n') line++;
  size_t end = line && read[line - 1] == '\r' ? line - 1 : line;
  if (e == ERR_OK && line + 1 < got) e = err_set(ERR_DATA, "the file of the password must hold one line, the password");
  if (e == ERR_OK && !end) e = err_set(ERR_DATA, "the file of the password is empty");
  if (e == ERR_OK && end > PASSWORD_MOST) e = err_set(ERR_DATA, "a password can have at most %d bytes", PASSWORD_MOST);
  if (e == ERR_OK && memchr(read, 0, end)) e = err_set(ERR_DATA, "a password must not contain a zero byte");
  if (e == ERR_OK) memcpy(out, read, end);
  if (e == ERR_OK) *length = end;
  secret_free(read);
  return e;
}
