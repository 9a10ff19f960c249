#include "keys/keystore_inside.h"
#include "vault/base/clock.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b) {
  return id_compare(&((const struct slot_record *)a)->id, &((const struct slot_record *)b)->id);
}

enum err keystore_slot_add(struct keystore *ks, const struct slot_secret *secret, struct id *out) {
  struct slot_record slots[STORE_MOST_SLOTS];
  if (ks->slot_count == STORE_MOST_SLOTS)
    return err_set(ERR_REFUSED, "a vault has at most %d slots; remove one first", STORE_MOST_SLOTS);
  memcpy(slots, ks->slots, sizeof slots);
  struct slot_record *fresh = &slots[ks->slot_count];
  TRY(slot_record_make(secret, &ks->tree.vault, ks->mrk, clock_now_ms(), fresh));
  struct id id = fresh->id;
  qsort(slots, ks->slot_count + 1, sizeof *slots, by_id);
  struct keystore_change c = {
      .slots = slots, .slot_count = ks->slot_count + 1, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  c.sealed_slot = &id;
  c.sealed = secret->sealed;
  TRY(keystore_transact(ks, &c));
  *out = id;
  return ERR_OK;
}

/* The public halves in the database must still be those the root vouched for when it was opened: otherwise somebody who can
 * write to the disk would be sent the next MRK. */
static enum err check_slots_unchanged(struct keystore *ks) {
  struct slot_record now[STORE_MOST_SLOTS];
  uint8_t expected[32], found[32];
  size_t count;
  TRY(store_get_slots(ks->store, now, &count));
  keystore_hash_slots(ks->slots, ks->slot_count, expected);
  keystore_hash_slots(now, count, found);
  if (sodium_memcmp(expected, found, 32) != 0)
    return err_set(ERR_DATA, "a slot in keys.db was changed while the vault was open: nothing was rotated");
  return ERR_OK;
}

enum err keystore_slot_remove(struct keystore *ks, const struct id *slot) {
  struct slot_record slots[STORE_MOST_SLOTS];
  struct keystore_proof proof;
  size_t count = 0;
  SECRET_KEY(mrk);
  TRY(check_slots_unchanged(ks));
  for (size_t i = 0; i < ks->slot_count; i++)
    if (!id_equal(&ks->slots[i].id, slot)) slots[count++] = ks->slots[i];
  if (count == ks->slot_count) return err_set(ERR_MISSING, "there is no such slot; see clipvault slot list");
  if (count == 0) return err_set(ERR_REFUSED, "this is the last slot: without it nobody could open the vault; add another first");
  randombytes_buf(mrk->b, sizeof mrk->b);
  for (size_t i = 0; i < count; i++) TRY(slot_record_reseal(&slots[i], mrk));
  struct keystore_change c = {.slots = slots, .slot_count = count, .mrk = mrk};
  return keystore_rotate(ks, &c, &proof);
}

enum err keystore_slot_list(struct keystore *ks, struct slot_info *out, size_t most, size_t *count) {
  size_t n = ks->slot_count < most ? ks->slot_count : most;
  for (size_t i = 0; i < n; i++) out[i] = (struct slot_info){ks->slots[i].id, ks->slots[i].kind, ks->slots[i].created_ms};
  *count = n;
  return ERR_OK;
}
