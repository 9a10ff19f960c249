/* clipvault.conf: what is understood, and that nothing else is. */
#include "vault/config.h"

#include "vault/base/io.h"
#include "vault/base/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static enum err parse(const char *text, struct config *out) { return config_parse("c", text, strlen(text), out); }

static void describe(const struct config *c, char *out, size_t room) {
  snprintf(out, room, "%s|%u|%s|%llu|%s", c->time_zone, c->quarantine_days, c->keep_originals ? "yes" : "no",
           (unsigned long long)c->most_file_bytes, c->alarm_command);
}

static void understands(void **state) {
  (void)state;
  static const struct {
    const char *text, *means;
  } cases[] = {
      {"", "|14|no|68719476736|"},
      {"# only a comment\n\n   \t\r\n", "|14|no|68719476736|"},
      {"quarantine_days = 3", "|3|no|68719476736|"},
      {"quarantine_days=365\n", "|365|no|68719476736|"},
      {"\tkeep_originals\t=\tyes \r\n", "|14|yes|68719476736|"},
      {"keep_originals = no", "|14|no|68719476736|"},
      {"most_file_bytes = 123", "|14|no|123|"},
      {"most_file_bytes = 2K", "|14|no|2048|"},
      {"most_file_bytes = 1024T", "|14|no|1125899906842624|"},
      {"time_zone = Europe/London\n#x\nalarm_command = /bin/mail -s \"a = b\" x",
       "Europe/London|14|no|68719476736|/bin/mail -s \"a = b\" x"},
      {"time_zone =\nalarm_command =", "|14|no|68719476736|"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct config c;
    char shown[2048];
    assert_int_equal(parse(cases[i].text, &c), ERR_OK);
    describe(&c, shown, sizeof shown);
    assert_string_equal(shown, cases[i].means);
  }
}

static void understands_limits(void **state) {
  (void)state;
  struct config c;
  assert_int_equal(parse("", &c), ERR_OK);
  assert_true(c.most_pixels == 64 << 20 && c.most_streams == 32 && c.most_duration_seconds == 86400);
  assert_true(c.most_packets == 64 << 20 && c.most_seconds == 86400);
  assert_int_equal(
      parse("most_pixels = 1G\nmost_streams = 1000\nmost_duration_seconds = 1\nmost_packets = 1T\nmost_seconds=7", &c), ERR_OK);
  assert_true(c.most_pixels == 1 << 30 && c.most_streams == 1000 && c.most_duration_seconds == 1);
  assert_true(c.most_packets == (uint64_t)1 << 40 && c.most_seconds == 7);
}

static void refuses_with_the_line(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"quarantine_day = 3", "c:1: there is no key \"quarantine_day\"; did you mean quarantine_days?"},
      {"\n\ncolour = red", "c:3: there is no key \"colour\""},
      {"Keep_Originals=yes", "c:1: there is no key \"Keep_Originals\"; did you mean keep_originals?"},
      {"nonsense", "c:1: a line must read \"key = value\""},
      {"= 3", "c:1: there is no key \"\""},
      {"[section]", "c:1: a line must read \"key = value\""},
      {"quarantine_days = 0", "c:1: quarantine_days must be 1 to 365"},
      {"quarantine_days = 366", "c:1: quarantine_days must be 1 to 365"},
      {"quarantine_days = 14 # two weeks", "c:1: quarantine_days must be 1 to 365"},
      {"quarantine_days =", "c:1: quarantine_days must be 1 to 365"},
      {"keep_originals = true", "c:1: keep_originals must be yes or no"},
      {"most_file_bytes = 0", "c:1: most_file_bytes must be a number, also with K, M, G or T (64G), at most 1024T"},
      {"most_file_bytes = 1025T", "c:1: most_file_bytes must be a number, also with K, M, G or T (64G), at most 1024T"},
      {"most_file_bytes = 99999999999999999999999",
       "c:1: most_file_bytes must be a number, also with K, M, G or T (64G), at most 1024T"},
      {"most_file_bytes = 64GB", "c:1: most_file_bytes must be a number, also with K, M, G or T (64G), at most 1024T"},
      {"most_pixels = 2G", "c:1: most_pixels must be a number, also with K, M or G (64M), at most 1G"},
      {"most_pixels = 1T", "c:1: most_pixels must be a number, also with K, M or G (64M), at most 1G"},
      {"most_streams = 0", "c:1: most_streams must be 1 to 1000"},
      {"most_streams = 1001", "c:1: most_streams must be 1 to 1000"},
      {"most_duration_seconds = 31622401", "c:1: most_duration_seconds must be 1 to 31622400 (366 days)"},
      {"most_packets = none", "c:1: most_packets must be a number, also with K, M, G or T (64M), at most 1T"},
      {"most_seconds = -1", "c:1: most_seconds must be 1 to 2592000 (30 days)"},
      {"most_seconds = 2592001", "c:1: most_seconds must be 1 to 2592000 (30 days)"},
      {"alarm_command = mail", "c:1: alarm_command must be the full path of a program and its arguments, or nothing"},
      {"quarantine_days = 3\nquarantine_days = 4", "c:2: quarantine_days is set a second time"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct config c = {.quarantine_days = 77};
    assert_int_equal(parse(cases[i].text, &c), ERR_CONFIG);
    assert_string_equal(err_text(), cases[i].says);
    assert_int_equal(c.quarantine_days, 77);
  }
  struct config c;
  assert_int_equal(config_parse("c", "a\0b", 3, &c), ERR_CONFIG);
}

/* The file that init writes changes nothing as it stands, and names every key at its real default. */
static void the_default_text_is_true(void **state) {
  (void)state;
  const char *text = config_default_text();
  struct config plain, expected = config_default(), uncommented;
  assert_int_equal(parse(text, &plain), ERR_OK);
  assert_memory_equal(&plain, &expected, sizeof plain);
  char *copy = strdup(text);
  for (char *at = copy; (at = strstr(at, "\n#")); at++)
    if (at[2] != ' ' && at[2] != '\n') at[1] = ' ';
  assert_int_equal(parse(copy, &uncommented), ERR_OK);
  assert_memory_equal(&uncommented, &expected, sizeof plain);
  static const char *const keys[] = {
      "\n#time_zone =",    "\n#quarantine_days =", "\n#keep_originals =",        "\n#most_file_bytes =", "\n#most_pixels =",
      "\n#most_streams =", "\n#most_packets =",    "\n#most_duration_seconds =", "\n#most_seconds =",    "\n#alarm_command ="};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) assert_non_null(strstr(text, keys[i]));
  free(copy);
}

static char folder[] = "/tmp/clipvault-test-XXXXXX";
static int folder_fd = -1;

static void write_file(const char *text, mode_t mode) {
  assert_int_equal(io_write_file(folder_fd, CONFIG_FILE, text, strlen(text)), ERR_OK);
  assert_int_equal(fchmodat(folder_fd, CONFIG_FILE, mode, 0), 0);
}

static void loads_the_file(void **state) {
  (void)state;
  struct config c;
  assert_int_equal(config_load(folder_fd, &c), ERR_OK);
  assert_int_equal(c.quarantine_days, 14);
  write_file("quarantine_days = 5\ntime_zone = Europe/London\n", 0600);
  assert_int_equal(config_load(folder_fd, &c), ERR_OK);
  assert_int_equal(c.quarantine_days, 5);
  write_file("quarantine_days = x\n", 0600);
  assert_int_equal(config_load(folder_fd, &c), ERR_CONFIG);
  assert_non_null(strstr(err_text(), "clipvault.conf:1:"));
  write_file("time_zone = Nowhere/Never\n", 0600);
  assert_int_equal(config_load(folder_fd, &c), ERR_CONFIG);
}

static void refuses_a_file_that_others_may_write(void **state) {
  (void)state;
  struct config c;
  write_file("", 0620);
  assert_int_equal(config_load(folder_fd, &c), ERR_CONFIG);
  write_file("", 0602);
  assert_int_equal(config_load(folder_fd, &c), ERR_CONFIG);
  write_file("", 0644);
  assert_int_equal(config_load(folder_fd, &c), ERR_OK);
  assert_int_equal(unlinkat(folder_fd, CONFIG_FILE, 0), 0);
  assert_int_equal(symlinkat("/dev/null", folder_fd, CONFIG_FILE), 0);
  assert_int_equal(config_load(folder_fd, &c), ERR_CONFIG);
}

static int make_folder(void **state) {
  (void)state;
  if (secret_init() != ERR_OK || !mkdtemp(folder)) return 1;
  folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return folder_fd < 0;
}

static int remove_folder(void **state) {
  (void)state;
  unlinkat(folder_fd, CONFIG_FILE, 0);
  close(folder_fd);
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(understands),           cmocka_unit_test(understands_limits),
      cmocka_unit_test(refuses_with_the_line), cmocka_unit_test(the_default_text_is_true),
      cmocka_unit_test(loads_the_file),        cmocka_unit_test(refuses_a_file_that_others_may_write),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
