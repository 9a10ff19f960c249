#include "player-bridge/http/large.h"

#include "player-bridge/http/values.h"

#include <pthread.h>
#include <string.h>

enum { AT_ONCE = 2 };

static struct {
  pthread_mutex_t lock;
  struct id accounts[AT_ONCE];
  bool taken[AT_ONCE];
} places = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool takes(const struct route *r, const char *member) {
  const char *const *name = r->names;
  while (*name && strcmp(*name, member) != 0) name++;
  return *name;
}

size_t large_limit(const struct route *r) {
  if (takes(r, VALUES_FILE)) return LARGE_MOST;
  return takes(r, "marks") ? LARGE_MARKS : LARGE_USUAL;
}

const char *large_limit_words(const struct route *r) {
  if (takes(r, VALUES_FILE)) return "a form has at most 5 MiB";
  return takes(r, "marks") ? "marks have at most 120 KiB" : "no request here is longer than 64 KiB";
}

/* With the lock. AT_ONCE: none. */
static size_t find(const struct id *account) {
  size_t i = 0;
  while (i < AT_ONCE && !(places.taken[i] && id_equal(&places.accounts[i], account))) i++;
  return i;
}

enum large_place large_take(const struct id *account) {
  enum large_place got = LARGE_FULL;
  pthread_mutex_lock(&places.lock);
  if (find(account) < AT_ONCE) got = LARGE_ENOUGH;
  for (size_t i = 0; got == LARGE_FULL && i < AT_ONCE; i++) {
    if (places.taken[i]) continue;
    places.taken[i] = true;
    places.accounts[i] = *account;
    got = LARGE_TAKEN;
  }
  pthread_mutex_unlock(&places.lock);
  return got;
}

void large_give(const struct id *account) {
  pthread_mutex_lock(&places.lock);
  size_t i = find(account);
  if (i < AT_ONCE) places.taken[i] = false;
  pthread_mutex_unlock(&places.lock);
}
