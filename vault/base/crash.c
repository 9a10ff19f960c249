#include "vault/base/crash.h"

#ifdef CLIPVAULT_TEST_HOOKS
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One write a line, so that a kill leaves no half of one. */
void crash_trace(const char *step, uint64_t epoch, int place) {
  char line[96];
  const char *path = getenv("CLIPVAULT_TEST_TRACE");
  int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  int length = snprintf(line, sizeof line, "%s %" PRIu64 " %d\n", step, epoch, place);
  if (fd >= 0 && write(fd, line, (size_t)length) != length) abort();
  if (fd >= 0) close(fd);
}

void crash_point(const char *name) {
  static int seen;
  crash_trace(name, 0, 0);
  const char *wanted = getenv("CLIPVAULT_TEST_CRASH");
  size_t length = strlen(name);
  if (!wanted || strncmp(wanted, name, length) != 0 || (wanted[length] && wanted[length] != ':')) return;
  int nth = wanted[length] ? atoi(wanted + length + 1) : 1;
  if (++seen == nth) raise(SIGKILL);
}
#else
typedef int crash_nothing; /* an empty translation unit is not C */
#endif
