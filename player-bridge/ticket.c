#include "player-bridge/ticket.h"

#include "vault/base/clock.h"
#include "vault/base/secret.h"

#include <sodium.h>
#include <string.h>

void ticket_prepare(struct tickets *t) { t->all = secret_alloc(TICKET_MOST * sizeof *t->all); }

void ticket_free(struct tickets *t) {
  secret_free(t->all);
  t->all = NULL;
}

static void hash(const uint8_t key[TICKET_KEY], uint8_t out[TICKET_KEY]) {
  crypto_generichash(out, TICKET_KEY, key, TICKET_KEY, NULL, 0);
}

static bool is_theirs(const struct ticket *t, const struct id *account) {
  return t->number && id_equal(&t->visitor.account, account);
}

static size_t count_own(const struct tickets *t, const struct id *account, bool shown_only) {
  size_t count = 0;
  for (size_t i = 0; i < TICKET_MOST; i++)
    count += is_theirs(&t->all[i], account) && (!shown_only || ticket_is_shown(&t->all[i]));
  return count;
}

bool ticket_has_enough(const struct tickets *t, const struct id *account) { return count_own(t, account, true) >= TICKET_EACH; }

/* A free place, or that of the one which was not used for longest and is not being seen. */
static struct ticket *place_for(struct tickets *t, const struct id *account) {
  struct ticket *oldest = NULL;
  bool own_only = count_own(t, account, false) >= TICKET_EACH;
  for (size_t i = 0; i < TICKET_MOST; i++) {
    struct ticket *one = &t->all[i];
    if (!one->number && !own_only) return one;
    if (!one->number || ticket_is_shown(one) || (own_only && !is_theirs(one, account))) continue;
    if (!oldest || one->used_ms < oldest->used_ms) oldest = one;
  }
  return oldest;
}

enum err ticket_make(struct tickets *t, const struct ticket *about, uint8_t key[TICKET_KEY], struct ticket **out) {
  struct ticket *one = place_for(t, &about->visitor.account);
  if (!one) return err_set(ERR_BUSY, "too many films are being seen at once; close one, or try again later");
  *one = *about;
  one->number = ++t->last;
  one->made_ms = one->used_ms = clock_steady_ms();
  randombytes_buf(key, TICKET_KEY);
  hash(key, one->hash);
  *out = one;
  return ERR_OK;
}

struct ticket *ticket_find(struct tickets *t, const uint8_t key[TICKET_KEY]) {
  uint8_t wanted[TICKET_KEY];
  struct ticket *found = NULL;
  hash(key, wanted);
  for (size_t i = 0; i < TICKET_MOST; i++)
    if (t->all[i].number && sodium_memcmp(t->all[i].hash, wanted, sizeof wanted) == 0) found = &t->all[i];
  return found && !found->dead ? found : NULL;
}

const char *ticket_beside_name(enum ticket_beside n) {
  static const char *const names[TICKET_BESIDE] = {"poster", "strip", "peaks", "frames"};
  return n < TICKET_BESIDE ? names[n] : "film";
}

uint64_t *ticket_number(struct ticket *t, enum ticket_beside n) { return n < TICKET_BESIDE ? &t->beside[n] : &t->film; }

bool ticket_is_shown(const struct ticket *t) {
  bool shown = t->film != 0;
  for (size_t i = 0; i < TICKET_BESIDE; i++) shown |= t->beside[i] != 0;
  return shown;
}

struct ticket *ticket_by_film(struct tickets *t, uint64_t film) {
  for (size_t i = 0; film && i < TICKET_MOST; i++)
    for (enum ticket_beside n = 0; t->all[i].number && n <= TICKET_FILM; n++)
      if (*ticket_number(&t->all[i], n) == film) return &t->all[i];
  return NULL;
}

bool ticket_is_over(const struct ticket *t, int64_t steady_ms) {
  if (t->dead) return true;
  if (t->film || !t->once) return false;
  return t->begun ? steady_ms - t->used_ms > TICKET_PAUSE_MS : steady_ms - t->made_ms > TICKET_BEGIN_MS;
}

void ticket_claim(struct ticket *t, const uint8_t peer[TICKET_KEY], bool *allowed) {
  if (!t->begun) memcpy(t->peer, peer, TICKET_KEY);
  *allowed = !t->begun || sodium_memcmp(t->peer, peer, TICKET_KEY) == 0;
  t->begun = true;
}

void ticket_forget(struct ticket *t) { sodium_memzero(t, sizeof *t); }
