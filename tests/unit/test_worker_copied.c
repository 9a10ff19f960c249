/* What decides whether a track may be taken over as it is, and what of it: what the file states, the beat of its packets, the
 * units of its pictures, the elements of its sound. */
#include "ingest/worker/beat.h"
#include "ingest/worker/elements.h"
#include "ingest/worker/fits.h"
#include "ingest/worker/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- what the file states ---- */

static const struct fits_picture good_picture = {.codec = "h264",
                                                 .profile = 100,
                                                 .boxed = true,
                                                 .eight_bit_420 = true,
                                                 .ratio_num = 1,
                                                 .ratio_den = 1,
                                                 .width = 1920,
                                                 .height = 1080,
                                                 .most_short = 1080};
static const struct fits_sound good_sound = {.codec = "aac", .profile = 1, .channels = 2, .sample_rate = 48000, .boxed = true};

#define PICTURE(field, value_, reason_) \
  { offsetof(struct fits_picture, field), sizeof good_picture.field, value_, reason_ }
#define SOUND(field, value_, reason_) \
  { offsetof(struct fits_sound, field), sizeof good_sound.field, value_, reason_ }

struct fault {
  size_t at, size;
  int64_t value;
  const char *reason; /* NULL: still fits */
};

static void test_pictures(void **state) {
  (void)state;
  static const struct fault rows[] = {
      PICTURE(changed, true, "the picture is to be changed"),
      PICTURE(profile, 110, "an unusual profile of H.264"),
      PICTURE(profile, 66, NULL),
      PICTURE(profile, 578, NULL),
      PICTURE(profile, 77, NULL),
      PICTURE(profile, 88, "an unusual profile of H.264"),
      PICTURE(boxed, false, "not in the form of MP4"),
      PICTURE(eight_bit_420, false, "not 8 bits, 4:2:0"),
      PICTURE(full_range, true, "full-range colour"),
      PICTURE(hdr, true, "HDR"),
      PICTURE(interlaced, true, "interlaced"),
      PICTURE(turned, true, "stored turned"),
      PICTURE(ratio_num, 0, NULL),
      PICTURE(ratio_num, 4, "its pixels are not square"),
      PICTURE(width, 1919, "its sides are odd"),
      PICTURE(width, 0, "its sides are odd"),
      PICTURE(height, 1082, "larger than 1080 lines"),
      PICTURE(width, 608, NULL),
      PICTURE(most_short, 720, "larger than 720 lines"),
      PICTURE(late_us, 66666, "the sound begins before it"),
  };
  char why[FITS_TEXT];
  assert_true(fits_picture(&good_picture, why));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct fits_picture f = good_picture;
    memcpy((char *)&f + rows[i].at, &rows[i].value, rows[i].size);
    assert_int_equal(fits_picture(&f, why), !rows[i].reason);
    if (rows[i].reason) assert_string_equal(why, rows[i].reason);
  }
  struct fits_picture f = good_picture;
  f.codec = "hevc";
  assert_false(fits_picture(&f, why));
  assert_string_equal(why, "hevc");
}

static void test_sounds(void **state) {
  (void)state;
  static const struct fault rows[] = {
      SOUND(changed, true, "the sound is to be changed"),
      SOUND(profile, 4, "not AAC-LC"),
      SOUND(profile, -99, "not AAC-LC"),
      SOUND(channels, 1, NULL),
      SOUND(channels, 6, "more than two channels"),
      SOUND(sample_rate, 44100, NULL),
      SOUND(sample_rate, 32000, "neither 44.1 nor 48 kHz"),
      SOUND(boxed, false, "not in the form of MP4"),
      SOUND(late_us, 50000, NULL),
      SOUND(late_us, -50000, NULL),
      SOUND(late_us, 50001, "it begins apart from the picture"),
      SOUND(late_us, -50001, "it begins apart from the picture"),
  };
  char why[FITS_TEXT];
  assert_true(fits_sound(&good_sound, why));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct fits_sound f = good_sound;
    memcpy((char *)&f + rows[i].at, &rows[i].value, rows[i].size);
    assert_int_equal(fits_sound(&f, why), !rows[i].reason);
    if (rows[i].reason) assert_string_equal(why, rows[i].reason);
  }
}

/* ---- the beat ---- */

static const char uneven[] = "its frames do not come at an even beat", apart[] = "its key frames are more than a second apart",
                  many_b[] = "more than two B-frames in a row", no_key[] = "it does not begin with a key frame";

/* Plays packets given as "place in the order shown, k for a key frame", at 25 frames in ticks of 1/1000 s from 3 s on. */
static const char *play(const char *order, struct beat *b, int off_ms) {
  beat_begin(b, (struct cadence_rate){25, 1}, 1, 1000);
  for (const char *p = order; *p;) {
    int place = 0;
    for (; *p >= '0' && *p <= '9'; p++) place = place * 10 + *p - '0';
    bool key = *p == 'k';
    if (key) p++;
    if (*p == ' ') p++;
    const char *why = beat_add(b, 3000 + place * 40 + (place == 2 ? off_ms : 0), key);
    if (why) return why;
  }
  return beat_end(b);
}

static void test_beats(void **state) {
  (void)state;
  static const struct {
    const char *order;
    int off_ms;
    const char *why;
    int64_t delay;
    uint64_t keys;
  } rows[] = {
      {"0k 1 2 3 4k 5", 0, NULL, 0, 2},
      {"0k 1 2 3 4k 5", 1, NULL, 0, 2}, /* milliseconds are coarse */
      {"0k 1 2 3 4k 5", -1, NULL, 0, 2},
      {"0k 1 2 3 4k 5", 2, uneven, 0, 0},
      {"0k 3 1 2 4k 7 5 6", 0, NULL, 1, 2},
      {"0k 3 2 1 4k 7 6 5", 0, NULL, 2, 2},
      {"0k 4 2 1 3 5k", 0, many_b, 0, 0},
      {"0 1 2 3", 0, no_key, 0, 0},
      {"0k 1 3 4k", 0, uneven, 0, 0},   /* one is missing before a key frame */
      {"0k 1 2 4", 0, uneven, 0, 0},    /* one is missing before the end */
      {"0k 1 1 2", 0, uneven, 0, 0},    /* one comes twice */
      {"0k 1 4k 2 3", 0, uneven, 0, 0}, /* shown before the key frame, decoded after it */
      {"0k 1 2 0k 1 2", 0, uneven, 0, 0},
      {"0k 1 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", 0, uneven, 0, 0},
      {"0k 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27k", 0, NULL, 0, 2},
      {"0k 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28k", 0, NULL, 0, 2},
      {"0k 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28", 0, apart, 0, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct beat b;
    const char *why = play(rows[i].order, &b, rows[i].off_ms);
    if (!rows[i].why) {
      assert_null(why);
      assert_int_equal(b.delay, rows[i].delay);
      assert_int_equal(b.key_frames, rows[i].keys);
    } else {
      assert_string_equal(why, rows[i].why);
    }
  }
  struct beat none;
  assert_non_null(play("", &none, 0));
}

/* An hour at 30000/1001 in milliseconds stays on its beat, one at 30.003 does not. */
static void test_long_beats(void **state) {
  (void)state;
  for (int drifting = 0; drifting < 2; drifting++) {
    struct beat b;
    const char *why = NULL;
    beat_begin(&b, (struct cadence_rate){30000, 1001}, 1, 1000);
    double frame_ms = drifting ? 1000 / 30.003 : 1001.0 / 30;
    for (int64_t n = 0; n < 30 * 3600 && !why; n++) why = beat_add(&b, (int64_t)((double)n * frame_ms + 0.5), n % 30 == 0);
    if (drifting)
      assert_string_equal(why, uneven);
    else
      assert_null(why);
  }
}

/* ---- units ---- */

static const uint8_t record[] = {1, 77, 0, 30, 0xff, 0xe1, 0, 4, 0x67, 77, 0, 30, 1, 0, 2, 0x68, 0xce, 'j', 'u', 'n', 'k'};

static void put_unit(struct bytes *b, int length_bytes, const char *unit, size_t length) {
  for (int i = length_bytes - 1; i >= 0; i--) bytes_put_u8(b, (uint8_t)(length >> 8 * i));
  bytes_put(b, unit, length);
}
#define UNIT(b, text) put_unit(b, 4, text, sizeof text - 1)

static void test_records(void **state) {
  (void)state;
  struct units u;
  assert_true(units_open(record, sizeof record, &u));
  assert_int_equal(u.length_bytes, 4);
  AUTO(bytes) struct bytes clean = {0};
  assert_int_equal(units_record(&u, &clean), ERR_OK);
  assert_int_equal(clean.length, sizeof record - 4); /* the junk behind it is gone; nothing follows a Main profile's sets */
  assert_memory_equal(clean.data, record, clean.length);
  for (size_t cut = 0; cut < sizeof record - 4; cut++) assert_false(units_open(record, cut, &u));
  static const struct {
    size_t at;
    uint8_t to;
  } faults[] = {{0, 0}, {4, 0xfe}, {5, 0xe0}, {6, 1}, {8, 0x66}, {12, 0}, {15, 0x67}};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    uint8_t bad[sizeof record];
    memcpy(bad, record, sizeof record);
    bad[faults[i].at] = faults[i].to;
    assert_false(units_open(bad, sizeof bad, &u));
  }
}

static void test_high_record(void **state) {
  (void)state;
  uint8_t high[sizeof record];
  struct units u;
  memcpy(high, record, sizeof record);
  high[1] = 100;
  AUTO(bytes) struct bytes clean = {0};
  assert_true(units_open(high, sizeof high, &u));
  assert_int_equal(units_record(&u, &clean), ERR_OK);
  assert_int_equal(clean.length, sizeof record);
  assert_memory_equal(clean.data + clean.length - 4, "\xfd\xf8\xf8\0", 4);
}

static void test_units(void **state) {
  (void)state;
  struct units u;
  struct units_seen seen;
  AUTO(bytes) struct bytes packet = {0}, clean = {0}, expected = {0};
  assert_true(units_open(record, sizeof record, &u));
  UNIT(&packet, "\x09\x10");         /* a delimiter */
  UNIT(&packet, "\x67\x4d\x00\x1e"); /* the very sets of the record */
  UNIT(&packet, "\x68\xce");
  UNIT(&packet, "\x06\x05secret");
  UNIT(&packet, "\x65slice one");
  UNIT(&packet, "\x0c\xff\xff"); /* filling */
  UNIT(&packet, "\x65slice two");
  UNIT(&packet, "\x1fprivate");
  UNIT(&packet, "\x0a");
  UNIT(&expected, "\x65slice one");
  UNIT(&expected, "\x65slice two");
  assert_true(units_look(&u, packet.data, packet.length, &seen));
  assert_true(seen.picture && seen.idr && !seen.changes && !seen.plain);
  assert_true(units_look(&u, expected.data, expected.length, &seen) && seen.plain);
  assert_int_equal(units_clean(&u, packet.data, packet.length, &clean), ERR_OK);
  assert_int_equal(clean.length, expected.length);
  assert_memory_equal(clean.data, expected.data, expected.length);
  assert_false(units_look(&u, packet.data, packet.length - 1, &seen));
  assert_int_equal(units_clean(&u, packet.data, packet.length - 1, &clean), ERR_DATA);
}

static void test_what_units_say(void **state) {
  (void)state;
  static const struct {
    const char *first, *second;
    bool picture, idr, changes;
  } rows[] = {
      {"\x65"
       "a",
       "\x65"
       "b",
       true, true, false},
      {"\x65"
       "a",
       "\x41"
       "b",
       true, false, false},
      {"\x41"
       "a",
       "\x01"
       "b",
       true, false, false},
      {"\x06"
       "a",
       "\x09"
       "b",
       false, false, false},
      {"\x67"
       "a",
       "\x65"
       "b",
       true, true, true},
      {"\x68"
       "a",
       "\x65"
       "b",
       true, true, true},
  };
  struct units u;
  assert_true(units_open(record, sizeof record, &u));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    AUTO(bytes) struct bytes packet = {0};
    struct units_seen seen;
    put_unit(&packet, 4, rows[i].first, 2);
    put_unit(&packet, 4, rows[i].second, 2);
    assert_true(units_look(&u, packet.data, packet.length, &seen));
    assert_int_equal(seen.picture, rows[i].picture);
    assert_int_equal(seen.idr, rows[i].idr);
    assert_int_equal(seen.changes, rows[i].changes);
  }
}

static void test_short_lengths(void **state) {
  (void)state;
  uint8_t two[sizeof record];
  struct units u;
  AUTO(bytes) struct bytes packet = {0}, clean = {0}, expected = {0};
  memcpy(two, record, sizeof record);
  two[4] = 0xfd;
  assert_true(units_open(two, sizeof two, &u));
  put_unit(&packet, 2, "\x06secret", 7);
  put_unit(&packet, 2, "\x41slice", 6);
  UNIT(&expected, "\x41slice");
  struct units_seen seen;
  AUTO(bytes) struct bytes bare = {0};
  put_unit(&bare, 2, "\x41slice", 6);
  assert_true(units_look(&u, bare.data, bare.length, &seen) && !seen.plain); /* its lengths must grow */
  assert_int_equal(units_clean(&u, packet.data, packet.length, &clean), ERR_OK);
  assert_int_equal(clean.length, expected.length);
  assert_memory_equal(clean.data, expected.data, expected.length);
}

/* ---- elements ---- */

struct writer {
  uint8_t data[600];
  size_t at;
};

static void put_bits(struct writer *w, unsigned value, int width) {
  for (int i = width - 1; i >= 0; i--, w->at++) w->data[w->at / 8] |= (uint8_t)((value >> i & 1) << (7 - w->at % 8));
}

static void put_sound(struct writer *w, int element) {
  put_bits(w, (unsigned)element, 3);
  for (unsigned i = 0; i < 20; i++) put_bits(w, i * 37 & 0xff, 8);
  put_bits(w, 7, 3);
}

static void put_fill(struct writer *w, unsigned bytes) {
  put_bits(w, 6, 3);
  put_bits(w, bytes < 15 ? bytes : 15, 4);
  if (bytes >= 15) put_bits(w, bytes - 14, 8);
  for (unsigned i = 0; i < bytes; i++) put_bits(w, 'x', 8);
}

static void put_data(struct writer *w, bool aligned, unsigned bytes) {
  put_bits(w, 4, 3);
  put_bits(w, 0, 4);
  put_bits(w, aligned, 1);
  put_bits(w, bytes < 255 ? bytes : 255, 8);
  if (bytes >= 255) put_bits(w, bytes - 255, 8);
  if (aligned) w->at = (w->at + 7) / 8 * 8;
  for (unsigned i = 0; i < bytes; i++) put_bits(w, 'y', 8);
}

static void check_cleaned(struct writer *w, int channels) {
  struct writer plain = {0};
  put_sound(&plain, channels - 1);
  size_t length = (w->at + 7) / 8, expected = (plain.at + 7) / 8;
  assert_true(elements_clean(w->data, &length, channels));
  assert_in_range(length, expected, expected + 1);
  assert_memory_equal(w->data, plain.data, expected);
  if (length > expected) assert_int_equal(w->data[expected], 0);
}

static void test_elements(void **state) {
  (void)state;
  static const unsigned fills[] = {0, 1, 7, 14, 15, 16, 200, 269};
  for (size_t i = 0; i < sizeof fills / sizeof *fills; i++)
    for (int channels = 1; channels <= 2; channels++) {
      struct writer one = {0}, more = {0}, data = {0}, aligned = {0}, none = {0};
      put_sound(&none, channels - 1);
      put_fill(&one, fills[i]), put_sound(&one, channels - 1);
      put_fill(&more, fills[i]), put_fill(&more, 3), put_sound(&more, channels - 1);
      put_data(&data, false, fills[i]), put_sound(&data, channels - 1);
      put_fill(&aligned, 2), put_data(&aligned, true, fills[i]), put_sound(&aligned, channels - 1);
      check_cleaned(&none, channels);
      check_cleaned(&one, channels);
      check_cleaned(&more, channels);
      check_cleaned(&data, channels);
      check_cleaned(&aligned, channels);
    }
}

static void test_other_elements(void **state) {
  (void)state;
  static const int wrong[] = {2, 3, 5, 7}; /* coupling, LFE, a program's configuration (it has a comment), the end */
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct writer w = {0};
    put_fill(&w, 4), put_sound(&w, wrong[i]);
    size_t length = (w.at + 7) / 8;
    assert_false(elements_clean(w.data, &length, 2));
  }
  struct writer pair = {0}, cut = {0};
  put_sound(&pair, 1);
  size_t length = (pair.at + 7) / 8;
  assert_false(elements_clean(pair.data, &length, 1));
  put_fill(&cut, 269), put_sound(&cut, 1);
  for (length = 0; length < 269; length++) { /* cut short within the filling */
    struct writer copy = cut;
    size_t left = length;
    assert_false(elements_clean(copy.data, &left, 2));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pictures),   cmocka_unit_test(test_sounds),         cmocka_unit_test(test_beats),
      cmocka_unit_test(test_long_beats), cmocka_unit_test(test_records),        cmocka_unit_test(test_high_record),
      cmocka_unit_test(test_units),      cmocka_unit_test(test_what_units_say), cmocka_unit_test(test_short_lengths),
      cmocka_unit_test(test_elements),   cmocka_unit_test(test_other_elements),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
