/* Whatever a worker that was taken over, or a parent that is broken, may send: every decoder takes or refuses it, and what
 * is taken encodes to the same bytes again. The input is a stream of frames; then its payload goes to every decoder. */
#include "ingest/wire.h"
#include "ingest/wire_marks.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text) {
  size_t length = strnlen(text, WIRE_TEXT + 1);
  if (length > WIRE_TEXT) abort();
  for (size_t i = 0; i < length; i++)
    if (text[i] < 0x20 || text[i] > 0x7e) abort();
}

/* Texts are cleaned while decoding, so bytes may differ from the input; a second round must not change them. */
static void check_report(const uint8_t *payload, size_t length) {
  struct wire_report first, second;
  if (wire_get_report(payload, length, &first) != ERR_OK) return;
  check_text(first.container), check_text(first.video_codec), check_text(first.audio_codec), check_text(first.mime);
  AUTO(bytes) struct bytes frame = {0};
  wire_put_report(&frame, &first);
  if (frame.failed) return;
  memset(&second, 0, sizeof second);
  if (wire_get_report(frame.data + WIRE_PREFIX, frame.length - WIRE_PREFIX, &second) != ERR_OK) abort();
  AUTO(bytes) struct bytes again = {0};
  wire_put_report(&again, &second);
  if (again.length != frame.length || memcmp(again.data, frame.data, frame.length) != 0) abort();
}

static void check_summary(const uint8_t *payload, size_t length) {
  struct wire_summary first, second;
  if (wire_get_done(payload, length, &first) != ERR_OK) return;
  check_text(first.mime), check_text(first.settings), check_text(first.tools);
  AUTO(bytes) struct bytes frame = {0};
  wire_put_done(&frame, &first);
  if (!frame.failed && wire_get_done(frame.data + WIRE_PREFIX, frame.length - WIRE_PREFIX, &second) != ERR_OK) abort();
}

/* What was understood is understood again when we say it. */
static void check_order(const uint8_t *payload, size_t length) {
  AUTO(bytes) struct bytes frame = {0};
  struct wire_order order, again;
  if (wire_get_order(payload, length, &order) != ERR_OK) return;
  if (order.crf > 51) abort();
  check_text(order.watermark);
  wire_put_order(&frame, &order);
  if (!frame.failed && wire_get_order(frame.data + WIRE_PREFIX, frame.length - WIRE_PREFIX, &again) != ERR_OK) abort();
}

static void check_open(const uint8_t *payload, size_t length) {
  AUTO(bytes) struct bytes frame = {0};
  struct wire_limits limits;
  uint64_t number;
  if (wire_get_open(payload, length, &number, &limits) != ERR_OK) return;
  if (number > INT64_MAX || !limits.most_pixels) abort();
  wire_put_open(&frame, number, &limits);
  if (!frame.failed && (frame.length != length + WIRE_PREFIX || memcmp(frame.data + WIRE_PREFIX, payload, length) != 0)) abort();
}

static void check_asked(const uint8_t *payload, size_t length) {
  AUTO(bytes) struct bytes frame = {0}, told = {0};
  uint64_t offset;
  uint32_t small;
  if (wire_get_read(payload, length, &offset, &small) == ERR_OK) {
    if (small == 0 || small > WIRE_MOST_DATA) abort();
    wire_put_read(&frame, offset, small);
    if (!frame.failed && memcmp(frame.data + WIRE_PREFIX, payload, length) != 0) abort();
  }
  if (wire_get_progress(payload, length, &small) != ERR_OK) return;
  if (small > 1000) abort();
  wire_put_progress(&told, small);
  if (!told.failed && memcmp(told.data + WIRE_PREFIX, payload, length) != 0) abort();
}

static void check_refused(const uint8_t *payload, size_t length) {
  AUTO(bytes) struct bytes frame = {0}, said = {0};
  char text[WIRE_TEXT + 1], again[WIRE_TEXT + 1];
  enum err code;
  if (wire_get_refused(payload, length, &code, text) == ERR_OK) {
    check_text(text);
    if (code == ERR_OK) abort();
    wire_put_refused(&frame, code, text);
    if (!frame.failed && wire_get_refused(frame.data + WIRE_PREFIX, frame.length - WIRE_PREFIX, &code, again) != ERR_OK) abort();
  }
  if (wire_get_text(payload, length, text) != ERR_OK) return;
  check_text(text);
  wire_put_text(&said, WIRE_READY, text);
  if (said.failed) return;
  if (wire_get_text(said.data + WIRE_PREFIX, said.length - WIRE_PREFIX, again) != ERR_OK || strcmp(text, again) != 0) abort();
}

static void check_part(const uint8_t *payload, size_t length) {
  enum wire_object which;
  const uint8_t *part;
  size_t part_length;
  if (wire_get_part(payload, length, &which, &part, &part_length) == ERR_OK && part + part_length != payload + length) abort();
}

/* What is taken is the same bytes again, and every key belongs to a region. */
static void check_marks(const uint8_t *payload, size_t length) {
  static struct wire_marks marks;
  if (wire_marks_get(payload, length, &marks) != ERR_OK) return;
  uint32_t keys = 0;
  for (uint32_t i = 0; i < marks.region_count; i++) keys += marks.regions[i].count;
  if (keys != marks.key_count || keys > WIRE_MOST_KEYS) abort();
  AUTO(bytes) struct bytes frame = {0};
  wire_marks_put(&frame, &marks);
  if (!frame.failed && (frame.length != length + WIRE_PREFIX || memcmp(frame.data + WIRE_PREFIX, payload, length) != 0)) abort();
}

static void check_payload(const uint8_t *payload, size_t length) {
  check_marks(payload, length);
  check_report(payload, length);
  check_summary(payload, length);
  check_order(payload, length);
  check_open(payload, length);
  check_asked(payload, length);
  check_refused(payload, length);
  check_part(payload, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  while (size >= WIRE_PREFIX) {
    enum wire_kind kind;
    uint32_t length;
    if (wire_get_prefix(data, &kind, &length) != ERR_OK) break;
    if (length > WIRE_MOST_PAYLOAD) abort();
    data += WIRE_PREFIX;
    size -= WIRE_PREFIX;
    if (length > size) break;
    check_payload(data, length);
    data += length;
    size -= length;
  }
  check_payload(data, size);
  return 0;
}
