/* Files, completely or not at all: short ones, links, names that exist, and what is left behind. */
#include "vault/base/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

static char folder[4096];
static int folder_fd = -1;

static int make_folder(void **state) {
  (void)state;
  const char *where = getenv("TMPDIR");
  snprintf(folder, sizeof folder, "%s/clipvault-test-XXXXXX", where ? where : "/tmp");
  if (sodium_init() < 0 || !mkdtemp(folder)) return 1;
  folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return folder_fd < 0;
}

/* How many names there are in the folder; with `remove`, until then. */
static int names(bool remove) {
  int count = 0;
  DIR *d = opendir(folder);
  for (struct dirent *e; d && (e = readdir(d));) {
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    if (remove && unlinkat(folder_fd, e->d_name, 0)) unlinkat(folder_fd, e->d_name, AT_REMOVEDIR);
    count++;
  }
  closedir(d);
  return count;
}

static int empty_folder(void **state) {
  (void)state;
  names(true);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  io_close(&folder_fd);
  return rmdir(folder);
}

static void plant(const char *name, const char *text) {
  assert_int_equal(io_write_file(folder_fd, name, text, strlen(text)), ERR_OK);
}

static void holds(const char *name, const char *text) {
  AUTO(bytes) struct bytes got = {0};
  if (io_read_file(folder_fd, name, 1000, &got) != ERR_OK) fail_msg("%s: %s", name, err_text());
  if (strcmp(bytes_text(&got), text) != 0) fail_msg("%s holds \"%s\", not \"%s\"", name, bytes_text(&got), text);
}

/* ---- at an offset */
static void reads_all_or_says_that_the_file_is_short(void **state) {
  (void)state;
  static const struct {
    size_t length;
    uint64_t offset;
    enum err expected;
  } rows[] = {
      {10, 0, ERR_OK},  {3, 7, ERR_OK},    {0, 10, ERR_OK},   {0, 99, ERR_OK},           {11, 0, ERR_DATA},
      {4, 7, ERR_DATA}, {1, 10, ERR_DATA}, {1, 99, ERR_DATA}, {1, 1ull << 40, ERR_DATA},
  };
  plant("ten", "0123456789");
  AUTO(io) int fd = openat(folder_fd, "ten", O_RDONLY | O_CLOEXEC);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char out[12] = "............";
    enum err e = io_pread_all(fd, out, rows[i].length, rows[i].offset);
    if (e != rows[i].expected)
      fail_msg("%zu bytes at %llu: %d, %s", rows[i].length, (unsigned long long)rows[i].offset, e, err_text());
    if (e == ERR_OK && memcmp(out, "0123456789" + (rows[i].length ? rows[i].offset : 0), rows[i].length) != 0)
      fail_msg("%zu bytes at %llu are others", rows[i].length, (unsigned long long)rows[i].offset);
  }
}

static void writes_all_at_an_offset(void **state) {
  (void)state;
  plant("ten", "0123456789");
  AUTO(io) int fd = openat(folder_fd, "ten", O_RDWR | O_CLOEXEC), reading = openat(folder_fd, "ten", O_RDONLY | O_CLOEXEC);
  uint64_t size;
  assert_int_equal(io_pwrite_all(fd, "ab", 2, 3), ERR_OK);
  holds("ten", "012ab56789");
  assert_int_equal(io_pwrite_all(fd, "end", 3, 10), ERR_OK);
  holds("ten", "012ab56789end");
  assert_int_equal(io_file_size(fd, &size), ERR_OK);
  assert_int_equal(size, 13);
  assert_int_equal(io_pwrite_all(reading, "x", 1, 0), ERR_IO);
  assert_int_equal(io_pwrite_all(reading, "", 0, 0), ERR_OK);
  holds("ten", "012ab56789end");
}

/* ---- streams: a pipe gives what it has, in pieces, and signals come in between */
static void nothing_to_do(int signal) { (void)signal; }

static void write_slowly(int fd) {
  for (int i = 0; i < 20; i++) {
    if (write(fd, "piece", 5) != 5) _exit(1);
    usleep(3000);
  }
  _exit(0);
}

static void reads_a_stream_to_its_end(void **state) {
  (void)state;
  int ends[2];
  char got[200] = "";
  size_t length = 77;
  struct sigaction on_alarm = {.sa_handler = nothing_to_do}; /* no SA_RESTART: read() is interrupted */
  struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) write_slowly(ends[1]);
  close(ends[1]);
  sigaction(SIGALRM, &on_alarm, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  enum err seven = io_read_upto(ends[0], got, 7, &length);
  bool exact = seven == ERR_OK && length == 7 && memcmp(got, "piecepi", 7) == 0;
  enum err rest = io_read_upto(ends[0], got, sizeof got, &length);
  setitimer(ITIMER_REAL, &never, NULL);
  close(ends[0]);
  waitpid(child, NULL, 0);
  assert_true(exact);
  assert_int_equal(rest, ERR_OK);
  assert_int_equal(length, 93);
}

static void a_stream_that_cannot_be_read_or_written_is_told(void **state) {
  (void)state;
  char got[4];
  size_t length = 77;
  AUTO(io) int writing = openat(folder_fd, "w", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  AUTO(io) int reading = openat(folder_fd, "w", O_RDONLY | O_CLOEXEC), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  assert_int_equal(io_read_upto(writing, got, sizeof got, &length), ERR_IO);
  assert_int_equal(length, 77);
  assert_int_equal(io_write_all(reading, "x", 1), ERR_IO);
  assert_int_equal(io_write_all(full, "x", 1), ERR_IO);
  assert_non_null(strstr(err_text(), "No space left"));
  assert_int_equal(io_write_all(-1, "x", 1), ERR_IO);
  assert_int_equal(io_sync(-1), ERR_IO);
  assert_int_equal(io_sync_dir(folder_fd), ERR_OK);
  assert_int_equal(io_sync_dir(writing), ERR_IO);
}

/* ---- whole files */
static void reads_whole_files(void **state) {
  (void)state;
  AUTO(bytes) struct bytes got = {0};
  plant("empty", "");
  plant("five", "12345");
  bytes_put_text(&got, "before,");
  assert_int_equal(io_read_file(folder_fd, "five", 5, &got), ERR_OK);
  assert_int_equal(io_read_file(folder_fd, "empty", 0, &got), ERR_OK);
  assert_string_equal(bytes_text(&got), "before,12345");
}

static void refuses_what_is_no_file_of_that_size(void **state) {
  (void)state;
  static const struct {
    const char *name, *what;
    size_t most;
    enum err expected;
  } rows[] = {
      {"missing", "a name that is not there", 100, ERR_MISSING},
      {"five", "a byte too many", 4, ERR_DATA},
      {"five", "anything where nothing is allowed", 0, ERR_DATA},
      {"link", "a link to a good file", 100, ERR_IO},
      {"loose", "a link to nothing", 100, ERR_IO},
      {"sub", "a folder", 100, ERR_DATA},
      {"fifo", "a FIFO that nobody writes", 100, ERR_DATA},
      {"sub/missing", "a name in a folder", 100, ERR_MISSING},
      {"five/six", "a name below a file", 100, ERR_IO},
  };
  plant("five", "12345");
  assert_int_equal(symlinkat("five", folder_fd, "link"), 0);
  assert_int_equal(symlinkat("nothing", folder_fd, "loose"), 0);
  assert_int_equal(mkdirat(folder_fd, "sub", 0700), 0);
  assert_int_equal(mkfifoat(folder_fd, "fifo", 0600), 0);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes got = {0};
    enum err e = io_read_file(folder_fd, rows[i].name, rows[i].most, &got);
    if (e != rows[i].expected) fail_msg("%s: %d, %s", rows[i].what, e, err_text());
    if (got.length) fail_msg("%s: refused, and yet %zu bytes were read", rows[i].what, got.length);
  }
}

static void writing_replaces_the_whole_file(void **state) {
  (void)state;
  struct stat st;
  plant("a", "a longer text that was there before");
  plant("a", "new");
  holds("a", "new");
  assert_int_equal(fstatat(folder_fd, "a", &st, 0), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
  assert_int_equal(names(false), 1); /* and no temporary name is left */
}

/* A link is replaced by the file; what it pointed to stays as it is. */
static void writing_does_not_follow_a_link(void **state) {
  (void)state;
  plant("target", "old");
  assert_int_equal(symlinkat("target", folder_fd, "link"), 0);
  plant("link", "new");
  holds("target", "old");
  holds("link", "new");
}

static void creating_never_overwrites(void **state) {
  (void)state;
  static const char *const taken[] = {"file", "link", "loose", "sub"};
  plant("file", "the user's");
  plant("target", "the user's too");
  assert_int_equal(symlinkat("target", folder_fd, "link"), 0);
  assert_int_equal(symlinkat("nothing", folder_fd, "loose"), 0);
  assert_int_equal(mkdirat(folder_fd, "sub", 0700), 0);
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
    if (io_create_file(folder_fd, taken[i], "ours", 4) != ERR_CREATE) fail_msg("%s was overwritten", taken[i]);
  holds("file", "the user's");
  holds("target", "the user's too");
  assert_int_equal(faccessat(folder_fd, "nothing", F_OK, 0), -1);
  assert_int_equal(names(false), 5); /* nothing half-made beside them */
  assert_int_equal(io_create_file(folder_fd, "fresh", "ours", 4), ERR_OK);
  holds("fresh", "ours");
  assert_int_equal(names(false), 6);
}

static void what_cannot_be_made_leaves_nothing(void **state) {
  (void)state;
  static char long_name[5000];
  memset(long_name, 'n', sizeof long_name - 1);
  assert_int_equal(mkdirat(folder_fd, "sub", 0700), 0);
  const char *const impossible[] = {"missing/file", "sub", "", long_name, long_name + 4700};
  for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++)
    if (io_write_file(folder_fd, impossible[i], "x", 1) != ERR_CREATE)
      fail_msg("\"%.20s\" (%zu characters): not refused", impossible[i], strlen(impossible[i]));
  assert_int_equal(names(false), 1);
}

static void closing_is_done_once(void **state) {
  (void)state;
  int fd = dup(folder_fd), number = fd;
  io_close(&fd);
  assert_int_equal(fd, -1);
  assert_int_equal(fcntl(number, F_GETFD), -1);
  io_close(&fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(reads_all_or_says_that_the_file_is_short, empty_folder),
      cmocka_unit_test_teardown(writes_all_at_an_offset, empty_folder),
      cmocka_unit_test_teardown(reads_a_stream_to_its_end, empty_folder),
      cmocka_unit_test_teardown(a_stream_that_cannot_be_read_or_written_is_told, empty_folder),
      cmocka_unit_test_teardown(reads_whole_files, empty_folder),
      cmocka_unit_test_teardown(refuses_what_is_no_file_of_that_size, empty_folder),
      cmocka_unit_test_teardown(writing_replaces_the_whole_file, empty_folder),
      cmocka_unit_test_teardown(writing_does_not_follow_a_link, empty_folder),
      cmocka_unit_test_teardown(creating_never_overwrites, empty_folder),
      cmocka_unit_test_teardown(what_cannot_be_made_leaves_nothing, empty_folder),
      cmocka_unit_test(closing_is_done_once),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
