/* Memory that runs out, for every target: the linker leads malloc and its kin, abort and the target's own entry here (--wrap).
 * One input in SCARCE_EACH is tried once more, in a child, with one of its allocations refused: which one, the input itself
 * decides. Then nothing may crash or be lost; what the target asserts of a run with enough memory does not count there. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sanitizer/lsan_interface.h>

enum { SHARE = 4 }; /* of the time: a child that looks for what was lost takes a thousand times longer than most inputs */
int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
_Noreturn void __real_abort(void);
_Noreturn void __wrap_abort(void);

static uint64_t asked, refuse_at; /* 0: nothing is refused */
static bool refused;
static unsigned long tried, met;

static bool is_refused(void) {
  if (++asked != refuse_at) return false;
  refused = true;
  errno = ENOMEM;
  return true;
}

void *__wrap_malloc(size_t size) { return is_refused() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return is_refused() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { return is_refused() ? NULL : __real_realloc(old, size); }

/* "This must have worked" is said of a run in which memory was there. */
void __wrap_abort(void) {
  if (refused) _exit(1);
  __real_abort();
}

static void tell(void) { fprintf(stderr, "scarce: %lu tried with an allocation refused, %lu of them met it\n", tried, met); }

static uint64_t hash(const uint8_t *data, size_t size) { /* FNV-1a */
  uint64_t h = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < size; i++) h = (h ^ data[i]) * UINT64_C(1099511628211);
  return h ^ h >> 32;
}

static void again_in_need(const uint8_t *data, size_t size, uint64_t nth) {
  int status;
  pid_t child = fork();
  if (child < 0) return;
  if (!child) {
    asked = 0;
    refuse_at = nth;
    __real_LLVMFuzzerTestOneInput(data, size);
    refuse_at = 0;
    _exit(__lsan_do_recoverable_leak_check() ? 2 : refused ? 1 : 0);
  }
  if (!tried++) atexit(tell);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) < 2) {
    met += (unsigned)WEXITSTATUS(status);
    return;
  }
  fprintf(stderr, "scarce: allocation %llu was refused, and the child ended with %#x\n", (unsigned long long)nth, status);
  __real_abort();
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static double began, spent;
  asked = 0;
  int result = __real_LLVMFuzzerTestOneInput(data, size);
  double here = now();
  if (began == 0) began = here;
  if (!asked || spent * SHARE > here - began) return result;
  again_in_need(data, size, 1 + hash(data, size) % asked);
  spent += now() - here;
  return result;
}
