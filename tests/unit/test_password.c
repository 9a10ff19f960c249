/* Which passwords are taken, and by what they are known again. */
#include "vault/password.h"

#include "vault/base/io.h"
#include "vault/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const uint8_t *as_bytes(const char *text) { return (const uint8_t *)text; }

static void which_are_taken(void **state) {
  (void)state;
  static const struct {
    const char *password, *name;
    enum err result;
  } rows[] = {
      {"correct horse battery", NULL, ERR_OK},
      {"Gänseblümchen im Regen", NULL, ERR_OK},
      {"x7#Kq2!mZp", NULL, ERR_OK},
      {"password of a blue heron", NULL, ERR_OK},
      {"x7#Kq2!mZ", NULL, ERR_REFUSED}, /* short */
      {"", NULL, ERR_REFUSED},
      {"password123", NULL, ERR_REFUSED},
      {"Passw0rd!!!!", NULL, ERR_REFUSED},
      {"PASSWORD2024", NULL, ERR_REFUSED},
      {"1234567890", NULL, ERR_REFUSED},
      {"9876543210abc", NULL, ERR_REFUSED},
      {"aaaaaaaaaaaaaaa", NULL, ERR_REFUSED},
      {"abababababababab", NULL, ERR_REFUSED},
      {"qwertyuiop!", NULL, ERR_REFUSED},
      {"clipvault-clipvault-11", NULL, ERR_REFUSED},
      {"..............", NULL, ERR_REFUSED},
      {"ida example 1985", "Ida Example", ERR_OK}, /* a year is four digits */
      {"IdaExample11", "Ida Example", ERR_REFUSED},
      {"IdaExample11", "Sue Sample", ERR_OK},
      {"example, ida", "Ida Example", ERR_REFUSED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum err e = password_check_choice(as_bytes(rows[i].password), strlen(rows[i].password), rows[i].name);
    if (e != rows[i].result) fail_msg("\"%s\": %d instead of %d", rows[i].password, (int)e, (int)rows[i].result);
  }
  uint8_t much[PASSWORD_MOST + 1] = {0};
  assert_int_equal(password_check_choice(much, sizeof much, NULL), ERR_USAGE);
}

static void is_known_again(void **state) {
  (void)state;
  struct password_record one, two, none = {0}, dummy;
  const uint8_t *word = as_bytes("correct horse battery");
  assert_int_equal(password_make(word, 21, &one), ERR_OK);
  assert_int_equal(password_make(word, 21, &two), ERR_OK);
  assert_memory_not_equal(one.hash, two.hash, sizeof one.hash); /* salted */
  assert_true(password_fits(&one, word, 21));
  assert_false(password_fits(&one, word, 20));
  assert_false(password_fits(&one, as_bytes("correct horse batterY"), 21));
  assert_false(password_fits(&none, word, 21));
  assert_false(password_fits(&none, as_bytes(""), 0));
  password_dummy(&dummy);
  assert_int_equal(dummy.ops, one.ops); /* costs the same */
  assert_int_equal(dummy.kib, one.kib);
  assert_false(password_fits(&dummy, word, 21));
  two = one;
  two.ops++;
  assert_false(password_fits(&two, word, 21));
}

static void records_are_bounded(void **state) {
  (void)state;
  static const struct {
    uint32_t ops, kib;
    bool whole;
  } rows[] = {{2, 65536, true}, {0, 0, true},     {12, 1024 * 1024, true}, {1, 8 * 1024, true},        {0, 65536, false},
              {2, 0, false},    {2, 8191, false}, {13, 65536, false},      {2, 1024 * 1024 + 1, false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes b = {0};
    struct password_record in = {.ops = rows[i].ops, .kib = rows[i].kib, .hash = {7}}, out;
    password_put(&b, &in);
    struct bytes_reader r = bytes_reader(b.data, b.length);
    password_get(&r, &out);
    if (bytes_done(&r) != rows[i].whole) fail_msg("row %zu", i);
    if (rows[i].whole) assert_memory_equal(&in, &out, sizeof in);
  }
}

static void one_line_of_a_file(void **state) {
  (void)state;
  static const struct {
    const char *file;
    const char *line; /* NULL: refused */
  } rows[] = {{"a word\n", "a word"},
              {"a word", "a word"},
              {"a word\r\n", "a word"},
              {" a word \n", " a word "},
              {"a\nword\n", NULL},
              {"a word\n\n", NULL},
              {"", NULL},
              {"\n", NULL},
              {"\r\n", NULL}};
  uint8_t *out = secret_alloc(PASSWORD_MOST);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(io) int fd = memfd_create("password", MFD_CLOEXEC);
    size_t length = 0;
    assert_int_equal(io_pwrite_all(fd, rows[i].file, strlen(rows[i].file), 0), ERR_OK);
    enum err e = password_read_line(fd, out, &length);
    bool same = e == ERR_OK && rows[i].line && length == strlen(rows[i].line) && memcmp(out, rows[i].line, length) == 0;
    if (!(rows[i].line ? same : e == ERR_DATA)) fail_msg("row %zu: %d", i, (int)e);
  }
  char much[PASSWORD_MOST + 2];
  memset(much, 'x', sizeof much);
  for (size_t extra = 0; extra < 2; extra++) {
    AUTO(io) int fd = memfd_create("password", MFD_CLOEXEC);
    size_t length;
    assert_int_equal(io_pwrite_all(fd, much, PASSWORD_MOST + extra, 0), ERR_OK);
    assert_int_equal(password_read_line(fd, out, &length), extra ? ERR_DATA : ERR_OK);
  }
  secret_free(out);
}

static int begin(void **state) {
  (void)state;
  return secret_init() != ERR_OK;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(which_are_taken), cmocka_unit_test(is_known_again),
                                     cmocka_unit_test(records_are_bounded), cmocka_unit_test(one_line_of_a_file)};
  return cmocka_run_group_tests(tests, begin, NULL);
}
