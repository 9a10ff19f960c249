/* The words of consent: what each is called, which number it has for ever, and what is said to a word that is none. */
#include "vault/purpose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LIST                                                                                                          \
  "intervention, case_consultation, supervision, accreditation, peer_training, service_training, external_training, " \
  "research, publication, quality_assurance, client_copy"

/* Sealed records hold sets of these numbers: a row is never changed, only added. */
static const struct {
  const char *name;
  unsigned number;
} purposes[] = {
    {"intervention", 0},  {"case_consultation", 1}, {"supervision", 2},       {"accreditation", 3},
    {"peer_training", 4}, {"service_training", 5},  {"external_training", 6}, {"research", 7},
    {"publication", 8},   {"quality_assurance", 9}, {"client_copy", 10},
};

static void purposes_keep_their_numbers(void **state) {
  (void)state;
  assert_int_equal(sizeof purposes / sizeof *purposes, PURPOSE_COUNT);
  for (size_t i = 0; i < PURPOSE_COUNT; i++) {
    enum purpose p = 77;
    if (purpose_parse(purposes[i].name, &p) != ERR_OK || p != purposes[i].number)
      fail_msg("%s has the number %d", purposes[i].name, (int)p);
    if (strcmp(purpose_name(p), purposes[i].name) != 0) fail_msg("%s is called %s", purposes[i].name, purpose_name(p));
  }
  assert_string_equal(purpose_name(PURPOSE_COUNT), "unknown");
  assert_string_equal(purpose_name((enum purpose) - 1), "unknown");
}

/* On forms and pages; no two are alike, else a box that is ticked could be read as another. */
static void each_has_words_of_its_own(void **state) {
  (void)state;
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    if (!*purpose_label(p) || !*purpose_about(p)) fail_msg("%s has no words", purpose_name(p));
    for (enum purpose other = 0; other < p; other++)
      if (strcmp(purpose_label(p), purpose_label(other)) == 0 || strcmp(purpose_about(p), purpose_about(other)) == 0)
        fail_msg("%s and %s have the same words", purpose_name(p), purpose_name(other));
  }
  assert_string_equal(purpose_label(PURPOSE_SUPERVISION), "Supervision");
  assert_string_equal(purpose_label(PURPOSE_COUNT), "unknown");
  assert_string_equal(purpose_about(PURPOSE_COUNT), "");
  assert_string_equal(purpose_media_label(MEDIA_STILL), "Still pictures");
  assert_string_equal(purpose_media_label((enum purpose_media)(MEDIA_STILL | MEDIA_CLIP)), "unknown"); /* one alone has a name */
}

static void other_words_are_no_purposes(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
  } rows[] = {
      {"supervison", "\"supervison\" is not a purpose; did you mean supervision?"},
      {"Research", "\"Research\" is not a purpose; did you mean research?"},
      {"client-copy", "\"client-copy\" is not a purpose; did you mean client_copy?"},
      {"research ", "\"research \" is not a purpose; did you mean research?"},
      {"watching", "\"watching\" is not a purpose; they are " LIST},
      {"everything", "\"everything\" is not a purpose; they are " LIST},
      {"", "\"\" is not a purpose; they are " LIST},
      {"legal_disclosure",
       "legal_disclosure is a duty, not something anyone consents to; it cannot be recorded or asked for as a consent"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum purpose p = 77;
    if (purpose_parse(rows[i].text, &p) != ERR_USAGE) fail_msg("\"%s\" is a purpose", rows[i].text);
    if (strcmp(err_text(), rows[i].says) != 0) fail_msg("\"%s\": %s", rows[i].text, err_text());
    if (p != 77) fail_msg("\"%s\" was refused and yet written", rows[i].text);
  }
}

/* ---- comma lists */
static void reads_sets(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint32_t set;
    const char *again;
  } rows[] = {
      {"intervention", 1, "intervention"},
      {"supervision,intervention", 5, "intervention, supervision"},
      {" supervision , intervention ", 5, "intervention, supervision"},
      {"supervision,supervision", 4, "supervision"},
      {"client_copy", 1 << 10, "client_copy"},
      {LIST, 2047, LIST},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes again = {0};
    uint32_t set = 0;
    if (purpose_parse_set(rows[i].text, &set) != ERR_OK || set != rows[i].set)
      fail_msg("\"%s\" is the set %#x: %s", rows[i].text, set, err_text());
    purpose_put_set(&again, set);
    if (strcmp(bytes_text(&again), rows[i].again) != 0) fail_msg("\"%s\" is put as %s", rows[i].text, bytes_text(&again));
  }
  AUTO(bytes) struct bytes none = {0}, unknown = {0};
  purpose_put_set(&none, 0);
  assert_string_equal(bytes_text(&none), "none");
  purpose_put_set(&unknown, 1u << 31 | 1); /* a bit that no purpose has yet is not shown as one */
  assert_string_equal(bytes_text(&unknown), "intervention");
}

static void refuses_lists_with_holes(void **state) {
  (void)state;
  static const char *const lists[] = {
      "", " ", ",", "supervision,", ",supervision", "supervision,,research", "supervision, ,research"};
  static const char *const wrong[] = {
      "supervision;research",         "supervision research",
      "supervision,watching",         "all",
      "supervision,legal_disclosure", "superviiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiision"};
  uint32_t set = 77;
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    if (purpose_parse_set(lists[i], &set) != ERR_USAGE) fail_msg("purposes \"%s\" were accepted", lists[i]);
    if (!strstr(err_text(), "an empty place in a list")) fail_msg("purposes \"%s\": %s", lists[i], err_text());
    if (purpose_parse_media(lists[i], &set) != ERR_USAGE) fail_msg("media \"%s\" were accepted", lists[i]);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (purpose_parse_set(wrong[i], &set) != ERR_USAGE) fail_msg("purposes \"%s\" were accepted", wrong[i]);
  assert_int_equal(set, 77);
}

/* ---- media, identifiability, kinds */
static const struct {
  const char *name;
  uint32_t bit;
} media[] = {{"recording", 1}, {"clip", 2}, {"still", 4}, {"audio", 8}, {"notes", 16}};

static void media_keep_their_bits(void **state) {
  (void)state;
  uint32_t set = 0, all = 0;
  for (size_t i = 0; i < sizeof media / sizeof *media; i++) {
    if (purpose_parse_media(media[i].name, &set) != ERR_OK || set != media[i].bit) fail_msg("%s is %#x", media[i].name, set);
    if (strcmp(purpose_media_name(set), media[i].name) != 0) fail_msg("%#x is called %s", set, purpose_media_name(set));
    all |= media[i].bit;
  }
  assert_int_equal(all, MEDIA_ALL);
  assert_int_equal(purpose_parse_media("notes,clip, recording", &set), ERR_OK);
  assert_int_equal(set, MEDIA_NOTES | MEDIA_CLIP | MEDIA_RECORDING);
  assert_int_equal(purpose_parse_media("clip,film", &set), ERR_USAGE);
  assert_string_equal(err_text(), "\"film\" is not a kind of media; they are recording, clip, still, audio, notes");
  assert_int_equal(set, MEDIA_NOTES | MEDIA_CLIP | MEDIA_RECORDING);
  assert_string_equal(purpose_media_name(MEDIA_CLIP | MEDIA_STILL), "unknown");
  assert_string_equal(purpose_media_name(0), "unknown");
}

static void identifiability_has_two_words(void **state) {
  (void)state;
  static const char *const no_words[] = {"", "as filmed", "As-Filmed", "obscure", "as-filmed,obscured", "muted"};
  enum purpose_ident ident = 0;
  assert_int_equal(purpose_parse_ident("as-filmed", &ident), ERR_OK);
  assert_int_equal(ident, IDENT_AS_FILMED);
  assert_string_equal(purpose_ident_name(ident), "as-filmed");
  assert_int_equal(purpose_parse_ident("obscured", &ident), ERR_OK);
  assert_int_equal(ident, IDENT_OBSCURED);
  assert_string_equal(purpose_ident_name(ident), "obscured");
  for (size_t i = 0; i < sizeof no_words / sizeof *no_words; i++)
    if (purpose_parse_ident(no_words[i], &ident) != ERR_USAGE) fail_msg("\"%s\" is an identifiability", no_words[i]);
  assert_int_equal(ident, IDENT_OBSCURED);
}

static void a_kind_of_clip_is_consented_as_a_medium(void **state) {
  (void)state;
  static const struct {
    const char *kind;
    int medium; /* 0: none */
  } rows[] = {{"recording", MEDIA_RECORDING},
              {"clip", MEDIA_CLIP},
              {"still", MEDIA_STILL},
              {"audio", MEDIA_AUDIO},
              {"document", MEDIA_NOTES},
              {"notes", 0},
              {"", 0},
              {"Clip", 0},
              {"film", 0},
              {"clip,still", 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum purpose_media m = 0;
    enum err e = purpose_kind_media(rows[i].kind, &m);
    if (e != (rows[i].medium ? ERR_OK : ERR_USAGE) || (int)m != rows[i].medium)
      fail_msg("\"%s\" is consented as %d", rows[i].kind, m);
    if (e != ERR_OK && !strstr(err_text(), "is not a kind of clip; they are recording, clip, still, audio, document"))
      fail_msg("\"%s\": %s", rows[i].kind, err_text());
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(purposes_keep_their_numbers),   cmocka_unit_test(each_has_words_of_its_own),
      cmocka_unit_test(other_words_are_no_purposes),   cmocka_unit_test(reads_sets),
      cmocka_unit_test(refuses_lists_with_holes),      cmocka_unit_test(media_keep_their_bits),
      cmocka_unit_test(identifiability_has_two_words), cmocka_unit_test(a_kind_of_clip_is_consented_as_a_medium),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
