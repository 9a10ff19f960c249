/* Papers: every fact they ask for is there, and a slip in one is found. */
#include "vault/paper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct paper_fact facts[] = {{"one", "1"}, {"two", "{{one}}"}};

static void is_filled(void **state) {
  (void)state;
  static const struct {
    const char *text, *filled; /* NULL: it is refused */
  } rows[] = {
      {"", ""},
      {"no fact", "no fact"},
      {"{{one}}", "1"},
      {"a {{one}} b {{two}}{{one}}", "a 1 b {{one}}1"}, /* what was filled in is not looked at again */
      {"{one} }}", "{one} }}"},
      {"{{three}}", NULL},
      {"{{on}}", NULL},
      {"{{one", NULL},
      {"{{one}} {{", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes out = {0};
    enum err e = paper_fill(rows[i].text, 2, facts, &out);
    assert_int_equal(e, rows[i].filled ? ERR_OK : ERR_BUG);
    if (rows[i].filled) assert_string_equal(bytes_text(&out), rows[i].filled);
  }
}

static void are_there(void **state) {
  (void)state;
  assert_non_null(strstr(paper_text("dpia"), "{{assurance}}"));
  assert_non_null(strstr(paper_text("processing"), "{{assurance}}"));
  assert_null(paper_text("other"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(is_filled), cmocka_unit_test(are_there)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
