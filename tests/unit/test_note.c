/* Signed notes and checkpoints: what others signed verifies, what we sign is what the specification says, nothing else passes. */
#include "keys/certificate.h"
#include "vault/audit_checkpoint.h"
#include "vault/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define DASH "\xe2\x80\x94 "
/* The example of the note package in Go's module database, from which the specification comes: its key and its note. */
static const char their_name[] = "PeterNeumann";
static const char their_key[] = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"; /* 0x01 || key */
static const char their_note[] =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" DASH
    "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static void theirs(uint8_t key[32]) {
  uint8_t typed[33];
  size_t got;
  assert_int_equal(sodium_base642bin(typed, sizeof typed, their_key, strlen(their_key), NULL, &got, NULL, 1), 0);
  assert_int_equal(got, 33);
  memcpy(key, typed + 1, 32);
}

/* 1 valid, 0 not, -1 no note. */
static int verdict(const char *note, size_t length, const char *name, const uint8_t key[32]) {
  bool valid;
  enum err e = note_verify(note, length, name, key, &valid);
  return e == ERR_OK ? valid : e == ERR_DATA ? -1 : -2;
}

static void the_published_example_verifies(void **state) {
  (void)state;
  uint8_t key[32];
  size_t length;
  theirs(key);
  assert_int_equal(verdict(their_note, strlen(their_note), their_name, key), 1);
  assert_int_equal(note_split(their_note, strlen(their_note), &length), ERR_OK);
  assert_int_equal(length, strstr(their_note, "\n\n") + 1 - their_note);
  assert_int_equal(verdict(their_note, strlen(their_note), "Peter", key), 0);
  key[0] ^= 1;
  assert_int_equal(verdict(their_note, strlen(their_note), their_name, key), 0);
}

static void every_altered_bit_is_found(void **state) {
  (void)state;
  uint8_t key[32];
  theirs(key);
  for (size_t i = 0; i < strlen(their_note) * 8; i++) {
    char changed[sizeof their_note];
    memcpy(changed, their_note, sizeof changed);
    changed[i / 8] ^= (char)(1 << i % 8);
    if (verdict(changed, strlen(their_note), their_name, key) == 1) fail_msg("bit %zu changed and not noticed", i);
  }
  for (size_t length = 0; length < strlen(their_note); length++)
    if (verdict(their_note, length, their_name, key) == 1) fail_msg("cut to %zu bytes and not noticed", length);
}

static struct audit_checkpoint sample(struct secret_key *seed, uint8_t key[32]) {
  struct audit_checkpoint c = {.vault = {{1, 2, 3}}, .entries = 20852163};
  for (unsigned i = 0; i < 32; i++) seed->b[i] = (uint8_t)i, c.root[i] = (uint8_t)(200 + i);
  certificate_public_key(seed, key);
  return c;
}

static void a_checkpoint_comes_back(void **state) {
  (void)state;
  SECRET_KEY(seed);
  uint8_t key[32];
  AUTO(bytes) struct bytes note = {0};
  struct audit_checkpoint c = sample(seed, key), got;
  char words[AUDIT_CHECKPOINT_FINGERPRINT], again[AUDIT_CHECKPOINT_FINGERPRINT];
  bool valid;
  assert_int_equal(audit_checkpoint_write(seed, &c, &note), ERR_OK);
  const char *text = bytes_text(&note);
  assert_non_null(
      strstr(text, "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n20852163\nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=\n\n" DASH
                   "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa "));
  assert_int_equal(audit_checkpoint_read(note.data, note.length, key, &got, &valid), ERR_OK);
  assert_true(valid && got.entries == c.entries && id_equal(&got.vault, &c.vault) && memcmp(got.root, c.root, 32) == 0);
  assert_string_equal(audit_checkpoint_fingerprint(&c, words), audit_checkpoint_fingerprint(&got, again));
  assert_int_equal(strlen(words), 39);
  got.entries++;
  assert_string_not_equal(words, audit_checkpoint_fingerprint(&got, again));
}

/* Others may sign below; of ours every line must hold. */
static void lines_of_others(void **state) {
  (void)state;
  SECRET_KEY(seed);
  uint8_t key[32];
  AUTO(bytes) struct bytes note = {0}, more = {0};
  struct audit_checkpoint c = sample(seed, key), got;
  bool valid = false;
  assert_int_equal(audit_checkpoint_write(seed, &c, &note), ERR_OK);
  for (int i = 0; i < 16; i++) bytes_printf(&note, DASH "witness.example/w%d AAAAAAAAAAAA\n", i);
  assert_int_equal(audit_checkpoint_read(note.data, note.length, key, &got, &valid), ERR_OK);
  assert_true(valid);
  bytes_put(&more, note.data, note.length);
  const char *ours = strstr(bytes_text(&note), DASH "clipvault");
  bytes_put(&more, ours, (size_t)(strchr(ours, '\n') + 1 - ours));
  more.data[more.length - 20] ^= more.data[more.length - 20] == 'A' ? 3 : 'A' ^ more.data[more.length - 20];
  assert_int_equal(audit_checkpoint_read(more.data, more.length, key, &got, &valid), ERR_OK);
  assert_false(valid);
}

static void what_is_no_checkpoint(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n",
      "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n1\n",
      "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n01\nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=\n",
      "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n-1\nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=\n",
      "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n1 \nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=\n",
      "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n99999999999999999999\nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=\n",
      "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n1\nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5u==\n",
      "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa\n1\nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=\nmore\n",
      "clipvault/per_aebagaaaaaaaaaaaaaaaaaaaaa\n1\nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=\n",
      "example.com/log\n1\nyMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f4OHi4+Tl5uc=\n",
  };
  SECRET_KEY(seed);
  uint8_t key[32];
  struct audit_checkpoint got;
  bool valid;
  sample(seed, key);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    AUTO(bytes) struct bytes note = {0};
    bytes_put_text(&note, texts[i]);
    assert_int_equal(note_sign(seed, "clipvault/vlt_aebagaaaaaaaaaaaaaaaaaaaaa", &note), ERR_OK);
    if (audit_checkpoint_read(note.data, note.length, key, &got, &valid) != ERR_DATA) fail_msg("taken: %s", texts[i]);
  }
}

static void what_is_no_note(void **state) {
  (void)state;
  static const char *const notes[] = {"",
                                      "\n",
                                      "text\n",
                                      "text\n\n",
                                      "\n\n" DASH "n AAAAAAAA\n",
                                      "text\n\nn AAAAAAAA\n",
                                      "text\n\n" DASH "n AAAAAAAA",
                                      "text\n\n" DASH "n\n",
                                      "text\n\n" DASH " AAAAAAAA\n",
                                      "text\n\n" DASH "n AAAA\n",
                                      "text\n\n" DASH "n A!AAAAAA\n",
                                      "text\n\n" DASH "a+b AAAAAAAA\n",
                                      "te\txt\n\n" DASH "n AAAAAAAA\n",
                                      "te\xffxt\n\n" DASH "n AAAAAAAA\n",
                                      "text\n\n" DASH "n AAAAAAAA\nmore\n",
                                      "text\n\n- n AAAAAAAA\n"};
  uint8_t key[32] = {0};
  for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
    if (verdict(notes[i], strlen(notes[i]), "n", key) != -1) fail_msg("taken: %s", notes[i]);
  const char *right = "text\n\nwith an empty line\n\n" DASH "n AAAAAAAA\n";
  size_t length;
  assert_int_equal(note_split(right, strlen(right), &length), ERR_OK);
  assert_int_equal(length, strlen("text\n\nwith an empty line\n"));
}

int main(void) {
  if (secret_init() != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_published_example_verifies), cmocka_unit_test(every_altered_bit_is_found),
      cmocka_unit_test(a_checkpoint_comes_back),        cmocka_unit_test(lines_of_others),
      cmocka_unit_test(what_is_no_checkpoint),          cmocka_unit_test(what_is_no_note),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
