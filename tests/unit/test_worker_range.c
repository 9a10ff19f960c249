/* The arithmetic of a cut, and the two forms of H.264 that it joins. */
#include "ingest/worker/nal.h"
#include "ingest/worker/range.h"

#include <libavutil/channel_layout.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- ranges ---- */

static struct range range(int64_t from, int64_t to, int num, int den) {
  struct wire_order order = {.from_frame = from, .to_frame = to};
  return range_of(&order, (struct cadence_rate){num, den}, true);
}

static void test_what_is_whole(void **state) {
  (void)state;
  assert_true(range(0, -1, 25, 1).whole);
  assert_false(range(0, 250, 25, 1).whole);
  assert_false(range(1, -1, 25, 1).whole);
  struct range open = range(1, -1, 25, 1), some = range(10, 35, 25, 1);
  assert_true(range_length(&open) == INT64_MAX);
  assert_true(range_length(&some) == 25);
  struct wire_order order = {.from_frame = 1250, .to_frame = 6777};
  struct range sound = range_of(&order, (struct cadence_rate){25, 1}, false);
  assert_true(range_start_us(&sound) == 1250000);
  assert_true(range_sample(&sound, 1250, 44100) == 55125);
}

static void test_samples_and_frames(void **state) {
  (void)state;
  static const struct {
    int num, den, rate;
    int64_t frame, sample;
  } rows[] = {{25, 1, 48000, 37, 71040},
              {30000, 1001, 48000, 1, 1602},
              {30000, 1001, 48000, 30, 48048},
              {30000, 1001, 44100, 1, 1471},
              {1, 1, 44100, 3600, 158760000}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct range r = range(0, -1, rows[i].num, rows[i].den);
    assert_true(range_sample(&r, rows[i].frame, rows[i].rate) == rows[i].sample);
  }
  struct range r = range(0, -1, 30000, 1001);
  AVStream st = {.time_base = {1, 90000}, .start_time = 3003};
  for (int64_t n = 0; n < 100000; n += 7)
    for (int off = -1400; off <= 1400; off += 700) assert_true(range_frame(&r, &st, 3003 + n * 3003 + off) == n);
}

/* A frame of 100 samples whose values are their places. */
static AVFrame *sound_at(int64_t at) {
  AVFrame *f = av_frame_alloc();
  f->format = AV_SAMPLE_FMT_FLTP;
  f->nb_samples = 100;
  f->sample_rate = 1000;
  av_channel_layout_default(&f->ch_layout, 2);
  assert_int_equal(av_frame_get_buffer(f, 0), 0);
  for (int c = 0; c < 2; c++)
    for (int i = 0; i < 100; i++) ((float *)(void *)f->extended_data[c])[i] = (float)(at + i + 1000 * c);
  return f;
}

static void test_sound_is_trimmed_to_the_sample(void **state) {
  (void)state;
  static const struct {
    int64_t at, first, pts;
    int length; /* 0: nothing left */
    bool over;
  } rows[] = {{0, 0, 0, 0, false},        {49, 0, 0, 0, false},      {50, 0, 0, 0, false},        {51, 150, 0, 1, false},
              {120, 150, 0, 70, false},   {150, 150, 0, 100, false}, {300, 300, 150, 100, false}, {399, 399, 249, 100, false},
              {400, 400, 250, 100, true}, {450, 450, 300, 50, true}, {499, 499, 349, 1, true},    {500, 0, 0, 0, true}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct range r = range(150, 500, 1000, 1);
    AVFrame *f = sound_at(rows[i].at);
    bool left;
    assert_int_equal(range_trim(&r, f, rows[i].at, &left), ERR_OK);
    assert_int_equal(left, rows[i].length > 0);
    assert_int_equal(r.sound_over, rows[i].over);
    if (left) {
      assert_int_equal(f->nb_samples, rows[i].length);
      assert_true(f->pts == rows[i].pts);
      for (int c = 0; c < 2; c++)
        for (int k = 0; k < f->nb_samples; k++)
          assert_true(((float *)(void *)f->extended_data[c])[k] == (float)(rows[i].first + k + 1000 * c));
    }
    av_frame_free(&f);
  }
}

/* ---- H.264 ---- */

#define SPS 0x67, 0x64, 0x00, 0x0d
#define PPS 0x68, 0xeb, 0xe3
static const uint8_t record[] = {1, 0x64, 0, 0x0d, 0xff, 0xe1, 0, 4, SPS, 1, 0, 3, PPS, 0xfd, 0xf8, 0xf8, 0};
static const uint8_t stream[] = {0, 0, 0, 1, SPS, 0, 0, 0, 1, PPS, 0, 0, 1, 6, 5, 1, 0x80};

static bool same(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length) {
  bool answer = false;
  assert_int_equal(nal_same_sets(a, a_length, b, b_length, &answer), ERR_OK);
  return answer;
}

static void test_the_same_parameter_sets(void **state) {
  (void)state;
  assert_true(same(record, sizeof record, stream, sizeof stream));
  assert_true(same(record, sizeof record - 4, stream, 15)); /* without the extension, and without the message */
  assert_false(same(NULL, 0, stream, sizeof stream));
  assert_false(same(record, sizeof record, NULL, 0));
  assert_false(same(record, 0, stream, sizeof stream));
  for (size_t cut = 0; cut < sizeof record - 4; cut++) assert_false(same(record, cut, stream, sizeof stream));
  /* Every byte of the sets counts, and so do version and the size of lengths. */
  static const size_t matter[] = {0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
  for (size_t i = 0; i < sizeof matter / sizeof *matter; i++) {
    uint8_t other[sizeof record];
    memcpy(other, record, sizeof record);
    other[matter[i]] ^= 1;
    assert_false(same(other, sizeof other, stream, sizeof stream));
  }
  static const uint8_t twice[] = {0, 0, 1, SPS, 0, 0, 1, PPS, 0, 0, 1, PPS}, turned[] = {0, 0, 1, PPS, 0, 0, 1, SPS};
  assert_false(same(record, sizeof record, twice, sizeof twice));
  assert_false(same(record, sizeof record, turned, sizeof turned));
}

static void test_packets(void **state) {
  (void)state;
  static const struct {
    uint8_t bytes[16];
    size_t length;
    bool good, idr;
  } rows[] = {
      {{0, 0, 0, 2, 0x65, 1}, 6, true, true},
      {{0, 0, 0, 2, 0x41, 1}, 6, true, false},
      {{0, 0, 0, 2, 6, 1, 0, 0, 0, 1, 0x65}, 11, true, true},
      {{0, 0, 0, 1, 0x65, 0, 0, 0, 1, 0x41}, 10, true, false}, /* slices of two kinds: not a place to begin */
      {{0, 0, 0, 2, 6, 1}, 6, false, false},                   /* no picture at all */
      {{0, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x65}, 10, false, true}, /* brings parameter sets of its own */
      {{0, 0, 0, 3, 0x65, 1}, 6, false, false},                /* cut short */
      {{0, 0, 0, 0, 0, 0, 0, 1, 0x65}, 9, false, false},
      {{0, 0, 0, 1, 0x65, 0, 0}, 7, false, false},
      {{0xff, 0xff, 0xff, 0xff, 0x65}, 5, false, false},
      {{0}, 0, false, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bool idr = false;
    assert_int_equal(nal_look(rows[i].bytes, rows[i].length, &idr), rows[i].good);
    if (rows[i].good) assert_int_equal(idr, rows[i].idr);
  }
  uint8_t packet[] = {0, 0, 0, 2, 6, 1, 0, 0, 0, 3, 0x65, 7, 8};
  static const uint8_t expected[] = {0, 0, 0, 1, 6, 1, 0, 0, 0, 1, 0x65, 7, 8};
  nal_to_stream(packet, sizeof packet);
  assert_memory_equal(packet, expected, sizeof packet);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_whole), cmocka_unit_test(test_samples_and_frames),
                                     cmocka_unit_test(test_sound_is_trimmed_to_the_sample),
                                     cmocka_unit_test(test_the_same_parameter_sets), cmocka_unit_test(test_packets)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
