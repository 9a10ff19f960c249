#include "vault/throttle.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 8, SETS = 1024, HASH = 16, MOST_COUNT = 1000 };
enum { FIRST_WAIT_MS = 1000, MOST_DOUBLINGS = 16 };
#define FORGET_MS ((int64_t)60 * 60 * 1000)

enum what { PAIR, ADDRESS, ACCOUNT, WHATS };
static const struct {
  uint32_t free_ones;
  int64_t most_ms;
} rules[WHATS] = {[PAIR] = {3, 60000}, [ADDRESS] = {10, 60000}, [ACCOUNT] = {10, 15000}};

struct entry {
  uint8_t hash[HASH]; /* zero: none */
  uint32_t count;
  bool known; /* of a pair: the account's owner has signed in from there */
  int64_t next_ms, last_ms;
};

struct throttle {
  uint8_t key[crypto_generichash_KEYBYTES]; /* nobody can choose names that fall into one set */
  struct entry entries[SETS][WAYS];
};

enum err throttle_new(struct throttle **out) {
  struct throttle *t = calloc(1, sizeof *t);
  if (!t) return err_set(ERR_IO, "out of memory");
  randombytes_buf(t->key, sizeof t->key);
  *out = t;
  return ERR_OK;
}

void throttle_free(struct throttle *t) { free(t); }

/* What of an address is one household: IPv4 whole (also where it is written as IPv6), of IPv6 the network, else the text. */
static size_t household(const char *address, uint8_t out[64]) {
  struct in6_addr six;
  struct in_addr four;
  size_t length = strlen(address) < 63 ? strlen(address) : 63;
  if (inet_pton(AF_INET6, address, &six) == 1) {
    bool mapped = IN6_IS_ADDR_V4MAPPED(&six);
    memcpy(out, mapped ? six.s6_addr + 12 : six.s6_addr, mapped ? 4 : 8);
    return mapped ? 4 : 8;
  }
  if (inet_pton(AF_INET, address, &four) == 1) {
    memcpy(out, &four, 4);
    return 4;
  }
  for (size_t i = 0; i < length; i++) out[i] = (uint8_t)address[i];
  return length;
}

static void name_it(const struct throttle *t, enum what what, const struct throttle_who *who, uint8_t hash[HASH]) {
  crypto_generichash_state h;
  uint8_t from[64], kind = (uint8_t)what, length = (uint8_t)household(who->address, from);
  crypto_generichash_init(&h, t->key, sizeof t->key, HASH);
  crypto_generichash_update(&h, &kind, 1);
  crypto_generichash_update(&h, &length, 1);
  if (what != ACCOUNT) crypto_generichash_update(&h, from, length);
  if (what != ADDRESS) crypto_generichash_update(&h, who->account, who->account_length);
  crypto_generichash_final(&h, hash, HASH);
}

static struct entry *find(const struct throttle *t, const uint8_t hash[HASH]) {
  size_t set = (hash[0] | (size_t)hash[1] << 8) % SETS;
  for (size_t i = 0; i < WAYS; i++)
    if (memcmp(t->entries[set][i].hash, hash, HASH) == 0) return (struct entry *)&t->entries[set][i];
  return NULL;
}

/* Which of two may rather be forgotten. */
static bool matters_less(const struct entry *a, const struct entry *b) {
  if (a->count != b->count) return a->count < b->count;
  return a->known != b->known ? !a->known : a->last_ms < b->last_ms;
}

static struct entry *find_or_make(struct throttle *t, const uint8_t hash[HASH], int64_t now_ms) {
  struct entry *e = find(t, hash);
  struct entry *set = t->entries[(hash[0] | (size_t)hash[1] << 8) % SETS];
  if (!e) {
    e = &set[0];
    for (size_t i = 1; i < WAYS; i++)
      if (matters_less(&set[i], e)) e = &set[i];
    *e = (struct entry){.last_ms = now_ms}; /* or the next of the same attempt would take its place */
    memcpy(e->hash, hash, HASH);
  }
  if (now_ms - e->last_ms > FORGET_MS) e->count = 0, e->next_ms = 0;
  return e;
}

static int64_t wait_after(enum what what, uint32_t count) {
  if (count < rules[what].free_ones) return 0;
  uint32_t doublings = count - rules[what].free_ones;
  int64_t ms = (int64_t)FIRST_WAIT_MS << (doublings < MOST_DOUBLINGS ? doublings : MOST_DOUBLINGS);
  return ms < rules[what].most_ms ? ms : rules[what].most_ms;
}

int64_t throttle_try(struct throttle *t, const struct throttle_who *who, int64_t now_ms) {
  struct entry *e[WHATS];
  uint8_t hash[HASH];
  int64_t wait_ms = 0;
  for (enum what w = PAIR; w < WHATS; w++) {
    name_it(t, w, who, hash);
    e[w] = find_or_make(t, hash, now_ms);
    bool spared = w == ACCOUNT && e[PAIR]->known;
    if (!spared && e[w]->next_ms - now_ms > wait_ms) wait_ms = e[w]->next_ms - now_ms;
  }
  for (enum what w = PAIR; wait_ms == 0 && w < WHATS; w++) {
    if (e[w]->count < MOST_COUNT) e[w]->count++;
    e[w]->last_ms = now_ms;
    e[w]->next_ms = now_ms + wait_after(w, e[w]->count);
  }
  return wait_ms;
}

/* Of address and account only this attempt: who has one account must not buy guesses at another with it. */
void throttle_passed(struct throttle *t, const struct throttle_who *who, int64_t now_ms) {
  uint8_t hash[HASH];
  for (enum what w = PAIR; w < WHATS; w++) {
    name_it(t, w, who, hash);
    struct entry *e = find_or_make(t, hash, now_ms);
    e->last_ms = now_ms;
    e->next_ms = 0;
    if (e->count) e->count--;
    if (w == PAIR) e->count = 0, e->known = true;
  }
}

uint32_t throttle_failures(const struct throttle *t, const struct throttle_who *who) {
  uint8_t hash[HASH];
  uint32_t most = 0;
  for (enum what w = PAIR; w < WHATS; w++) {
    name_it(t, w, who, hash);
    const struct entry *e = find(t, hash);
    if (e && e->count > most) most = e->count;
  }
  return most;
}
