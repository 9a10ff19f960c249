#include "vault/lock.h"

#include "vault/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Who holds it is only a courtesy to whoever waits: a text that cannot be written changes nothing. */
static void write_holder(int fd, const char *holder) {
  char text[LOCK_HOLDER];
  int length = snprintf(text, sizeof text, "%.40s (process %ld)\n", holder, (long)getpid());
  if (ftruncate(fd, 0) == 0) IGNORE(io_pwrite_all(fd, text, (size_t)length, 0));
}

enum err lock_try(int dirfd, const char *holder, int *fd) {
  AUTO(io) int file = openat(dirfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return err_set_errno(errno == EACCES ? ERR_REFUSED : ERR_IO, "cannot open the lock of the vault");
  if (flock(file, LOCK_EX | LOCK_NB)) {
    if (errno != EWOULDBLOCK && errno != EINTR) return err_set_errno(ERR_IO, "cannot lock the vault");
    *fd = -1;
    return ERR_OK;
  }
  write_holder(file, holder);
  *fd = file;
  file = -1;
  return ERR_OK;
}

void lock_holder(int dirfd, char out[LOCK_HOLDER], bool *serves) {
  AUTO(io) int file = openat(dirfd, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  size_t got = 0;
  if (file < 0 || io_read_upto(file, out, LOCK_HOLDER - 1, &got) != ERR_OK) got = 0;
  out[got] = 0;
  out[strcspn(out, "\n")] = 0;
  if (!*out) snprintf(out, LOCK_HOLDER, "another command");
  *serves = !strncmp(out, "serve ", 6);
}
