/* Putting a backup back, and trying whether that would work. */
#include "vault/backup.h"
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/consent_shelf.h"
#include "vault/container.h"
#include "vault/hold.h"
#include "vault/object.h"
#include "vault/uses.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files */

static enum err copy_bytes(int from, int to, uint64_t length) {
  for (uint64_t at = 0; at < length;) {
    ssize_t n = sendfile(to, from, NULL, (size_t)(length - at) > 1 << 24 ? 1 << 24 : (size_t)(length - at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return err_set_errno(ERR_IO, "cannot copy");
    at += (uint64_t)n;
  }
  return io_sync(to);
}

/* ERR_MISSING if there is none; never in the place of one that is there. */
static enum err copy_file(int from, int to, const char *name) {
  uint64_t length;
  AUTO(io) int source = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (source < 0) return err_set_errno(errno == ENOENT ? ERR_MISSING : ERR_IO, "cannot open %s", name);
  AUTO(io) int copy = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (copy < 0) return err_set_errno(ERR_CREATE, "cannot make %s", name);
  TRY(io_file_size(source, &length));
  enum err e = copy_bytes(source, copy, length);
  if (e != ERR_OK) unlinkat(to, name, 0);
  return e;
}

/* A database that follows may have its last commit in its log. */
static enum err copy_database(int from, int to, const char *name) {
  char log[32];
  snprintf(log, sizeof log, "%s-wal", name);
  TRY(copy_file(from, to, name));
  enum err e = copy_file(from, to, log);
  return e == ERR_MISSING ? ERR_OK : e;
}

/* What has ended since the backup was made stays there: its keys are gone. */
static enum err copy_objects(int from, int to, struct index *ix, struct backup_restored *out) {
  DIR *folder = NULL;
  AUTO(io) int source = openat(from, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  AUTO(io) int target = openat(to, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  int listed = source < 0 ? -1 : dup(source);
  enum err e = source < 0 || target < 0 ? err_set_errno(ERR_DATA, "the backup has no folder of objects") : ERR_OK;
  if (e == ERR_OK && !(folder = fdopendir(listed))) e = err_set_errno(ERR_IO, "cannot read the backup's objects");
  for (const struct dirent *d; e == ERR_OK && (d = readdir(folder));) {
    struct id id;
    bool known = false;
    if (id_parse(ID_OBJECT, d->d_name, &id) != ERR_OK) continue;
    e = index_object_known(ix, &id, &known);
    if (e != ERR_OK || !known) continue;
    e = copy_file(source, target, d->d_name);
    out->objects += e == ERR_OK;
  }
  if (folder) closedir(folder);
  return e == ERR_OK ? io_sync_dir(target) : e;
}

/* Files that the index needs and that did not come along. */
static enum err count_missing(int to, struct index *ix, struct backup_restored *out) {
  AUTO(bytes) struct bytes objects = {0};
  enum err e = index_object_all(ix, &objects);
  for (size_t i = 0; e == ERR_OK && i < INDEX_COUNT(struct index_object, objects); i++) {
    char path[16 + ID_TEXT], name[ID_TEXT];
    snprintf(path, sizeof path, "objects/%s", id_format(ID_OBJECT, &INDEX_ROWS(struct index_object, objects)[i].id, name));
    out->missing += faccessat(to, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
  }
  return e;
}

static enum err fill(int from, int keys, int to, struct backup_restored *out) {
  if (mkdirat(to, "objects", 0700) || mkdirat(to, "spool", 0700))
    return err_set_errno(ERR_CREATE, "cannot make the vault's folders");
  enum err e = copy_file(from, to, "clipvault.conf");
  if (e == ERR_OK || e == ERR_MISSING) e = copy_file(from, to, "tags.conf");
  if (e != ERR_OK && e != ERR_MISSING) return e;
  bool followed = keys >= 0 && !faccessat(keys, "index.db", F_OK, 0);
  struct index *ix = NULL;
  TRY(copy_database(followed ? keys : from, to, "index.db"));
  TRY(index_open(to, NULL, &ix)); /* what it names, no key is needed to see */
  e = copy_objects(from, to, ix, out);
  if (e == ERR_OK) e = count_missing(to, ix, out);
  index_close(ix);
  TRY(e);
  TRY(copy_database(keys >= 0 ? keys : from, to, "keys.db")); /* last: it makes a vault of the folder */
  return io_sync_dir(to);
}

static enum err open_to(const char *to, bool *was_there, int *out) {
  *was_there = mkdir(to, 0700) != 0;
  if (*was_there && errno != EEXIST) return err_set_errno(ERR_CREATE, "cannot make the folder %s", to);
  *out = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*out < 0) return err_set_errno(ERR_CREATE, "cannot open the folder %s", to);
  if (!faccessat(*out, "keys.db", F_OK, 0))
    return err_set(ERR_CREATE, "%s is a vault already: restore into a new folder, and look at both before one goes", to);
  return ERR_OK;
}

/* Nothing half-made is left, and a folder that was there stays. */
static void undo(int to, const char *path, bool was_there) {
  static const char *const files[] = {"index.db",    "index.db-wal",    "index.db-shm",   "index.db-journal", "keys.db",
                                      "keys.db-wal", "keys.db-journal", "clipvault.conf", "tags.conf"};
  AUTO(io) int objects = openat(to, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  int listed = objects < 0 ? -1 : dup(objects);
  DIR *folder = listed < 0 ? NULL : fdopendir(listed);
  for (const struct dirent *d; folder && (d = readdir(folder));) {
    struct id id;
    if (id_parse(ID_OBJECT, d->d_name, &id) == ERR_OK) unlinkat(objects, d->d_name, 0);
  }
  if (folder) closedir(folder);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlinkat(to, files[i], 0);
  unlinkat(to, "objects", AT_REMOVEDIR);
  unlinkat(to, "spool", AT_REMOVEDIR);
  if (!was_there) rmdir(path);
}

static bool is_empty(int fd) {
  int listed = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = listed < 0 ? NULL : fdopendir(listed);
  bool empty = folder != NULL;
  for (const struct dirent *d; folder && (d = readdir(folder));)
    empty &= strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0;
  if (folder) closedir(folder);
  return empty;
}

enum err backup_restore(const char *from, const char *keys, const char *to, struct backup_restored *out) {
  struct backup_restored result = {0};
  AUTO(io) int target = -1, replica = -1;
  AUTO(io) int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (source < 0) return err_set_errno(io_failure(ERR_MISSING), "cannot open the backup %s", from);
  if (faccessat(source, BACKUP_NOTE, F_OK, 0))
    return err_set(ERR_DATA, "%s is not a whole backup: it has no %s", from, BACKUP_NOTE);
  if (keys) replica = open(keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (keys && replica < 0) return err_set_errno(io_failure(ERR_MISSING), "cannot open the replica %s", keys);
  if (keys && faccessat(replica, "keys.db", F_OK, 0)) return err_set(ERR_MISSING, "%s is no replica: it has no keys.db", keys);
  bool was_there;
  TRY(open_to(to, &was_there, &target));
  if (!is_empty(target)) return err_set(ERR_CREATE, "%s has something in it already: restore into a new folder", to);
  enum err e = fill(source, replica, target, &result);
  if (e != ERR_OK) undo(target, to, was_there);
  if (e == ERR_OK) *out = result;
  return e;
}

/* ---- the drill */

void backup_drill_free(struct backup_drill *d) { bytes_free(&d->wrong); }

static enum err open_one(struct vault *past, const struct index_object *o, const struct secret_key *dek) {
  AUTO(io) int fd = -1;
  struct container_ids ids = {past->id, o->clip, o->id};
  struct container_seal seal;
  TRY(object_open(past, &o->id, &fd));
  return container_verify(fd, dek, &ids, &seal);
}

static enum err dek_of(struct vault *past, const struct index_clip *clip, const char *rendition, struct secret_key *dek) {
  enum err e = hold_open(past, &clip->id, rendition, dek);
  return e == ERR_OK ? e : uses_open_any(past, clip, rendition, dek);
}

/* *opened: how many of its objects open, of all that the backup's index names. */
static enum err try_clip(struct vault *past, const struct index_clip *clip, size_t *opened, size_t *all) {
  AUTO(bytes) struct bytes objects = {0};
  *opened = 0;
  TRY(index_object_of(past->index, &clip->id, &objects));
  *all = INDEX_COUNT(struct index_object, objects);
  for (size_t i = 0; i < *all; i++) {
    const struct index_object *o = &INDEX_ROWS(struct index_object, objects)[i];
    SECRET_KEY(dek);
    *opened += dek_of(past, clip, o->rendition, dek) == ERR_OK && open_one(past, o, dek) == ERR_OK;
  }
  return ERR_OK;
}

/* What the vault of today says of the clip: 1 it lives, 0 it has ended. A clip whose wraps were made anew since the backup
 * (another person in it) lives, and the backup's wraps do not open it: the backup is to be made anew then. */
static bool lives(struct vault *v, const struct id *clip) {
  struct index_clip now;
  return index_clip_get(v->index, clip, &now, NULL) == ERR_OK && strcmp(now.state, "shredded") != 0 && id_is_zero(&now.job);
}

static enum err compare(struct vault *v, struct vault *past, const struct index_clip *clip, struct backup_drill *d) {
  size_t opened, all;
  char id[ID_TEXT];
  bool alive = lives(v, &clip->id);
  if (strcmp(clip->state, "shredded") == 0) return ERR_OK; /* it had ended when the backup was made */
  TRY(try_clip(past, clip, &opened, &all));
  id_format(ID_CLIP, &clip->id, id);
  if (alive && opened == all) d->survivors++;
  if (!alive && !opened) d->dead++;
  if (alive && opened != all) bytes_printf(&d->wrong, "%s lives, but only %zu of its %zu objects open\n", id, opened, all);
  if (!alive && opened) bytes_printf(&d->wrong, "%s has ended, but %zu of its objects open\n", id, opened);
  return bytes_check(&d->wrong);
}

static enum err try_all(struct session *s, struct vault *past, struct backup_drill *d) {
  AUTO(bytes) struct bytes clips = {0}, now = {0};
  TRY(index_clip_list(past->index, &(struct index_clip_filter){.state = NULL}, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++) {
    session_attend(s);
    TRY(session_check(s));
    consent_shelf_clear(past->shelf);
    TRY(compare(s->vault, past, &INDEX_ROWS(struct index_clip, clips)[i], d));
  }
  TRY(index_clip_list(s->vault->index, &(struct index_clip_filter){.state = NULL}, &now));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, now); i++) {
    const struct id *id = &INDEX_ROWS(struct index_clip, now)[i].id;
    struct index_clip then;
    d->newer += lives(s->vault, id) && index_clip_get(past->index, id, &then, NULL) == ERR_MISSING;
  }
  return ERR_OK;
}

/* A copy of the backup's index, so that the backup stays as it is, in a folder that goes away again. */
static enum err open_past(int source, struct vault *v, char folder[], struct vault *past) {
  if (!mkdtemp(folder)) return err_set_errno(ERR_CREATE, "cannot make a folder for the drill");
  AUTO(io) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return err_set_errno(ERR_IO, "cannot open the drill's folder");
  TRY(copy_database(source, dir, "index.db"));
  TRY(index_open(dir, &v->id, &past->index));
  past->objects = openat(source, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  return past->objects < 0 ? err_set_errno(ERR_DATA, "the backup has no folder of objects") : ERR_OK;
}

static void tidy(const char *folder) {
  static const char *const names[] = {"index.db", "index.db-wal", "index.db-shm"};
  AUTO(io) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (size_t i = 0; dir >= 0 && i < sizeof names / sizeof *names; i++) unlinkat(dir, names[i], 0);
  rmdir(folder);
}

enum err backup_drill(struct session *s, const char *from, struct backup_drill *out) {
  AUTO(backup_drill) struct backup_drill d = {0};
  struct vault *v = s->vault;
  char folder[64];
  snprintf(folder, sizeof folder, "/proc/self/fd/%d/spool/drill.XXXXXX", v->dir);
  AUTO(io) int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (source < 0) return err_set_errno(io_failure(ERR_MISSING), "cannot open the backup %s", from);
  if (faccessat(source, BACKUP_NOTE, F_OK, 0))
    return err_set(ERR_DATA, "%s is not a whole backup: it has no %s", from, BACKUP_NOTE);
  /* Today's keys over the index and the ciphertext of then. */
  struct vault past = {.id = v->id,
                       .dir = v->dir,
                       .objects = -1,
                       .keys = v->keys,
                       .config = v->config,
                       .now_ms = v->now_ms,
                       .shelf = consent_shelf_new()};
  enum err e = past.shelf ? open_past(source, v, folder, &past) : err_set(ERR_IO, "out of memory");
  if (e == ERR_OK) e = try_all(s, &past, &d);
  consent_shelf_free(past.shelf);
  index_close(past.index);
  io_close(&past.objects);
  tidy(folder);
  TRY(e);
  *out = d;
  d = (struct backup_drill){0};
  return ERR_OK;
}
