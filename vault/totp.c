#include "vault/totp.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

enum { SHA1 = 20, MODULUS = 1000000 };

/* RFC 4226, 5.3 and 5.4 */
enum err totp_code(const uint8_t secret[TOTP_SECRET], uint64_t step, uint32_t *code) {
  uint8_t counter[8], mac[SHA1];
  unsigned length = 0;
  for (int i = 0; i < 8; i++) counter[i] = (uint8_t)(step >> (56 - 8 * i));
  if (!HMAC(EVP_sha1(), secret, TOTP_SECRET, counter, sizeof counter, mac, &length) || length != SHA1)
    return err_set(ERR_BUG, "libcrypto failed to compute a code");
  const uint8_t *at = mac + (mac[SHA1 - 1] & 15);
  *code = (((uint32_t)at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]) % MODULUS;
  sodium_memzero(mac, sizeof mac);
  return ERR_OK;
}

/* People type what their app shows, which is often "123 456". */
static bool read_digits(const char *text, char out[TOTP_DIGITS]) {
  size_t n = 0;
  for (; *text; text++) {
    if (*text == ' ') continue;
    if (n == TOTP_DIGITS || !isdigit((unsigned char)*text)) return false;
    out[n++] = *text;
  }
  return n == TOTP_DIGITS;
}

bool totp_matches(const uint8_t secret[TOTP_SECRET], const char *text, int64_t now_ms, uint64_t last, uint64_t *step) {
  char typed[TOTP_DIGITS], digits[TOTP_DIGITS + 1];
  uint64_t now = (uint64_t)now_ms / TOTP_STEP_MS;
  bool found = false;
  if (!read_digits(text, typed) || now_ms < TOTP_STEP_MS) return false;
  for (uint64_t s = now - 1; s <= now + 1; s++) {
    uint32_t code;
    if (totp_code(secret, s, &code) != ERR_OK) return false;
    for (int i = TOTP_DIGITS - 1; i >= 0; i--, code /= 10) digits[i] = (char)('0' + code % 10);
    bool same = sodium_memcmp(digits, typed, TOTP_DIGITS) == 0;
    if (same && s > last) *step = s;
    found |= same && s > last;
  }
  return found;
}

static void put_base32(struct bytes *out, const uint8_t secret[TOTP_SECRET]) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  for (unsigned bit = 0; bit < 8 * TOTP_SECRET; bit += 5) {
    unsigned low = bit / 8 + 1 < TOTP_SECRET ? secret[bit / 8 + 1] : 0;
    unsigned both = (unsigned)secret[bit / 8] << 8 | low;
    bytes_put_u8(out, (uint8_t)alphabet[both >> (11 - bit % 8) & 31]);
  }
}

static void put_escaped(struct bytes *out, const char *text) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (isalnum(c) || strchr("-._~", c))
      bytes_put_u8(out, c);
    else
      bytes_printf(out, "%%%02X", c);
  }
}

void totp_put_uri(struct bytes *out, const uint8_t secret[TOTP_SECRET], const char *name) {
  bytes_put_text(out, "otpauth://totp/clipvault:");
  put_escaped(out, name);
  bytes_put_text(out, "?secret=");
  put_base32(out, secret);
  bytes_put_text(out, "&issuer=clipvault&algorithm=SHA1&digits=6&period=30");
}
