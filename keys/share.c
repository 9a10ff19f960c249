#include "keys/share.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 1, PART = 32, CHECKED = 3 + SHARE_SET + PART, CHECK = 4, BYTES = CHECKED + CHECK };

/* ---- GF(2^8), x^8 + x^4 + x^3 + x + 1 */
static uint8_t multiply(uint8_t a, uint8_t b) {
  uint8_t product = 0;
  for (int i = 0; i < 8; i++) {
    product ^= (uint8_t)(-(b & 1) & a);
    a = (uint8_t)((a << 1) ^ (-(a >> 7) & 0x1b));
    b >>= 1;
  }
  return product;
}

/* a^254; the field's numbers here are those of shares, which are no secret and never 0. */
static uint8_t inverse(uint8_t a) {
  uint8_t power = a;
  for (int i = 0; i < 6; i++) power = multiply(multiply(power, power), a);
  return multiply(power, power);
}

/* ---- */

static void name_set(const struct secret_key *secret, uint8_t set[SHARE_SET]) {
  static const char label[] = "clipvault-share-set";
  uint8_t hash[32];
  crypto_generichash(hash, sizeof hash, (const uint8_t *)label, sizeof label - 1, secret->b, sizeof secret->b);
  memcpy(set, hash, SHARE_SET);
}

enum err share_split(const struct secret_key *secret, unsigned threshold, unsigned count, struct share out[]) {
  if (threshold < 2 || threshold > count || count > SHARE_MOST)
    return err_set(ERR_USAGE, "shares: at least 2 must be needed, and there are at most %d in all", SHARE_MOST);
  uint8_t *random = secret_alloc((size_t)threshold * PART); /* of x^1 and up, for each byte */
  randombytes_buf(random, (size_t)threshold * PART);
  for (unsigned n = 0; n < count; n++) {
    out[n] = (struct share){.threshold = (uint8_t)threshold, .number = (uint8_t)(n + 1)};
    name_set(secret, out[n].set);
    for (int i = 0; i < PART; i++) {
      uint8_t y = 0;
      for (unsigned k = threshold - 1; k > 0; k--) y = multiply(y ^ random[k * PART + (unsigned)i], out[n].number);
      out[n].part[i] = y ^ secret->b[i];
    }
  }
  secret_free(random);
  return ERR_OK;
}

/* Lagrange's polynomial at 0, through `threshold` of the shares, without the one at `without`. */
static void interpolate(const struct share shares[], unsigned threshold, size_t without, struct secret_key *out) {
  size_t chosen[SHARE_MOST], n = 0;
  for (size_t i = 0; n < threshold; i++)
    if (i != without) chosen[n++] = i;
  memset(out->b, 0, sizeof out->b);
  for (size_t i = 0; i < n; i++) {
    uint8_t factor = 1, own = shares[chosen[i]].number;
    for (size_t k = 0; k < n; k++) {
      uint8_t other = shares[chosen[k]].number;
      if (k != i) factor = multiply(factor, multiply(other, inverse(other ^ own)));
    }
    for (int b = 0; b < PART; b++) out->b[b] ^= multiply(shares[chosen[i]].part[b], factor);
  }
}

static bool is_of_set(const struct secret_key *secret, const uint8_t set[SHARE_SET]) {
  uint8_t found[SHARE_SET];
  name_set(secret, found);
  return memcmp(found, set, SHARE_SET) == 0;
}

static enum err check_together(const struct share shares[], size_t count) {
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < i; k++)
      if (shares[i].number == shares[k].number && memcmp(shares[i].set, shares[k].set, SHARE_SET) == 0)
        return err_set(ERR_DATA, "share %u is there twice", shares[i].number);
  for (size_t i = 1; i < count; i++)
    if (memcmp(shares[i].set, shares[0].set, SHARE_SET) != 0 || shares[i].threshold != shares[0].threshold)
      return err_set(ERR_DATA, "the %zuth share that was given (number %u on it) is of another set than the first", i + 1,
                     shares[i].number);
  if (count >= shares[0].threshold) return ERR_OK;
  return err_set(ERR_DATA, "%u shares are needed, and here %s %zu", shares[0].threshold, count == 1 ? "is" : "are", count);
}

enum err share_join(const struct share shares[], size_t count, struct secret_key *out) {
  SECRET_KEY(secret);
  if (count == 0 || count > SHARE_MOST) return err_set(ERR_DATA, "there are no shares, or more than there can be");
  TRY(check_together(shares, count));
  unsigned threshold = shares[0].threshold;
  interpolate(shares, threshold, SIZE_MAX, secret);
  if (is_of_set(secret, shares[0].set)) {
    *out = *secret;
    return ERR_OK;
  }
  for (size_t i = 0; count > threshold && i < count; i++) {
    interpolate(shares, threshold, i, secret);
    if (is_of_set(secret, shares[0].set)) return err_set(ERR_DATA, "share %u is false; leave it out", shares[i].number);
  }
  return err_set(ERR_DATA, "at least one of these shares is false; with one more than are needed, the false one is named");
}

/* ---- as words */
static const char consonants[] = "bdfghjklmnprstvz", vowels[] = "aiou";

static void check_of(const uint8_t bytes[CHECKED], uint8_t check[CHECK]) {
  static const char label[] = "clipvault-share";
  uint8_t hash[32];
  crypto_generichash_state h;
  crypto_generichash_init(&h, NULL, 0, sizeof hash);
  crypto_generichash_update(&h, (const uint8_t *)label, sizeof label - 1);
  crypto_generichash_update(&h, bytes, CHECKED);
  crypto_generichash_final(&h, hash, sizeof hash);
  memcpy(check, hash, CHECK);
  sodium_memzero(&h, sizeof h);
}

void share_print(const struct share *s, char out[SHARE_TEXT]) {
  uint8_t bytes[BYTES] = {VERSION, s->threshold, s->number};
  memcpy(bytes + 3, s->set, SHARE_SET);
  memcpy(bytes + 3 + SHARE_SET, s->part, PART);
  check_of(bytes, bytes + CHECKED);
  for (size_t w = 0; w < SHARE_WORDS; w++) {
    unsigned bits = (unsigned)bytes[2 * w] << 8 | bytes[2 * w + 1];
    char *at = out + w * (SHARE_WORD + 1);
    at[0] = consonants[bits >> 12];
    at[1] = vowels[bits >> 10 & 3];
    at[2] = consonants[bits >> 6 & 15];
    at[3] = vowels[bits >> 4 & 3];
    at[4] = consonants[bits & 15];
    at[5] = w + 1 < SHARE_WORDS ? ' ' : '\0';
  }
  sodium_memzero(bytes, sizeof bytes);
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool digit_of(const char *digits, char c, unsigned *value) {
  const char *found = strchr(digits, c | 0x20);
  if (!found) return false;
  *value = (unsigned)(found - digits);
  return true;
}

static bool read_word(const char *at, size_t length, uint8_t out[2]) {
  unsigned bits = 0, digit;
  if (length != SHARE_WORD) return false;
  for (int i = 0; i < SHARE_WORD; i++) {
    if (!digit_of(i % 2 ? vowels : consonants, at[i], &digit)) return false;
    bits = bits << (i % 2 ? 2 : 4) | digit;
  }
  out[0] = (uint8_t)(bits >> 8);
  out[1] = (uint8_t)bits;
  return true;
}

static enum err unpack(const uint8_t bytes[BYTES], struct share *out) {
  uint8_t check[CHECK];
  check_of(bytes, check);
  bool right = sodium_memcmp(check, bytes + CHECKED, CHECK) == 0;
  if (!right) return err_set(ERR_DATA, "a share was mistyped somewhere: compare every word with the paper");
  struct share s = {.threshold = bytes[1], .number = bytes[2]};
  if (bytes[0] != VERSION || s.threshold < 2 || s.threshold > SHARE_MOST || s.number < 1 || s.number > SHARE_MOST)
    return err_set(ERR_DATA, "this is a share of a form that this version does not know");
  memcpy(s.set, bytes + 3, SHARE_SET);
  memcpy(s.part, bytes + 3 + SHARE_SET, PART);
  *out = s;
  sodium_memzero(&s, sizeof s);
  return ERR_OK;
}

enum err share_parse(const char *text, size_t length, size_t *used, struct share *out) {
  uint8_t bytes[BYTES];
  size_t at = 0, words = 0;
  *used = 0;
  while (words < SHARE_WORDS) {
    while (at < length && !is_letter(text[at])) at++;
    size_t end = at;
    while (end < length && is_letter(text[end])) end++;
    if (end == at) break;
    if (!read_word(text + at, end - at, bytes + 2 * words)) {
      sodium_memzero(bytes, sizeof bytes);
      return err_set(ERR_DATA, "word %zu of a share is none: five letters, consonants and vowels in turn", words + 1);
    }
    at = end;
    words++;
  }
  enum err e = ERR_OK;
  if (words == SHARE_WORDS)
    e = unpack(bytes, out);
  else if (words > 0)
    e = err_set(ERR_DATA, "a share has %d words, and here are %zu", SHARE_WORDS, words);
  sodium_memzero(bytes, sizeof bytes);
  *used = words ? at : 0;
  return e;
}
