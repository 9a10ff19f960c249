#include "vault/film.h"

#include "vault/base/io.h"
#include "vault/object.h"
#include "vault/uses.h"

#include <stdlib.h>
#include <string.h>

struct film {
  struct {
    int fd;
    struct container_reader *reader;
  } parts[FILM_PARTS];
  size_t count;
};

struct wanted {
  const struct id *clip;
  const char *rendition, *part;
  enum purpose purpose;
};

/* The objects that make up what is wanted, in the order of the stream. */
struct chosen {
  struct bytes objects;
  const struct index_object *part[FILM_PARTS];
  size_t count;
};
static void chosen_auto(struct chosen *c) { bytes_free(&c->objects); }

static void choose_role(struct chosen *c, const char *rendition, const char *role) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, c->objects); i++) {
    const struct index_object *o = &INDEX_ROWS(struct index_object, c->objects)[i];
    if (strcmp(o->role, role) != 0 || strcmp(o->rendition, rendition) != 0) continue;
    c->part[c->count++] = o;
    return;
  }
}

static bool has_rendition(const struct bytes *objects, const char *rendition) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, *objects); i++)
    if (strcmp(INDEX_ROWS(struct index_object, *objects)[i].rendition, rendition) == 0) return true;
  return false;
}

static enum err choose(struct vault *v, const struct wanted *w, struct chosen *c) {
  const char *played = strcmp(w->rendition, USES_ORIGINAL) == 0 ? "original" : "body";
  TRY(index_object_of(v->index, w->clip, &c->objects));
  if (!has_rendition(&c->objects, w->rendition))
    return err_set(ERR_MISSING, "this clip has no rendition called %s; clipvault show tells which it has", w->rendition);
  if (!w->part) choose_role(c, w->rendition, "head");
  choose_role(c, w->rendition, w->part ? w->part : played);
  return ERR_OK;
}

static enum err check_chosen(const struct wanted *w, const struct chosen *c) {
  if (c->count) return ERR_OK;
  return w->part ? err_set(ERR_MISSING, "this clip has no %.20s", w->part)
                 : err_set(ERR_DATA, "this clip has no sealed objects; run clipvault check");
}

static enum err open_part(struct vault *v, const struct index_object *o, const struct secret_key *dek, struct film *f) {
  struct container_ids ids = {v->id, o->clip, o->id};
  f->parts[f->count].fd = -1;
  f->count++;
  TRY(object_open(v, &o->id, &f->parts[f->count - 1].fd));
  return container_open(f->parts[f->count - 1].fd, dek, &ids, o->binding, &f->parts[f->count - 1].reader);
}

static enum err open_parts(struct vault *v, const struct wanted *w, struct film *f) {
  AUTO(chosen) struct chosen c = {0};
  SECRET_KEY(dek);
  TRY(choose(v, w, &c));
  TRY(uses_open(v, w->clip, w->rendition, w->purpose, dek));
  for (size_t i = 0; i < c.count; i++) TRY(open_part(v, c.part[i], dek, f));
  return check_chosen(w, &c);
}

static enum err hand_part(struct vault *v, const struct index_object *o, const struct secret_key *dek, struct film_parts *p) {
  struct container_ids ids = {v->id, o->clip, o->id};
  size_t n = p->count;
  p->part[n].fd = -1;
  p->part[n].ids = ids;
  memcpy(p->part[n].binding, o->binding, sizeof p->part[n].binding);
  p->count++;
  TRY(object_open(v, &o->id, &p->part[n].fd));
  return container_derive(p->part[n].fd, dek, &ids, &p->keys[n]);
}

static enum err hand_parts(struct vault *v, const struct wanted *w, struct film_parts *p) {
  AUTO(chosen) struct chosen c = {0};
  SECRET_KEY(dek);
  TRY(choose(v, w, &c));
  TRY(uses_open(v, w->clip, w->rendition, w->purpose, dek));
  for (size_t i = 0; i < c.count; i++) TRY(hand_part(v, c.part[i], dek, p));
  return check_chosen(w, &c);
}

enum err film_hand_over(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, const char *part,
                        struct film_parts *out) {
  AUTO(film_parts) struct film_parts p = {.keys = secret_alloc(FILM_PARTS * sizeof *p.keys)};
  TRY(hand_parts(v, &(struct wanted){clip, rendition, part, purpose}, &p));
  *out = p;
  p = (struct film_parts){0};
  return ERR_OK;
}

void film_parts_free(struct film_parts *p) {
  for (size_t i = 0; i < p->count; i++) io_close(&p->part[i].fd);
  secret_free(p->keys);
  *p = (struct film_parts){0};
}

enum err film_open(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, const char *part,
                   struct film **out) {
  struct wanted w = {clip, rendition, part, purpose};
  struct film *f = calloc(1, sizeof *f);
  if (!f) return err_set(ERR_IO, "out of memory");
  enum err e = open_parts(v, &w, f);
  if (e != ERR_OK)
    film_close(f);
  else
    *out = f;
  return e;
}

enum err film_join(struct container_reader *readers[], size_t count, struct film **out) {
  struct film *f = count <= FILM_PARTS ? calloc(1, sizeof *f) : NULL;
  for (size_t i = 0; i < count; i++) {
    if (!f) {
      container_close(readers[i]);
      continue;
    }
    f->parts[i].fd = -1; /* whoever opened it keeps the file */
    f->parts[i].reader = readers[i];
    f->count++;
  }
  if (!f) return err_set(ERR_IO, "out of memory");
  *out = f;
  return ERR_OK;
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
