#include "keys/effaceable_kind.h"
#include "vault/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 4096 };

struct file {
  int fd;
  bool settled;
};

/* The name, too, must outlive a power cut: without this file nothing opens. It may lie on another device than the vault. */
static enum err sync_folder(int dirfd, const char *path) {
  const char *slash = strrchr(path, '/');
  AUTO(bytes) struct bytes name = {0};
  if (slash)
    bytes_put(&name, path, (size_t)(slash - path) + 1);
  else
    bytes_put_text(&name, ".");
  TRY(bytes_check(&name));
  AUTO(io) int folder = openat(dirfd, bytes_text(&name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return err_set_errno(ERR_IO, "cannot open the folder of the effaceable store %s", path);
  return io_sync_dir(folder);
}

static enum err fill(int fd, int dirfd, const char *path) {
  static const uint8_t zero[2 * SECTOR];
  TRY(io_pwrite_all(fd, zero, sizeof zero, 0)); /* all its room from the start: an overwrite must not allocate */
  TRY(io_sync(fd));
  return sync_folder(dirfd, path);
}

static enum err create(int dirfd, const char *path, const struct secret_key *auth, struct bytes *where) {
  (void)auth;
  AUTO(io) int fd = openat(dirfd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return err_set_errno(ERR_CREATE, "cannot make the effaceable store %s", path);
  enum err e = fill(fd, dirfd, path);
  bytes_put_text(where, path);
  if (e == ERR_OK) e = bytes_check(where);
  if (e != ERR_OK) unlinkat(dirfd, path, 0);
  return e;
}

static void unmake(int dirfd, const char *path) { unlinkat(dirfd, path, 0); }

static enum err open_file(int dirfd, const char *path, const struct secret_key *auth, void **out) {
  (void)auth;
  AUTO(io) int fd = openat(dirfd, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return err_set_errno(errno == ENOENT ? ERR_UNAVAILABLE : ERR_IO,
                         "cannot open the effaceable store %s (without it nothing in this vault opens)", path);
  struct file *f = calloc(1, sizeof *f);
  if (!f) return err_set(ERR_IO, "out of memory");
  f->fd = fd;
  fd = -1;
  *out = f;
  return ERR_OK;
}

static void close_file(void *store) {
  struct file *f = store;
  io_close(&f->fd);
  free(f);
}

static enum err read_place(void *store, int place, uint8_t record[EFFACEABLE_RECORD]) {
  const struct file *f = store;
  return io_pread_all(f->fd, record, EFFACEABLE_RECORD, (uint64_t)place * SECTOR);
}

static enum err write_through(int fd, const uint8_t *sector, uint64_t at) {
  TRY(io_pwrite_all(fd, sector, SECTOR, at));
  if (fdatasync(fd)) return err_set_errno(ERR_IO, "cannot make the effaceable store durable");
  return ERR_OK;
}

/* Past the page cache where the file system lets us, so that what is compared is what the device took. */
static enum err read_back(int fd, const uint8_t *sector, uint64_t at) {
  uint8_t *again = secret_alloc(SECTOR);
  posix_fadvise(fd, (off_t)at, SECTOR, POSIX_FADV_DONTNEED);
  enum err e = io_pread_all(fd, again, SECTOR, at);
  if (e == ERR_OK && sodium_memcmp(again, sector, SECTOR) != 0)
    e = err_set(ERR_IO, "the effaceable store did not keep what was written to it");
  secret_free(again);
  return e;
}

/* What an earlier process wrote to a place may be in the page cache alone: it was killed before the sync, or the sync failed. So
 * before the first overwrite of one place, the other one, on which everything then rests, is written once more as it is. */
static enum err settle(struct file *f, int place) {
  if (f->settled) return ERR_OK;
  uint8_t *sector = secret_alloc(SECTOR);
  uint64_t at = (uint64_t)place * SECTOR;
  enum err failed = io_pread_all(f->fd, sector, SECTOR, at);
  if (failed == ERR_OK) failed = write_through(f->fd, sector, at);
  secret_free(sector);
  f->settled = failed == ERR_OK;
  return failed;
}

static enum err write_place(void *store, int place, const uint8_t record[EFFACEABLE_RECORD]) {
  struct file *f = store;
  TRY(settle(f, 1 - place));
  uint8_t *sector = secret_alloc(SECTOR);
  uint64_t at = (uint64_t)place * SECTOR;
  memcpy(sector, record, EFFACEABLE_RECORD);
  enum err failed = write_through(f->fd, sector, at);
  if (failed == ERR_OK) failed = read_back(f->fd, sector, at);
  secret_free(sector);
  return failed;
}

static void rest(void *store) { (void)store; }

static enum err count(void *store) {
  (void)store;
  return ERR_OK;
}

const struct effaceable_kind effaceable_file_kind = {
    .prefix = "",
    .assurance = "file",
    .limits =
        "erased as far as overwriting a file reaches: a copy of the effaceable store made outside this vault, or what a flash "
        "device kept of it, together with old copies of keys.db and the ciphertext, could undo this",
    .create = create,
    .unmake = unmake,
    .open = open_file,
    .close = close_file,
    .rest = rest,
    .read = read_place,
    .write = write_place,
    .count = count,
};
