/* The wire between ingest and its caged worker: every frame survives the way there and back, and nothing malformed does. */
#include "ingest/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct wire_report report = {
    .media = WIRE_FILM,
    .container = "mov,mp4",
    .video_codec = "h264",
    .audio_codec = "aac",
    .mime = "video/mp4",
    .width = 1080,
    .height = 1920,
    .rate_num = 30000,
    .rate_den = 1001,
    .variable_rate = true,
    .hdr = true,
    .has_video = true,
    .has_audio = true,
    .duration_ms = -1,
    .recorded_ms = INT64_MIN,
};

static const struct wire_summary summary = {
    .width = 640,
    .height = 360,
    .rate_num = 25,
    .rate_den = 1,
    .duration_ms = 9640,
    .frames = 241,
    .frames_damaged = 3,
    .packets_damaged = 1,
    .places = 2,
    .damaged_ms = {40, 9000},
    .sound_copied = true,
    .more = true,
    .mime = "video/mp4",
    .settings = "x264 veryfast",
    .choice = "re-encoded: HEVC",
    .repairs = "clock restarted",
    .tools = "libavcodec",
};

/* The frame's payload after its prefix was checked. */
static const uint8_t *payload(const struct bytes *frame, enum wire_kind kind, size_t *length) {
  enum wire_kind got;
  uint32_t stated;
  assert_false(frame->failed);
  assert_int_equal(wire_get_prefix(frame->data, &got, &stated), ERR_OK);
  assert_int_equal(got, kind);
  assert_int_equal(stated, frame->length - WIRE_PREFIX);
  *length = stated;
  return frame->data + WIRE_PREFIX;
}

static void test_prefix(void **state) {
  (void)state;
  static const struct {
    uint8_t bytes[WIRE_PREFIX];
    enum err expected;
  } rows[] = {
      {{0, 0, 0, 0, WIRE_READY}, ERR_OK},
      {{0x10, 0, 2, 0, WIRE_PART}, ERR_OK},
      {{0x11, 0, 2, 0, WIRE_PART}, ERR_DATA},
      {{1, 0, 0, 1, WIRE_PART}, ERR_DATA},
      {{0, 0, 0, 0, 0}, ERR_DATA},
      {{0, 0, 0, 0, WIRE_DONE + 1}, ERR_DATA},
      {{0, 0, 0, 0, WIRE_MARKS}, ERR_OK},
      {{0, 0, 0, 0, WIRE_MARKS + 1}, ERR_DATA},
      {{0xff, 0xff, 0xff, 0xff, WIRE_READ}, ERR_DATA},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum wire_kind kind;
    uint32_t length;
    assert_int_equal(wire_get_prefix(rows[i].bytes, &kind, &length), rows[i].expected);
  }
}

static void test_report(void **state) {
  (void)state;
  AUTO(bytes) struct bytes frame = {0};
  size_t length;
  struct wire_report got;
  wire_put_report(&frame, &report);
  const uint8_t *data = payload(&frame, WIRE_REPORT, &length);
  assert_int_equal(wire_get_report(data, length, &got), ERR_OK);
  assert_memory_equal(&got, &report, sizeof got);
  for (size_t cut = 0; cut < length; cut++) assert_int_equal(wire_get_report(data, cut, &got), ERR_DATA);
  bytes_put_u8(&frame, 0);
  assert_int_equal(wire_get_report(frame.data + WIRE_PREFIX, length + 1, &got), ERR_DATA);
}

static void test_report_faults(void **state) {
  (void)state;
  struct wire_report bad[] = {report, report, report, report, report};
  bad[0].media = (enum wire_media)0;
  bad[1].media = (enum wire_media)4;
  bad[2].width = 65536;
  bad[3].duration_ms = -2;
  bad[4].rate_den = 0;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    AUTO(bytes) struct bytes frame = {0};
    size_t length;
    struct wire_report got = {.width = 7};
    wire_put_report(&frame, &bad[i]);
    const uint8_t *data = payload(&frame, WIRE_REPORT, &length);
    assert_int_equal(wire_get_report(data, length, &got), ERR_DATA);
    assert_int_equal(got.width, 7); /* out-parameters only on success */
  }
}

static void test_summary(void **state) {
  (void)state;
  AUTO(bytes) struct bytes frame = {0};
  size_t length;
  struct wire_summary got;
  wire_put_done(&frame, &summary);
  const uint8_t *data = payload(&frame, WIRE_DONE, &length);
  assert_int_equal(wire_get_done(data, length, &got), ERR_OK);
  assert_memory_equal(&got, &summary, sizeof got);
  for (size_t cut = 0; cut < length; cut++) assert_int_equal(wire_get_done(data, cut, &got), ERR_DATA);
}

static void test_order(void **state) {
  (void)state;
  static const struct wire_order order = {.make = WIRE_MAKE_COPY,
                                          .keep_video = true,
                                          .derive = true,
                                          .most_height = 720,
                                          .crf = 23,
                                          .from_frame = 10,
                                          .to_frame = 20,
                                          .watermark = "for Ms Example"};
  AUTO(bytes) struct bytes frame = {0};
  size_t length;
  struct wire_order got;
  wire_put_order(&frame, &order);
  const uint8_t *data = payload(&frame, WIRE_ORDER, &length);
  assert_int_equal(wire_get_order(data, length, &got), ERR_OK);
  assert_true(got.make == WIRE_MAKE_COPY && got.keep_video && !got.keep_audio && !got.may_copy && got.derive);
  assert_true(got.most_height == 720 && got.crf == 23 && got.from_frame == 10 && got.to_frame == 20);
  assert_string_equal(got.watermark, "for Ms Example");
  static const struct {
    const char *what;
    size_t at;
    uint8_t byte;
  } rows[] = {
      {"nothing to make", 0, 0},
      {"something unknown to make", 0, 3},
      {"a flag that is neither 0 nor 1", 1, 2},
      {"a quality x264 does not have", 11, 52},
      {"a range that begins before the film", 22, 0x80},
      {"a range that ends where it begins", 23, 10},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t kept = frame.data[WIRE_PREFIX + rows[i].at];
    frame.data[WIRE_PREFIX + rows[i].at] = rows[i].byte;
    if (wire_get_order(data, length, &got) != ERR_DATA) fail_msg("taken: %s", rows[i].what);
    frame.data[WIRE_PREFIX + rows[i].at] = kept;
  }
}

static void test_read(void **state) {
  (void)state;
  static const struct {
    uint64_t offset;
    uint32_t length;
    enum err expected;
  } rows[] = {
      {0, 1, ERR_OK},
      {INT64_MAX - WIRE_MOST_DATA, WIRE_MOST_DATA, ERR_OK},
      {0, 0, ERR_DATA},
      {0, WIRE_MOST_DATA + 1, ERR_DATA},
      {(uint64_t)INT64_MAX - WIRE_MOST_DATA + 1, 1, ERR_DATA},
      {UINT64_MAX, 1, ERR_DATA},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes frame = {0};
    size_t length;
    uint64_t offset;
    uint32_t wanted;
    wire_put_read(&frame, rows[i].offset, rows[i].length);
    const uint8_t *data = payload(&frame, WIRE_READ, &length);
    assert_int_equal(wire_get_read(data, length, &offset, &wanted), rows[i].expected);
    if (rows[i].expected == ERR_OK) assert_true(offset == rows[i].offset && wanted == rows[i].length);
  }
}

static void test_refusal(void **state) {
  (void)state;
  static const struct {
    enum err code;
    const char *reason, *shown;
    enum err expected;
  } rows[] = {
      {ERR_DATA, "This file is empty.", "This file is empty.", ERR_OK},
      {ERR_DATA, "\x1b[2J\xc3\xa9\n", "?[2J???", ERR_OK}, /* nothing of it reaches a terminal */
      {ERR_UNAVAILABLE, "", "", ERR_OK},
      {ERR_OK, "fine", "", ERR_DATA},
      {ERR_REFUSED, "consent is not the worker's business", "", ERR_DATA},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes frame = {0};
    size_t length;
    enum err code;
    char reason[WIRE_TEXT + 1];
    wire_put_refused(&frame, rows[i].code, rows[i].reason);
    const uint8_t *data = payload(&frame, WIRE_REFUSED, &length);
    assert_int_equal(wire_get_refused(data, length, &code, reason), rows[i].expected);
    if (rows[i].expected != ERR_OK) continue;
    assert_int_equal(code, rows[i].code);
    assert_string_equal(reason, rows[i].shown);
  }
}

static void test_text_is_cut(void **state) {
  (void)state;
  char longer[WIRE_TEXT + 50], got[WIRE_TEXT + 1];
  memset(longer, 'x', sizeof longer);
  longer[sizeof longer - 1] = 0;
  AUTO(bytes) struct bytes frame = {0};
  size_t length;
  wire_put_text(&frame, WIRE_READY, longer);
  const uint8_t *data = payload(&frame, WIRE_READY, &length);
  assert_int_equal(wire_get_text(data, length, got), ERR_OK);
  assert_int_equal(strlen(got), WIRE_TEXT);
  frame.data[WIRE_PREFIX] = WIRE_TEXT + 1; /* a length that lies */
  assert_int_equal(wire_get_text(data, length, got), ERR_DATA);
}

static void test_part(void **state) {
  (void)state;
  enum wire_object which;
  const uint8_t *data;
  size_t length;
  assert_int_equal(wire_get_part((const uint8_t *)"\x02"
                                                  "abc",
                                 4, &which, &data, &length),
                   ERR_OK);
  assert_int_equal(which, WIRE_BODY);
  assert_int_equal(length, 3);
  assert_memory_equal(data, "abc", 3);
  assert_int_equal(wire_get_part((const uint8_t *)"\x02", 1, &which, &data, &length), ERR_DATA);
  assert_int_equal(wire_get_part((const uint8_t *)"\x00"
                                                  "a",
                                 2, &which, &data, &length),
                   ERR_DATA);
  assert_int_equal(wire_get_part((const uint8_t *)"\x07"
                                                  "a",
                                 2, &which, &data, &length),
                   ERR_DATA);
  assert_int_equal(wire_get_part((const uint8_t *)"", 0, &which, &data, &length), ERR_DATA);
}

static void test_open(void **state) {
  (void)state;
  static const struct wire_limits limits = {
      .most_pixels = 64 << 20, .most_streams = 32, .most_duration_ms = 86400000, .most_packets = 1000, .most_seconds = 60};
  AUTO(bytes) struct bytes frame = {0};
  size_t length;
  uint64_t source = 7;
  struct wire_limits got = {0};
  wire_put_open(&frame, 123456789012, &limits);
  const uint8_t *data = payload(&frame, WIRE_OPEN, &length);
  assert_int_equal(wire_get_open(data, length, &source, &got), ERR_OK);
  assert_true(source == 123456789012 && got.most_pixels == limits.most_pixels && got.most_streams == limits.most_streams);
  assert_true(got.most_duration_ms == limits.most_duration_ms && got.most_packets == limits.most_packets);
  assert_int_equal(got.most_seconds, limits.most_seconds);
  for (size_t cut = 0; cut < length; cut++) assert_int_equal(wire_get_open(data, cut, &source, &got), ERR_DATA);
  struct wire_limits bad[] = {limits, limits, limits, limits, limits, limits, limits};
  bad[0].most_pixels = 0;
  bad[1].most_streams = 0;
  bad[2].most_duration_ms = 0;
  bad[3].most_packets = 0;
  bad[4].most_seconds = 0;
  bad[5].most_pixels = (uint64_t)INT32_MAX + 1; /* more than libav's option holds */
  bad[6].most_duration_ms = UINT64_MAX;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    bytes_clear(&frame);
    wire_put_open(&frame, 1, &bad[i]);
    data = payload(&frame, WIRE_OPEN, &length);
    assert_int_equal(wire_get_open(data, length, &source, &got), ERR_DATA);
    assert_true(source == 123456789012);
  }
}

static void test_small(void **state) {
  (void)state;
  AUTO(bytes) struct bytes frame = {0};
  size_t length;
  uint32_t permille;
  wire_put_progress(&frame, 1000);
  const uint8_t *data = payload(&frame, WIRE_PROGRESS, &length);
  assert_int_equal(wire_get_progress(data, length, &permille), ERR_OK);
  bytes_clear(&frame);
  wire_put_progress(&frame, 1001);
  assert_int_equal(wire_get_progress(frame.data + WIRE_PREFIX, 4, &permille), ERR_DATA);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prefix),  cmocka_unit_test(test_report),      cmocka_unit_test(test_report_faults),
      cmocka_unit_test(test_summary), cmocka_unit_test(test_order),       cmocka_unit_test(test_read),
      cmocka_unit_test(test_refusal), cmocka_unit_test(test_text_is_cut), cmocka_unit_test(test_part),
      cmocka_unit_test(test_small),   cmocka_unit_test(test_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
