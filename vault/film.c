#include "vault/film.h"

#include "vault/base/io.h"
#include "vault/object.h"
#include "vault/uses.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = 2 };

struct film {
  struct {
    int fd;
    struct container_reader *reader;
  } parts[PARTS];
  size_t count;
};

static enum err open_part(struct vault *v, const struct index_object *o, const struct secret_key *dek, struct film *f) {
  struct container_ids ids = {v->id, o->clip, o->id};
  f->parts[f->count].fd = -1;
  f->count++;
  TRY(object_open(v, &o->id, &f->parts[f->count - 1].fd));
  return container_open(f->parts[f->count - 1].fd, dek, &ids, o->binding, &f->parts[f->count - 1].reader);
}

static enum err open_role(struct vault *v, const struct bytes *objects, const char *role, const struct secret_key *dek,
                          struct film *f) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, *objects); i++) {
    const struct index_object *o = &INDEX_ROWS(struct index_object, *objects)[i];
    if (strcmp(o->role, role) == 0 && strcmp(o->rendition, USES_AS_FILMED) == 0) return open_part(v, o, dek, f);
  }
  return ERR_OK;
}

static enum err open_parts(struct vault *v, const struct id *clip, enum purpose purpose, struct film *f) {
  AUTO(bytes) struct bytes objects = {0};
  SECRET_KEY(dek);
  TRY(uses_open(v, clip, purpose, dek));
  TRY(index_object_of(v->index, clip, &objects));
  TRY(open_role(v, &objects, "head", dek, f));
  TRY(open_role(v, &objects, "body", dek, f));
  return f->count ? ERR_OK : err_set(ERR_DATA, "this clip has no sealed objects; run clipvault check");
}

enum err film_open(struct vault *v, const struct id *clip, enum purpose purpose, struct film **out) {
  struct film *f = calloc(1, sizeof *f);
  if (!f) return err_set(ERR_IO, "out of memory");
  enum err e = open_parts(v, clip, purpose, f);
  if (e != ERR_OK)
    film_close(f);
  else
    *out = f;
  return e;
}

uint64_t film_length(const struct film *f) {
  uint64_t length = 0;
  for (size_t i = 0; i < f->count; i++) length += container_length(f->parts[i].reader);
  return length;
}

enum err film_read(struct film *f, uint64_t offset, void *out, size_t length, size_t *got) {
  uint64_t start = 0;
  size_t done = 0;
  for (size_t i = 0; i < f->count && done < length; i++) {
    uint64_t end = start + container_length(f->parts[i].reader), at = offset + done;
    size_t n = 0;
    if (at >= start && at < end) TRY(container_read(f->parts[i].reader, at - start, (uint8_t *)out + done, length - done, &n));
    done += n;
    start = end;
  }
  *got = done;
  return ERR_OK;
}

void film_close(struct film *f) {
  if (!f) return;
  for (size_t i = 0; i < f->count; i++) {
    container_close(f->parts[i].reader);
    io_close(&f->parts[i].fd);
  }
  free(f);
}
