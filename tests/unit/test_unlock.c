/* Where the secret comes from: the order of the ways, the kernel's keyring, a terminal (a real one, by pty). */
#include "vault/unlock.h"

#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/interrupt.h"
#include "vault/keyring.h"
#include "vault/terminal.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

static char folder[] = "/tmp/clipvault-test-XXXXXX";
static int folder_fd = -1;

/* Whether this kernel (or container) has keyrings at all: asked without the code under test. */
static bool has_keyring(void) {
  return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, (unsigned long)KEY_SPEC_USER_KEYRING, 1UL) >= 0;
}

/* What `child` returns is what the process ended with. */
static int in_child(int (*child)(void)) {
  int status = 0;
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (!pid) _exit(child());
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct secret_key *key_of(uint8_t byte) {
  struct secret_key *key = secret_key_new();
  memset(key->b, byte, sizeof key->b);
  return key;
}

/* ---- keyring */

static void keyring_gives_back_what_was_put(void **state) {
  (void)state;
  if (!has_keyring()) skip();
  AUTO(secret_key) struct secret_key *one = key_of(1), *two = key_of(2), *got = secret_key_new();
  assert_int_equal(keyring_put("clipvault:test", one, 60), ERR_OK);
  assert_int_equal(keyring_get("clipvault:test", got), ERR_OK);
  assert_memory_equal(got->b, one->b, 32);
  assert_int_equal(keyring_put("clipvault:test", two, 60), ERR_OK);
  assert_int_equal(keyring_get("clipvault:test", got), ERR_OK);
  assert_memory_equal(got->b, two->b, 32);
  assert_int_equal(keyring_get("clipvault:other", got), ERR_MISSING);
  assert_int_equal(keyring_remove("clipvault:test"), ERR_OK);
  assert_int_equal(keyring_get("clipvault:test", got), ERR_MISSING);
  assert_int_equal(keyring_remove("clipvault:test"), ERR_MISSING);
}

static int find_it(void) {
  SECRET_KEY(key);
  return keyring_get("clipvault:test", key);
}

/* As a service has it: a session keyring of its own that knows nothing of the user's. */
static int find_it_in_another_session(void) {
  setsid();
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0) return 99;
  return find_it();
}

static int put_it_from_another_session(void) {
  SECRET_KEY(key);
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0) return 99;
  return keyring_put("clipvault:test", key, 60);
}

static int find_it_as_another_uid(void) {
  if (setresuid(65534, 65534, 65534)) return 99;
  return find_it();
}

static void keyring_is_the_uids_whatever_the_session(void **state) {
  (void)state;
  if (!has_keyring()) skip();
  AUTO(secret_key) struct secret_key *one = key_of(1);
  assert_int_equal(keyring_put("clipvault:test", one, 60), ERR_OK);
  assert_int_equal(in_child(find_it), ERR_OK);
  assert_int_equal(in_child(find_it_in_another_session), ERR_OK);
  if (geteuid() == 0) assert_int_equal(in_child(find_it_as_another_uid), ERR_MISSING);
  assert_int_equal(keyring_remove("clipvault:test"), ERR_OK);
  assert_int_equal(in_child(put_it_from_another_session), ERR_OK);
  assert_int_equal(find_it(), ERR_OK);
  assert_int_equal(keyring_remove("clipvault:test"), ERR_OK);
}

static void keyring_forgets_by_itself(void **state) {
  (void)state;
  if (!has_keyring()) skip();
  AUTO(secret_key) struct secret_key *one = key_of(1);
  assert_int_equal(keyring_put("clipvault:test", one, 1), ERR_OK);
  assert_int_equal(find_it(), ERR_OK);
  usleep(1500 * 1000);
  assert_int_equal(find_it(), ERR_MISSING);
  /* and an expired one, which the kernel keeps for a while, is replaced */
  assert_int_equal(keyring_put("clipvault:test", one, 60), ERR_OK);
  assert_int_equal(find_it(), ERR_OK);
  assert_int_equal(keyring_remove("clipvault:test"), ERR_OK);
}

static void a_vault_is_remembered_by_its_folder(void **state) {
  (void)state;
  if (!has_keyring()) skip();
  AUTO(secret_key) struct secret_key *one = key_of(1);
  AUTO(unlock) struct unlock u = {0};
  assert_int_equal(unlock_remember(folder_fd, one, 0), ERR_USAGE);
  assert_int_equal(unlock_remember(folder_fd, one, UNLOCK_MOST_SECONDS + 1), ERR_USAGE);
  assert_int_equal(unlock_remember(folder_fd, one, 60), ERR_OK);
  assert_int_equal(unlock_obtain(&(struct unlock_named){0}, folder_fd, false, &u), ERR_OK);
  assert_true(u.from_keyring && u.secret.kind == SLOT_SECRET_MRK && u.secret.length == 32);
  assert_memory_equal(u.secret.bytes, one->b, 32);
  assert_int_equal(unlock_forget(folder_fd), ERR_OK);
  assert_int_equal(unlock_forget(folder_fd), ERR_OK);
}

/* ---- the order of the ways */

static void write_key_file(const char *path, char digit) {
  char text[96] = "CLIPVAULT-KEY-1 ";
  size_t length = strlen(text);
  memset(text + length, digit, 64);
  text[length + 64] = '\n';
  assert_int_equal(io_write_file(AT_FDCWD, path, text, length + 65), ERR_OK);
}

static void path_in_folder(char out[128], const char *name) { snprintf(out, 128, "%s/%s", folder, name); }

static int first_byte(const char *key_file) {
  AUTO(unlock) struct unlock u = {0};
  return unlock_obtain(&(struct unlock_named){.key_file = key_file}, folder_fd, false, &u) == ERR_OK ? u.secret.bytes[0] : -1;
}

/* Without a terminal, so that the last way is none. */
static int ways_in_order(void) {
  char option[128], environment[128], credential[128];
  setsid();
  path_in_folder(option, "option");
  path_in_folder(environment, "environment");
  path_in_folder(credential, "clipvault.key");
  write_key_file(option, '1');
  write_key_file(environment, '2');
  write_key_file(credential, '3');
  AUTO(secret_key) struct secret_key *mrk = key_of(0x44);
  bool keyring = unlock_remember(folder_fd, mrk, 60) == ERR_OK;
  setenv("CLIPVAULT_KEY_FILE", environment, 1);
  setenv("CREDENTIALS_DIRECTORY", folder, 1);
  if (first_byte(option) != 0x11) return 1;
  if (first_byte(NULL) != 0x22) return 2;
  unsetenv("CLIPVAULT_KEY_FILE");
  if (first_byte(NULL) != 0x33) return 3;
  unlink(credential);
  if (keyring && first_byte(NULL) != 0x44) return 4;
  AUTO(unlock) struct unlock u = {0};
  if (unlock_obtain(&(struct unlock_named){0}, folder_fd, true, &u) != ERR_REFUSED || !strstr(err_text(), "clipvault unlock"))
    return 5;
  if (unlock_forget(folder_fd) != ERR_OK && keyring) return 6;
  if (unlock_obtain(&(struct unlock_named){0}, folder_fd, false, &u) != ERR_REFUSED) return 7;
  /* A way that was named and does not work is an error, never a reason to try the next. */
  setenv("CLIPVAULT_KEY_FILE", "/nonexistent/key", 1);
  if (unlock_obtain(&(struct unlock_named){0}, folder_fd, false, &u) == ERR_OK) return 8;
  if (unlock_choose_passphrase(&u) != ERR_UNAVAILABLE) return 9;
  unlink(option);
  unlink(environment);
  return secret_in_use() > sizeof(struct secret_key) * 2 ? 10 : 0; /* mrk is still held, rounded up */
}

static void ways_are_tried_in_order(void **state) {
  (void)state;
  assert_int_equal(in_child(ways_in_order), 0);
}

/* ---- the terminal */

enum { SHOWN = 4096 };

/* Reads what the terminal shows until `text` has come (or nothing more). */
static void read_until(int master, const char *text, char shown[SHOWN]) {
  size_t got = strlen(shown);
  while (!strstr(shown, text) && got + 1 < SHOWN) {
    struct pollfd p = {.fd = master, .events = POLLIN};
    if (poll(&p, 1, 5000) != 1) return;
    ssize_t n = read(master, shown + got, SHOWN - got - 1);
    if (n <= 0) return;
    got += (size_t)n;
    shown[got] = 0;
  }
}

static void type(int master, const char *text) { assert_int_equal(write(master, text, strlen(text)), strlen(text)); }

static int choose(void) {
  AUTO(unlock) struct unlock u = {0};
  enum err e = unlock_choose_passphrase(&u);
  if (e != ERR_OK) return e;
  return u.secret.kind == SLOT_SECRET_PASSPHRASE && u.secret.length == 14 && !memcmp(u.secret.bytes, "tea and scones", 14) ? 0
                                                                                                                           : 1;
}

static int ask(void) {
  AUTO(unlock) struct unlock u = {0};
  int empty = open("/tmp", O_RDONLY | O_DIRECTORY);
  enum err e = unlock_obtain(&(struct unlock_named){0}, empty, true, &u);
  if (e != ERR_OK) return e;
  return u.secret.length == 1 && u.secret.bytes[0] == 'x' ? 0 : 1;
}

static struct termios *quiet(struct termios *t) {
  cfmakeraw(t);
  t->c_lflag |= ICANON | ECHO | ISIG;
  return t;
}

/* On a terminal of its own, types each line when the question before it was seen; SIGINT where a line is NULL. What the
 * process ended with, what was shown, and whether the terminal echoes again. */
static int on_terminal(int (*child)(void), const char *const questions[], const char *const lines[], char shown[SHOWN],
                       bool *echoes_after) {
  int master = -1, slave = -1, status = 0;
  struct termios settings = {0}, after;
  assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
  assert_int_equal(tcgetattr(slave, &settings), 0);
  assert_int_equal(tcsetattr(slave, TCSANOW, quiet(&settings)), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (!pid) {
    close(master);
    if (login_tty(slave)) _exit(98);
    if (interrupt_install() != ERR_OK) _exit(97);
    unsetenv("CLIPVAULT_KEY_FILE");
    unsetenv("CREDENTIALS_DIRECTORY");
    _exit(child());
  }
  shown[0] = 0;
  for (size_t i = 0; questions[i]; i++) {
    read_until(master, questions[i], shown);
    if (lines[i])
      type(master, lines[i]);
    else
      kill(pid, SIGINT);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(tcgetattr(slave, &after), 0);
  *echoes_after = after.c_lflag & ECHO;
  close(slave);
  read_until(master, "never shown", shown);
  close(master);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void a_passphrase_is_asked_for_unseen(void **state) {
  (void)state;
  static char too_long[UNLOCK_MOST_PASSPHRASE + 3];
  memset(too_long, 'x', sizeof too_long - 2);
  too_long[sizeof too_long - 2] = '\n';
  const struct {
    int (*child)(void);
    const char *questions[3], *lines[3];
    int ends_with;
  } cases[] = {
      {choose, {"New passphrase: ", "again: "}, {"tea and scones\n", "tea and scones\n"}, 0},
      {choose, {"New passphrase: ", "again: "}, {"tea and scones\n", "tea and scone\n"}, ERR_USAGE},
      {choose, {"New passphrase: "}, {"seven77\n"}, ERR_USAGE},
      {choose, {"New passphrase: "}, {"\n"}, ERR_USAGE},
      {choose, {"New passphrase: "}, {too_long}, ERR_USAGE},
      {choose, {"New passphrase: "}, {NULL}, ERR_BUSY},
      {ask, {"Passphrase: "}, {"x\n"}, 0},
      {ask, {"Passphrase: "}, {"\n"}, ERR_USAGE},
      {ask, {"Passphrase: "}, {"\x04"}, ERR_USAGE},
      {ask, {"Passphrase: "}, {"\x03"}, ERR_BUSY},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char shown[SHOWN];
    bool echoes = false;
    int ended = on_terminal(cases[i].child, cases[i].questions, cases[i].lines, shown, &echoes);
    if (ended != cases[i].ends_with) print_message("case %zu: %d, %s\n", i, ended, shown);
    assert_int_equal(ended, cases[i].ends_with);
    assert_true(echoes);
    assert_null(strstr(shown, "scone"));
    assert_null(strstr(shown, "seven77"));
    assert_null(strstr(shown, "xx"));
  }
}

static int make_folder(void **state) {
  (void)state;
  unsetenv("CLIPVAULT_KEY_FILE");
  unsetenv("CREDENTIALS_DIRECTORY");
  if (secret_init() != ERR_OK || !mkdtemp(folder)) return 1;
  folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return folder_fd < 0;
}

static int remove_folder(void **state) {
  (void)state;
  close(folder_fd);
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keyring_gives_back_what_was_put), cmocka_unit_test(keyring_is_the_uids_whatever_the_session),
      cmocka_unit_test(keyring_forgets_by_itself),       cmocka_unit_test(a_vault_is_remembered_by_its_folder),
      cmocka_unit_test(ways_are_tried_in_order),         cmocka_unit_test(a_passphrase_is_asked_for_unseen),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
