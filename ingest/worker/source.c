#include "ingest/worker/source.h"

#include "ingest/worker/link.h"

#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = WIRE_MOST_DATA, BLOCKS = 24, READER_BYTES = 32 * 1024 };

struct block {
  uint64_t number; /* covers [number * BLOCK_BYTES, +length) */
  size_t length;   /* 0: unused */
  uint64_t used;   /* the larger the more recent */
  uint8_t data[BLOCK_BYTES];
};

struct source {
  uint64_t bytes, position, clock;
  AVIOContext *reader;
  enum err failure;
  struct block blocks[BLOCKS];
};

enum err source_open(uint64_t bytes, struct source **out) {
  struct source *s = calloc(1, sizeof *s);
  if (!s) return err_set(ERR_IO, "out of memory");
  s->bytes = bytes;
  *out = s;
  return ERR_OK;
}

uint64_t source_bytes(const struct source *s) { return s->bytes; }

static enum err find_block(struct source *s, uint64_t number, struct block **out) {
  struct block *oldest = &s->blocks[0];
  for (struct block *b = s->blocks; b < s->blocks + BLOCKS; b++) {
    if (b->length && b->number == number) {
      b->used = ++s->clock;
      *out = b;
      return ERR_OK;
    }
    if (b->used < oldest->used) oldest = b;
  }
  oldest->length = 0;
  TRY(link_read_source(number * BLOCK_BYTES, oldest->data, BLOCK_BYTES, &oldest->length));
  oldest->number = number;
  oldest->used = ++s->clock;
  *out = oldest;
  return ERR_OK;
}

enum err source_read(struct source *s, uint64_t offset, void *out, size_t length, size_t *got) {
  size_t done = 0;
  while (done < length && offset < s->bytes) {
    struct block *b;
    TRY(find_block(s, offset / BLOCK_BYTES, &b));
    size_t skip = (size_t)(offset % BLOCK_BYTES);
    if (skip >= b->length) break;
    size_t piece = b->length - skip < length - done ? b->length - skip : length - done;
    memcpy((uint8_t *)out + done, b->data + skip, piece);
    done += piece;
    offset += piece;
  }
  *got = done;
  return ERR_OK;
}

enum err source_check(const struct source *s) { return s->failure; }

static int read_packet(void *opaque, uint8_t *out, int length) {
  struct source *s = opaque;
  size_t got = 0;
  if (s->failure == ERR_OK) s->failure = source_read(s, s->position, out, (size_t)length, &got);
  if (s->failure != ERR_OK) return AVERROR(EIO);
  s->position += got;
  return got ? (int)got : AVERROR_EOF;
}

static int64_t seek(void *opaque, int64_t offset, int whence) {
  struct source *s = opaque;
  if (whence & AVSEEK_SIZE) return (int64_t)s->bytes;
  int64_t base = 0;
  if ((whence & ~AVSEEK_FORCE) == SEEK_CUR) base = (int64_t)s->position;
  if ((whence & ~AVSEEK_FORCE) == SEEK_END) base = (int64_t)s->bytes;
  int64_t target;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return AVERROR(EINVAL);
  s->position = (uint64_t)target;
  return target;
}

static void drop_reader(struct source *s) {
  if (s->reader) av_freep(&s->reader->buffer);
  avio_context_free(&s->reader);
}

AVIOContext *source_reader(struct source *s) {
  drop_reader(s);
  s->position = 0;
  uint8_t *buffer = av_malloc(READER_BYTES);
  if (!buffer) return NULL;
  s->reader = avio_alloc_context(buffer, READER_BYTES, 0, s, read_packet, NULL, seek);
  if (!s->reader) av_free(buffer);
  return s->reader;
}

void source_free(struct source *s) {
  if (!s) return;
  drop_reader(s);
  free(s);
}
