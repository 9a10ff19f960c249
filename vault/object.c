#include "vault/object.h"

#include "vault/audit.h"
#include "vault/base/crash.h"
#include "vault/base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err note_making(struct vault *v, const struct id *object) {
  if (v->making_count == sizeof v->making / sizeof *v->making) return err_set(ERR_BUG, "too many objects are being made at once");
  TRY(index_begin(v->index));
  enum err e = index_doomed_add(v->index, object);
  if (e != ERR_OK) {
    index_rollback(v->index);
    return e;
  }
  TRY(index_commit(v->index));
  v->making[v->making_count++] = *object;
  return ERR_OK;
}

enum err object_create(struct vault *v, struct id *object, int *fd) {
  char name[ID_TEXT];
  struct id fresh = id_new();
  TRY(note_making(v, &fresh));
  int made = openat(v->objects, id_format(ID_OBJECT, &fresh, name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) {
    enum err e = err_set_errno(errno == ENOSPC ? ERR_IO : ERR_CREATE, "cannot make a new object in the vault");
    object_made(v, &fresh);
    return e;
  }
  *object = fresh;
  *fd = made;
  return ERR_OK;
}

enum err object_adopt(struct vault *v, const struct id *object) { return index_doomed_gone(v->index, object); }

void object_made(struct vault *v, const struct id *object) {
  for (size_t i = 0; i < v->making_count; i++)
    if (id_equal(&v->making[i], object)) {
      v->making[i] = v->making[--v->making_count];
      return;
    }
}

static bool is_making(const struct vault *v, const struct id *object) {
  for (size_t i = 0; i < v->making_count; i++)
    if (id_equal(&v->making[i], object)) return true;
  return false;
}

enum err object_open(struct vault *v, const struct id *object, int *fd) {
  char name[ID_TEXT];
  int opened = openat(v->objects, id_format(ID_OBJECT, object, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0)
    return err_set_errno(errno == ENOENT ? ERR_DATA : ERR_IO, "the sealed object %s cannot be opened; run clipvault check", name);
  *fd = opened;
  return ERR_OK;
}

enum err object_remove(struct vault *v, const struct id *object) {
  char name[ID_TEXT];
  if (unlinkat(v->objects, id_format(ID_OBJECT, object, name), 0) && errno != ENOENT)
    return err_set_errno(ERR_IO, "cannot delete the object %s", name);
  return ERR_OK;
}

static enum err forget_doomed(struct vault *v, const struct bytes *gone) {
  char details[64];
  for (size_t i = 0; i < INDEX_COUNT(struct id, *gone); i++) TRY(index_doomed_gone(v->index, &INDEX_ROWS(struct id, *gone)[i]));
  snprintf(details, sizeof details, "%zu objects", INDEX_COUNT(struct id, *gone));
  return audit_append(v, "ciphertext.deleted", ID_VAULT, &v->id, details);
}

static enum err remove_doomed(struct vault *v, struct bytes *gone) {
  AUTO(bytes) struct bytes doomed = {0};
  TRY(index_doomed_list(v->index, &doomed));
  for (size_t i = 0; i < INDEX_COUNT(struct id, doomed); i++) {
    const struct id *object = &INDEX_ROWS(struct id, doomed)[i];
    if (is_making(v, object)) continue;
    TRY(object_remove(v, object));
    bytes_put(gone, object, sizeof *object);
  }
  return bytes_check(gone);
}

enum err object_delete_doomed(struct vault *v) {
  AUTO(bytes) struct bytes gone = {0};
  TRY(remove_doomed(v, &gone));
  if (!gone.length) return ERR_OK;
  TRY(io_sync_dir(v->objects));
  crash_point("ciphertext-deleted");
  TRY(index_begin(v->index));
  enum err e = forget_doomed(v, &gone);
  if (e == ERR_OK) return index_commit(v->index);
  index_rollback(v->index);
  return e;
}

enum err object_each(struct vault *v, enum err (*each)(void *context, const char *name, const struct id *object), void *context) {
  int fd = openat(v->objects, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  if (!folder) {
    io_close(&fd);
    return err_set_errno(ERR_IO, "cannot read the folder of objects");
  }
  enum err e = ERR_OK;
  for (struct dirent *entry; e == ERR_OK && (entry = readdir(folder));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    struct id object;
    bool known = id_parse(ID_OBJECT, entry->d_name, &object) == ERR_OK;
    e = each(context, entry->d_name, known ? &object : NULL);
  }
  closedir(folder);
  return e;
}
