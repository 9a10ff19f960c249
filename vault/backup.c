#include "vault/backup.h"

#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/container_digest.h"
#include "vault/json.h"
#include "vault/object.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- one object */

static enum err copy_hashed(int from, int to, uint64_t length, uint8_t sha256[32]) {
  struct container_digest *d = NULL;
  enum err e = container_digest_new(&d);
  for (uint64_t at = 0; e == ERR_OK && at < length;) {
    uint8_t *block = container_digest_buffer(d);
    size_t piece = length - at < CONTAINER_DIGEST_BLOCK ? (size_t)(length - at) : CONTAINER_DIGEST_BLOCK;
    e = io_pread_all(from, block, piece, at);
    if (e == ERR_OK) e = io_write_all(to, block, piece);
    if (e == ERR_OK) container_digest_take(d, piece);
    at += piece;
  }
  if (e == ERR_OK) e = container_digest_finish(d, sha256);
  container_digest_free(d);
  return e;
}

/* Under another name until it is whole; what is copied is what the index knows, or nothing. */
static enum err copy_one(struct vault *v, int to, const struct index_object *o, const char *name) {
  AUTO(io) int source = -1;
  char unfinished[ID_TEXT + 8];
  uint8_t sha256[32];
  snprintf(unfinished, sizeof unfinished, "%s.new", name);
  TRY(object_open(v, &o->id, &source));
  unlinkat(to, unfinished, 0);
  AUTO(io) int copy = openat(to, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (copy < 0) return err_set_errno(ERR_CREATE, "cannot make %s in the backup", name);
  enum err e = copy_hashed(source, copy, o->file_bytes, sha256);
  if (e == ERR_OK && memcmp(sha256, o->sha256, sizeof sha256) != 0)
    e = err_set(ERR_DATA, "%s is not what the index says: run clipvault check --deep", name);
  if (e == ERR_OK) e = io_sync(copy);
  if (e == ERR_OK && renameat(to, unfinished, to, name)) e = err_set_errno(ERR_IO, "cannot name %s in the backup", name);
  if (e != ERR_OK) unlinkat(to, unfinished, 0);
  return e;
}

static bool is_there(int to, const char *name, uint64_t bytes) {
  struct stat st;
  return fstatat(to, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == bytes;
}

/* Its clip may end while this runs: then it needs no copy. */
static bool has_ended(struct vault *v, const struct index_object *o) {
  bool known = true;
  struct index_clip clip;
  if (index_object_known(v->index, &o->id, &known) != ERR_OK || !known) return !known;
  return index_clip_get(v->index, &o->clip, &clip, NULL) == ERR_OK &&
         (strcmp(clip.state, "shredded") == 0 || !id_is_zero(&clip.job));
}

struct copying {
  struct session *session; /* NULL: nobody is attended to */
  struct vault *vault;
  int to;
  struct backup_result *result;
};

static enum err copy_object(const struct copying *c, const struct index_object *o) {
  char name[ID_TEXT];
  id_format(ID_OBJECT, &o->id, name);
  if (!is_there(c->to, name, o->file_bytes)) {
    enum err e = copy_one(c->vault, c->to, o, name);
    if (e != ERR_OK && has_ended(c->vault, o)) return ERR_OK;
    TRY(e);
    c->result->copied++;
  }
  c->result->objects++;
  c->result->bytes += o->file_bytes;
  return ERR_OK;
}

static enum err copy_objects(const struct copying *c) {
  AUTO(bytes) struct bytes objects = {0};
  TRY(index_object_all(c->vault->index, &objects));
  c->result->objects = c->result->bytes = 0;
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, objects); i++) {
    if (c->session) session_attend(c->session);
    if (c->session) TRY(session_check(c->session));
    TRY(copy_object(c, &INDEX_ROWS(struct index_object, objects)[i]));
  }
  return io_sync_dir(c->to);
}

/* ---- what is not the vault's any more */
static enum err prune(const struct copying *c) {
  int fd = openat(c->to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  enum err e = ERR_OK;
  if (!folder) return err_set_errno(ERR_IO, "cannot read the backup's folder of objects");
  for (const struct dirent *entry; e == ERR_OK && (entry = readdir(folder));) {
    struct id id;
    bool known = false;
    if (id_parse(ID_OBJECT, entry->d_name, &id) != ERR_OK) continue;
    e = index_object_known(c->vault->index, &id, &known);
    if (e != ERR_OK || known) continue;
    if (unlinkat(c->to, entry->d_name, 0)) e = err_set_errno(ERR_IO, "cannot remove %s from the backup", entry->d_name);
    c->result->removed += e == ERR_OK;
  }
  closedir(folder);
  return e;
}

/* ---- the folder */

static enum err write_note(struct vault *v, int dir, const struct backup_result *r) {
  AUTO(bytes) struct bytes note = {0};
  char vault[ID_TEXT], at[CLOCK_TEXT];
  bytes_printf(&note,
               "{\"form\":\"clipvault backup 1\",\"vault\":\"%s\",\"made_at\":\"%s\",\"epoch\":%llu,\"objects\":%llu,"
               "\"bytes\":%llu}\n",
               id_format(ID_VAULT, &v->id, vault), clock_format(clock_now_ms(), at), (unsigned long long)r->epoch,
               (unsigned long long)r->objects, (unsigned long long)r->bytes);
  TRY(bytes_check(&note));
  return io_write_file(dir, BACKUP_NOTE, note.data, note.length);
}

static enum err check_note(int dir, const struct id *vault) {
  AUTO(bytes) struct bytes note = {0};
  char text[ID_TEXT];
  TRY(io_read_file(dir, BACKUP_NOTE, 4096, &note));
  if (strstr(bytes_text(&note), id_format(ID_VAULT, vault, text))) return ERR_OK;
  return err_set(ERR_DATA, "this is a backup of another vault");
}

/* An empty folder, or an earlier backup of this vault, also an unfinished one. */
static enum err check_folder(struct vault *v, int dir) {
  enum err e = check_note(dir, &v->id);
  if (e != ERR_MISSING) return e;
  if (!faccessat(dir, "objects", F_OK, 0) && !faccessat(dir, "clipvault.backup", F_OK, 0)) return ERR_OK;
  int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  bool empty = folder != NULL;
  for (const struct dirent *d; folder && (d = readdir(folder));)
    empty &= strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0;
  if (folder) closedir(folder);
  return empty ? ERR_OK : err_set(ERR_CREATE, "the folder has something else in it: a backup needs one of its own");
}

static enum err open_objects(int dir, int *out) {
  TRY(io_write_file(dir, "clipvault.backup", "", 0)); /* so that an unfinished one is known again */
  if (mkdirat(dir, "objects", 0700) && errno != EEXIST) return err_set_errno(ERR_CREATE, "cannot make a folder in the backup");
  *out = openat(dir, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  return *out < 0 ? err_set_errno(ERR_CREATE, "cannot open the backup's folder of objects") : ERR_OK;
}

static enum err copy_config(struct vault *v, int dir, const char *name) {
  AUTO(bytes) struct bytes text = {0};
  enum err e = io_read_file(v->dir, name, 1 << 20, &text);
  if (e == ERR_MISSING) return ERR_OK;
  TRY(e);
  return io_write_file(dir, name, text.data, text.length);
}

/* Index and keys of one moment: nobody is attended to in between. What came while objects were copied is added. */
static enum err copy_state(struct copying *c, int dir) {
  struct vault *v = c->vault;
  c->session = NULL;
  TRY(vault_anchor(v));
  TRY(index_copy(v->index, dir));
  TRY(keystore_copy_to(v->keys, dir));
  TRY(copy_config(v, dir, "clipvault.conf"));
  TRY(copy_config(v, dir, "tags.conf"));
  TRY(copy_objects(c));
  c->result->epoch = keystore_epoch(v->keys);
  return prune(c);
}

enum err backup_make(struct session *s, const char *folder, struct backup_result *out) {
  struct backup_result result = {0};
  struct vault *v = s->vault;
  AUTO(io) int objects = -1;
  AUTO(io) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return err_set_errno(ERR_CREATE, "cannot open the folder %s", folder);
  TRY(check_folder(v, dir));
  TRY(open_objects(dir, &objects));
  struct copying c = {s, v, objects, &result};
  TRY(copy_objects(&c));
  TRY(copy_state(&c, dir));
  TRY(write_note(v, dir, &result));
  TRY(io_sync_dir(dir));
  *out = result;
  return ERR_OK;
}

enum err backup_last(struct index *ix, int64_t *at_ms) {
  AUTO(bytes) struct bytes stored = {0};
  enum err e = index_meta_get(ix, "backup", &stored);
  if (e != ERR_OK && e != ERR_MISSING) return e;
  *at_ms = CLOCK_NEVER_MS;
  if (e == ERR_OK && stored.length == sizeof *at_ms) memcpy(at_ms, stored.data, sizeof *at_ms);
  return ERR_OK;
}

enum err backup_note(struct vault *v) {
  int64_t now_ms = vault_now_ms(v);
  return index_meta_put(v->index, "backup", &now_ms, sizeof now_ms);
}
