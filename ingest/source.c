#include "ingest/source.h"

#include "vault/base/io.h"

#include <stdbool.h>
#include <stdio.h>

/* A card with a bad spot is no failure of the vault: the next file is taken in. */
static enum err read_file(void *context, uint64_t offset, void *out, size_t length) {
  const struct source_file *f = context;
  char words[400];
  enum err e = io_pread_all(f->fd, out, length, offset);
  if (e == ERR_OK) return ERR_OK;
  snprintf(words, sizeof words, "%s", err_text());
  return err_set(ERR_DATA, "The file cannot be read to its end: %s", words);
}

static bool same_time(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* What was hashed must be what was transcoded. The time of the last change is the kernel's word: unlike that of the last write
 * nobody can set it back. */
static enum err file_unchanged(void *context) {
  const struct source_file *f = context;
  struct stat now;
  if (fstat(f->fd, &now)) return err_set_errno(ERR_IO, "cannot look at the file");
  bool same = now.st_size == f->before.st_size && same_time(&now.st_mtim, &f->before.st_mtim) &&
              same_time(&now.st_ctim, &f->before.st_ctim);
  return same ? ERR_OK : err_set(ERR_DATA, "The file was changed while it was taken in; try again when nothing writes to it.");
}

enum err source_of_file(int fd, struct source_file *file, struct source *out) {
  *file = (struct source_file){.fd = fd};
  if (fstat(fd, &file->before)) return err_set_errno(ERR_IO, "cannot look at the file");
  if (!S_ISREG(file->before.st_mode)) return err_set(ERR_DATA, "This is not a file; name the recording itself.");
  if (file->before.st_size == 0) return err_set(ERR_DATA, "The file is empty.");
  *out =
      (struct source){.context = file, .bytes = (uint64_t)file->before.st_size, .read = read_file, .unchanged = file_unchanged};
  return ERR_OK;
}
