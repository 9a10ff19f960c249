#include "vault/base/secret.h"

#include "vault/base/log.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ARENA_BYTES = 6 << 20, GRAIN_BYTES = 64, GRAINS = ARENA_BYTES / GRAIN_BYTES };

/* run[i]: how many grains the piece that starts at grain i has; 0 where none starts. The table holds no secret. */
static struct {
  uint8_t *memory;
  uint32_t run[GRAINS];
  bool taken[GRAINS];
  size_t grains_taken;
  size_t hint; /* no free grain lies below */
  pthread_mutex_t lock;
} arena = {.lock = PTHREAD_MUTEX_INITIALIZER};

static enum err forbid_dumps(void) {
  struct rlimit none = {0, 0};
  if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0))
    return err_set_errno(ERR_UNAVAILABLE, "cannot forbid core dumps");
  return ERR_OK;
}

enum err secret_init(void) {
  if (arena.memory) return ERR_OK;
  if (sodium_init() < 0) return err_set(ERR_UNAVAILABLE, "libsodium found no source of randomness");
  TRY(forbid_dumps());
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  uint8_t *map = mmap(NULL, ARENA_BYTES + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return err_set_errno(ERR_UNAVAILABLE, "cannot reserve memory for keys");
  uint8_t *memory = map + page;
  if (mprotect(memory, ARENA_BYTES, PROT_READ | PROT_WRITE)) return err_set_errno(ERR_UNAVAILABLE, "cannot open memory for keys");
  if (mlock(memory, ARENA_BYTES))
    return err_set_errno(ERR_UNAVAILABLE, "cannot lock %d MiB of memory for keys; raise the limit (ulimit -l, or LimitMEMLOCK=)",
                         ARENA_BYTES >> 20);
  if (madvise(memory, ARENA_BYTES, MADV_DONTDUMP) || madvise(memory, ARENA_BYTES, MADV_WIPEONFORK))
    return err_set_errno(ERR_UNAVAILABLE, "cannot keep keys out of dumps and forks");
  arena.memory = memory;
  return ERR_OK;
}

static bool is_free(size_t first, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (arena.taken[first + i]) return false;
  return true;
}

static void *take(size_t count) {
  while (arena.hint < GRAINS && arena.taken[arena.hint]) arena.hint++;
  for (size_t first = arena.hint; first + count <= GRAINS; first++) {
    if (!is_free(first, count)) continue;
    memset(arena.taken + first, true, count);
    arena.run[first] = (uint32_t)count;
    arena.grains_taken += count;
    return arena.memory + first * GRAIN_BYTES;
  }
  return NULL;
}

void *secret_alloc(size_t length) {
  size_t count = length / GRAIN_BYTES + (length % GRAIN_BYTES != 0 || !length); /* rounded up without overflow */
  pthread_mutex_lock(&arena.lock);
  void *piece = arena.memory && count <= GRAINS ? take(count) : NULL;
  pthread_mutex_unlock(&arena.lock);
  if (!piece) {
    log_error("the memory for keys is exhausted or was never made");
    secret_wipe_all();
    _exit(ERR_BUG);
  }
  return piece; /* zero: fresh from the kernel, or wiped by secret_free */
}

void secret_free(void *piece) {
  if (!piece) return;
  pthread_mutex_lock(&arena.lock);
  size_t first = (size_t)((uint8_t *)piece - arena.memory) / GRAIN_BYTES;
  if (first >= GRAINS || !arena.run[first]) abort(); /* not ours, or given back twice */
  size_t count = arena.run[first];
  sodium_memzero(piece, count * GRAIN_BYTES);
  memset(arena.taken + first, false, count);
  arena.run[first] = 0;
  arena.grains_taken -= count;
  if (first < arena.hint) arena.hint = first;
  pthread_mutex_unlock(&arena.lock);
}

struct secret_key *secret_key_new(void) {
  return secret_alloc(sizeof(struct secret_key));
}

size_t secret_in_use(void) {
  pthread_mutex_lock(&arena.lock);
  size_t bytes = arena.grains_taken * GRAIN_BYTES;
  pthread_mutex_unlock(&arena.lock);
  return bytes;
}

void secret_wipe_all(void) {
  if (arena.memory) sodium_memzero(arena.memory, ARENA_BYTES);
}
