#include "ingest/wire.h"

#include <string.h>

/* ---- frames ---- */

void wire_prefix(uint8_t out[WIRE_PREFIX], enum wire_kind kind, size_t length) {
  for (int i = 0; i < 4; i++) out[i] = (uint8_t)(length >> (8 * i));
  out[4] = (uint8_t)kind;
}

/* A frame is written with room for its prefix, which is filled in once the length is known. */
static size_t begin(struct bytes *out) {
  size_t start = out->length;
  bytes_extend(out, WIRE_PREFIX);
  return start;
}

static void end(struct bytes *out, size_t start, enum wire_kind kind) {
  if (!out->failed) wire_prefix(out->data + start, kind, out->length - start - WIRE_PREFIX);
}

enum err wire_get_prefix(const uint8_t prefix[WIRE_PREFIX], enum wire_kind *kind, uint32_t *length) {
  struct bytes_reader r = bytes_reader(prefix, WIRE_PREFIX);
  uint32_t stated = bytes_get_u32(&r);
  uint8_t which = bytes_get_u8(&r);
  bool known = (which >= WIRE_READY && which <= WIRE_DONE) || (which >= WIRE_OPEN && which <= WIRE_MARKS);
  if (stated > WIRE_MOST_PAYLOAD || !known) return err_set(ERR_DATA, "the worker sent a frame that cannot be");
  *kind = (enum wire_kind)which;
  *length = stated;
  return ERR_OK;
}

/* Every decoder ends with this: all fields were there, in range, and nothing is left over. */
static enum err whole(const struct bytes_reader *r) {
  return bytes_done(r) ? ERR_OK : err_set(ERR_DATA, "the worker sent a frame that is malformed");
}

/* ---- fields ---- */

static void put_text(struct bytes *out, const char *text) { bytes_put_field(out, text, strnlen(text, WIRE_TEXT)); }

static void get_text(struct bytes_reader *r, char out[WIRE_TEXT + 1]) {
  size_t length;
  const uint8_t *text = bytes_get_field(r, WIRE_TEXT, &length);
  for (size_t i = 0; i < length; i++) out[i] = (char)(text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?');
  out[length] = 0;
}

static void put_flag(struct bytes *out, bool flag) { bytes_put_u8(out, flag); }

static bool get_flag(struct bytes_reader *r) {
  uint8_t v = bytes_get_u8(r);
  if (v > 1) r->failed = true;
  return v == 1;
}

static uint32_t get_u32_upto(struct bytes_reader *r, uint32_t most) {
  uint32_t v = bytes_get_u32(r);
  if (v > most) r->failed = true;
  return v;
}

/* ---- from the worker ---- */

void wire_put_text(struct bytes *out, enum wire_kind kind, const char *text) {
  size_t start = begin(out);
  put_text(out, text);
  end(out, start, kind);
}

enum err wire_get_text(const uint8_t *payload, size_t length, char out[WIRE_TEXT + 1]) {
  struct bytes_reader r = bytes_reader(payload, length);
  char text[WIRE_TEXT + 1];
  get_text(&r, text);
  TRY(whole(&r));
  memcpy(out, text, sizeof text);
  return ERR_OK;
}

void wire_put_read(struct bytes *out, uint64_t offset, uint32_t length) {
  size_t start = begin(out);
  bytes_put_u64(out, offset);
  bytes_put_u32(out, length);
  end(out, start, WIRE_READ);
}

enum err wire_get_read(const uint8_t *payload, size_t length, uint64_t *offset, uint32_t *wanted) {
  struct bytes_reader r = bytes_reader(payload, length);
  uint64_t at = bytes_get_u64(&r);
  uint32_t count = get_u32_upto(&r, WIRE_MOST_DATA);
  if (at > INT64_MAX - WIRE_MOST_DATA || count == 0) r.failed = true;
  TRY(whole(&r));
  *offset = at;
  *wanted = count;
  return ERR_OK;
}

void wire_put_report(struct bytes *out, const struct wire_report *report) {
  size_t start = begin(out);
  bytes_put_u8(out, (uint8_t)report->media);
  put_text(out, report->container);
  put_text(out, report->video_codec);
  put_text(out, report->audio_codec);
  put_text(out, report->mime);
  bytes_put_u32(out, report->width);
  bytes_put_u32(out, report->height);
  bytes_put_u32(out, report->rate_num);
  bytes_put_u32(out, report->rate_den);
  put_flag(out, report->variable_rate);
  put_flag(out, report->interlaced);
  put_flag(out, report->hdr);
  put_flag(out, report->has_video);
  put_flag(out, report->has_audio);
  bytes_put_u64(out, (uint64_t)report->duration_ms);
  bytes_put_u64(out, (uint64_t)report->recorded_ms);
  end(out, start, WIRE_REPORT);
}

enum err wire_get_report(const uint8_t *payload, size_t length, struct wire_report *out) {
  struct bytes_reader r = bytes_reader(payload, length);
  struct wire_report report = {0};
  uint8_t media = bytes_get_u8(&r);
  if (media < WIRE_FILM || media > WIRE_STILL) r.failed = true;
  report.media = (enum wire_media)media;
  get_text(&r, report.container);
  get_text(&r, report.video_codec);
  get_text(&r, report.audio_codec);
  get_text(&r, report.mime);
  report.width = get_u32_upto(&r, UINT16_MAX);
  report.height = get_u32_upto(&r, UINT16_MAX);
  report.rate_num = get_u32_upto(&r, INT32_MAX);
  report.rate_den = get_u32_upto(&r, INT32_MAX);
  report.variable_rate = get_flag(&r);
  report.interlaced = get_flag(&r);
  report.hdr = get_flag(&r);
  report.has_video = get_flag(&r);
  report.has_audio = get_flag(&r);
  report.duration_ms = (int64_t)bytes_get_u64(&r);
  report.recorded_ms = (int64_t)bytes_get_u64(&r);
  if (report.duration_ms < -1 || (report.rate_num != 0) != (report.rate_den != 0)) r.failed = true;
  TRY(whole(&r));
  *out = report;
  return ERR_OK;
}

void wire_put_refused(struct bytes *out, enum err code, const char *reason) {
  size_t start = begin(out);
  bytes_put_u8(out, (uint8_t)code);
  put_text(out, reason);
  end(out, start, WIRE_REFUSED);
}

enum err wire_get_refused(const uint8_t *payload, size_t length, enum err *code, char reason[WIRE_TEXT + 1]) {
  struct bytes_reader r = bytes_reader(payload, length);
  char text[WIRE_TEXT + 1];
  uint8_t stated = bytes_get_u8(&r);
  get_text(&r, text);
  /* A worker may blame the recording, its surroundings or itself, nothing else: the code becomes an exit code. */
  if (stated != ERR_DATA && stated != ERR_UNAVAILABLE && stated != ERR_IO && stated != ERR_BUG) r.failed = true;
  TRY(whole(&r));
  *code = (enum err)stated;
  memcpy(reason, text, sizeof text);
  return ERR_OK;
}

void wire_put_progress(struct bytes *out, uint32_t permille) {
  size_t start = begin(out);
  bytes_put_u32(out, permille);
  end(out, start, WIRE_PROGRESS);
}

enum err wire_get_progress(const uint8_t *payload, size_t length, uint32_t *permille) {
  struct bytes_reader r = bytes_reader(payload, length);
  uint32_t v = get_u32_upto(&r, 1000);
  TRY(whole(&r));
  *permille = v;
  return ERR_OK;
}

enum err wire_get_part(const uint8_t *payload, size_t length, enum wire_object *which, const uint8_t **data,
                       size_t *data_length) {
  struct bytes_reader r = bytes_reader(payload, length);
  uint8_t object = bytes_get_u8(&r);
  size_t rest = bytes_left(&r);
  const uint8_t *view = bytes_get_view(&r, rest);
  if (object < WIRE_HEAD || object > WIRE_PEAKS || rest == 0 || rest > WIRE_MOST_DATA) r.failed = true;
  TRY(whole(&r));
  *which = (enum wire_object)object;
  *data = view;
  *data_length = rest;
  return ERR_OK;
}

void wire_put_done(struct bytes *out, const struct wire_summary *summary) {
  size_t start = begin(out);
  bytes_put_u32(out, summary->width);
  bytes_put_u32(out, summary->height);
  bytes_put_u32(out, summary->rate_num);
  bytes_put_u32(out, summary->rate_den);
  bytes_put_u64(out, (uint64_t)summary->duration_ms);
  bytes_put_u64(out, summary->frames);
  bytes_put_u64(out, summary->frames_damaged);
  bytes_put_u64(out, summary->packets_damaged);
  bytes_put_u32(out, summary->places);
  for (int i = 0; i < WIRE_MOST_PLACES; i++) bytes_put_u64(out, (uint64_t)summary->damaged_ms[i]);
  put_flag(out, summary->picture_copied);
  put_flag(out, summary->sound_copied);
  put_flag(out, summary->more);
  put_text(out, summary->mime);
  put_text(out, summary->settings);
  put_text(out, summary->choice);
  put_text(out, summary->repairs);
  put_text(out, summary->tools);
  end(out, start, WIRE_DONE);
}

enum err wire_get_done(const uint8_t *payload, size_t length, struct wire_summary *out) {
  struct bytes_reader r = bytes_reader(payload, length);
  struct wire_summary summary = {0};
  summary.width = get_u32_upto(&r, UINT16_MAX);
  summary.height = get_u32_upto(&r, UINT16_MAX);
  summary.rate_num = get_u32_upto(&r, INT32_MAX);
  summary.rate_den = get_u32_upto(&r, INT32_MAX);
  summary.duration_ms = (int64_t)bytes_get_u64(&r);
  summary.frames = bytes_get_u64(&r);
  summary.frames_damaged = bytes_get_u64(&r);
  summary.packets_damaged = bytes_get_u64(&r);
  summary.places = get_u32_upto(&r, WIRE_MOST_PLACES);
  for (int i = 0; i < WIRE_MOST_PLACES; i++) summary.damaged_ms[i] = (int64_t)bytes_get_u64(&r);
  summary.picture_copied = get_flag(&r);
  summary.sound_copied = get_flag(&r);
  summary.more = get_flag(&r);
  get_text(&r, summary.mime);
  get_text(&r, summary.settings);
  get_text(&r, summary.choice);
  get_text(&r, summary.repairs);
  get_text(&r, summary.tools);
  /* The counts end up in SQLite's signed integers. */
  if (summary.duration_ms < -1 || summary.frames > INT64_MAX || summary.frames_damaged > INT64_MAX ||
      summary.packets_damaged > INT64_MAX)
    r.failed = true;
  TRY(whole(&r));
  *out = summary;
  return ERR_OK;
}

/* ---- from the parent ---- */

void wire_put_open(struct bytes *out, uint64_t source_bytes, const struct wire_limits *most) {
  size_t start = begin(out);
  bytes_put_u64(out, source_bytes);
  bytes_put_u64(out, most->most_pixels);
  bytes_put_u32(out, most->most_streams);
  bytes_put_u64(out, most->most_duration_ms);
  bytes_put_u64(out, most->most_packets);
  bytes_put_u32(out, most->most_seconds);
  end(out, start, WIRE_OPEN);
}

/* A limit of nothing is no limit that somebody meant, and one above these cannot be handed to libav or the kernel. */
static uint64_t get_limit(struct bytes_reader *r, uint64_t v, uint64_t most) {
  if (v < 1 || v > most) r->failed = true;
  return v;
}

enum err wire_get_open(const uint8_t *payload, size_t length, uint64_t *source_bytes, struct wire_limits *most) {
  struct bytes_reader r = bytes_reader(payload, length);
  struct wire_limits limits;
  uint64_t bytes = bytes_get_u64(&r);
  limits.most_pixels = get_limit(&r, bytes_get_u64(&r), INT32_MAX);
  limits.most_streams = (uint32_t)get_limit(&r, bytes_get_u32(&r), UINT16_MAX);
  limits.most_duration_ms = get_limit(&r, bytes_get_u64(&r), INT64_MAX);
  limits.most_packets = get_limit(&r, bytes_get_u64(&r), INT64_MAX);
  limits.most_seconds = (uint32_t)get_limit(&r, bytes_get_u32(&r), INT32_MAX);
  if (bytes > INT64_MAX) r.failed = true;
  TRY(whole(&r));
  *source_bytes = bytes;
  *most = limits;
  return ERR_OK;
}

void wire_put_order(struct bytes *out, const struct wire_order *order) {
  size_t start = begin(out);
  bytes_put_u8(out, (uint8_t)order->make);
  put_flag(out, order->keep_video);
  put_flag(out, order->keep_audio);
  put_flag(out, order->may_copy);
  put_flag(out, order->verify);
  put_flag(out, order->derive);
  put_flag(out, order->marked);
  bytes_put_u32(out, order->most_height);
  bytes_put_u32(out, order->crf);
  bytes_put_u64(out, (uint64_t)order->from_frame);
  bytes_put_u64(out, (uint64_t)order->to_frame);
  put_text(out, order->watermark);
  end(out, start, WIRE_ORDER);
}

enum err wire_get_order(const uint8_t *payload, size_t length, struct wire_order *out) {
  struct bytes_reader r = bytes_reader(payload, length);
  struct wire_order order = {0};
  uint8_t make = bytes_get_u8(&r);
  order.keep_video = get_flag(&r);
  order.keep_audio = get_flag(&r);
  order.may_copy = get_flag(&r);
  order.verify = get_flag(&r);
  order.derive = get_flag(&r);
  order.marked = get_flag(&r);
  order.most_height = get_u32_upto(&r, UINT16_MAX);
  order.crf = get_u32_upto(&r, 51);
  order.from_frame = (int64_t)bytes_get_u64(&r);
  order.to_frame = (int64_t)bytes_get_u64(&r);
  get_text(&r, order.watermark);
  bool whole_film = order.to_frame == -1;
  if (make != WIRE_MAKE_COPY && make != WIRE_MAKE_STILL) r.failed = true;
  if (order.from_frame < 0 || (!whole_film && order.to_frame <= order.from_frame)) r.failed = true;
  TRY(whole(&r));
  order.make = (enum wire_make)make;
  *out = order;
  return ERR_OK;
}
