/* The effaceable store: files and an emulated TPM (swtpm) behind the same calls. What crosses to the TPM is looked for in what
 * swtpm writes down of its bus; a record that was sent in clear would be found there, as the control shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tss2/tss2_esys.h>
#include <unistd.h>

#include "keys/effaceable.h"
#include "keys/tpm_inside.h"
#include "vault/base/io.h"

struct machine {
  char path[128];
  pid_t tpm; /* 0: there is no swtpm here */
  struct secret_key *auth, *secret;
};

/* ---- an emulated TPM with an open diary */
static void run_swtpm(const char *folder) {
  char state[200], server[200], control[200], diary[200];
  snprintf(state, sizeof state, "dir=%s", folder);
  snprintf(server, sizeof server, "type=unixio,path=%s/s", folder);
  snprintf(control, sizeof control, "type=unixio,path=%s/s.ctrl", folder);
  snprintf(diary, sizeof diary, "file=%s/diary,level=20", folder);
  execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server, "--ctrl", control, "--flags",
         "not-need-init,startup-clear", "--log", diary, NULL);
  _exit(127);
}

static int start(void **state) {
  static struct machine m;
  const char *tmp = getenv("TMPDIR");
  char socket[200], tcti[220];
  snprintf(m.path, sizeof m.path, "%s/e.XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(m.path)) return -1;
  m.auth = secret_key_new();
  m.secret = secret_key_new();
  randombytes_buf(m.auth->b, sizeof m.auth->b);
  randombytes_buf(m.secret->b, sizeof m.secret->b);
  m.tpm = fork();
  if (!m.tpm) run_swtpm(m.path);
  snprintf(socket, sizeof socket, "%s/s.ctrl", m.path);
  for (int i = 0; i < 100 && access(socket, F_OK) && waitpid(m.tpm, NULL, WNOHANG) == 0; i++) usleep(50000);
  if (access(socket, F_OK)) m.tpm = 0;
  snprintf(tcti, sizeof tcti, "swtpm:path=%s/s", m.path);
  setenv("CLIPVAULT_TPM2_TCTI", tcti, 1);
  *state = &m;
  return 0;
}

static int stop(void **state) {
  struct machine *m = *state;
  char command[200];
  if (m->tpm) {
    kill(m->tpm, SIGKILL);
    waitpid(m->tpm, NULL, 0);
  }
  snprintf(command, sizeof command, "rm -rf '%s'", m->path);
  secret_free(m->auth);
  secret_free(m->secret);
  return system(command) || secret_in_use();
}

static struct machine *with_tpm(void **state) {
  struct machine *m = *state;
  if (!m->tpm) skip();
  return m;
}

/* swtpm writes bytes as " AB CD …", sixteen a line: looked for is what stands on one line wherever the line breaks. */
static bool diary_holds(const struct machine *m, const uint8_t *data) {
  AUTO(bytes) struct bytes diary = {0}, plain = {0};
  char path[200], text[3 * 8 + 1];
  snprintf(path, sizeof path, "%s/diary", m->path);
  AUTO(io) int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  uint8_t *room = bytes_extend(&diary, 4 << 20);
  size_t got = 0;
  assert_int_equal(io_read_upto(fd, room, 4 << 20, &got), ERR_OK);
  for (size_t i = 0; i < got; i++)
    if (room[i] != '\n' && !(room[i] == ' ' && i && (room[i - 1] == ' ' || room[i - 1] == '\n'))) bytes_put_u8(&plain, room[i]);
  for (int i = 0; i < 8; i++) snprintf(text + 3 * i, 4, "%02X ", data[i]);
  return strstr(bytes_text(&plain), text);
}

/* ---- both kinds */
static void use(struct machine *m, const char *wanted) {
  AUTO(bytes) struct bytes where = {0};
  SECRET_KEY(found);
  SECRET_KEY(other);
  struct effaceable_record record = {.secret = found};
  struct effaceable *e;
  AUTO(io) int dir = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  randombytes_buf(other->b, sizeof other->b);
  assert_int_equal(effaceable_create(dir, wanted, m->auth, &where), ERR_OK);
  assert_int_equal(effaceable_open(dir, bytes_text(&where), m->auth, &e), ERR_OK);
  assert_string_equal(effaceable_assurance(e), effaceable_assurance_of(wanted));
  assert_int_equal(effaceable_read(e, 0, &record), ERR_OK);
  assert_false(record.valid); /* nothing was written yet */
  assert_int_equal(effaceable_write(e, 0, 7, m->secret), ERR_OK);
  assert_int_equal(effaceable_write(e, 1, 8, other), ERR_OK);
  effaceable_rest(e);
  assert_int_equal(effaceable_count(e), ERR_OK);
  assert_int_equal(effaceable_read(e, 0, &record), ERR_OK);
  assert_true(record.valid && record.epoch == 7);
  assert_memory_equal(found->b, m->secret->b, 32);
  assert_int_equal(effaceable_read(e, 1, &record), ERR_OK);
  assert_true(record.valid && record.epoch == 8);
  assert_memory_equal(found->b, other->b, 32);
  effaceable_close(e);
  effaceable_unmake(dir, bytes_text(&where));
  enum err gone = effaceable_open(dir, bytes_text(&where), m->auth, &e);
  if (gone == ERR_OK) {
    gone = effaceable_read(e, 0, &record);
    effaceable_close(e);
  }
  assert_int_equal(gone, ERR_UNAVAILABLE);
}

static void a_file_keeps_two_records(void **state) {
  struct machine *m = *state;
  assert_string_equal(effaceable_assurance_of("effaceable"), "file");
  use(m, "effaceable");
}

static void a_tpm_keeps_two_records(void **state) {
  struct machine *m = with_tpm(state);
  assert_string_equal(effaceable_assurance_of("tpm"), "tpm");
  use(m, "tpm");
}

/* ---- the bus */
static void define_in_clear(struct machine *m, uint32_t handle) {
  TPM2B_AUTH none = {0};
  TPM2B_NV_PUBLIC public = {.nvPublic = {.nvIndex = handle,
                                         .nameAlg = TPM2_ALG_SHA256,
                                         .attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA,
                                         .dataSize = 32}};
  TPM2B_MAX_NV_BUFFER data = {.size = 32};
  struct tpm *t;
  ESYS_TR index;
  memcpy(data.buffer, m->secret->b, 32);
  assert_int_equal(tpm_open("", &t), ERR_OK);
  assert_int_equal(
      Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &none, &public, &index),
      TSS2_RC_SUCCESS);
  assert_int_equal(Esys_NV_Write(t->esys, index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data, 0), TSS2_RC_SUCCESS);
  tpm_close(t);
}

static void nothing_crosses_the_bus_in_clear(void **state) {
  struct machine *m = with_tpm(state);
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(given);
  struct tpm *t;
  use(m, "tpm");
  assert_int_equal(tpm_open("", &t), ERR_OK);
  assert_int_equal(tpm_seal(t, m->secret, &sealed), ERR_OK);
  assert_int_equal(tpm_unseal(t, sealed.data, sealed.length, given), ERR_OK);
  assert_memory_equal(given->b, m->secret->b, 32);
  tpm_close(t);
  assert_false(diary_holds(m, m->secret->b));
  assert_false(diary_holds(m, m->auth->b));
  define_in_clear(m, 0x01800001);
  assert_true(diary_holds(m, m->secret->b)); /* the control: without encryption it is seen */
}

/* ---- who may */
static void a_wrong_authorisation_is_refused(void **state) {
  struct machine *m = with_tpm(state);
  AUTO(bytes) struct bytes where = {0};
  SECRET_KEY(found);
  SECRET_KEY(wrong);
  struct effaceable_record record = {.secret = found};
  struct effaceable *e;
  assert_int_equal(effaceable_create(-1, "tpm", m->auth, &where), ERR_OK);
  assert_int_equal(effaceable_open(-1, bytes_text(&where), wrong, &e), ERR_OK);
  for (int i = 0; i < 40; i++) assert_int_equal(effaceable_read(e, 0, &record), ERR_UNAVAILABLE);
  assert_int_equal(effaceable_write(e, 0, 1, m->secret), ERR_UNAVAILABLE);
  effaceable_close(e);
  /* Guessing locks nobody out. */
  assert_int_equal(effaceable_open(-1, bytes_text(&where), m->auth, &e), ERR_OK);
  assert_int_equal(effaceable_write(e, 0, 1, m->secret), ERR_OK);
  effaceable_close(e);
  effaceable_unmake(-1, bytes_text(&where));
}

static void what_is_written_down_is_parsed_strictly(void **state) {
  (void)state;
  static const char *const wrong[] = {"tpm",
                                      "tpm:",
                                      "tpm:01800001,01800002",
                                      "tpm:01800001,01800002,0180000",
                                      "tpm:01800001,0180000g,01800003",
                                      "tpm:01800001,01800002,018000034",
                                      "tpm:01800001;01800002,01800003",
                                      "tpm:-1800001,01800002,01800003x",
                                      "tpm:01800001,01800002,01800003,/tmp/evil.so",
                                      "tpm:01800001,01800002,01800003,cmd:reboot",
                                      "tpm:01800001,01800002,01800003,devicex:/dev/tpm0"};
  SECRET_KEY(auth);
  struct effaceable *e;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (effaceable_open(-1, wrong[i], auth, &e) != ERR_DATA) fail_msg("%s", wrong[i]);
  AUTO(bytes) struct bytes far = {0}, made = {0};
  bytes_put_text(&far, "tpm:01800001,01800002,01800003,device:");
  for (int i = 0; i < TPM_MOST_TCTI; i++) bytes_put_text(&far, "x");
  assert_int_equal(effaceable_open(-1, bytes_text(&far), auth, &e), ERR_DATA);
  assert_int_equal(effaceable_create(-1, "tpm:cmd:reboot", auth, &made), ERR_USAGE);
  assert_int_equal(made.length, 0);
  effaceable_unmake(-1, "tpm:nothing"); /* nothing that could be taken away */
  assert_int_equal(effaceable_open(-1, "tpm:01800001,0180000a,01bfffff,device:/dev/tpmrm0", auth, &e), ERR_OK);
  effaceable_close(e);
  assert_int_equal(effaceable_open(-1, "tpm:01800001,0180000a,01bfffff", auth, &e), ERR_OK);
  effaceable_close(e);
}

static void a_sealed_secret_is_whole_or_nothing(void **state) {
  struct machine *m = with_tpm(state);
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(given);
  struct tpm *t;
  assert_int_equal(tpm_open("", &t), ERR_OK);
  assert_int_equal(tpm_seal(t, m->secret, &sealed), ERR_OK);
  for (size_t cut = 0; cut < sealed.length; cut += 7) assert_int_equal(tpm_unseal(t, sealed.data, cut, given), ERR_DATA);
  for (size_t at = 0; at < sealed.length; at += 5) {
    sealed.data[at] ^= 0x10;
    enum err e = tpm_unseal(t, sealed.data, sealed.length, given);
    if (e == ERR_OK) assert_memory_equal(given->b, m->secret->b, 32); /* an attribute that makes no difference here */
    sealed.data[at] ^= 0x10;
  }
  assert_int_equal(tpm_unseal(t, sealed.data, sealed.length, given), ERR_OK);
  tpm_close(t);
}

int main(void) {
  if (secret_init() != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_keeps_two_records),
      cmocka_unit_test(a_tpm_keeps_two_records),
      cmocka_unit_test(nothing_crosses_the_bus_in_clear),
      cmocka_unit_test(a_wrong_authorisation_is_refused),
      cmocka_unit_test(what_is_written_down_is_parsed_strictly),
      cmocka_unit_test(a_sealed_secret_is_whole_or_nothing),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
