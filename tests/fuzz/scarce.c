/* Memory that runs out, for every target: the linker leads malloc and its kin, abort and the target's own entry here (--wrap).
 * Inputs are put by; then a child tries each of them once more, with one of its allocations refused: which one, the input itself
 * decides. Nothing may crash, hang or be lost; what the target asserts of a run with enough memory does not count there. To look
 * for what was lost takes a thousand times longer than most inputs, so it is done once for all that were put by. Where something
 * is wrong each is tried in a child of its own, and the one that shows it is kept beside libFuzzer's findings: given to the
 * target as a file, it shows it again. SCARCE_PLANT=leak|crash lets every refusal lose a little, or end in a crash: both must be
 * found. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

enum { SHARE = 4, BATCH = 256, MOST_BYTES = 256 << 10, MOST_WALL = 1, MOST_WAIT = 2, MOST_CPU = 5 /* seconds */, PATH = 1200 };
enum { GOOD = 0, LOST = 2, ASSERTED = 3 }; /* how a child ends; by anything else it crashed */
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

static struct input {
  uint8_t *data;
  size_t size;
  uint64_t nth;  /* of its allocations is refused */
  bool asserted; /* it ended in a claim of the target: nothing can be said of what it had then */
} inputs[BATCH]; /* that were put by */
static size_t count, bytes;
static struct progress { size_t at, tried, met; } * child; /* what a child says, also one that crashed */
static double until;                                       /* a child goes on */
static bool one_by_one;
static unsigned long tried, met, batches;
static uint64_t asked, refuse_at; /* 0: nothing is refused */
static bool refused;

/* ---- in need */
static bool is_refused(void) {
  if (++asked != refuse_at) return false;
  refused = true;
  errno = ENOMEM;
  const char *plant = getenv("SCARCE_PLANT");
  if (plant && strcmp(plant, "crash") == 0) raise(SIGSEGV);
  if (plant) memset(__real_malloc(99), 1, 99);
  return true;
}

void *__wrap_malloc(size_t size) { return is_refused() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t number, size_t size) { return is_refused() ? NULL : __real_calloc(number, size); }
void *__wrap_realloc(void *old, size_t size) { return is_refused() ? NULL : __real_realloc(old, size); }

/* "This must have worked" is said of a run in which memory was there. */
void __wrap_abort(void) {
  if (refused) _exit(ASSERTED);
  __sanitizer_print_stack_trace();
  __real_abort();
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void try_one(const struct input *in) {
  asked = 0;
  refused = false;
  refuse_at = in->nth;
  __real_LLVMFuzzerTestOneInput(in->data, in->size);
  refuse_at = 0;
  child->tried++, child->met += refused;
}

static _Noreturn void be_child(size_t first, size_t end) {
  __sanitizer_set_death_callback(NULL); /* libFuzzer would keep the parent's input */
  signal(SIGABRT, SIG_DFL);
  setrlimit(RLIMIT_CPU, &(struct rlimit){MOST_CPU, RLIM_INFINITY}); /* whom it starts sets limits of its own */
  for (child->at = first; child->at < end && now() < until; child->at++)
    if (!inputs[child->at].asserted) try_one(&inputs[child->at]);
  _exit(__lsan_do_recoverable_leak_check() ? LOST : GOOD);
}

static int try_from(size_t first, size_t end) {
  int status = 0;
  pid_t pid = fork();
  if (pid < 0) return GOOD; /* not tried */
  if (!pid) be_child(first, end);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* ---- findings */
static uint64_t hash(const uint8_t *data, size_t size) { /* FNV-1a */
  uint64_t h = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < size; i++) h = (h ^ data[i]) * UINT64_C(1099511628211);
  return h ^ h >> 32;
}

/* Where libFuzzer would put findings; and whether it was given files, which are tried one by one. */
static void look_at_arguments(char prefix[PATH], bool *files) {
  static const char option[] = "-artifact_prefix=";
  char words[4096] = {0};
  struct stat st;
  int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, words, sizeof words - 1);
  close(fd);
  prefix[0] = 0, *files = false;
  for (const char *w = words; w < words + length; w += strlen(w) + 1) {
    if (strncmp(w, option, sizeof option - 1) == 0) snprintf(prefix, PATH, "%s", w + sizeof option - 1);
    if (w != words && *w != '-' && stat(w, &st) == 0 && S_ISREG(st.st_mode)) *files = true;
  }
}

static void keep(const struct input *in, int how) {
  char prefix[PATH], path[PATH + 32];
  bool files;
  look_at_arguments(prefix, &files);
  snprintf(path, sizeof path, "%sscarce-%016llx", prefix, (unsigned long long)hash(in->data, in->size));
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool kept = fd >= 0 && write(fd, in->data, in->size) == (ssize_t)in->size;
  fprintf(stderr, "scarce: allocation %llu was refused, and %s (%d); %s %s\n", (unsigned long long)in->nth,
          how == LOST ? "something was lost" : "the child crashed", how,
          kept ? "the input is" : "the input could not be written to", path);
}

static _Noreturn void find(size_t first, size_t end, int how) {
  fprintf(stderr, "scarce: of %zu inputs one ended with %d; each alone:\n", end - first, how);
  for (size_t i = end; i-- > first;) { /* a crash is of the last one */
    until = now() + MOST_CPU;
    int alone = inputs[i].asserted ? GOOD : try_from(i, i + 1);
    if (alone == GOOD || alone == ASSERTED) continue;
    keep(&inputs[i], alone);
    __real_abort();
  }
  fprintf(stderr, "scarce: no one of them does so alone\n");
  __real_abort();
}

/* ---- the batch */
/* False: one of them ended in an assertion, so that nothing was looked for; where it did is marked. */
static bool try_together(size_t first, size_t end) {
  int how = try_from(first, end);
  size_t at = child->at;
  if (how == ASSERTED) inputs[at].asserted = true;
  if (how != GOOD && how != ASSERTED) find(first, at < end ? at + 1 : end, how);
  return how == GOOD;
}

/* What does not end in an assertion is then tried once more, together. As many as there is time for. */
static void try_all(size_t end) {
  *child = (struct progress){0};
  until = now() + MOST_WALL;
  for (size_t first = 0; !try_together(first, end) && now() < until;) first = child->at + 1;
  size_t asserted = 0;
  for (size_t i = 0; i < end; i++) asserted += inputs[i].asserted;
  if (asserted) {
    *child = (struct progress){0};
    until = now() + MOST_WALL;
    try_together(0, end);
  }
  tried += child->tried + asserted, met += child->met + asserted;
}

static void try_batch(void) {
  if (!count) return;
  try_all(count);
  batches++;
  for (size_t i = 0; i < count; i++) free(inputs[i].data);
  count = bytes = 0;
}

/* Libraries may have cleaned up by now: what waits is not tried any more. */
static void tell(void) {
  fprintf(stderr, "scarce: %lu tried with an allocation refused, %lu of them met it, in %lu batches\n", tried, met, batches);
}

static void put_by(const uint8_t *data, size_t size) {
  uint8_t *copy = __real_malloc(size ? size : 1); /* exactly, so that reading past its end shows */
  if (!child) {
    char prefix[PATH];
    look_at_arguments(prefix, &one_by_one);
    child = mmap(NULL, sizeof *child, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (child == MAP_FAILED || atexit(tell)) __real_abort();
  }
  if (!copy) return;
  memcpy(copy, data, size);
  inputs[count++] = (struct input){copy, size, 1 + hash(data, size) % asked, false};
  bytes += size;
}

static bool is_enough(double here) {
  static double first;
  if (count == 1) first = here;
  return count && (one_by_one || count == BATCH || bytes > MOST_BYTES || here - first > MOST_WAIT);
}

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static double began, spent;
  asked = 0;
  int result = __real_LLVMFuzzerTestOneInput(data, size);
  double here = now();
  if (began == 0) began = here;
  if (!asked || spent * SHARE > here - began) return result;
  put_by(data, size);
  if (is_enough(here)) try_batch();
  spent += now() - here;
  return result;
}
