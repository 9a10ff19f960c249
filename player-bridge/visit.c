#include "player-bridge/visit.h"

#include "vault/base/clock.h"
#include "vault/base/secret.h"

#include <sodium.h>
#include <stdlib.h>

void visit_prepare(struct visits *v) { v->all = secret_alloc(VISIT_MOST * sizeof *v->all); }

void visit_free(struct visits *v) {
  secret_free(v->all);
  v->all = NULL;
}

static void hash(const uint8_t key[VISIT_KEY], uint8_t out[VISIT_KEY]) {
  crypto_generichash(out, VISIT_KEY, key, VISIT_KEY, NULL, 0);
}

bool visit_is_over(const struct visit *v, int64_t now_ms) {
  return now_ms - v->used_ms > VISIT_IDLE_MS || now_ms - v->began_ms > VISIT_MOST_MS;
}

enum err visit_begin(struct visits *v, const struct session_visitor *visitor, bool with_code, uint8_t key[VISIT_KEY],
                     struct visit **out) {
  size_t i = 0;
  while (i < VISIT_MOST && v->all[i].number) i++;
  if (i == VISIT_MOST) return err_set(ERR_BUSY, "too many people are signed in; try again later");
  struct visit *one = &v->all[i];
  *one = (struct visit){.number = ++v->last, .visitor = *visitor, .with_code = with_code, .began_ms = clock_steady_ms()};
  one->used_ms = one->proven_ms = one->began_ms;
  randombytes_buf(key, VISIT_KEY);
  randombytes_buf(one->csrf, sizeof one->csrf);
  hash(key, one->hash);
  *out = one;
  return ERR_OK;
}

struct visit *visit_find(struct visits *v, const uint8_t key[VISIT_KEY]) {
  uint8_t wanted[VISIT_KEY];
  struct visit *found = NULL;
  int64_t now_ms = clock_steady_ms();
  hash(key, wanted);
  for (size_t i = 0; i < VISIT_MOST; i++)
    if (v->all[i].number && sodium_memcmp(v->all[i].hash, wanted, sizeof wanted) == 0) found = &v->all[i];
  if (!found || visit_is_over(found, now_ms)) return NULL;
  found->used_ms = now_ms;
  return found;
}

struct visit *visit_by_number(struct visits *v, uint64_t number) {
  for (size_t i = 0; i < VISIT_MOST; i++)
    if (number && v->all[i].number == number) return &v->all[i];
  return NULL;
}

struct visit *visit_surplus(struct visits *v, const struct id *account) {
  struct visit *oldest = NULL;
  size_t own = 0;
  for (size_t i = 0; i < VISIT_MOST; i++) {
    struct visit *one = &v->all[i];
    if (!one->number || !id_equal(&one->visitor.account, account)) continue;
    own++;
    if (!oldest || one->used_ms < oldest->used_ms) oldest = one;
  }
  return own >= VISIT_EACH ? oldest : NULL;
}

bool visit_has_csrf(const struct visit *v, const uint8_t csrf[VISIT_KEY]) { return sodium_memcmp(v->csrf, csrf, VISIT_KEY) == 0; }

bool visit_is_proven(const struct visit *v, int64_t now_ms) {
  int64_t most_ms = VISIT_PROVEN_MS;
#ifdef CLIPVAULT_TEST_HOOKS
  const char *moved = getenv("CLIPVAULT_TEST_PROVEN_MS");
  if (moved) most_ms = strtoll(moved, NULL, 10);
#endif
  return now_ms - v->proven_ms <= most_ms;
}

void visit_end(struct visit *v) { sodium_memzero(v, sizeof *v); }

size_t visit_count(const struct visits *v) {
  size_t count = 0;
  for (size_t i = 0; i < VISIT_MOST; i++) count += v->all[i].number != 0;
  return count;
}
