/* Certificates read and shown: every kind in plain words, nothing that was not signed, nothing that is not of our writing. */
#include "keys/certificate.h"
#include "vault/statement.h"
#include "vault/statement_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CLP(c) "clp_" c "aaaaaaaaaaaaaaaaaaaaaaaaa"
/* Form 1 needs no log, so any of its items can be signed here; what each says is read alike in both. */
static const char every_kind[] =
    "{\"form\":\"clipvault certificate 1\",\"certificate\":\"crt_aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"vault\":"
    "\"vlt_aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"reason\":\"its time was over\",\"decided_at\":\"2026-11-26T10:17:32Z\",\"due_at\":\"2026-11-26T09:00:00Z\",\"destroyed_at\":\"2026-11-26T10:17:32Z\",\"assurance\":"
    "\"tpm\",\"holders_outstanding\":[\"<attic>\"],\"backups_until\":\"2027-02-01T00:00:00Z\",\"consents\":[{\"consent\":"
    "\"con_aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"purpose\":\"publication\",\"ended_as\":\"expired\"}],\"items\":["
    "{\"kind\":\"use-ended\",\"clip\":\"" CLP("a") "\",\"purpose\":\"research\",\"rendition\":\"obscured\",\"due_at\":"
    "\"2026-11-20T00:00:00Z\",\"destroyed_at\":\"2026-11-26T10:17:32Z\",\"still_open_for\":[\"supervision\",\"our_own\"]},"
    "{\"kind\":\"suspended\",\"clip\":\"" CLP("b") "\",\"purpose\":\"intervention\",\"rendition\":\"as-filmed\",\"still_open_for\":[]},"
    "{\"kind\":\"destroyed\",\"clip\":\"" CLP("c") "\",\"ciphertext\":[{\"role\":\"body\",\"bytes\":1500000},{\"role\":\"original\","
    "\"bytes\":2500000},{\"role\":\"frames\",\"bytes\":7}]},"
    "{\"kind\":\"destroyed\",\"consent\":\"con_baaaaaaaaaaaaaaaaaaaaaaaaa\",\"ciphertext\":[{\"role\":\"form\",\"bytes\":900}]},"
    "{\"kind\":\"deferred\",\"clip\":\"" CLP("d") "\",\"hold\":\"hld_aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"owner\":\"officer\",\"due_at\":"
    "\"2026-11-01T23:59:59Z\",\"review_at\":\"2027-05-03T23:59:59Z\"},"
    "{\"kind\":\"deferred\",\"clip\":\"" CLP("e") "\",\"purpose\":\"research\",\"hold\":\"hld_aaaaaaaaaaaaaaaaaaaaaaaaaa\",\"owner\":"
    "\"officer\",\"due_at\":\"2026-11-01T23:59:59Z\",\"review_at\":\"2027-05-03T23:59:59Z\"},"
    "{\"kind\":\"erased\",\"person\":\"per_aaaaaaaaaaaaaaaaaaaaaaaaaa\"}]";

static void sign(const char *claims, struct bytes *out, uint8_t public_key[32]) {
  SECRET_KEY(seed);
  for (unsigned i = 0; i < 32; i++) seed->b[i] = (uint8_t)(7 * i);
  certificate_public_key(seed, public_key);
  bytes_put_text(out, claims);
  assert_int_equal(certificate_sign(seed, out), ERR_OK);
}

static void the_page_says_every_kind_in_plain_words(void **state) {
  (void)state;
  static const char *const said[] = {
      "The reason given: its time was over.",
      CLP("a") "</span> (the version with people made unrecognisable) can no longer be shown for <strong>research</strong>",
      "26&nbsp;November 2026, 10:17&nbsp;(UTC); it was due on 20&nbsp;November 2026. <strong>The recording itself still "
      "exists</strong> and "
      "may still be used for: the practitioner’s own supervision, our_own.",
      "locked away: nobody may watch it. It opens again only if everyone in it agrees",
      "What is left of it is unreadable and is being deleted (3 locked files, 4&nbsp;MB: the recording, the file as it came from "
      "the camera).",
      "The signed form of consent <span class=\"id\">con_baaaa",
      CLP("d") "</span> should have been destroyed on 1&nbsp;November 2026. <strong>It is kept for now</strong>",
      "That does not let anyone watch it. Responsible: the officer, who must look at this again by 3&nbsp;May 2027",
      CLP("e") "</span> should have stopped being used for <strong>research</strong> on 1&nbsp;November 2026",
      "The details of person <span class=\"id\">per_aaaa",
      "Consent to <strong>publication</strong>: over, because its time had come.",
      "security chip",
      "Backups may still hold a locked copy. From 1&nbsp;February 2027 on none of them can bring it back.",
      "called &lt;attic&gt;, has not yet said",
  };
  AUTO(bytes) struct bytes line = {0}, page = {0};
  uint8_t key[32];
  sign(every_kind, &line, key);
  if (statement_page(key, &line, &page) != ERR_OK) fail_msg("%s", err_text());
  for (size_t i = 0; i < sizeof said / sizeof *said; i++)
    if (!strstr(bytes_text(&page), said[i])) fail_msg("the page does not say: %s", said[i]);
  const char *where = getenv("CLIPVAULT_PAGE"); /* to look at it */
  FILE *f = where ? fopen(where, "w") : NULL;
  if (f) fwrite(page.data, 1, page.length, f), fclose(f);
}

static void nothing_is_shown_that_was_not_signed(void **state) {
  (void)state;
  AUTO(bytes) struct bytes line = {0}, page = {0};
  uint8_t key[32];
  sign(every_kind, &line, key);
  line.data[20] ^= 1;
  assert_int_equal(statement_page(key, &line, &page), ERR_DATA);
  line.data[20] ^= 1;
  key[0] ^= 1;
  assert_int_equal(statement_page(key, &line, &page), ERR_DATA);
  assert_int_equal(page.length, 0);
}

/* Form 2 is not valid without its proof. */
static void a_proof_is_asked_for(void **state) {
  (void)state;
  AUTO(bytes) struct bytes line = {0};
  struct statement_verdict verdict;
  uint8_t key[32];
  sign("{\"form\":\"clipvault certificate 2\",\"certificate\":\"crt_aaaaaaaaaaaaaaaaaaaaaaaaaa\"", &line, key);
  assert_int_equal(statement_verify(key, &line, &verdict), ERR_OK);
  assert_false(verdict.valid);
  assert_non_null(strstr(verdict.problem, "no proof"));
}

static void reads_what_was_written(void **state) {
  (void)state;
  AUTO(statement_read) struct statement_read r = {0};
  const char *text = "{\"a\":\"x\\\"\\\\\\n\\u001b\xe2\x80\x94\",\"n\":-7,\"m\":42,\"l\":[1,\"two\",[],{\"k\":null}],\"o\":{}}\n";
  assert_int_equal(statement_read_parse(text, strlen(text), &r), ERR_OK);
  const struct statement_node *root = statement_read_root(&r);
  assert_string_equal(statement_read_text(&r, root, "a"), "x\"\\\n\033\xe2\x80\x94");
  assert_string_equal(statement_read_text(&r, root, "n"), "-7");
  assert_int_equal(statement_read_number(&r, root, "n"), 0);
  assert_int_equal(statement_read_number(&r, root, "m"), 42);
  assert_string_equal(statement_read_text(&r, root, "none"), "");
  size_t count = 0;
  for (const struct statement_node *n = statement_read_first(&r, statement_read_member(&r, root, "l")); n;
       n = statement_read_next(&r, n))
    count++;
  assert_int_equal(count, 4);
  assert_null(statement_read_first(&r, statement_read_member(&r, root, "o")));
  assert_null(statement_read_member(&r, NULL, "a"));
}

static void refuses_what_a_vault_does_not_write(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "\n",
                                      "[]",
                                      "1",
                                      "\"a\"",
                                      "{",
                                      "{}x",
                                      "{} ",
                                      " {}",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{\"a\" :1}",
                                      "{\"a\": 1}",
                                      "{\"a\":01}",
                                      "{\"a\":1.5}",
                                      "{\"a\":1e3}",
                                      "{\"a\":+1}",
                                      "{\"a\":-}",
                                      "{\"a\":tru}",
                                      "{\"a\":\"\t\"}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":\"\\x\"}",
                                      "{\"a\":\"\\u0000\"}",
                                      "{\"a\":\"\\u2014\"}",
                                      "{\"a\":\"\\u00\"}",
                                      "{\"a\":\"b}",
                                      "{\"a\":\"\\\"}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":[1,2}",
                                      "{\"a\":[1 2]}",
                                      "{\"a\":[,]}",
                                      "{\"a\":123456789012345678901}",
                                      "{a:1}",
                                      "{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    AUTO(statement_read) struct statement_read r = {0};
    if (statement_read_parse(texts[i], strlen(texts[i]), &r) != ERR_DATA) fail_msg("taken: %s", texts[i]);
  }
}

int main(void) {
  if (secret_init() != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_page_says_every_kind_in_plain_words),
      cmocka_unit_test(nothing_is_shown_that_was_not_signed),
      cmocka_unit_test(a_proof_is_asked_for),
      cmocka_unit_test(reads_what_was_written),
      cmocka_unit_test(refuses_what_a_vault_does_not_write),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
