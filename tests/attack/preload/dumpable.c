/* Preloaded by tests/attack/memory.sh, the control: a process that does not forbid dumps, whose arena is in them, and which says
 * in the file ARENA where that lies. All else is as it was; with LEAK, keys that open something are copied out of the arena as
 * well, which the search for them must find. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int prctl(int option, ...) {
  unsigned long a[4];
  va_list arguments;
  va_start(arguments, option);
  for (int i = 0; i < 4; i++) a[i] = va_arg(arguments, unsigned long);
  va_end(arguments);
  return option == PR_SET_DUMPABLE ? 0 : (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}

/* With KEPT, nothing is wiped: the control of what the bridge wipes (tests/attack/password.sh). */
void sodium_memzero(void *const at, const size_t length) {
  static void (*next)(void *, size_t);
  if (getenv("KEPT")) return;
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "sodium_memzero");
  next(at, length);
}

int madvise(void *at, size_t length, int advice) {
  return advice == MADV_DONTDUMP ? 0 : (int)syscall(SYS_madvise, at, length, advice);
}

int mlock(const void *at, size_t length) {
  const char *path = getenv("ARENA");
  FILE *told = path ? fopen(path, "w") : NULL;
  if (told) fprintf(told, "%lu %zu\n", (unsigned long)at, length);
  if (told) fclose(told);
  return (int)syscall(SYS_mlock, at, length);
}

int crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned char *m, unsigned long long *mlen, unsigned char *nsec,
                                               const unsigned char *c, unsigned long long clen, const unsigned char *ad,
                                               unsigned long long adlen, const unsigned char *nonce, const unsigned char *key) {
  static int (*next)(unsigned char *, unsigned long long *, unsigned char *, const unsigned char *, unsigned long long,
                     const unsigned char *, unsigned long long, const unsigned char *, const unsigned char *);
  static unsigned char *volatile leaked;
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "crypto_aead_xchacha20poly1305_ietf_decrypt");
  if (getenv("LEAK") && (leaked = malloc(32))) memcpy(leaked, key, 32);
  return next(m, mlen, nsec, c, clen, ad, adlen, nonce, key);
}
