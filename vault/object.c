#include "vault/object.h"

#include "vault/audit.h"
#include "vault/base/crash.h"
#include "vault/base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum err object_create(struct vault *v, const struct id *object, int *fd) {
  char name[ID_TEXT];
  int made = openat(v->objects, id_format(ID_OBJECT, object, name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) return err_set_errno(errno == ENOSPC ? ERR_IO : ERR_CREATE, "cannot make a new object in the vault");
  *fd = made;
  return ERR_OK;
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

static enum err forget_doomed(struct vault *v, const struct bytes *doomed) {
  char details[64];
  for (size_t i = 0; i < INDEX_COUNT(struct id, *doomed); i++) TRY(index_doomed_gone(v->index, &INDEX_ROWS(struct id, *doomed)[i]));
  snprintf(details, sizeof details, "%zu objects", INDEX_COUNT(struct id, *doomed));
  return audit_append(v, "ciphertext.deleted", ID_VAULT, &v->id, details);
}

enum err object_delete_doomed(struct vault *v) {
  AUTO(bytes) struct bytes doomed = {0};
  TRY(index_doomed_list(v->index, &doomed));
  if (!doomed.length) return ERR_OK;
  for (size_t i = 0; i < INDEX_COUNT(struct id, doomed); i++) TRY(object_remove(v, &INDEX_ROWS(struct id, doomed)[i]));
  TRY(io_sync_dir(v->objects));
  crash_point("ciphertext-deleted");
  TRY(index_begin(v->index));
  enum err e = forget_doomed(v, &doomed);
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
