/* The writer of JSON: every text comes out as a valid string, and what is not exactly one value is told. */
#include "vault/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(literal) literal, sizeof literal - 1
#define BAD "\xef\xbf\xbd" /* U+FFFD */

static const struct {
  const char *name, *text;
  size_t length;
  const char *written; /* without the quotes */
} texts[] = {
    {"nothing", TEXT(""), ""},
    {"plain", TEXT("Ada Example"), "Ada Example"},
    {"quotes", TEXT("say \"no\""), "say \\\"no\\\""},
    {"a backslash", TEXT("C:\\n"), "C:\\\\n"},
    {"a slash", TEXT("</script>"), "</script>"},
    {"a line", TEXT("a\nb"), "a\\nb"},
    {"controls", TEXT("\x01\x08\t\x0c\r\x1b\x1f"), "\\u0001\\u0008\\u0009\\u000c\\u000d\\u001b\\u001f"},
    {"a NUL", TEXT("a\0b"), "a\\u0000b"},
    {"delete", TEXT("\x7f"), "\\u007f"},
    {"a space is no control", TEXT(" ~"), " ~"},
    {"two bytes", TEXT("\xc2\x80\xc3\xa9\xdf\xbf"), "\xc2\x80\xc3\xa9\xdf\xbf"},
    {"three bytes", TEXT("\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"),
     "\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"},
    {"four bytes", TEXT("\xf0\x90\x80\x80\xf0\x9f\x8e\xa5\xf4\x8f\xbf\xbf"), "\xf0\x90\x80\x80\xf0\x9f\x8e\xa5\xf4\x8f\xbf\xbf"},
    {"a byte of Latin 1", TEXT("caf\xe9"), "caf" BAD},
    {"a lone continuation", TEXT("a\x80z\xbf"), "a" BAD "z" BAD},
    {"overlong slash", TEXT("\xc0\xaf"), BAD BAD},
    {"overlong quote", TEXT("\xc0\xa2"), BAD BAD},
    {"overlong in two", TEXT("\xc1\xbf"), BAD BAD},
    {"overlong in three", TEXT("\xe0\x9f\xbf"), BAD BAD BAD},
    {"overlong in four", TEXT("\xf0\x8f\xbf\xbf"), BAD BAD BAD BAD},
    {"a surrogate", TEXT("\xed\xa0\x80"), BAD BAD BAD},
    {"beyond the last", TEXT("\xf4\x90\x80\x80"), BAD BAD BAD BAD},
    {"five bytes", TEXT("\xf8\x88\x80\x80\x80"), BAD BAD BAD BAD BAD},
    {"no bytes at all", TEXT("\xfe\xff"), BAD BAD},
    {"cut after one of two", TEXT("a\xc3"), "a" BAD},
    {"cut after two of three", TEXT("\xe2\x82"), BAD BAD},
    {"cut after three of four", TEXT("\xf0\x9f\x8e"), BAD BAD BAD},
    {"cut, while the rest lies behind", "\xc3\xa9", 1, BAD},
    {"cut in three, while the rest lies behind", "\xe2\x82\xac", 2, BAD BAD},
    {"broken off by a quote", TEXT("\xe2\x82\"x"), BAD BAD "\\\"x"},
    {"broken off by a sequence", TEXT("\xc3\xc3\xa9"), BAD "\xc3\xa9"},
};

static void texts_come_out_as_valid_strings(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    AUTO(bytes) struct bytes out = {0}, expected = {0}, key = {0};
    struct json j = json_begin(&out);
    json_text_bytes(&j, texts[i].text, texts[i].length);
    if (json_end(&j) != ERR_OK) fail_msg("%s: %s", texts[i].name, err_text());
    bytes_printf(&expected, "\"%s\"", texts[i].written);
    if (strcmp(bytes_text(&out), bytes_text(&expected)) != 0) fail_msg("%s: %s", texts[i].name, bytes_text(&out));
    if (strlen(texts[i].text) != texts[i].length) continue;
    j = json_begin(&key); /* a key is quoted as a text is */
    json_object(&j), json_key(&j, texts[i].text), json_text(&j, texts[i].text), json_close(&j);
    if (json_end(&j) != ERR_OK) fail_msg("%s as a key: %s", texts[i].name, err_text());
    bytes_clear(&expected);
    bytes_printf(&expected, "{\"%s\":\"%s\"}", texts[i].written, texts[i].written);
    if (strcmp(bytes_text(&key), bytes_text(&expected)) != 0) fail_msg("%s as a key: %s", texts[i].name, bytes_text(&key));
  }
}

/* Whatever one byte follows another, no quote, backslash or control is left bare and no text is left open. */
static void no_pair_of_bytes_breaks_out(void **state) {
  (void)state;
  for (unsigned pair = 0; pair < 65536; pair++) {
    AUTO(bytes) struct bytes out = {0};
    const uint8_t text[3] = {(uint8_t)(pair >> 8), (uint8_t)pair, 'z'};
    struct json j = json_begin(&out);
    json_text_bytes(&j, text, sizeof text);
    for (size_t i = 1; i + 1 < out.length; i++) {
      uint8_t c = out.data[i];
      if (c == '\\' && i + 2 < out.length)
        i++;
      else if (c < 0x20 || c == '"' || c == '\\')
        fail_msg("%02x %02x gives %s", text[0], text[1], bytes_text(&out));
    }
    if (out.data[out.length - 2] != 'z' || out.data[out.length - 1] != '"')
      fail_msg("%02x %02x swallow what follows", text[0], text[1]);
  }
}

/* ---- values and nesting */
static void one_of_everything(void **state) {
  (void)state;
  AUTO(bytes) struct bytes out = {0};
  struct json j = json_begin(&out);
  json_object(&j);
  json_key(&j, "numbers"), json_array(&j);
  json_number(&j, 0), json_number(&j, INT64_MIN), json_number(&j, INT64_MAX), json_number(&j, -1);
  json_close(&j);
  json_key(&j, "yes"), json_bool(&j, true);
  json_key(&j, "no"), json_bool(&j, false);
  json_key(&j, "none"), json_null(&j);
  json_key(&j, "empty"), json_object(&j), json_close(&j);
  json_key(&j, "list"), json_array(&j);
  json_array(&j), json_close(&j), json_object(&j), json_key(&j, "a"), json_text(&j, "b"), json_close(&j), json_text(&j, "c");
  json_close(&j);
  json_close(&j);
  assert_int_equal(json_end(&j), ERR_OK);
  assert_string_equal(bytes_text(&out),
                      "{\"numbers\":[0,-9223372036854775808,9223372036854775807,-1],\"yes\":true,\"no\":false,"
                      "\"none\":null,\"empty\":{},\"list\":[[],{\"a\":\"b\"},\"c\"]}");
}

static void writes_behind_what_is_there(void **state) {
  (void)state;
  AUTO(bytes) struct bytes out = {0};
  bytes_put_text(&out, "before ");
  struct json j = json_begin(&out);
  json_bool(&j, true);
  assert_int_equal(json_end(&j), ERR_OK);
  assert_string_equal(bytes_text(&out), "before true");
}

/* One letter a call:  { [ object, array   ) close   k key   1 value */
static struct json play(const char *calls, struct bytes *out) {
  struct json j = json_begin(out);
  for (; *calls; calls++) switch (*calls) {
      case '{': json_object(&j); break;
      case '[': json_array(&j); break;
      case ')': json_close(&j); break;
      case 'k': json_key(&j, "k"); break;
      default: json_number(&j, 1);
    }
  return j;
}

static void what_is_not_one_value_is_our_bug(void **state) {
  (void)state;
  static const struct {
    const char *name, *calls;
    bool good;
  } rows[] = {
      {"a number", "1", true},
      {"an object in an array", "[{k1)1)", true},
      {"15 deep", "[[[[[[[[[[[[[[[)))))))))))))))", true},
      {"16 deep", "[[[[[[[[[[[[[[[[))))))))))))))))", false},
      {"60 deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", false},
      {"nothing", "", false},
      {"two values", "11", false},
      {"a value after an object", "{)1", false},
      {"two objects", "{){)", false},
      {"an open object", "{", false},
      {"an open array", "[1", false},
      {"closed twice", "[))", false},
      {"closed before it was opened", ")1", false},
      {"a value without a key", "{1)", false},
      {"an object without a key", "{{))", false},
      {"a key without a value", "{k)", false},
      {"a key at the very end", "{k", false},
      {"two keys", "{kk1)", false},
      {"a key in an array", "[k1)", false},
      {"a key outside", "k1", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes out = {0};
    struct json j = play(rows[i].calls, &out);
    if (json_end(&j) != (rows[i].good ? ERR_OK : ERR_BUG)) fail_msg("%s: %s", rows[i].name, bytes_text(&out));
  }
}

static void memory_that_ran_out_is_told(void **state) {
  (void)state;
  struct bytes out = {.failed = true};
  struct json j = play("[1)", &out);
  assert_int_equal(json_end(&j), ERR_IO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_come_out_as_valid_strings),
      cmocka_unit_test(no_pair_of_bytes_breaks_out),
      cmocka_unit_test(one_of_everything),
      cmocka_unit_test(writes_behind_what_is_there),
      cmocka_unit_test(what_is_not_one_value_is_our_bug),
      cmocka_unit_test(memory_that_ran_out_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
