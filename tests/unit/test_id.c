/* Ids: printed and read back exactly, one text for one id, and no kind taken for another. */
#include "vault/base/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static const struct {
  enum id_kind kind;
  const char *prefix, *word;
} kinds[] = {
    {ID_VAULT, "vlt_", "vault"},
    {ID_PERSON, "per_", "person"},
    {ID_CASE, "cas_", "case"},
    {ID_CONSENT, "con_", "consent"},
    {ID_CLIP, "clp_", "clip"},
    {ID_USER, "usr_", "user"},
    {ID_HOLD, "hld_", "hold"},
    {ID_CERTIFICATE, "crt_", "certificate"},
    {ID_SLOT, "slt_", "slot"},
    {ID_OBJECT, "obj_", "object"},
    {ID_JOB, "job_", "job"},
    {ID_GRANT, "grn_", "grant"},
    {ID_UPLOAD, "upl_", "upload"},
    {ID_REMARK, "rem_", "remark"},
    {ID_CYCLE, "cyc_", "cycle"},
    {ID_GOAL, "goa_", "goal"},
    {ID_SUPERVISION, "sup_", "supervision"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void known_texts(void **state) {
  (void)state;
  static const struct {
    const char *hex, *text;
  } rows[] = {
      {"00000000000000000000000000000000", "clp_aaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"ffffffffffffffffffffffffffffffff", "clp_77777777777777777777777774"},
      {"00000000000000000000000000000001", "clp_aaaaaaaaaaaaaaaaaaaaaaaaae"},
      {"80000000000000000000000000000000", "clp_qaaaaaaaaaaaaaaaaaaaaaaaaa"},
      {"000102030405060708090a0b0c0d0e0f", "clp_aaaqeayeaudaocajbifqydiob4"},
      {"48656c6c6f2c20776f726c6421212121", "clp_jbswy3dpfqqho33snrsccijbee"}, /* "Hello, world!!!!" */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct id id, again;
    char text[ID_TEXT];
    assert_int_equal(sodium_hex2bin(id.b, sizeof id.b, rows[i].hex, 32, NULL, NULL, NULL), 0);
    if (strcmp(id_format(ID_CLIP, &id, text), rows[i].text) != 0) fail_msg("%s is printed %s", rows[i].hex, text);
    if (id_parse(ID_CLIP, text, &again) != ERR_OK || !id_equal(&id, &again)) fail_msg("%s is not read back", text);
  }
}

static void every_kind_has_its_prefix_and_refuses_the_others(void **state) {
  (void)state;
  struct id id = id_new(), again;
  for (size_t i = 0; i < KINDS; i++) {
    char text[ID_TEXT];
    id_format(kinds[i].kind, &id, text);
    if (strncmp(text, kinds[i].prefix, 4) != 0 || strlen(text) != ID_TEXT - 1) fail_msg("a %s is %s", kinds[i].word, text);
    for (size_t k = 0; k < KINDS; k++) {
      enum err e = id_parse(kinds[k].kind, text, &again);
      if (e != (i == k ? ERR_OK : ERR_USAGE)) fail_msg("%s is taken for a %s", text, kinds[k].word);
      if (i != k && (!strstr(err_text(), kinds[k].word) || !strstr(err_text(), kinds[k].prefix)))
        fail_msg("%s: does not say what was expected: %s", text, err_text());
    }
  }
}

static void one_id_has_one_text(void **state) {
  (void)state;
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  struct id id;
  char text[ID_TEXT] = "clp_aaaaaaaaaaaaaaaaaaaaaaaaaa";
  for (size_t c = 0; c < 32; c++) { /* the last character carries three bits: every fourth is one */
    text[29] = alphabet[c];
    enum err e = id_parse(ID_CLIP, text, &id);
    if (e != (c % 4 == 0 ? ERR_OK : ERR_USAGE)) fail_msg("the last character %c gives %d", alphabet[c], e);
  }
  text[29] = 'a';
  for (size_t at = 4; at < 30; at++)
    for (int c = 1; c < 256; c++) {
      char wrong[ID_TEXT];
      memcpy(wrong, text, sizeof wrong);
      wrong[at] = (char)c;
      bool known = strchr(alphabet, c) != NULL;
      if (!known && id_parse(ID_CLIP, wrong, &id) != ERR_USAGE) fail_msg("character %#x at %zu was accepted", c, at);
    }
}

static void refuses_other_texts(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "clp_",
                                      "clp",
                                      "clp_aaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "clp_aaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "clp_aaaaaaaaaaaaaaaaaaaaaaaaaa ",
                                      " clp_aaaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "CLP_aaaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "clp_AAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "clp-aaaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "clp_aaaaaaaaaaaaaaaaaaaaaaaaa=",
                                      "clp_../../../../../etc/passwd0",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaa"};
  struct id id = {{7}}, before = id;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (id_parse(ID_CLIP, texts[i], &id) != ERR_USAGE) fail_msg("\"%s\" is an id", texts[i]);
    if (!id_equal(&id, &before)) fail_msg("\"%s\" was refused and yet written", texts[i]);
  }
}

static void ids_are_random_and_ordered_by_bytes(void **state) {
  (void)state;
  struct id ids[1000], zero = {0};
  for (size_t i = 0; i < 1000; i++) ids[i] = id_new();
  qsort(ids, 1000, sizeof *ids, id_compare);
  for (size_t i = 0; i < 1000; i++) {
    if (id_is_zero(&ids[i])) fail_msg("an id is zero");
    if (i && (id_equal(&ids[i - 1], &ids[i]) || memcmp(&ids[i - 1], &ids[i], 16) >= 0)) fail_msg("two ids are out of order");
  }
  assert_true(id_is_zero(&zero));
  zero.b[15] = 1;
  assert_false(id_is_zero(&zero));
}

int main(void) {
  if (sodium_init() < 0) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_texts),
      cmocka_unit_test(every_kind_has_its_prefix_and_refuses_the_others),
      cmocka_unit_test(one_id_has_one_text),
      cmocka_unit_test(refuses_other_texts),
      cmocka_unit_test(ids_are_random_and_ordered_by_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
