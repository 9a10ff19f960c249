/* Certificates: what was signed verifies, here and by another implementation of Ed25519; nothing else does. */
#include "keys/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "tests/unit/faults.h"

static const char statement[] = "{\"kind\":\"destroyed\",\"clip\":\"clp_x\",\"note\":\"a \\\"signature\\\":\\\" inside\"";

struct signer {
  struct secret_key *seed;
  uint8_t public_key[32];
};

static struct signer signer(uint8_t first) {
  struct signer s = {.seed = secret_key_new()};
  for (unsigned i = 0; i < 32; i++) s.seed->b[i] = (uint8_t)(first + i);
  certificate_public_key(s.seed, s.public_key);
  return s;
}

static struct bytes signed_by(const struct signer *s, const char *text) {
  struct bytes b = {0};
  bytes_put_text(&b, text);
  assert_int_equal(certificate_sign(s->seed, &b), ERR_OK);
  return b;
}

/* What is accepted: 1 valid, 0 not valid, -1 no certificate. */
static int verdict(const struct signer *s, const void *data, size_t length) {
  bool valid = true;
  enum err e = certificate_verify(s->public_key, data, length, &valid);
  if (e != ERR_OK && e != ERR_DATA) fail_msg("verifying failed with %d: %s", e, err_text());
  return e == ERR_OK ? valid : -1;
}

/* ---- what is signed */
static void closes_the_statement_with_the_signature(void **state) {
  (void)state;
  struct signer s = signer(0);
  AUTO(bytes) struct bytes c = signed_by(&s, statement);
  size_t length = sizeof statement - 1;
  assert_memory_equal(c.data, statement, length);
  assert_memory_equal(c.data + length, ",\"signature\":\"", 14);
  assert_string_equal((char *)c.data + c.length - 3, "\"}\n");
  assert_int_equal(c.length, length + 14 + 88 + 3);
  assert_int_equal(verdict(&s, c.data, c.length), 1);
  secret_free(s.seed);
}

/* Anyone can check it: with OpenSSL, from the bytes that the header describes. */
static void another_implementation_agrees(void **state) {
  (void)state;
  struct signer s = signer(0);
  AUTO(bytes) struct bytes c = signed_by(&s, statement), message = {0};
  size_t length = sizeof statement - 1;
  uint8_t decoded[66];
  bytes_put(&message, "clipvault-certificate-1", sizeof "clipvault-certificate-1");
  bytes_put(&message, c.data, length);
  assert_int_equal(EVP_DecodeBlock(decoded, c.data + length + 14, 88), 66); /* the padding counts there */
  EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, s.public_key, 32);
  EVP_MD_CTX *check = EVP_MD_CTX_new();
  assert_int_equal(EVP_DigestVerifyInit(check, NULL, NULL, NULL, key), 1);
  assert_int_equal(EVP_DigestVerify(check, decoded, 64, message.data, message.length), 1);
  EVP_MD_CTX_free(check);
  EVP_PKEY_free(key);
  secret_free(s.seed);
}

/* RFC 8032, 7.1, test 1: its secret key has this public key. */
static void the_public_key_is_that_of_the_rfc(void **state) {
  (void)state;
  struct signer s = {.seed = secret_key_new()};
  char hex[65];
  size_t got;
  static const char secret[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  assert_int_equal(sodium_hex2bin(s.seed->b, 32, secret, 64, NULL, &got, NULL), 0);
  certificate_public_key(s.seed, s.public_key);
  assert_string_equal(sodium_bin2hex(hex, sizeof hex, s.public_key, 32),
                      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  secret_free(s.seed);
}

/* ---- what is found */
static void every_altered_bit_is_found(void **state) {
  (void)state;
  struct signer s = signer(0);
  AUTO(bytes) struct bytes c = signed_by(&s, statement);
  for (size_t i = 0; i < c.length; i++)
    for (unsigned bit = 0; bit < 8; bit++) {
      c.data[i] ^= (uint8_t)(1u << bit);
      if (verdict(&s, c.data, c.length) == 1) fail_msg("byte %zu of %zu was altered by %#x, unnoticed", i, c.length, 1u << bit);
      c.data[i] ^= (uint8_t)(1u << bit);
    }
  assert_int_equal(verdict(&s, c.data, c.length), 1);
  secret_free(s.seed);
}

static void every_cut_and_addition_is_found(void **state) {
  (void)state;
  struct signer s = signer(0);
  AUTO(bytes) struct bytes c = signed_by(&s, statement);
  for (size_t length = 0; length < c.length - 1; length++)
    if (verdict(&s, c.data, length) == 1) fail_msg("cut to %zu of %zu bytes, unnoticed", length, c.length);
  assert_int_equal(verdict(&s, c.data, c.length - 1), 1); /* a copied line may lose its newline */
  for (size_t from = 1; from < c.length - 1; from++)
    if (verdict(&s, c.data + from, c.length - from) == 1) fail_msg("begun at byte %zu, unnoticed", from);
  static const char *const additions[] = {"\n", " ", "}", "{}\n", "x"};
  for (size_t i = 0; i < sizeof additions / sizeof *additions; i++) {
    AUTO(bytes) struct bytes longer = {0}, before = {0};
    bytes_put(&longer, c.data, c.length);
    bytes_put_text(&longer, additions[i]);
    bytes_put_text(&before, additions[i]);
    bytes_put(&before, c.data, c.length);
    if (verdict(&s, longer.data, longer.length) == 1) fail_msg("\"%s\" at the end, unnoticed", additions[i]);
    if (verdict(&s, before.data, before.length) == 1) fail_msg("\"%s\" at the beginning, unnoticed", additions[i]);
  }
  secret_free(s.seed);
}

static void another_key_or_statement_is_not_valid(void **state) {
  (void)state;
  struct signer s = signer(0), other = signer(1);
  AUTO(bytes) struct bytes c = signed_by(&s, "{\"a\":1"), d = signed_by(&s, "{\"a\":2"), swapped = {0};
  assert_int_equal(verdict(&other, c.data, c.length), 0);
  assert_int_equal(verdict(&s, d.data, d.length), 1);
  bytes_put(&swapped, c.data, 6);
  bytes_put(&swapped, d.data + 6, d.length - 6); /* this statement, that one's signature */
  assert_int_equal(verdict(&s, swapped.data, swapped.length), 0);
  secret_free(s.seed), secret_free(other.seed);
}

/* An Ed25519 signature of the same bytes without the label was made for something else. */
static void a_signature_of_another_purpose_is_not_valid(void **state) {
  (void)state;
  struct signer s = signer(0);
  AUTO(bytes) struct bytes c = {0};
  uint8_t secret[64], public_key[32], signature[64];
  char text[89];
  crypto_sign_seed_keypair(public_key, secret, s.seed->b);
  crypto_sign_detached(signature, NULL, (const uint8_t *)statement, sizeof statement - 1, secret);
  sodium_bin2base64(text, sizeof text, signature, 64, sodium_base64_VARIANT_ORIGINAL);
  bytes_printf(&c, "%s,\"signature\":\"%s\"}\n", statement, text);
  assert_int_equal(verdict(&s, c.data, c.length), 0);
  secret_free(s.seed);
}

/* The same key signs notes, without a label: what is signed so never passes for a certificate. */
static void a_signed_text_is_no_certificate(void **state) {
  (void)state;
  struct signer s = signer(0);
  AUTO(bytes) struct bytes c = {0};
  uint8_t signature[64];
  char text[89];
  certificate_sign_bytes(s.seed, statement, sizeof statement - 1, signature);
  assert_true(certificate_check_bytes(s.public_key, statement, sizeof statement - 1, signature));
  assert_false(certificate_check_bytes(s.public_key, statement, sizeof statement - 2, signature));
  sodium_bin2base64(text, sizeof text, signature, 64, sodium_base64_VARIANT_ORIGINAL);
  bytes_printf(&c, "%s,\"signature\":\"%s\"}\n", statement, text);
  assert_int_equal(verdict(&s, c.data, c.length), 0);
  secret_free(s.seed);
}

/* ---- forms */
#define A84 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void refuses_what_has_not_the_form(void **state) {
  (void)state;
  static const struct {
    const char *name, *text;
    int expected;
  } rows[] = {
      {"nothing", "", -1},
      {"a newline", "\n", -1},
      {"JSON", "{\"a\":1}\n", -1},
      {"a signature and no statement", ",\"signature\":\"" A84 "AA==\"}\n", -1},
      {"the form, with a signature of zeroes", "{,\"signature\":\"" A84 "AA==\"}\n", 0},
      {"the form without its newline", "{,\"signature\":\"" A84 "AA==\"}", 0},
      {"a space more", "{, \"signature\":\"" A84 "AA==\"}\n", -1},
      {"another member", "{,\"signaturf\":\"" A84 "AA==\"}\n", -1},
      {"signature too short", "{,\"signature\":\"" A84 "\"}\n", -1},
      {"signature without its padding", "{,\"signature\":\"" A84 "AAAA\"}\n", -1},
      {"padding with bits in it", "{,\"signature\":\"" A84 "AB==\"}\n", -1},
      {"not base64", "{,\"signature\":\"!" A84 "A==\"}\n", -1},
      {"a letter beyond ASCII", "{,\"signature\":\"\x92" A84 "A==\"}\n", -1},
      {"base64 of URLs", "{,\"signature\":\"_" A84 "A==\"}\n", -1},
      {"a bracket at the end", "{,\"signature\":\"" A84 "AA==\"]\n", -1},
      {"a carriage return", "{,\"signature\":\"" A84 "AA==\"}\r\n", -1},
  };
  struct signer s = signer(0);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int got = verdict(&s, rows[i].text, strlen(rows[i].text));
    if (got != rows[i].expected) fail_msg("%s: verdict %d", rows[i].name, got);
    if (got < 0 && !strstr(err_text(), "this is not a statement that clipvault signed"))
      fail_msg("%s: %s", rows[i].name, err_text());
  }
  secret_free(s.seed);
}

/* libsodium 1.0.18 reads any byte above 0x7f as an 'A'. */
static void a_key_has_no_letters_beyond_ascii(void **state) {
  static const char good[] = "CLIPVAULT-VERIFY-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  char text[sizeof good];
  uint8_t key[32];
  (void)state;
  assert_int_equal(certificate_key_parse(good, sizeof good - 1, key), ERR_OK);
  memcpy(text, good, sizeof good);
  text[sizeof "CLIPVAULT-VERIFY-1 " + 8] = (char)0x92;
  assert_int_equal(certificate_key_parse(text, sizeof text - 1, key), ERR_DATA);
}

static void refuses_what_is_too_large(void **state) {
  (void)state;
  struct signer s = signer(0);
  for (int more = 0; more < 2; more++) {
    AUTO(bytes) struct bytes c = {0};
    uint8_t *room = bytes_extend(&c, CERTIFICATE_MOST_BYTES - 105 + (size_t)more);
    memset(room, ' ', c.length);
    assert_int_equal(certificate_sign(s.seed, &c), ERR_OK);
    assert_int_equal(c.length, CERTIFICATE_MOST_BYTES + more);
    assert_int_equal(verdict(&s, c.data, c.length), more ? -1 : 1);
  }
  secret_free(s.seed);
}

static void a_statement_that_ran_out_of_memory_is_not_signed(void **state) {
  (void)state;
  struct signer s = signer(0);
  struct bytes broken = {.failed = true};
  assert_int_equal(certificate_sign(s.seed, &broken), ERR_IO);
  secret_free(s.seed);
}

static void without_memory_nothing_is_said(void **state) {
  (void)state;
  struct signer s = signer(0);
  AUTO(bytes) struct bytes whole = signed_by(&s, statement);
  for (long n = 1; faults_from(n, FAULTS_MEMORY); n++) {
    bool valid = true;
    enum err e = certificate_verify(s.public_key, whole.data, whole.length, &valid);
    assert_int_equal(e, faults_struck() ? ERR_IO : ERR_OK);
  }
  for (long n = 1; faults_from(n, 0); n++) {
    AUTO(bytes) struct bytes text = {0};
    bytes_put_text(&text, statement);
    faults_at(n, FAULTS_MEMORY);
    enum err e = certificate_sign(s.seed, &text);
    assert_int_equal(e, faults_struck() ? ERR_IO : ERR_OK);
    if (e != ERR_OK) assert_int_equal(verdict(&s, text.data, text.length), -1); /* and half a signature is none */
  }
  secret_free(s.seed);
}

/* ---- the key as a file */
#define A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void key_files(void **state) {
  (void)state;
  static const struct {
    const char *name, *text;
    bool key;
  } rows[] = {
      {"a key of zeroes", "CLIPVAULT-VERIFY-1 " A43 "=\n", true},
      {"without a newline", "CLIPVAULT-VERIFY-1 " A43 "=", true},
      {"with the newline of another system", "CLIPVAULT-VERIFY-1 " A43 "=\r\n", true},
      {"with empty lines", "CLIPVAULT-VERIFY-1 " A43 "=\n\n\n", true},
      {"nothing", "", false},
      {"newlines", "\n\r\n", false},
      {"only the prefix", "CLIPVAULT-VERIFY-1 ", false},
      {"without the prefix", A43 "=\n", false},
      {"another version", "CLIPVAULT-VERIFY-2 " A43 "=\n", false},
      {"a secret's prefix", "CLIPVAULT-KEYFILE-1 " A43 "=\n", false},
      {"small letters", "clipvault-verify-1 " A43 "=\n", false},
      {"two spaces", "CLIPVAULT-VERIFY-1  " A43 "=\n", false},
      {"a space at the end", "CLIPVAULT-VERIFY-1 " A43 "= \n", false},
      {"a space at the beginning", " CLIPVAULT-VERIFY-1 " A43 "=\n", false},
      {"too short", "CLIPVAULT-VERIFY-1 AAAA\n", false},
      {"33 bytes", "CLIPVAULT-VERIFY-1 " A43 "A\n", false},
      {"31 bytes", "CLIPVAULT-VERIFY-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n", false},
      {"padding with bits in it", "CLIPVAULT-VERIFY-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n", false},
      {"not base64", "CLIPVAULT-VERIFY-1 *AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", false},
      {"two lines", "CLIPVAULT-VERIFY-1 " A43 "=\nCLIPVAULT-VERIFY-1 " A43 "=\n", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t key[32], untouched[32];
    memset(key, 0x55, 32), memset(untouched, 0x55, 32);
    enum err e = certificate_key_parse(rows[i].text, strlen(rows[i].text), key);
    if (e != (rows[i].key ? ERR_OK : ERR_DATA)) fail_msg("%s: gives %d", rows[i].name, e);
    if (rows[i].key ? !sodium_is_zero(key, 32) : memcmp(key, untouched, 32) != 0) fail_msg("%s: wrong bytes", rows[i].name);
  }
}

static void a_key_survives_its_file(void **state) {
  (void)state;
  struct signer s = signer(9);
  AUTO(bytes) struct bytes text = {0};
  uint8_t key[32];
  certificate_key_text(s.public_key, &text);
  assert_int_equal(text.length, 19 + 44 + 1);
  assert_memory_equal(text.data, "CLIPVAULT-VERIFY-1 ", 19);
  assert_int_equal(certificate_key_parse(text.data, text.length, key), ERR_OK);
  assert_memory_equal(key, s.public_key, 32);
  secret_free(s.seed);
}

static int no_key_is_left(void **state) {
  (void)state;
  return secret_in_use() == 0 ? 0 : -1;
}

int main(void) {
  if (secret_init() != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(closes_the_statement_with_the_signature, no_key_is_left),
      cmocka_unit_test_teardown(another_implementation_agrees, no_key_is_left),
      cmocka_unit_test_teardown(the_public_key_is_that_of_the_rfc, no_key_is_left),
      cmocka_unit_test_teardown(every_altered_bit_is_found, no_key_is_left),
      cmocka_unit_test_teardown(every_cut_and_addition_is_found, no_key_is_left),
      cmocka_unit_test_teardown(another_key_or_statement_is_not_valid, no_key_is_left),
      cmocka_unit_test_teardown(a_signature_of_another_purpose_is_not_valid, no_key_is_left),
      cmocka_unit_test_teardown(a_signed_text_is_no_certificate, no_key_is_left),
      cmocka_unit_test_teardown(refuses_what_has_not_the_form, no_key_is_left),
      cmocka_unit_test_teardown(a_key_has_no_letters_beyond_ascii, no_key_is_left),
      cmocka_unit_test_teardown(refuses_what_is_too_large, no_key_is_left),
      cmocka_unit_test_teardown(a_statement_that_ran_out_of_memory_is_not_signed, no_key_is_left),
      cmocka_unit_test_teardown(without_memory_nothing_is_said, no_key_is_left),
      cmocka_unit_test(key_files),
      cmocka_unit_test_teardown(a_key_survives_its_file, no_key_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
