/* What a person sees while a card is taken in, and names from a card on their way there. */
#include "vault/progress.h"

#include "ingest/folder.h"
#include "vault/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void share_and_time(void **state) {
  (void)state;
  static const struct {
    struct progress_queue q;
    unsigned permille, all;
    int64_t now_ms, eta_ms;
  } rows[] = {
      {{"a", 1, 4, 0, 100, 1000, 0}, 0, 0, 5000, -1},
      {{"a", 1, 4, 0, 100, 1000, 0}, 500, 50, 5000, 95000},
      {{"a", 1, 4, 0, 100, 1000, 0}, 500, 50, 900, -1}, /* too early to tell */
      {{"b", 2, 4, 100, 400, 1000, 1000}, 1000, 500, 11000, 10000},
      {{"d", 4, 4, 900, 100, 1000, 0}, 1000, 1000, 9000, 0},
      {{"c", 3, 4, 1000, 0, 1000, 0}, 0, 999, 9000, 0},  /* empty ones are left: not all yet */
      {{"a", 1, 1, 0, 0, 0, 0}, 400, 400, 9000, -1},     /* nothing to weigh by */
      {{"a", 1, 2, 0, 900, 500, 0}, 900, 999, 9000, -1}, /* it grew since it was counted */
      {{"a", 1, 1, 0, (uint64_t)1 << 62, (uint64_t)1 << 62, 0}, 500, 500, 9000, 9000},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(progress_all_permille(&rows[i].q, rows[i].permille), rows[i].all);
    assert_int_equal(progress_eta_ms(&rows[i].q, rows[i].permille, rows[i].now_ms), rows[i].eta_ms);
  }
}

static void names_are_plain(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t most;
    const char *shown;
    size_t columns;
  } rows[] = {
      {"film.mov", PLAIN_ANY, "film.mov", 8},
      {"a\x1b[31mb\n\t\x7f", PLAIN_ANY, "a?[31mb???", 10},
      {"caf\xc3\xa9", PLAIN_ANY, "caf\xc3\xa9", 4},
      {"x\xc2\x9b"
       "31m",
       PLAIN_ANY, "x?31m", 5},                             /* a control character of ISO 8859 */
      {"x\xe2\x80\xaegpj.exe", PLAIN_ANY, "x?gpj.exe", 9}, /* what follows would be read backwards */
      {"\xff\xc3x", PLAIN_ANY, "??x", 3},                  /* no UTF-8 */
      {"DCIM/100/film.mov", 10, "…/film.mov", 10},
      {"abcdef", 6, "abcdef", 6},
      {"abcdef", 5, "…cdef", 5},
      {"\xe6\x98\xa0\xe7\x94\xbb", 3, "…\xe7\x94\xbb", 3}, /* wide ones take two columns */
      {"", 5, "", 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes out = {0};
    assert_int_equal(plain_put(&out, rows[i].text, rows[i].most), rows[i].columns);
    assert_string_equal(bytes_text(&out), rows[i].shown);
  }
}

static void what_a_card_holds_besides(void **state) {
  (void)state;
  static const char *const left_out[] = {".DS_Store",
                                         "._a.mov",
                                         ".Trashes",
                                         "Thumbs.db",
                                         "A.THM",
                                         "00000.cpi",
                                         "x.MPL",
                                         "INDEX.BDM",
                                         "C0001M01.XML",
                                         "camera.LOG",
                                         "System Volume Information",
                                         "desktop.ini"};
  static const char *const looked_at[] = {"a.mov", "thm", "A.THM.mp4", "notes.txt", "00000.MTS", "noname", "xml", "a.jpg"};
  for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) assert_non_null(folder_unwanted(left_out[i]));
  for (size_t i = 0; i < sizeof looked_at / sizeof *looked_at; i++) assert_null(folder_unwanted(looked_at[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(share_and_time), cmocka_unit_test(names_are_plain),
                                     cmocka_unit_test(what_a_card_holds_besides)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
