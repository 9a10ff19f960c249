#include "player-bridge/http/large.h"

#include "player-bridge/http/values.h"

#include <stdatomic.h>
#include <string.h>

enum { AT_ONCE = 2 };
static atomic_int taken;

size_t large_limit(const struct route *r) {
  const char *const *name = r->names;
  while (*name && strcmp(*name, VALUES_FILE) != 0) name++;
  return *name ? LARGE_MOST : LARGE_USUAL;
}

bool large_take(void) {
  if (atomic_fetch_add(&taken, 1) < AT_ONCE) return true;
  large_give();
  return false;
}

void large_give(void) { atomic_fetch_sub(&taken, 1); }
