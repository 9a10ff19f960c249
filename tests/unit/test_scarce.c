/* Where memory or descriptors run out: opening a vault says so and crashes at no allocation, libcrypto's first among them; a file
 * that no descriptor is left for is not taken for one that does not exist. */
#include "keys/slot.h"
#include "tests/unit/vault_sample.h"
#include "vault/container_cipher.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- one allocation of this process is refused; a sanitizer has allocators of its own, which stay */

static long asked, refused_at; /* 0: none */

#ifndef CLIPVAULT_SANITIZED
void *__libc_malloc(size_t length);
void *__libc_calloc(size_t count, size_t length);
void *__libc_realloc(void *old, size_t length);

static bool is_refused(void) {
  if (!refused_at || ++asked != refused_at) return false;
  errno = ENOMEM;
  return true;
}
void *malloc(size_t length) { return is_refused() ? NULL : __libc_malloc(length); }
void *calloc(size_t count, size_t length) { return is_refused() ? NULL : __libc_calloc(count, length); }
void *realloc(void *old, size_t length) { return is_refused() ? NULL : __libc_realloc(old, length); }
#endif

/* ---- a vault that this process never opens: what libraries keep for a process is made anew in each child */

enum { WENT_WELL = 0, NOT_REFUSED = 1, IN_ORDER = 2, WRONG = 3, MOST = 100000 };

static const uint8_t key[32] = {7};
static const struct slot_secret secret = {.kind = SLOT_SECRET_KEY_FILE, .bytes = key, .length = sizeof key};
static char folder[256], path[300];

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

static int in_child(int (*run)(long), long n) {
  int status;
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL); /* cmocka would go on after one */
    _exit(run(n));
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  if (!WIFEXITED(status)) fail_msg("allocation %ld was refused, and it was ended by signal %d", n, WTERMSIG(status));
  return WEXITSTATUS(status);
}

static int create(long n) {
  struct id id;
  (void)n;
  return secret_init() != ERR_OK || vault_create(path, &secret, NULL, &id) != ERR_OK;
}

static int remove_all(long n) {
  struct vault_sample *s = calloc(1, sizeof *s);
  void *state = s;
  (void)n;
  if (!s) return 1;
  snprintf(s->folder, sizeof s->folder, "%s", folder);
  snprintf(s->path, sizeof s->path, "%s", path);
  s->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return vault_sample_end(&state);
}

static int make(void **state) {
  const char *where = getenv("TMPDIR");
  (void)state;
  snprintf(folder, sizeof folder, "%s/clipvault-test-XXXXXX", where ? where : "/tmp");
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof path, "%s/vault", folder);
  return in_child(create, 0);
}

static int end(void **state) {
  (void)state;
  return in_child(remove_all, 0);
}

/* How it went while the nth allocation was refused; where nothing needs what is refused, well. */
static int judge(long n, enum err e) {
  bool met = asked >= n;
  refused_at = 0;
  if (!met) return e == ERR_OK ? NOT_REFUSED : WRONG;
  if (e == ERR_OK) return WENT_WELL;
  if ((e == ERR_IO || e == ERR_UNAVAILABLE) && err_text()[0]) return IN_ORDER;
  fprintf(stderr, "allocation %ld: %d, %s\n", n, (int)e, err_text());
  return WRONG;
}

static int open_scarcely(long n) {
  struct vault *v;
  if (secret_init() != ERR_OK) return WRONG;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  refused_at = n;
  return judge(n, vault_open(fd, &secret, &v));
}

/* libcrypto's first work in a process that has opened a vault. */
static int seal_scarcely(long n) {
  struct vault *v;
  struct container_keys keys = {0};
  struct container_cipher *cipher;
  if (secret_init() != ERR_OK || vault_open(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &secret, &v) != ERR_OK) return WRONG;
  refused_at = n;
  return judge(n, container_cipher_new(&keys, &cipher));
}

/* Every one of the first, which are ours and libcrypto's; of SQLite's thousands a part. */
static void opening_a_vault_without_memory_says_so(void **state) {
  enum { ALL_OF = 80, THEN_EACH = 37 };
  long n = 0, in_order = 0;
  (void)state;
#ifdef CLIPVAULT_SANITIZED
  skip();
#endif
  for (int how = WENT_WELL; how != NOT_REFUSED && n < MOST;) {
    n += n < ALL_OF ? 1 : THEN_EACH;
    how = in_child(open_scarcely, n);
    assert_int_not_equal(how, WRONG);
    in_order += how == IN_ORDER;
  }
  assert_true(n > ALL_OF && n < MOST);
  assert_true(in_order > ALL_OF / 2);
}

static void a_cipher_without_memory_says_so(void **state) {
  enum { ALL_OF_ITS_STATE = 60 };
  (void)state;
#ifdef CLIPVAULT_SANITIZED
  skip();
#endif
  for (long n = 1; n <= ALL_OF_ITS_STATE; n++) assert_int_not_equal(in_child(seal_scarcely, n), WRONG);
}

/* ---- descriptors */

static void why_a_file_cannot_be_opened_decides_what_it_means(void **state) {
  static const struct {
    int number;
    enum err means;
  } table[] = {{ENOENT, ERR_MISSING}, {EACCES, ERR_MISSING}, {EMFILE, ERR_IO}, {ENFILE, ERR_IO}, {ENOMEM, ERR_IO}, {EIO, ERR_IO}};
  (void)state;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    errno = table[i].number;
    assert_int_equal(io_failure(ERR_MISSING), table[i].means);
  }
}

/* No more descriptors than there are. */
static int without_descriptors(long n) {
  if (secret_init() != ERR_OK) return WRONG;
  SECRET_KEY(read);
  struct rlimit none = {0, 0};
  (void)n;
  if (setrlimit(RLIMIT_NOFILE, &none)) return WRONG;
  return slot_key_file_read("/dev/null", read) == ERR_IO && strstr(err_text(), "key file") ? IN_ORDER : WRONG;
}
static int without_a_file(long n) {
  if (secret_init() != ERR_OK) return WRONG;
  SECRET_KEY(read);
  (void)n;
  return slot_key_file_read("/nowhere/key", read) == ERR_MISSING ? IN_ORDER : WRONG;
}

static void a_key_file_without_a_descriptor_is_not_missing(void **state) {
  (void)state;
  assert_int_equal(in_child(without_descriptors, 0), IN_ORDER);
  assert_int_equal(in_child(without_a_file, 0), IN_ORDER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opening_a_vault_without_memory_says_so),
      cmocka_unit_test(a_cipher_without_memory_says_so),
      cmocka_unit_test(why_a_file_cannot_be_opened_decides_what_it_means),
      cmocka_unit_test(a_key_file_without_a_descriptor_is_not_missing),
  };
  return cmocka_run_group_tests(tests, make, end);
}
