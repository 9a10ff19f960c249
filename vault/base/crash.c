#include "vault/base/crash.h"

#ifdef CLIPVAULT_TEST_HOOKS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

void crash_point(const char *name) {
  static int seen;
  const char *wanted = getenv("CLIPVAULT_TEST_CRASH");
  size_t length = strlen(name);
  if (!wanted || strncmp(wanted, name, length) != 0 || (wanted[length] && wanted[length] != ':')) return;
  int nth = wanted[length] ? atoi(wanted + length + 1) : 1;
  if (++seen == nth) raise(SIGKILL);
}
#else
typedef int crash_nothing; /* an empty translation unit is not C */
#endif
