/* The set of tags: what is shipped, what a service may write, and the line that is wrong. */
#include "vault/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum err parse(const char *text, struct tags *out) { return tags_parse("tags.conf", text, strlen(text), out); }

static void what_is_shipped(void **state) {
  (void)state;
  static const char *const layers[] = {
      "Being attentive", "Encouraging initiatives", "Receiving initiatives", "Developing attuned interactions",
      "Guiding",         "Deepening discussion"};
  struct tags t;
  assert_int_equal(parse(tags_default_text(), &t), ERR_OK);
  assert_int_equal(t.layer_count, 6);
  for (size_t i = 0; i < 6; i++) {
    bool keyed = false;
    assert_string_equal(t.layers[i], layers[i]);
    for (size_t k = 0; k < t.count; k++) keyed |= t.tags[k].layer == i && t.tags[k].key == (char)('1' + i);
    if (!keyed) fail_msg("no key %zu for %s", i + 1, layers[i]);
  }
  assert_int_equal(tags_find(&t, "eye-contact")->layer, 2);
  assert_null(tags_find(&t, "eye"));
}

static void what_may_be_written(void **state) {
  (void)state;
  static const struct {
    const char *text, *said; /* NULL: it is right */
  } rows[] = {
      {"A|a|B|1", NULL},
      {"# so\r\n\n A | a | B | - \n A|b|\xc3\x89t\xc3\xa9|9\n", NULL},
      {"", "has no tag in it"},
      {"# only words\n", "has no tag in it"},
      {"A|a|B\n", ":1: a line must read"},
      {"A|a|B|1|2\n", ":1: a line must read"},
      {"A|a|B|1\nA|a|C|2\n", ":2: the code a stands there a second time"},
      {"A|a|B|1\nA|b|C|1\n", ":2: the key 1 is that of a already"},
      {"A|a|B|0\n", ":1: the key must be 1 to 9"},
      {"A|a|B|10\n", ":1: the key must be 1 to 9"},
      {"A|a|B|\n", ":1: the key must be 1 to 9"},
      {"A|A|B|1\n", ":1: the code \"A\""},
      {"A||B|1\n", ":1: the code \"\""},
      {"A|a-code-of-more-than-thirty-two-letters|B|1\n", ":1: the code"},
      {"A|a||1\n", ":1: a label"},
      {"|a|B|1\n", ":1: a layer"},
      {"A|a|\xff|1\n", ":1: a label"},
      {"A|a|B|1\n\nC|c|D|2\nA|e|F|3\n", ":4: the lines of the layer \"A\" must stand together"},
  };
  struct tags t;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum err e = parse(rows[i].text, &t);
    bool right = rows[i].said ? e == ERR_CONFIG && strstr(err_text(), rows[i].said) : e == ERR_OK;
    if (!right) fail_msg("row %zu: %d, %s", i, e, err_text());
  }
  assert_int_equal(tags_parse("tags.conf", "A|a|B|1\0", 8, &t), ERR_CONFIG);
}

static void there_is_an_end(void **state) {
  (void)state;
  struct tags t;
  AUTO(bytes) struct bytes text = {0};
  for (int i = 0; i < TAGS_MOST; i++) bytes_printf(&text, "A|t%d|B|-\n", i);
  assert_int_equal(parse(bytes_text(&text), &t), ERR_OK);
  bytes_put_text(&text, "A|more|B|-\n");
  assert_int_equal(parse(bytes_text(&text), &t), ERR_CONFIG);
  bytes_clear(&text);
  for (int i = 0; i <= TAGS_LAYERS; i++) bytes_printf(&text, "L%d|t%d|B|-\n", i, i);
  assert_int_equal(parse(bytes_text(&text), &t), ERR_CONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_shipped),
      cmocka_unit_test(what_may_be_written),
      cmocka_unit_test(there_is_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
