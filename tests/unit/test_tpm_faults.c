/* A TPM that fails: each call to it, once, in every act; what it says and gives that it should not; and a vault whose secrets it
 * keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "keys/effaceable.h"
#include "keys/keystore.h"
#include "keys/tpm_inside.h"
#include "tests/unit/fake_tpm.h"
#include "vault/base/io.h"

/* A folder, and secrets to keep. */
struct machine {
  char path[128];
  struct secret_key *auth, *secret;
};

static int machine_start(void **state) {
  static struct machine m;
  const char *tmp = getenv("TMPDIR");
  snprintf(m.path, sizeof m.path, "%s/t.XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(m.path)) return -1;
  m.auth = secret_key_new();
  m.secret = secret_key_new();
  randombytes_buf(m.auth->b, sizeof m.auth->b);
  randombytes_buf(m.secret->b, sizeof m.secret->b);
  unsetenv("CLIPVAULT_TPM2_TCTI");
  faults.lazy = true;
  *state = &m;
  return 0;
}

static int machine_stop(void **state) {
  struct machine *m = *state;
  char command[200];
  snprintf(command, sizeof command, "rm -rf '%s'", m->path);
  secret_free(m->auth);
  secret_free(m->secret);
  return system(command) || secret_in_use() || fake_tpm.used;
}

static int disarm(void **state) {
  (void)state;
  faults.only = NULL;
  faults.kinds = 0;
  faults.on = fake_tpm.shorter = false;
  fake_tpm.says = TPM2_RC_FAILURE;
  return 0;
}

static enum err make_and_use(struct machine *m, const char *wanted) {
  AUTO(bytes) struct bytes where = {0};
  struct effaceable *e;
  SECRET_KEY(found);
  struct effaceable_record record = {.secret = found};
  memset(fake_tpm.index, 0, sizeof fake_tpm.index); /* what the round before could not give back */
  TRY(effaceable_create(-1, wanted, m->auth, &where));
  enum err result = effaceable_open(-1, bytes_text(&where), m->auth, &e);
  if (result == ERR_OK) {
    result = effaceable_write(e, 0, 7, m->secret);
    effaceable_rest(e);
    if (result == ERR_OK) result = effaceable_read(e, 0, &record);
    if (result == ERR_OK && !record.valid) result = ERR_DATA;
    if (result == ERR_OK) assert_memory_equal(found->b, m->secret->b, 32);
    effaceable_rest(e);
    if (result == ERR_OK) result = effaceable_count(e);
    effaceable_close(e);
  }
  effaceable_unmake(-1, bytes_text(&where));
  return result;
}

static void a_tpm_that_fails_is_told_of(void **state) {
  struct machine *m = *state;
  static const char wanted[] = "tpm:swtpm:path=/s";
  for (long n = 1; faults_from(n, FAULTS_TPM); n++) {
    enum err e = make_and_use(m, wanted);
    bool struck = faults_struck();
    if (!struck) assert_int_equal(e, ERR_OK);
    if (e != ERR_OK && e != ERR_IO && e != ERR_UNAVAILABLE) fail_msg("%s: %d", faults.name, e);
  }
  for (long n = 1; faults_from(n, FAULTS_MEMORY); n++) {
    enum err e = make_and_use(m, wanted);
    assert_int_equal(e, faults_struck() && e != ERR_OK ? ERR_IO : ERR_OK); /* of taking away nobody is told */
  }
  for (fake_tpm.shorter = false;; fake_tpm.shorter = true) { /* reading back, reading */
    for (long n = 1; n <= 2; n++) {
      faults_at(n, FAULTS_LIE);
      enum err e = make_and_use(m, "tpm");
      assert_true(faults_struck());
      assert_int_equal(
          e, n == 1 || fake_tpm.shorter ? ERR_IO : ERR_DATA); /* what is read back is compared; a record has its check */
    }
    if (fake_tpm.shorter) break;
  }
}

/* A handle is looked for, and not for ever; what is gone is gone. */
static void a_crowded_tpm_is_told_of(void **state) {
  struct machine *m = *state;
  struct tpm *t;
  uint32_t handle = 0;
  assert_int_equal(tpm_open("", &t), ERR_OK);
  fake_tpm.says = TPM2_RC_NV_DEFINED;
  faults.only = "Esys_NV_DefineSpace";
  faults_at(1, FAULTS_TPM);
  assert_int_equal(tpm_nv_define(t, TPM_NV_RECORD, 64, m->auth, &handle), ERR_OK); /* another one was free */
  assert_true(faults_struck());
  assert_int_equal(tpm_nv_undefine(t, handle), ERR_OK);
  assert_int_equal(tpm_nv_undefine(t, handle), ERR_OK);
  faults.on = true;
  faults_at(1, FAULTS_TPM);
  assert_int_equal(tpm_nv_define(t, TPM_NV_RECORD, 64, m->auth, &handle), ERR_UNAVAILABLE);
  assert_true(faults_struck());
  assert_non_null(strstr(err_text(), "crowded"));
  tpm_close(t);
  tpm_close(NULL);
}

/* ---- words for what it says, and ways to reach it */
static void each_code_is_one_of_ours(void **state) {
  (void)state;
  static const struct {
    TSS2_RC rc;
    enum err e;
  } rows[] = {
      {TSS2_RC_SUCCESS, ERR_OK},
      {TPM2_RC_LOCKOUT, ERR_BUSY},
      {TPM2_RC_RETRY, ERR_BUSY},
      {TPM2_RC_YIELDED, ERR_BUSY},
      {TPM2_RC_TESTING, ERR_BUSY},
      {TPM2_RC_NV_RATE, ERR_BUSY},
      {TPM2_RC_NV_UNAVAILABLE, ERR_BUSY},
      {TPM2_RC_HANDLE + TPM2_RC_1, ERR_UNAVAILABLE},
      {TPM2_RC_BAD_AUTH + TPM2_RC_S + TPM2_RC_1, ERR_UNAVAILABLE},
      {TPM2_RC_AUTH_FAIL, ERR_UNAVAILABLE},
      {TPM2_RC_NV_SPACE, ERR_UNAVAILABLE},
      {TPM2_RC_FAILURE, ERR_IO},
      {TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_LOCKOUT, ERR_BUSY},
      {TSS2_TCTI_RC_IO_ERROR, ERR_UNAVAILABLE},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (tpm_result(rows[i].rc, "write to it") != rows[i].e) fail_msg("code 0x%x", rows[i].rc);
}

static void only_tpms_are_reached(void **state) {
  (void)state;
  char far[TPM_MOST_TCTI + 10];
  memset(far, 'x', sizeof far);
  memcpy(far, "device:", 7);
  far[sizeof far - 1] = 0;
  static const char *const right[] = {"", "device", "device:/dev/tpm0", "swtpm:path=/s", "mssim:host=localhost", "tabrmd"};
  static const char *const wrong[] = {"cmd:reboot",       "devices",       "swtp:x",  "libtss2.so", "device:/dev/tp m0",
                                      "device:/dev/\x7f", "swtpm:path=\n", "deviceX", ":"};
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) assert_int_equal(tpm_check_tcti(right[i]), ERR_OK);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_int_equal(tpm_check_tcti(wrong[i]), ERR_USAGE);
  assert_int_equal(tpm_check_tcti(far), ERR_USAGE);
}

static void where_it_was_looked_for_is_said(void **state) {
  (void)state;
  static const struct {
    const char *named, *tcti;
    enum err e;
    const char *says;
  } rows[] = {{NULL, "", ERR_UNAVAILABLE, "/dev/tpmrm0"},
              {"", "swtpm:path=/nowhere", ERR_UNAVAILABLE, "swtpm:path=/nowhere"},
              {"device:/dev/none", "swtpm:path=/nowhere", ERR_UNAVAILABLE, "device:/dev/none"},
              {"cmd:reboot", "", ERR_USAGE, "cmd:reboot"}};
  struct tpm *t;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (rows[i].named)
      setenv("CLIPVAULT_TPM2_TCTI", rows[i].named, 1);
    else
      unsetenv("CLIPVAULT_TPM2_TCTI");
    faults.only = "Tss2_TctiLdr_Initialize";
    faults_at(1, FAULTS_TPM);
    enum err e = tpm_open(rows[i].tcti, &t);
    faults_struck();
    if (e != rows[i].e || !strstr(err_text(), rows[i].says)) fail_msg("%d: %s", e, err_text());
  }
  unsetenv("CLIPVAULT_TPM2_TCTI");
}

/* ---- what a TPM sealed */
static void sealing_fails_at_every_call(void **state) {
  struct machine *m = *state;
  static const unsigned kinds[] = {FAULTS_TPM, FAULTS_MEMORY};
  for (int k = 0; k < 2; k++)
    for (long n = 1; faults_from(n, kinds[k]); n++) {
      AUTO(bytes) struct bytes sealed = {0};
      SECRET_KEY(secret);
      SECRET_KEY(given);
      enum err e = slot_tpm_make("swtpm:path=/s", secret, &sealed);
      if (e == ERR_OK) e = slot_tpm_open(&sealed, given);
      bool struck = faults_struck();
      assert_int_equal(e != ERR_OK, struck);
      if (e == ERR_OK) assert_memory_equal(given->b, secret->b, 32);
      if (struck) assert_true(sodium_is_zero(given->b, 32));
    }
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(given);
  assert_int_equal(slot_tpm_make("cmd:reboot", given, &sealed), ERR_USAGE);
  assert_int_equal(slot_tpm_make("", given, &sealed), ERR_OK);
  faults_at(1, FAULTS_LIE);
  assert_int_equal(slot_tpm_open(&sealed, m->secret), ERR_DATA); /* not of the length of ours */
  assert_true(faults_struck());
  fake_tpm.says = TPM2_RC_INTEGRITY + TPM2_RC_P + TPM2_RC_1;
  faults.only = "Esys_Load";
  faults_at(1, FAULTS_TPM);
  assert_int_equal(slot_tpm_open(&sealed, m->secret), ERR_REFUSED); /* another TPM's */
  assert_true(faults_struck());
}

static void what_was_sealed_is_parsed_strictly(void **state) {
  struct machine *m = *state;
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(given);
  struct tpm *t;
  assert_int_equal(tpm_open("", &t), ERR_OK);
  assert_int_equal(tpm_seal(t, m->secret, &sealed), ERR_OK);
  struct bytes_reader r = bytes_reader(sealed.data, sealed.length);
  size_t lengths[2];
  const uint8_t *fields[2];
  for (int i = 0; i < 2; i++) fields[i] = bytes_get_field(&r, TPM_MOST_SEALED, &lengths[i]);
  for (int longer = 0; longer < 5; longer++) { /* either one with a byte too many, or too few */
    AUTO(bytes) struct bytes other = {0};
    for (int i = 0; i < 2; i++) {
      AUTO(bytes) struct bytes field = {0};
      bytes_put(&field, fields[i], lengths[i]);
      bytes_put_u8(&field, 0);
      size_t length = lengths[i] + (longer == i ? 1 : 0) - (longer == i + 2 ? 1 : 0);
      bytes_put_field(&other, field.data, length);
    }
    assert_int_equal(tpm_unseal(t, other.data, other.length, given), longer == 4 ? ERR_OK : ERR_DATA);
  }
  tpm_close(t);
  AUTO(bytes) struct bytes none = {0}, evil = {0};
  assert_int_equal(slot_tpm_open(&none, given), ERR_DATA);
  bytes_put_field(&evil, "cmd:reboot", 10);
  assert_int_equal(slot_tpm_open(&evil, given), ERR_DATA);
}

/* ---- a vault whose secrets a TPM keeps */
static void a_vault_in_a_tpm(void **state) {
  struct machine *m = *state;
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(secret);
  SECRET_KEY(given);
  struct id vault, slot;
  struct keystore *ks;
  struct keystore_proof proof;
  char holder[200];
  AUTO(io) int dir = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  faults.lazy = true;
  assert_int_equal(keystore_tpm_secret(dir, given), ERR_IO); /* no vault */
  assert_int_equal(slot_tpm_make("", secret, &sealed), ERR_OK);
  struct slot_secret of_tpm = {.kind = SLOT_SECRET_TPM, .bytes = secret->b, .length = 32, .sealed = &sealed};
  struct slot_secret key_file = {.kind = SLOT_SECRET_KEY_FILE, .bytes = m->secret->b, .length = 32};
  for (long n = 1; faults_from(n, FAULTS_SQLITE); n++) {
    enum err e = keystore_create(dir, &of_tpm, "tpm", &vault);
    if (!faults_struck()) assert_int_equal(e, ERR_OK);
    if (e == ERR_OK) keystore_unmake(dir);
  }
  assert_int_equal(keystore_create(dir, &of_tpm, "tpm", &vault), ERR_OK);
  static const unsigned kinds[] = {FAULTS_DISK | FAULTS_SQLITE | FAULTS_TPM, FAULTS_MEMORY};
  for (int k = 0; k < 2; k++)
    for (long n = 1; faults_from(n, kinds[k]); n++) {
      enum err e = keystore_tpm_secret(dir, given);
      assert_int_equal(e != ERR_OK, faults_struck());
      if (e == ERR_OK) assert_memory_equal(given->b, secret->b, 32);
    }
  assert_int_equal(keystore_open(dir, &of_tpm, &ks), ERR_OK);
  assert_string_equal(keystore_assurance(ks), "tpm");
  assert_non_null(strstr(keystore_limits(ks), "erased in a TPM"));
  for (long n = 1; faults_from(n, FAULTS_TPM); n++) { /* a destruction that a TPM hinders is finished by the next one */
    enum err e = keystore_shred(ks, 0, NULL, &proof);
    if (!faults_struck()) assert_int_equal(e, ERR_OK);
    keystore_close(ks);
    assert_int_equal(keystore_open(dir, &of_tpm, &ks), ERR_OK);
    assert_int_equal(keystore_shred(ks, 0, NULL, &proof), ERR_OK);
  }
  assert_int_equal(keystore_holder_add(ks, "second", "tpm"), ERR_OK);
  assert_string_equal(keystore_assurance(ks), "tpm");
  snprintf(holder, sizeof holder, "%s/holder", m->path);
  assert_int_equal(keystore_holder_add(ks, "stick", holder), ERR_OK); /* a chain is as strong as its weakest holder */
  assert_string_equal(keystore_assurance(ks), "file");
  assert_non_null(strstr(keystore_limits(ks), "overwriting a file"));
  assert_int_equal(keystore_copy_remove(ks, "stick", false), ERR_OK);
  struct slot_info slots[64];
  size_t count;
  for (int i = 0; i < 500; i++) { /* until it stands behind the TPM's, which is found all the same; chance says where it stands */
    assert_int_equal(keystore_slot_add(ks, &key_file, &slot), ERR_OK);
    assert_int_equal(keystore_slot_list(ks, slots, 64, &count), ERR_OK);
    if (slots[count - 1].kind != SLOT_TPM) break;
    assert_int_equal(keystore_slot_remove(ks, &slot), ERR_OK);
  }
  assert_int_equal(keystore_tpm_secret(dir, given), ERR_OK);
  for (size_t i = 0; i < count; i++)
    if (slots[i].kind == SLOT_TPM) assert_int_equal(keystore_slot_remove(ks, &slots[i].id), ERR_OK);
  assert_int_equal(keystore_tpm_secret(dir, given), ERR_MISSING); /* its sealed secret went along */
  assert_int_equal(keystore_slot_add(ks, &of_tpm, &slot), ERR_OK);
  assert_int_equal(keystore_tpm_secret(dir, given), ERR_OK);
  assert_int_equal(keystore_copy_remove(ks, "second", false), ERR_OK);
  keystore_close(ks);
  keystore_unmake(dir);
}

#ifdef CLIPVAULT_TEST_HOOKS
/* The hooks of stories: each act is counted, whichever it is that fails. */
static void the_hooks_do_what_they_say(void **state) {
  (void)state;
  static const struct {
    const char *wanted, *what;
    bool fails;
  } rows[] = {{NULL, "write", false},     {"read:1", "write", false},  {"writes:1", "write", false},
              {"write:1", "write", true}, {"write:1", "write", false}, {"locked:3", "locked", true},
              {"gone:4", "gone", true},   {"gone:4", "gone", true},    {"count:99", "count", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (rows[i].wanted) setenv("CLIPVAULT_TEST_TPM_FAULT", rows[i].wanted, 1);
    if (tpm_fault(rows[i].what) != rows[i].fails) fail_msg("row %zu", i);
  }
  unsetenv("CLIPVAULT_TEST_TPM_FAULT");
}

static void each_hook_is_in_its_place(void **state) {
  struct machine *m = *state;
  static const struct {
    const char *what;
    enum err e;
  } rows[] = {{"write", ERR_IO}, {"locked", ERR_BUSY}, {"gone", ERR_UNAVAILABLE},
              {"read", ERR_IO},  {"wrong", ERR_IO},    {"count", ERR_IO}};
  int seen = 7; /* of the test before: six that counted, and this one's first */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char wanted[32];
    snprintf(wanted, sizeof wanted, "%s:%d", rows[i].what, seen++);
    setenv("CLIPVAULT_TEST_TPM_FAULT", wanted, 1);
    enum err e = make_and_use(m, "tpm");
    unsetenv("CLIPVAULT_TEST_TPM_FAULT");
    if (e != rows[i].e) fail_msg("%s: %d", wanted, e);
  }
}
#endif

int main(void) {
  if (secret_init() != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_tpm_that_fails_is_told_of, disarm),
      cmocka_unit_test_teardown(a_crowded_tpm_is_told_of, disarm),
      cmocka_unit_test(each_code_is_one_of_ours),
      cmocka_unit_test(only_tpms_are_reached),
      cmocka_unit_test_teardown(where_it_was_looked_for_is_said, disarm),
      cmocka_unit_test_teardown(sealing_fails_at_every_call, disarm),
      cmocka_unit_test_teardown(what_was_sealed_is_parsed_strictly, disarm),
      cmocka_unit_test_teardown(a_vault_in_a_tpm, disarm),
#ifdef CLIPVAULT_TEST_HOOKS
      cmocka_unit_test(the_hooks_do_what_they_say),
      cmocka_unit_test(each_hook_is_in_its_place),
#endif
  };
  return cmocka_run_group_tests(tests, machine_start, machine_stop);
}
