/* Codes of an authenticator app: the known answers of RFC 6238, and which codes count when. */
#include "vault/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t secret[TOTP_SECRET] = "12345678901234567890";

/* RFC 6238, appendix B, for SHA-1; of the 8 digits there the last 6. */
static void known_answers(void **state) {
  (void)state;
  static const struct {
    uint64_t second;
    uint32_t code;
  } rows[] = {{59, 287082},       {1111111109, 81804},  {1111111111, 50471},
              {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint32_t code = 0;
    assert_int_equal(totp_code(secret, rows[i].second / 30, &code), ERR_OK);
    if (code != rows[i].code) fail_msg("at %llu: %06u", (unsigned long long)rows[i].second, code);
  }
}

static void which_codes_count(void **state) {
  (void)state;
  enum { STEP = 37037036 }; /* that of 1111111109: 081804; the next is 050471 */
  static const struct {
    const char *text;
    int64_t second;
    uint64_t last, step; /* 0: none */
  } rows[] = {
      {"081804", 1111111109, 0, STEP},
      {" 081 804 ", 1111111109, 0, STEP},
      {"081804", 1111111109 + 30, 0, STEP}, /* the app is slow, or the person */
      {"081804", 1111111109 - 30, 0, STEP},
      {"081804", 1111111109 + 61, 0, 0},
      {"081804", 1111111109 - 60, 0, 0},
      {"081804", 1111111109, STEP - 1, STEP},
      {"081804", 1111111109, STEP, 0}, /* used */
      {"081804", 1111111109, STEP + 1, 0},
      {"050471", 1111111109, STEP, STEP + 1},
      {"81804", 1111111109, 0, 0},
      {"0081804", 1111111109, 0, 0},
      {"081805", 1111111109, 0, 0},
      {"08180x", 1111111109, 0, 0},
      {"-81804", 1111111109, 0, 0},
      {"", 1111111109, 0, 0},
      {"081804", 0, 0, 0},
      {"081804", -5, 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint64_t step = 0;
    bool matches = totp_matches(secret, rows[i].text, rows[i].second * 1000, rows[i].last, &step);
    if (matches != (rows[i].step != 0) || step != rows[i].step)
      fail_msg("row %zu, \"%s\": %d, step %llu", i, rows[i].text, matches, (unsigned long long)step);
  }
}

static void what_an_app_reads(void **state) {
  (void)state;
  AUTO(bytes) struct bytes uri = {0};
  totp_put_uri(&uri, secret, "Ida Exämple/1");
  assert_string_equal(bytes_text(&uri),
                      "otpauth://totp/clipvault:Ida%20Ex%C3%A4mple%2F1?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                      "&issuer=clipvault&algorithm=SHA1&digits=6&period=30");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers), cmocka_unit_test(which_codes_count),
                                     cmocka_unit_test(what_an_app_reads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
