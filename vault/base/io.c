#include "vault/base/io.h"

#include "vault/base/id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void io_close(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

enum err io_failure(enum err usual) {
  return errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EIO ? ERR_IO : usual;
}

enum err io_pread_all(int fd, void *out, size_t length, uint64_t offset) {
  uint8_t *next = out;
  while (length) {
    ssize_t n = pread(fd, next, length, (off_t)offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return err_set_errno(ERR_IO, "cannot read");
    if (n == 0) return err_set(ERR_DATA, "the file ends too early");
    next += n, length -= (size_t)n, offset += (uint64_t)n;
  }
  return ERR_OK;
}

enum err io_pwrite_all(int fd, const void *data, size_t length, uint64_t offset) {
  const uint8_t *next = data;
  while (length) {
    ssize_t n = pwrite(fd, next, length, (off_t)offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return err_set_errno(ERR_IO, "cannot write");
    next += n, length -= (size_t)n, offset += (uint64_t)n;
  }
  return ERR_OK;
}

enum err io_read_upto(int fd, void *out, size_t length, size_t *got) {
  size_t have = 0;
  while (have < length) {
    ssize_t n = read(fd, (uint8_t *)out + have, length - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return err_set_errno(ERR_IO, "cannot read");
    if (n == 0) break;
    have += (size_t)n;
  }
  *got = have;
  return ERR_OK;
}

enum err io_write_all(int fd, const void *data, size_t length) {
  const uint8_t *next = data;
  while (length) {
    ssize_t n = write(fd, next, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return err_set_errno(ERR_IO, "cannot write");
    next += n, length -= (size_t)n;
  }
  return ERR_OK;
}

enum err io_read_file(int dirfd, const char *name, size_t most, struct bytes *out) {
  AUTO(io) int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return err_set_errno(errno == ENOENT ? ERR_MISSING : ERR_IO, "cannot open %s", name);
  struct stat st;
  if (fstat(fd, &st)) return err_set_errno(ERR_IO, "cannot look at %s", name);
  if (!S_ISREG(st.st_mode)) return err_set(ERR_DATA, "%s is not a regular file", name);
  if ((uint64_t)st.st_size > most) return err_set(ERR_DATA, "%s is larger than %zu bytes", name, most);
  size_t got = 0, size = (size_t)st.st_size;
  uint8_t *room = bytes_extend(out, size);
  TRY(bytes_check(out));
  TRY(io_read_upto(fd, room, size, &got));
  out->length -= size - got;
  return ERR_OK;
}

/* Everything of io_write_file but the last step; `temporary` is what the new file is called meanwhile. */
static enum err write_temporary(int dirfd, const char *temporary, const char *name, const void *data, size_t length) {
  AUTO(io) int fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return err_set_errno(ERR_CREATE, "cannot create %s", name);
  TRY(io_write_all(fd, data, length));
  return io_sync(fd);
}

static enum err place(int dirfd, const char *name, const void *data, size_t length, bool replace) {
  char unique[ID_TEXT], temporary[4096];
  struct id id = id_new();
  if (snprintf(temporary, sizeof temporary, "%s.%s.tmp", name, id_format(ID_OBJECT, &id, unique)) >= (int)sizeof temporary)
    return err_set(ERR_CREATE, "the name of a file is too long");
  enum err e = write_temporary(dirfd, temporary, name, data, length);
  if (e == ERR_OK) {
    int failed = replace ? renameat(dirfd, temporary, dirfd, name) : linkat(dirfd, temporary, dirfd, name, 0);
    if (failed) e = err_set_errno(ERR_CREATE, "cannot create %s", name);
  }
  if (e != ERR_OK || !replace) unlinkat(dirfd, temporary, 0);
  return e;
}

enum err io_write_file(int dirfd, const char *name, const void *data, size_t length) {
  return place(dirfd, name, data, length, true);
}

enum err io_create_file(int dirfd, const char *name, const void *data, size_t length) {
  return place(dirfd, name, data, length, false);
}

enum err io_sync(int fd) { return fsync(fd) ? err_set_errno(ERR_IO, "cannot make a file durable") : ERR_OK; }

enum err io_sync_dir(int dirfd) {
  AUTO(io) int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return err_set_errno(ERR_IO, "cannot open a folder");
  return io_sync(fd);
}

enum err io_file_size(int fd, uint64_t *size) {
  struct stat st;
  if (fstat(fd, &st)) return err_set_errno(ERR_IO, "cannot look at a file");
  *size = (uint64_t)st.st_size;
  return ERR_OK;
}
