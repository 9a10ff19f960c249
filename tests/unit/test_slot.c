/* Slots as they stand alone: key files as people have them, and records, which open with their own secret and in their own place
 * only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "keys/slot_record.h"
#include "tests/unit/faults.h"
#include "vault/base/io.h"

#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

struct place {
  char path[256];
  uint8_t *secret; /* 32 bytes */
  struct secret_key *mrk;
  struct id vault;
};

static int start(void **state) {
  static struct place p;
  const char *tmp = getenv("TMPDIR");
  if (secret_init() != ERR_OK) return 1;
  snprintf(p.path, sizeof p.path, "%s/slot.XXXXXX", tmp ? tmp : "/tmp");
  int fd = mkstemp(p.path);
  if (fd < 0) return 1;
  close(fd);
  p.secret = secret_alloc(32);
  p.mrk = secret_key_new();
  p.vault = id_new();
  randombytes_buf(p.secret, 32);
  randombytes_buf(p.mrk->b, sizeof p.mrk->b);
  *state = &p;
  return 0;
}

static int end(void **state) {
  struct place *p = *state;
  unlink(p->path);
  secret_free(p->secret);
  secret_free(p->mrk);
  return secret_in_use() != 0;
}

static int disarm(void **state) {
  (void)state;
  faults.only = NULL;
  faults.kinds = 0;
  return 0;
}

/* ---- key files */
static void put_file(const struct place *p, const char *text, mode_t mode) {
  unlink(p->path);
  assert_int_equal(io_create_file(AT_FDCWD, p->path, text, strlen(text)), ERR_OK);
  assert_int_equal(chmod(p->path, mode), 0);
}

static void key_files_are_one_line(void **state) {
  struct place *p = *state;
  static const struct {
    const char *text;
    bool right;
  } rows[] = {
      {"CLIPVAULT-KEY-1 " DIGITS "\n", true},
      {"CLIPVAULT-KEY-1 " DIGITS, true}, /* typed in without its newline */
      {"CLIPVAULT-KEY-1 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n", true},
      {"", false},
      {"CLIPVAULT-KEY-1 \n", false},
      {"CLIPVAULT-KEY-1 " DIGITS "\n\n", false},
      {"CLIPVAULT-KEY-1 " DIGITS "00\n", false},
      {"CLIPVAULT-KEY-1 " DIGITS "0", false}, /* as long as one with its newline */
      {"CLIPVAULT-KEY-2 " DIGITS "\n", false},
      {"clipvault-key-1 " DIGITS "\n", false},
      {"CLIPVAULT-KEY-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n", false},
      {"CLIPVAULT-KEY-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1 \n", false},
      {"CLIPVAULT-KEY-1 g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    SECRET_KEY(key);
    put_file(p, rows[i].text, i % 2 ? 0600 : 0644); /* others may read it: warned of, and taken */
    enum err e = slot_key_file_read(p->path, key);
    if (e != (rows[i].right ? ERR_OK : ERR_DATA)) fail_msg("\"%s\": %d", rows[i].text, e);
    for (int b = 0; b < 32; b++) assert_int_equal(key->b[b], rows[i].right ? b : 0);
  }
}

static void a_key_file_is_made_once(void **state) {
  struct place *p = *state;
  SECRET_KEY(key);
  SECRET_KEY(again);
  struct stat st;
  unlink(p->path);
  assert_int_equal(slot_key_file_read(p->path, key), ERR_MISSING);
  assert_int_equal(slot_key_file_create(p->path), ERR_OK);
  assert_int_equal(stat(p->path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  assert_int_equal(slot_key_file_read(p->path, key), ERR_OK);
  assert_int_equal(slot_key_file_create(p->path), ERR_CREATE);
  assert_int_equal(slot_key_file_read(p->path, again), ERR_OK);
  assert_memory_equal(key->b, again->b, 32);
}

static void a_key_file_is_read_or_it_is_told(void **state) {
  struct place *p = *state;
  put_file(p, "CLIPVAULT-KEY-1 " DIGITS "\n", 0600);
  for (long n = 1; faults_from(n, FAULTS_DISK); n++) {
    SECRET_KEY(key);
    enum err e = slot_key_file_read(p->path, key);
    bool struck = faults_struck();
    if (struck && strcmp(faults.name, "fstat") != 0) /* which only warns */
      assert_int_equal(e, ERR_IO);
    else
      assert_int_equal(e, ERR_OK);
  }
  faults.only = "write";
  faults_at(1, FAULTS_DISK);
  unlink(p->path);
  assert_int_not_equal(slot_key_file_create(p->path), ERR_OK);
  assert_true(faults_struck());
  assert_int_equal(access(p->path, F_OK), -1);
}

/* ---- records */
static void kinds_have_names(void **state) {
  (void)state;
  static const char *const names[] = {NULL, "passphrase", "key-file", "shares", "tpm", "unknown"};
  for (int kind = 1; kind <= 5; kind++) assert_string_equal(slot_kind_name((enum slot_kind)kind), names[kind]);
}

static void each_kind_opens_with_its_own(void **state) {
  struct place *p = *state;
  static const int kinds[] = {SLOT_SECRET_KEY_FILE, SLOT_SECRET_SHARES, SLOT_SECRET_TPM};
  for (int made = 0; made < 3; made++) {
    struct slot_secret secret = {.kind = kinds[made], .bytes = p->secret, .length = 32};
    struct slot_record slot;
    assert_int_equal(slot_record_make(&secret, &p->vault, p->mrk, 7, &slot), ERR_OK);
    assert_int_equal(slot.created_ms, 7);
    for (int asked = 0; asked < 3; asked++) { /* the same bytes as another kind open nothing, also if the record says so */
      SECRET_KEY(mrk);
      struct slot_record other = slot;
      secret.kind = kinds[asked];
      assert_int_equal(slot_record_open(&slot, &secret, &p->vault, mrk), asked == made ? ERR_OK : ERR_REFUSED);
      if (asked == made) assert_memory_equal(mrk->b, p->mrk->b, 32);
      other.kind = (enum slot_kind)kinds[asked];
      assert_int_equal(slot_record_open(&other, &secret, &p->vault, mrk), asked == made ? ERR_OK : ERR_REFUSED);
    }
  }
}

static void unfit_secrets_make_and_open_nothing(void **state) {
  struct place *p = *state;
  static const struct {
    int kind;
    size_t length;
  } rows[] = {{SLOT_SECRET_KEY_FILE, 31}, {SLOT_SECRET_KEY_FILE, 0},   {SLOT_SECRET_SHARES, 31},
              {SLOT_SECRET_TPM, 31},      {SLOT_SECRET_PASSPHRASE, 0}, {SLOT_SECRET_MRK, 32}};
  struct slot_record slot;
  struct slot_secret right = {.kind = SLOT_SECRET_KEY_FILE, .bytes = p->secret, .length = 32};
  assert_int_equal(slot_record_make(&right, &p->vault, p->mrk, 7, &slot), ERR_OK);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    SECRET_KEY(mrk);
    struct slot_record other;
    struct slot_secret secret = {.kind = rows[i].kind, .bytes = p->secret, .length = rows[i].length};
    assert_int_equal(slot_record_make(&secret, &p->vault, p->mrk, 7, &other), ERR_BUG);
    assert_int_equal(slot_record_open(&slot, &secret, &p->vault, mrk), ERR_BUG);
  }
}

/* What keys.db says of a slot is bound: nothing of it can be changed, and a strength out of bounds is not even tried. */
static void a_changed_record_does_not_open(void **state) {
  struct place *p = *state;
  struct slot_secret secret = {.kind = SLOT_SECRET_KEY_FILE, .bytes = p->secret, .length = 32};
  struct slot_record slot, other;
  struct id stranger = id_new();
  SECRET_KEY(mrk);
  assert_int_equal(slot_record_make(&secret, &p->vault, p->mrk, 7, &slot), ERR_OK);
#define CHANGED(what, code)                                                    \
  do {                                                                         \
    other = slot;                                                              \
    what;                                                                      \
    assert_int_equal(slot_record_open(&other, &secret, &p->vault, mrk), code); \
  } while (0)
  CHANGED(other.id.b[0] ^= 1, ERR_REFUSED);
  CHANGED(other.salt[0] ^= 1, ERR_REFUSED);
  CHANGED(other.nonce[0] ^= 1, ERR_REFUSED);
  CHANGED(other.public_half[0] ^= 1, ERR_REFUSED);
  CHANGED(other.private_half[0] ^= 1, ERR_REFUSED);
  CHANGED(other.ops = 1, ERR_REFUSED);
  CHANGED(other.kib = 1, ERR_REFUSED);
  CHANGED(other.sealed_mrk[40] ^= 1, ERR_DATA);
  assert_int_equal(slot_record_open(&slot, &secret, &stranger, mrk), ERR_REFUSED);
  secret.kind = SLOT_SECRET_PASSPHRASE;
  slot.kind = SLOT_PASSPHRASE, slot.ops = SLOT_LEAST_OPS, slot.kib = SLOT_LEAST_KIB;
  CHANGED(other.ops = SLOT_LEAST_OPS - 1, ERR_DATA);
  CHANGED(other.ops = SLOT_MOST_OPS + 1, ERR_DATA);
  CHANGED(other.kib = SLOT_LEAST_KIB - 1, ERR_DATA);
  CHANGED(other.kib = SLOT_MOST_KIB + 1, ERR_DATA);
#undef CHANGED
}

/* A passphrase for which there is not enough memory; a public half that no key goes with. */
static void what_cannot_be_made_is_told(void **state) {
  struct place *p = *state;
  struct slot_secret secret = {.kind = SLOT_SECRET_PASSPHRASE, .bytes = p->secret, .length = 32};
  struct slot_record slot = {.kind = SLOT_PASSPHRASE, .ops = SLOT_LEAST_OPS, .kib = SLOT_LEAST_KIB};
  SECRET_KEY(mrk);
  faults_at(1, FAULTS_CRYPTO);
  assert_int_equal(slot_record_make(&secret, &p->vault, p->mrk, 7, &slot), ERR_IO);
  assert_true(faults_struck());
  assert_non_null(strstr(err_text(), "not enough memory"));
  faults_at(1, FAULTS_CRYPTO);
  assert_int_equal(slot_record_open(&slot, &secret, &p->vault, mrk), ERR_IO);
  assert_true(faults_struck());
  memset(slot.public_half, 0, sizeof slot.public_half);
  assert_int_equal(slot_record_reseal(&slot, p->mrk), ERR_DATA);
  secret.kind = SLOT_SECRET_KEY_FILE;
  for (long n = 1; faults_from(n, FAULTS_MEMORY); n++) {
    enum err e = slot_record_make(&secret, &p->vault, p->mrk, 7, &slot);
    if (e == ERR_OK) e = slot_record_open(&slot, &secret, &p->vault, mrk);
    assert_int_equal(e, faults_struck() ? ERR_IO : ERR_OK);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(key_files_are_one_line),
      cmocka_unit_test(a_key_file_is_made_once),
      cmocka_unit_test_teardown(a_key_file_is_read_or_it_is_told, disarm),
      cmocka_unit_test(kinds_have_names),
      cmocka_unit_test(each_kind_opens_with_its_own),
      cmocka_unit_test(unfit_secrets_make_and_open_nothing),
      cmocka_unit_test(a_changed_record_does_not_open),
      cmocka_unit_test_teardown(what_cannot_be_made_is_told, disarm),
  };
  return cmocka_run_group_tests(tests, start, end);
}
