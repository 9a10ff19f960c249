/* Where a region lies, what is left of what it covers, letters of the watermark, and what becomes of a marked voice. */
#include "ingest/worker/font.h"
#include "ingest/worker/mask.h"
#include "ingest/worker/stamp.h"
#include "ingest/worker/voice.h"

#include <libavutil/channel_layout.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 640, HEIGHT = 360, RATE = 48000, FRAME = 1024 };

static struct wire_marks marks;

static void set_region(enum wire_method method, uint32_t end, uint32_t count, const struct wire_key keys[]) {
  memset(&marks, 0, sizeof marks);
  marks.width = WIDTH;
  marks.height = HEIGHT;
  marks.region_count = 1;
  marks.key_count = count;
  marks.regions[0] = (struct wire_region){method, 0, count, end};
  memcpy(marks.keys, keys, count * sizeof *keys);
}

static bool covers(int64_t frame, int left, int top, int right, int bottom) {
  struct mask_box b;
  if (!mask_place(&marks, &marks.regions[0], frame, WIDTH, HEIGHT, &b)) return false;
  return b.x <= left && b.y <= top && b.x + b.width >= right && b.y + b.height >= bottom;
}

static void test_places(void **state) {
  (void)state;
  set_region(WIRE_FILL, 100, 2, (struct wire_key[]){{10, 100, 50, 64, 32}, {30, 300, 150, 64, 32}});
  struct mask_box b;
  assert_false(mask_place(&marks, &marks.regions[0], 9, WIDTH, HEIGHT, &b));
  assert_false(mask_place(&marks, &marks.regions[0], 100, WIDTH, HEIGHT, &b));
  assert_true(mask_place(&marks, &marks.regions[0], 10, WIDTH, HEIGHT, &b));
  /* four pixels and a sixteenth of the side more, on even pixels */
  assert_int_equal(b.x, 92), assert_int_equal(b.width, 80);
  assert_int_equal(b.y, 44), assert_int_equal(b.height, 44);
  for (int64_t n = 10; n <= 30; n++) { /* wherever between the keys, for a steady and for an eased movement */
    double part = (double)(n - 10) / 20, eased = part * part * (3 - 2 * part);
    assert_true(covers(n, (int)(100 + 200 * part), (int)(50 + 100 * part), (int)(164 + 200 * part), (int)(82 + 100 * part)));
    assert_true(covers(n, (int)(100 + 200 * eased), (int)(50 + 100 * eased), (int)(164 + 200 * eased), (int)(82 + 100 * eased)));
  }
  assert_true(covers(99, 300, 150, 364, 182)); /* it stays after its last key */
}

static void test_edges(void **state) {
  (void)state;
  static const struct {
    struct wire_key key;
    bool there;
    struct mask_box box;
  } rows[] = {
      {{0, -20, -20, 40, 40}, true, {0, 0, 28, 28}}, /* half out */
      {{0, 620, 340, 40, 40}, true, {612, 332, 28, 28}},
      {{0, -40, 0, 40, 40}, false, {0}}, /* just out */
      {{0, 640, 0, 40, 40}, false, {0}},
      {{0, 0, 0, 16384, 16384}, true, {0, 0, WIDTH, HEIGHT}},
      {{0, -16384, 0, 1, 1}, false, {0}},
      {{0, 100, 100, 1, 1}, true, {94, 94, 12, 12}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct mask_box b = {0};
    set_region(WIRE_FILL, 10, 1, &rows[i].key);
    assert_int_equal(mask_place(&marks, &marks.regions[0], 0, WIDTH, HEIGHT, &b), rows[i].there);
    assert_memory_equal(&b, &rows[i].box, sizeof b);
  }
}

static void test_cells(void **state) {
  (void)state;
  static const struct {
    int width, height, across, down;
  } rows[] = {{1000, 1000, 4, 4}, {200, 100, 8, 4}, {100, 200, 4, 8},   {24, 24, 3, 3},
              {8, 8, 1, 1},       {2, 2, 1, 1},     {4000, 100, 16, 4}, {2, 1000, 1, 16}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int across, down;
    mask_cells(rows[i].width, rows[i].height, &across, &down);
    assert_int_equal(across, rows[i].across);
    assert_int_equal(down, rows[i].down);
  }
}

/* Two pictures that differ in everything but the means of the cells come out the same, whatever the method; nothing outside is
 * touched. */
static void test_detail_is_gone(void **state) {
  (void)state;
  enum { SIDE = 64, OFF = 8, STRIDE = 96, ROWS = 90 };
  struct mask_box box = {OFF, OFF, SIDE, SIDE};
  for (int method = WIRE_BLUR; method <= WIRE_PIXELATE; method++) {
    uint8_t one[ROWS][STRIDE], two[ROWS][STRIDE];
    memset(one, 77, sizeof one), memset(two, 77, sizeof two);
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++) {
        one[OFF + y][OFF + x] = (x + y) % 2 ? 250 : 10; /* a fine pattern */
        two[OFF + y][OFF + x] = x / 8 % 2 ? 250 : 10;   /* and a coarser one, of the same means */
      }
    mask_plane(&one[0][0], STRIDE, box, (enum wire_method)method, 4, 4);
    mask_plane(&two[0][0], STRIDE, box, (enum wire_method)method, 4, 4);
    assert_memory_equal(one, two, sizeof one);
    for (int y = 0; y < ROWS; y++)
      for (int x = 0; x < STRIDE; x++) {
        bool inside = y >= OFF && y < OFF + SIDE && x >= OFF && x < OFF + SIDE;
        assert_true(inside ? abs(one[y][x] - (method == WIRE_FILL ? 128 : 130)) <= 1 : one[y][x] == 77);
      }
  }
}

static AVFrame *new_picture(int format, int width, int height) {
  AVFrame *f = av_frame_alloc();
  f->format = format;
  f->width = width;
  f->height = height;
  assert_int_equal(av_frame_get_buffer(f, 0), 0);
  for (int plane = 0; plane < 3; plane++) {
    int rows = plane && format == AV_PIX_FMT_YUV420P ? (height + 1) / 2 : height;
    for (int i = 0; i < rows * f->linesize[plane]; i++) f->data[plane][i] = (uint8_t)(i * 7 + plane);
  }
  return f;
}

/* A picture of odd size, either subsampling: not a byte outside the planes is written (the sanitizers watch), chroma goes too. */
static void test_pictures(void **state) {
  (void)state;
  static const int formats[] = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ444P};
  for (size_t i = 0; i < 2; i++) {
    AVFrame *f = new_picture(formats[i], 101, 51);
    set_region(WIRE_FILL, 10, 1, &(struct wire_key){0, 50, 10, 500, 500});
    assert_int_equal(mask_draw(&marks, 0, f), ERR_BUG); /* meant for another size */
    marks.width = 101;
    marks.height = 51;
    assert_int_equal(mask_draw(&marks, 0, f), ERR_OK);
    int shift = formats[i] == AV_PIX_FMT_YUV420P;
    assert_int_equal(f->data[0][50 * f->linesize[0] + 100], 128);
    assert_int_equal(f->data[1][(50 >> shift) * f->linesize[1] + (100 >> shift)], 128);
    assert_int_equal(f->data[2][(50 >> shift) * f->linesize[2] + (100 >> shift)], 128);
    assert_int_equal(f->data[0][3], 21);
    av_frame_free(&f);
  }
  AVFrame *rgb = av_frame_alloc();
  rgb->format = AV_PIX_FMT_RGB24;
  rgb->width = 101, rgb->height = 51;
  assert_int_equal(mask_draw(&marks, 0, rgb), ERR_BUG);
  av_frame_free(&rgb);
}

static void test_stamp(void **state) {
  (void)state;
  for (int y = 0; y < FONT_HEIGHT; y++)
    for (int x = 0; x < FONT_WIDTH; x++) {
      assert_int_equal(font_dot('a', x, y), font_dot('A', x, y));
      assert_int_equal(font_dot('\xc3', x, y), font_dot('?', x, y));
      assert_false(font_dot(' ', x, y));
    }
  assert_false(font_dot('A', -1, 0));
  assert_false(font_dot('A', 0, FONT_HEIGHT));
  for (char c = '!'; c <= '~'; c++) {
    int dots = 0;
    for (int y = 0; y < FONT_HEIGHT; y++)
      for (int x = 0; x < FONT_WIDTH; x++) dots += font_dot(c, x, y);
    assert_true(dots >= 3 && dots < 30);
  }
  /* Every part of the picture bears it, at any time, and it moves. */
  bool moved = false;
  for (int64_t n = 0; n < 1000; n += 250)
    for (int top = 0; top + 42 <= HEIGHT; top += 42)
      for (int left = 0; left + 160 <= WIDTH; left += 160) {
        int lit = 0;
        for (int y = top; y < top + 42; y++)
          for (int x = left; x < left + 160; x++) {
            lit += stamp_at("To: J. Doe", 2, n, x, y) > 0;
            moved |= stamp_at("To: J. Doe", 2, n, x, y) != stamp_at("To: J. Doe", 2, n + 40, x, y);
          }
        assert_true(lit > 40);
      }
  assert_true(moved);
  assert_int_equal(stamp_at("", 2, 0, 0, 0), 0);
}

/* ---- voices */

static AVFrame *new_sound(int channels) {
  AVFrame *f = av_frame_alloc();
  f->format = AV_SAMPLE_FMT_FLTP;
  f->nb_samples = FRAME;
  f->sample_rate = RATE;
  av_channel_layout_default(&f->ch_layout, channels);
  assert_int_equal(av_frame_get_buffer(f, 0), 0);
  return f;
}

static float tone(int64_t n) { return (float)(0.5 * sin(2 * 3.14159265358979 * 500 * (double)n / RATE)); }

/* Three seconds of a tone through it; fills `out`. */
static void run_voice(float *out, int channels) {
  struct voice v;
  assert_int_equal(voice_open(&marks, RATE, &v), ERR_OK);
  for (int64_t n = 0; n + FRAME <= 3 * RATE; n += FRAME) {
    AVFrame *f = new_sound(channels);
    for (int c = 0; c < channels; c++)
      for (int i = 0; i < FRAME; i++) ((float *)(void *)f->extended_data[c])[i] = tone(n + i);
    assert_int_equal(voice_frame(&v, n, f), ERR_OK);
    memcpy(out + n, f->extended_data[channels - 1], FRAME * sizeof(float));
    av_frame_free(&f);
  }
  voice_close(&v);
}

static int crossings(const float *from, int count) {
  int crossed = 0;
  for (int i = 1; i < count; i++) crossed += from[i - 1] < 0 && from[i] >= 0;
  return crossed;
}

static void test_mute(void **state) {
  (void)state;
  float *out = calloc(3 * RATE, sizeof *out);
  memset(&marks, 0, sizeof marks);
  marks.voice_count = 2;
  marks.voices[0] = (struct wire_voice){WIRE_MUTE, 1000, 1500};
  marks.voices[1] = (struct wire_voice){WIRE_MUTE, 2500, INT64_MAX};
  run_voice(out, 2);
  for (int64_t n = 0; n < 2 * RATE + RATE / 2 + RATE / 4; n++) {
    int64_t ms = n * 1000 / RATE;
    bool silent = (ms >= 1000 - VOICE_PAD_MS && ms < 1500 + VOICE_PAD_MS) || ms >= 2500 - VOICE_PAD_MS;
    assert_true(silent ? out[n] == 0 : out[n] == tone(n));
  }
  free(out);
}

/* The pitch is another one at every moment, and not always the same other one: whatever the seed, to one side or the other. */
static void test_alter(void **state) {
  (void)state;
  float *out = calloc(3 * RATE, sizeof *out);
  bool higher = false, lower = false;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    memset(&marks, 0, sizeof marks);
    marks.seed = seed;
    marks.voice_count = 1;
    marks.voices[0] = (struct wire_voice){WIRE_ALTER, 500, INT64_MAX};
    run_voice(out, 1);
    assert_in_range(crossings(out, RATE * 2 / 5), 199, 200); /* before: 500 Hz for 0.4 s */
    int least = 1000, most = 0;
    for (int part = 6; part < 29; part++) { /* tenths of a second: 50 crossings each, if nothing were done */
      int got = crossings(out + part * RATE / 10, RATE / 10);
      assert_true(got <= 44 || got >= 57);
      least = got < least ? got : least;
      most = got > most ? got : most;
    }
    assert_true(most > least);
    higher |= least > 50;
    lower |= most < 50;
    double power = 0;
    for (int n = RATE; n < 2 * RATE; n++) power += (double)out[n] * out[n];
    assert_true(power / RATE > 0.02 && power / RATE < 0.2); /* of 0.125 */
  }
  assert_true(higher && lower);
  free(out);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_places),         cmocka_unit_test(test_edges),    cmocka_unit_test(test_cells),
      cmocka_unit_test(test_detail_is_gone), cmocka_unit_test(test_pictures), cmocka_unit_test(test_stamp),
      cmocka_unit_test(test_mute),           cmocka_unit_test(test_alter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
