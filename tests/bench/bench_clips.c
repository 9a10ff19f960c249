/* Fills a vault with clips without a worker: what ingest does once the film has been transcoded, with a film of a few bytes.
 *
 *   bench_clips VAULT KEY-FILE CASE COUNT PERSON…    COUNT clips that show all these people
 *
 * So a vault of a thousand clips is made in seconds, and what a withdrawal costs can be measured on it. The vault must not be
 * in use. The wraps are those that everyone's consents allow; nobody's consent is a mistake here and ends the program. */
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

enum { MOST_PEOPLE = 16, OBJECTS = 2 };
static const char *const roles[OBJECTS] = {"body", "head"};

struct cast {
  struct id kase, people[MOST_PEOPLE];
  size_t count;
};

static void seal_object(struct vault *v, const struct index_clip *clip, const struct secret_key *dek, const char *role,
                        struct index_object *row) {
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

static void put_clip(struct vault *v, struct index_clip *clip, const struct cast *cast,
                     const struct index_object objects[OBJECTS], const struct secret_key *dek) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(xk);
  struct uses uses;
  uint8_t mac[32];
  struct clip_facts facts = {.file_name = "measured.mp4", .mime = "video/mp4", .duration_ms = 1000, .frames = 30};
  randombytes_buf(mac, sizeof mac);
  must(uses_allowed(v, clip, USES_AS_FILMED, cast->people, cast->count, &uses));
  if (!uses.live) must(err_set(ERR_USAGE, "bench_clips: not everyone has agreed to anything"));
  must(keystore_new_leaves(v->keys, 1, &clip->leaf));
  must(keystore_get(v->keys, clip->leaf, xk));
  must(clip_seal(xk, &clip->id, &facts, &sealed));
  must(index_clip_put(v->index, clip, mac, &sealed));
  for (size_t i = 0; i < cast->count; i++) must(index_clip_add_person(v->index, &clip->id, &cast->people[i]));
  for (size_t i = 0; i < OBJECTS; i++) {
    must(index_object_put(v->index, &objects[i]));
    must(object_adopt(v, &objects[i].id));
  }
  must(uses_wrap(v, clip, USES_AS_FILMED, cast->people, cast->count, dek, &uses, uses.live, NULL));
  must(audit_append(v, "clip.ingested", ID_CLIP, &clip->id, NULL));
}

static void add_clip(struct vault *v, const struct cast *cast) {
  SECRET_KEY(dek);
  struct index_object objects[OBJECTS];
  struct index_clip clip = {.id = id_new(),
                            .kase = cast->kase,
                            .kind = "recording",
                            .state = "live",
                            .recorded_ms = vault_now_ms(v),
                            .ingested_ms = vault_now_ms(v),
                            .expires_ms = CLOCK_NEVER_MS};
  randombytes_buf(dek->b, sizeof dek->b);
  for (size_t i = 0; i < OBJECTS; i++) seal_object(v, &clip, dek, roles[i], &objects[i]);
  must(index_begin(v->index));
  put_clip(v, &clip, cast, objects, dek);
  must(index_commit(v->index));
  for (size_t i = 0; i < OBJECTS; i++) object_made(v, &objects[i].id);
}

int main(int argc, char **argv) {
  struct cast cast = {0};
  struct vault *v;
  must(secret_init());
  if (argc < 6 || argc > 5 + MOST_PEOPLE) must(err_set(ERR_USAGE, "usage: bench_clips VAULT KEY-FILE CASE COUNT PERSON…"));
  SECRET_KEY(key);
  must(slot_key_file_read(argv[2], key));
  must(id_parse(ID_CASE, argv[3], &cast.kase));
  for (int i = 5; i < argc; i++) must(id_parse(ID_PERSON, argv[i], &cast.people[cast.count++]));
  struct slot_secret secret = {.kind = SLOT_SECRET_KEY_FILE, .bytes = key->b, .length = sizeof key->b};
  AUTO(io) int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) must(err_set_errno(ERR_IO, "cannot open %s", argv[1]));
  must(vault_open(dir, &secret, &v));
  must(vault_begin(v, geteuid(), 0));
  for (long left = strtol(argv[4], NULL, 10); left > 0; left--) add_clip(v, &cast);
  must(vault_end(v));
  vault_close(v);
  return 0;
}
