#include "ingest/worker/sink.h"

#include "ingest/worker/link.h"
#include "ingest/worker/moov.h"
#include "vault/base/bytes.h"

#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WRITER_BYTES = WIRE_MOST_DATA, MOST_HEADER = 4096, MOST_TRAILER = 1 << 30 };

enum phase { HEADER, PAYLOAD, TRAILER };

struct sink {
  AVIOContext *writer;
  enum phase phase;
  enum err failure;
  struct bytes header, trailer;
  uint64_t payload_length, position;
};

/* Writes over what is there and appends the rest; no hole can arise. */
static bool put_at(struct bytes *b, uint64_t at, const uint8_t *data, size_t length, size_t most) {
  if (at > b->length || length > most - at) return false;
  size_t over = b->length - (size_t)at < length ? b->length - (size_t)at : length;
  if (over) memcpy(b->data + at, data, over);
  bytes_put(b, data + over, length - over);
  return !b->failed;
}

static enum err put(struct sink *s, const uint8_t *data, size_t length) {
  uint64_t body = s->header.length, end = body + s->payload_length;
  bool fits = false;
  if (s->phase == HEADER) fits = put_at(&s->header, s->position, data, length, MOST_HEADER);
  if (s->phase == TRAILER && s->position >= end) fits = put_at(&s->trailer, s->position - end, data, length, MOST_TRAILER);
  if (s->phase == TRAILER && s->position + length <= body) fits = put_at(&s->header, s->position, data, length, (size_t)body);
  if (s->phase == PAYLOAD && s->position == end) {
    TRY(link_send_part(WIRE_BODY, data, length));
    s->payload_length += length;
    fits = true;
  }
  if (!fits) return err_set(ERR_BUG, "the muxer wrote where it must not");
  s->position += length;
  return ERR_OK;
}

#if LIBAVFORMAT_VERSION_MAJOR >= 61
static int write_packet(void *opaque, const uint8_t *data, int length) {
#else
static int write_packet(void *opaque, uint8_t *data, int length) {
#endif
  struct sink *s = opaque;
  if (s->failure == ERR_OK) s->failure = put(s, data, (size_t)length);
  return s->failure == ERR_OK ? length : AVERROR(EIO);
}

static int64_t seek(void *opaque, int64_t offset, int whence) {
  struct sink *s = opaque;
  bool allowed = s->phase != PAYLOAD && (whence & ~AVSEEK_FORCE) == SEEK_SET && offset >= 0;
  if (!allowed) return AVERROR(ENOSYS);
  s->position = (uint64_t)offset;
  return offset;
}

enum err sink_open(struct sink **out) {
  AUTO(sink) struct sink *s = calloc(1, sizeof *s);
  uint8_t *buffer = av_malloc(WRITER_BYTES);
  if (s && buffer) s->writer = avio_alloc_context(buffer, WRITER_BYTES, 1, s, NULL, write_packet, seek);
  if (!s || !s->writer) {
    av_free(buffer);
    return err_set(ERR_IO, "out of memory");
  }
  *out = s;
  s = NULL;
  return ERR_OK;
}

AVIOContext *sink_writer(struct sink *s) { return s->writer; }

static enum err enter(struct sink *s, enum phase next) {
  avio_flush(s->writer);
  TRY(s->failure);
  uint64_t end = s->header.length + s->payload_length;
  if (s->phase + 1 != next || s->position != end) return err_set(ERR_BUG, "the muxer stands where it must not");
  s->phase = next;
  return ERR_OK;
}

enum err sink_begin_payload(struct sink *s) { return enter(s, PAYLOAD); }
enum err sink_begin_trailer(struct sink *s) { return enter(s, TRAILER); }

enum err sink_finish(struct sink *s) {
  avio_flush(s->writer);
  TRY(s->failure);
  AUTO(bytes) struct bytes head = {0};
  TRY(moov_make_head(s->header.data, s->header.length, s->trailer.data, s->trailer.length, s->payload_length, &head));
  return link_send_part(WIRE_HEAD, head.data, head.length);
}

void sink_free(struct sink *s) {
  if (!s) return;
  if (s->writer) av_freep(&s->writer->buffer);
  avio_context_free(&s->writer);
  bytes_free(&s->header);
  bytes_free(&s->trailer);
  free(s);
}
