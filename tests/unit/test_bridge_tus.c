/* What the headers of an upload say, row by row. */
#include "player-bridge/http/tus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void numbers(void **state) {
  (void)state;
  uint64_t n;
  assert_true(tus_number("0", &n) && n == 0);
  assert_true(tus_number("9223372036854775807", &n) && n == INT64_MAX);
  static const char *const wrong[] = {NULL, "", "-1", "+1", " 1", "1 ", "0x1", "9223372036854775808", "18446744073709551616",
                                      "1.0"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(tus_number(wrong[i], &n));
}

static const struct {
  const char *header, *key, *value; /* value NULL: not there */
  bool good;
} metadata[] = {
    {NULL, "filename", NULL, true},
    {"", "filename", NULL, true},
    {"filename ZmlsbS5tb3Y=", "filename", "film.mov", true},
    {"filename ZmlsbS5tb3Y=,case Y2Fz", "case", "cas", true},
    {"filename ZmlsbS5tb3Y=, case Y2Fz", "case", "cas", true},
    {"filename ZmlsbS5tb3Y=,case Y2Fz", "kind", NULL, true},
    {"private,case Y2Fz", "private", "", true},
    {"private ,case Y2Fz", "private", "", true},
    {"filenames ZmlsbS5tb3Y=", "filename", NULL, true},
    {"filename ZmlsbS5tb3Y", "filename", NULL, false},  /* not padded */
    {"filename ZmlsbS5tb3Z=", "filename", NULL, false}, /* bits behind the end */
    {"filename Zmls!S5tb3Y=", "filename", NULL, false},
    {"filename  Y2Fz", "filename", NULL, false},
    {"filename Y2Fz Y2Fz", "filename", NULL, false},
    {"filename\tY2Fz", "filename", NULL, false},
    {"filename Y2Fz,filename Y2Fz", "filename", NULL, false}, /* twice */
    {"filename Y2Fz,", "filename", NULL, false},
    {",filename Y2Fz", "filename", NULL, false},
    {"filename YQBi", "filename", NULL, false}, /* a NUL */
};

static void values_of_metadata(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++) {
    AUTO(bytes) struct bytes out = {0};
    bool found, good = tus_metadata(metadata[i].header, metadata[i].key, &out, &found);
    if (good != metadata[i].good) fail_msg("row %zu: %s", i, metadata[i].header);
    if (!good) continue;
    if (found != (metadata[i].value != NULL)) fail_msg("row %zu: %s", i, metadata[i].header);
    if (found) assert_string_equal(bytes_text(&out), metadata[i].value);
  }
}

static void long_metadata_is_refused(void **state) {
  (void)state;
  AUTO(bytes) struct bytes header = {0}, out = {0};
  bool found;
  bytes_put_text(&header, "filename ");
  while (header.length <= TUS_MOST_METADATA) bytes_put_text(&header, "Y2Fz");
  assert_false(tus_metadata(bytes_text(&header), "filename", &out, &found));
}

static const struct {
  const char *header, *algorithm;
  size_t length;
} checksums[] = {
    {NULL, "", 0},
    {"sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1", 20},
    {"sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "sha256", 32},
    {"sha1 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", NULL, 0},
    {"sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", NULL, 0},
    {"md5 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", NULL, 0},
    {"sha256", NULL, 0},
    {"sha256 ", NULL, 0},
    {"", NULL, 0},
    {"SHA256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", NULL, 0},
    {"sha256  LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", NULL, 0},
};

static void digests(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof checksums / sizeof *checksums; i++) {
    struct tus_checksum c;
    bool good = tus_checksum(checksums[i].header, &c);
    if (good != (checksums[i].algorithm != NULL)) fail_msg("row %zu: %s", i, checksums[i].header);
    if (!good) continue;
    assert_string_equal(c.algorithm, checksums[i].algorithm);
    assert_int_equal(c.length, checksums[i].length);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(values_of_metadata),
                                     cmocka_unit_test(long_metadata_is_refused), cmocka_unit_test(digests)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
