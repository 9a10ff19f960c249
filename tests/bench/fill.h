/* What ingest does once a film has been transcoded, without a worker: clips for vaults that are measured, with films of a few
 * bytes or, for many clips, of none at all. The wraps are those that everyone's consents allow; nobody's consent is a mistake and
 * ends the program. */
#ifndef CLIPVAULT_TESTS_BENCH_FILL_H
#define CLIPVAULT_TESTS_BENCH_FILL_H

#include "tests/bench/sample.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/clip.h"
#include "vault/container.h"
#include "vault/object.h"
#include "vault/uses.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { FILL_MOST_PEOPLE = 16, FILL_OBJECTS = 2 };

struct fill {
  struct id kase, people[FILL_MOST_PEOPLE];
  size_t count;
  int64_t expires_ms; /* the clips' own end */
};

static inline void fill_seal_object(struct vault *v, const struct index_clip *clip, const struct secret_key *dek,
                                    const char *role, struct index_object *row) {
  AUTO(io) int fd = -1;
  AUTO(container_writer) struct container_writer *w = NULL;
  struct container_seal seal;
  *row = (struct index_object){.clip = clip->id, .rendition = USES_AS_FILMED};
  must(object_create(v, &row->id, &fd));
  struct container_ids ids = {v->id, clip->id, row->id};
  must(container_create(fd, dek, &ids, CONTAINER_LOG2_CHUNK, &w));
  must(container_write(w, dek->b, sizeof dek->b));
  must(container_finish(w, &seal));
  snprintf(row->role, sizeof row->role, "%s", role);
  row->plain_bytes = seal.plain_bytes;
  row->file_bytes = seal.file_bytes;
  memcpy(row->binding, seal.binding, sizeof row->binding);
  memcpy(row->sha256, seal.sha256, sizeof row->sha256);
}

static inline void fill_put_clip(struct vault *v, struct index_clip *clip, const struct fill *f,
                                 const struct index_object objects[FILL_OBJECTS], const struct secret_key *dek) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(xk);
  struct uses uses;
  uint8_t mac[32];
  struct clip_facts facts = {.file_name = "measured.mp4", .mime = "video/mp4", .duration_ms = 1000, .frames = 30};
  randombytes_buf(mac, sizeof mac);
  must(uses_allowed(v, clip, USES_AS_FILMED, f->people, f->count, &uses));
  if (!uses.live) must(err_set(ERR_USAGE, "not everyone has agreed to anything"));
  must(keystore_new_leaves(v->keys, 1, &clip->leaf));
  must(keystore_get(v->keys, clip->leaf, xk));
  must(clip_seal(xk, &clip->id, &facts, &sealed));
  must(index_clip_put(v->index, clip, mac, &sealed));
  for (size_t i = 0; i < f->count; i++) must(index_clip_add_person(v->index, &clip->id, &f->people[i]));
  for (size_t i = 0; i < FILL_OBJECTS; i++) {
    must(index_object_put(v->index, &objects[i]));
    must(object_adopt(v, &objects[i].id));
  }
  must(uses_wrap(v, clip, USES_AS_FILMED, f->people, f->count, dek, &uses, uses.live, NULL));
  must(audit_append(v, "clip.ingested", ID_CLIP, &clip->id, NULL));
}

static inline struct index_clip fill_clip_row(const struct vault *v, const struct fill *f) {
  return (struct index_clip){.id = id_new(),
                             .kase = f->kase,
                             .kind = "recording",
                             .state = "live",
                             .recorded_ms = vault_now_ms(v),
                             .ingested_ms = vault_now_ms(v),
                             .expires_ms = f->expires_ms};
}

/* One clip, in a transaction of its own, with sealed objects. */
static inline void fill_film(struct vault *v, const struct fill *f) {
  static const char *const roles[FILL_OBJECTS] = {"body", "head"};
  SECRET_KEY(dek);
  struct index_object objects[FILL_OBJECTS];
  struct index_clip clip = fill_clip_row(v, f);
  randombytes_buf(dek->b, sizeof dek->b);
  for (size_t i = 0; i < FILL_OBJECTS; i++) fill_seal_object(v, &clip, dek, roles[i], &objects[i]);
  must(index_begin(v->index));
  fill_put_clip(v, &clip, f, objects, dek);
  must(index_commit(v->index));
  for (size_t i = 0; i < FILL_OBJECTS; i++) object_made(v, &objects[i].id);
}

/* Inside a transaction: one clip whose objects are rows alone, as nothing is there to be read or deleted. */
static inline struct id fill_row(struct vault *v, const struct fill *f) {
  SECRET_KEY(dek);
  struct index_object objects[FILL_OBJECTS];
  struct index_clip clip = fill_clip_row(v, f);
  randombytes_buf(dek->b, sizeof dek->b);
  for (size_t i = 0; i < FILL_OBJECTS; i++) {
    objects[i] =
        (struct index_object){.id = id_new(), .clip = clip.id, .rendition = USES_AS_FILMED, .plain_bytes = 1, .file_bytes = 1};
    snprintf(objects[i].role, sizeof objects[i].role, "%s", i ? "head" : "body");
    randombytes_buf(objects[i].binding, sizeof objects[i].binding);
    randombytes_buf(objects[i].sha256, sizeof objects[i].sha256);
  }
  fill_put_clip(v, &clip, f, objects, dek);
  return clip.id;
}

/* The vault in this folder, opened with this key file, for a command of the caller's. *dir outlives it. */
static inline struct vault *fill_open(const char *folder, const char *key_file, int *dir) {
  struct vault *v;
  SECRET_KEY(key);
  must(slot_key_file_read(key_file, key));
  struct slot_secret secret = {.kind = SLOT_SECRET_KEY_FILE, .bytes = key->b, .length = sizeof key->b};
  *dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*dir < 0) must(err_set_errno(ERR_IO, "cannot open %s", folder));
  must(vault_open(*dir, &secret, &v));
  must(vault_begin(v, geteuid(), 0));
  return v;
}

static inline void fill_close(struct vault *v, int dir) {
  must(vault_end(v));
  vault_close(v);
  close(dir);
}

#endif
