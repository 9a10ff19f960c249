#include "keys/keystore_inside.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The list as keys.db keeps it, and as the root vouches for it: else whoever can write to the disk would take a holder off it,
 * who would then keep what every later destruction replaces. */
static const char fact[] = "copies";

struct keystore_copies *keystore_copies_of(const struct keystore *ks) {
  struct keystore_copies *list = malloc(sizeof *list);
  if (list) *list = *ks->copies;
  return list;
}

static bool parse_one(struct bytes_reader *r, struct keystore_copy *out) {
  size_t name = 0, where = 0;
  *out = (struct keystore_copy){.kind = (enum keystore_copy_kind)bytes_get_u8(r)};
  const uint8_t *n = bytes_get_field(r, sizeof out->name - 1, &name), *w = bytes_get_field(r, sizeof out->where - 1, &where);
  if (!n || !w || out->kind > KEYSTORE_NODES) return false;
  memcpy(out->name, n, name);
  memcpy(out->where, w, where);
  return true;
}

static void put_one(const struct keystore_copy *c, struct bytes *out) {
  bytes_put_u8(out, (uint8_t)c->kind);
  bytes_put_field(out, c->name, strlen(c->name));
  bytes_put_field(out, c->where, strlen(c->where));
}

static void put_all(const struct keystore_copies *list, struct bytes *out) {
  for (size_t i = 0; i < list->count; i++) put_one(&list->copy[i], out);
}

enum err keystore_copies_load(struct keystore *ks) {
  AUTO(bytes) struct bytes stored = {0};
  bool found;
  TRY(store_find_fact(ks->store, fact, &stored, &found));
  struct bytes_reader r = bytes_reader(stored.data, stored.length);
  while (found && bytes_left(&r)) {
    if (ks->copies->count == KEYSTORE_MOST_COPIES || !parse_one(&r, &ks->copies->copy[ks->copies->count]))
      return err_set(ERR_DATA, "keys.db is malformed: its list of holders and replicas");
    ks->copies->count++;
  }
  return ERR_OK;
}

enum err keystore_copies_store(struct keystore *ks) {
  AUTO(bytes) struct bytes list = {0};
  if (!ks->copies->count) return store_drop_fact(ks->store, fact);
  put_all(ks->copies, &list);
  TRY(bytes_check(&list));
  return store_put_fact(ks->store, fact, list.data, list.length);
}

enum err keystore_hash_bound(const struct keystore *ks, uint8_t hash[32]) {
  AUTO(bytes) struct bytes list = {0};
  keystore_hash_slots(ks->slots, ks->slot_count, hash);
  if (!ks->copies->count) return ERR_OK;
  bytes_put(&list, hash, 32);
  put_all(ks->copies, &list);
  TRY(bytes_check(&list));
  crypto_generichash(hash, 32, list.data, list.length, NULL, 0);
  return ERR_OK;
}

size_t keystore_copies(const struct keystore *ks, const struct keystore_copy **out) {
  *out = ks->copies->copy;
  return ks->copies->count;
}

struct keystore_copy *keystore_copy_find(struct keystore_copies *list, const char *name) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->copy[i].name, name) == 0) return &list->copy[i];
  return NULL;
}

/* ---- changing the list: the whole of it, in one transaction */
enum err keystore_copies_change(struct keystore *ks, struct keystore_copies *list) {
  struct keystore_copies *before = ks->copies;
  struct keystore_change c = {.copies = list, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  enum err e = keystore_transact(ks, &c);
  if (e == ERR_OK) e = store_checkpoint(ks->store);
  free(ks->copies == list ? before : list);
  return e;
}

static bool is_plain(const char *name) {
  size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
  return length > 0 && !name[length] && length < sizeof((struct keystore_copy *)0)->name;
}

enum err keystore_copies_append(struct keystore *ks, enum keystore_copy_kind kind, const char *name, const char *where) {
  struct keystore_copies *list = keystore_copies_of(ks);
  if (!list) return err_set(ERR_IO, "out of memory");
  struct keystore_copy *c = &list->copy[list->count++];
  *c = (struct keystore_copy){.kind = kind};
  memcpy(c->name, name, strlen(name) + 1);
  memcpy(c->where, where, strlen(where) + 1);
  return keystore_copies_change(ks, list);
}

enum err keystore_copies_check(const struct keystore *ks, const char *name, const char *where) {
  if (!is_plain(name))
    return err_set(ERR_USAGE, "a name of a holder or replica is 1 to %d letters, digits, dots and dashes", KEYSTORE_NAME - 1);
  if (keystore_copy_find(ks->copies, name)) return err_set(ERR_CREATE, "there is a holder or replica called %s already", name);
  if (ks->copies->count == KEYSTORE_MOST_COPIES)
    return err_set(ERR_REFUSED, "a vault has at most %d holders and replicas; remove one first", KEYSTORE_MOST_COPIES);
  if (strlen(where) >= sizeof ks->copies->copy[0].where) return err_set(ERR_USAGE, "that path is too long");
  return ERR_OK;
}
