#include "keys/effaceable.h"

#include "vault/base/bytes.h"
#include "vault/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 4096, RECORD = 64, CHECKED = 4 + 8 + 32 };
static const char magic[4] = "CVE1";

struct effaceable {
  int fd;
};

/* The name, too, must outlive a power cut: without this file nothing opens. It may lie on another device than the vault. */
static enum err sync_folder(int dirfd, const char *path) {
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  AUTO(bytes) struct bytes name = {0};
  bytes_put(&name, path, length);
  TRY(bytes_check(&name));
  AUTO(io) int folder = openat(dirfd, !slash ? "." : length ? bytes_text(&name) : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return err_set_errno(ERR_IO, "cannot open the folder of the effaceable store %s", path);
  return io_sync_dir(folder);
}

static enum err fill(int fd, int dirfd, const char *path) {
  static const uint8_t zero[2 * SECTOR];
  TRY(io_pwrite_all(fd, zero, sizeof zero, 0)); /* all its room from the start: an overwrite must not allocate */
  TRY(io_sync(fd));
  return sync_folder(dirfd, path);
}

enum err effaceable_create(int dirfd, const char *path) {
  AUTO(io) int fd = openat(dirfd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return err_set_errno(ERR_CREATE, "cannot make the effaceable store %s", path);
  enum err e = fill(fd, dirfd, path);
  if (e != ERR_OK) unlinkat(dirfd, path, 0);
  return e;
}

enum err effaceable_open(int dirfd, const char *path, struct effaceable **out) {
  AUTO(io) int fd = openat(dirfd, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return err_set_errno(errno == ENOENT ? ERR_UNAVAILABLE : ERR_IO,
                         "cannot open the effaceable store %s (without it nothing in this vault opens)", path);
  struct effaceable *e = calloc(1, sizeof *e);
  if (!e) return err_set(ERR_IO, "out of memory");
  e->fd = fd;
  fd = -1;
  *out = e;
  return ERR_OK;
}

void effaceable_close(struct effaceable *e) {
  if (!e) return;
  io_close(&e->fd);
  free(e);
}

static void check_of(const uint8_t record[RECORD], uint8_t check[16]) { crypto_generichash(check, 16, record, CHECKED, NULL, 0); }

enum err effaceable_read(struct effaceable *e, int place, struct effaceable_record *out) {
  uint8_t *record = secret_alloc(RECORD), check[16];
  enum err failed = io_pread_all(e->fd, record, RECORD, (uint64_t)place * SECTOR);
  if (failed == ERR_OK) {
    struct bytes_reader r = bytes_reader(record + sizeof magic, RECORD - sizeof magic);
    check_of(record, check);
    out->epoch = bytes_get_u64(&r);
    bytes_get(&r, out->secret->b, sizeof out->secret->b);
    out->valid = memcmp(record, magic, sizeof magic) == 0 && sodium_memcmp(check, record + CHECKED, sizeof check) == 0;
    if (!out->valid) sodium_memzero(out->secret->b, sizeof out->secret->b);
  }
  secret_free(record);
  return failed;
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

enum err effaceable_write(struct effaceable *e, int place, uint64_t epoch, const struct secret_key *secret) {
  uint8_t *sector = secret_alloc(SECTOR);
  uint64_t at = (uint64_t)place * SECTOR;
  memcpy(sector, magic, sizeof magic);
  for (int i = 0; i < 8; i++) sector[4 + i] = (uint8_t)(epoch >> (8 * i));
  memcpy(sector + 12, secret->b, sizeof secret->b);
  check_of(sector, sector + CHECKED);
  enum err failed = write_through(e->fd, sector, at);
  if (failed == ERR_OK) failed = read_back(e->fd, sector, at);
  secret_free(sector);
  return failed;
}

const char *effaceable_assurance(const struct effaceable *e) {
  (void)e;
  return "file";
}
