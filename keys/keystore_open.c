#include "keys/keystore_inside.h"
#include "vault/base/clock.h"
#include "vault/base/crash.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err keystore_new(struct keystore **out) {
  struct keystore_copies *copies = calloc(1, sizeof *copies);
  if (!copies) return err_set(ERR_IO, "out of memory");
  struct keystore *ks = secret_alloc(sizeof *ks);
  ks->mrk = secret_key_new();
  ks->e = secret_key_new();
  ks->auth = secret_key_new();
  ks->copies = copies;
  ks->tree.saved = keystore_nodes_saved;
  ks->tree.saved_context = ks;
  ks->tree.root = secret_alloc(sizeof *ks->tree.root);
  *out = ks;
  return ERR_OK;
}

void keystore_free(struct keystore *ks) {
  if (!ks) return;
  store_close(ks->store);
  effaceable_close(ks->effaceable);
  secret_free(ks->tree.root);
  secret_free(ks->mrk);
  secret_free(ks->e);
  secret_free(ks->auth);
  bytes_free(&ks->saved);
  free(ks->copies);
  secret_free(ks);
}

void keystore_close(struct keystore *ks) {
  if (ks && ks->store && !ks->broken) IGNORE(keystore_empty_log(ks));
  if (ks && ks->store && !ks->broken) keystore_nodes_send(ks); /* also one that was away when something was written */
  keystore_free(ks);
}

/* ---- making */
/* What a creation made, and may therefore take away again. */
struct creation {
  int dirfd;
  const char *wanted; /* of the effaceable store */
  struct bytes where; /* that which was made; empty before */
  bool store;
};
static void creation_auto(struct creation *c) { bytes_free(&c->where); }

static enum err make_files(struct keystore *ks, struct creation *c) {
  TRY(effaceable_create(c->dirfd, c->wanted, ks->auth, &c->where));
  TRY(effaceable_open(c->dirfd, bytes_text(&c->where), ks->auth, &ks->effaceable));
  for (int place = 0; place < 2; place++) TRY(effaceable_write(ks->effaceable, place, 1, ks->e));
  effaceable_rest(ks->effaceable);
  enum err e = store_create(c->dirfd, &ks->store);
  c->store = e != ERR_CREATE; /* that one says it was there before */
  return e;
}

static void unmake(const struct creation *c) {
  static const char *const files[] = {"keys.db", "keys.db-wal", "keys.db-shm", "keys.db-journal"};
  for (size_t i = 0; c->store && i < sizeof files / sizeof *files; i++) unlinkat(c->dirfd, files[i], 0);
  if (c->where.length) effaceable_unmake(c->dirfd, bytes_text(&c->where));
}

static enum err first_rows(struct keystore *ks, const struct slot_secret *secret, const struct bytes *where) {
  TRY(slot_record_make(secret, &ks->tree.vault, ks->mrk, clock_now_ms(), &ks->slots[0]));
  ks->slot_count = 1;
  TRY(store_put_fact(ks->store, "vault", ks->tree.vault.b, sizeof ks->tree.vault.b));
  TRY(store_put_fact(ks->store, "effaceable", where->data, where->length));
  TRY(store_put_slot(ks->store, &ks->slots[0]));
  if (secret->sealed) TRY(keystore_put_sealed(ks, &ks->slots[0].id, secret->sealed));
  return keystore_put_auth(ks, ks->mrk);
}

static enum err first_root(struct keystore *ks, const struct slot_secret *secret, const struct bytes *where) {
  randombytes_buf(ks->facts.system, sizeof ks->facts.system);
  TRY(store_begin(ks->store));
  TRY(first_rows(ks, secret, where));
  TRY(keystore_seal_root(ks, ks->mrk, ks->e));
  TRY(store_commit(ks->store));
  return store_checkpoint(ks->store);
}

enum err keystore_create(int dirfd, const struct slot_secret *first, const char *effaceable, struct id *vault) {
  AUTO(creation) struct creation c = {.dirfd = dirfd, .wanted = effaceable ? effaceable : "effaceable"};
  struct keystore *ks;
  TRY(keystore_new(&ks));
  randombytes_buf(ks->mrk->b, sizeof ks->mrk->b);
  randombytes_buf(ks->e->b, sizeof ks->e->b);
  randombytes_buf(ks->auth->b, sizeof ks->auth->b);
  ks->tree.vault = id_new();
  ks->tree.height = 1;
  ks->tree.epoch = 1;
  ks->dirfd = dirfd;
  enum err e = make_files(ks, &c);
  ks->tree.store = ks->store;
  if (e == ERR_OK) e = first_root(ks, first, &c.where);
  if (e == ERR_OK) *vault = ks->tree.vault;
  keystore_close(ks);
  if (e != ERR_OK) unmake(&c);
  return e;
}

void keystore_unmake(int dirfd) {
  AUTO(creation) struct creation c = {.dirfd = dirfd, .store = true};
  struct store *store = NULL;
  if (store_open(dirfd, &store) == ERR_OK) IGNORE(store_get_fact(store, "effaceable", &c.where));
  store_close(store);
  unmake(&c);
}

const char *keystore_assurance_of(const char *effaceable) {
  return effaceable_assurance_of(effaceable ? effaceable : "effaceable");
}

/* ---- opening */
static const char *refusal(const struct slot_secret *secret) {
  switch (secret->kind) {
    case SLOT_SECRET_PASSPHRASE: return "that passphrase does not open this vault";
    case SLOT_SECRET_SHARES: return "those shares do not open this vault";
    case SLOT_SECRET_TPM: return "what the TPM keeps does not open this vault";
    default: return "that key file does not open this vault";
  }
}

static enum err find_mrk(struct keystore *ks, const struct slot_secret *secret) {
  if (secret->kind == SLOT_SECRET_MRK) {
    if (secret->length != sizeof ks->mrk->b) return err_set(ERR_BUG, "a master key of a wrong length");
    memcpy(ks->mrk->b, secret->bytes, sizeof ks->mrk->b);
    return ERR_OK;
  }
  for (size_t i = 0; i < ks->slot_count; i++) {
    enum err e = slot_record_open(&ks->slots[i], secret, &ks->tree.vault, ks->mrk);
    if (e != ERR_REFUSED) return e;
  }
  return err_set(ERR_REFUSED, "%s", refusal(secret));
}

static enum err try_root(struct keystore *ks, const struct effaceable_record *record) {
  SECRET_KEY(rk);
  uint8_t bound[32];
  if (!record->valid) return err_set(ERR_REFUSED, "an effaceable record is not valid");
  TRY(keystore_hash_bound(ks, bound));
  keystore_root_key(ks->mrk, &ks->tree.vault, record->epoch, record->secret, rk);
  return tree_open_root(ks->store, &ks->tree.vault, record->epoch, rk, bound, ks->tree.root, ks->root_hash);
}

static const char stale[] = "what \"clipvault unlock\" kept opens this vault no more; unlock it again";
static const char strangers[] =
    "keys.db and the effaceable store do not belong together: an old copy, a swapped slot, or tampering; put back the newest "
    "keys.db";
/* A kept MRK that has been replaced since is no sign of tampering. */
static enum err shut(const struct slot_secret *secret) {
  return secret->kind == SLOT_SECRET_MRK ? err_set(ERR_REFUSED, "%s", stale) : err_set(ERR_DATA, "%s", strangers);
}

static enum err open_root(struct keystore *ks, struct effaceable_record records[2], const struct slot_secret *secret) {
  for (int place = 0; place < 2; place++) {
    enum err e = try_root(ks, &records[place]);
    if (e == ERR_REFUSED) continue;
    TRY(e);
    *ks->e = *records[place].secret;
    ks->place = place;
    ks->tree.epoch = records[place].epoch;
    TRY(tree_root_get(ks->tree.root, &ks->facts));
    ks->tree.height = ks->facts.height;
    return ERR_OK;
  }
  return shut(secret);
}

static enum err rewrite(struct keystore *ks, const struct keystore_change *c) {
  (void)c;
  return tree_rewrite(&ks->tree);
}

/* The root opened with the newer secret while the older one is still there (or torn): a crash after the commit. The commit
 * may have reached only the page cache, so everything it wrote is written and synced once more before the old secret goes. */
static enum err complete_rotation(struct keystore *ks, const struct effaceable_record *other) {
  ks->unfinished = other->valid && other->epoch > ks->tree.epoch;
  crash_trace("opened", ks->tree.epoch, ks->place);
  if (other->valid && other->epoch >= ks->tree.epoch) return ERR_OK;
  crash_trace("again", ks->tree.epoch, ks->place);
  struct keystore_change c = {.make = rewrite, .mrk = ks->mrk, .e = ks->e, .epoch = ks->tree.epoch};
  TRY(keystore_transact(ks, &c));
  crash_trace("sealed", ks->tree.epoch, ks->place);
  TRY(keystore_empty_log(ks));
  TRY(effaceable_write(ks->effaceable, 1 - ks->place, ks->tree.epoch, ks->e));
  return effaceable_count(ks->effaceable);
}

static enum err open_files(struct keystore *ks, int dirfd) {
  AUTO(bytes) struct bytes vault = {0};
  TRY(store_open(dirfd, &ks->store));
  ks->tree.store = ks->store;
  TRY(store_get_fact(ks->store, "vault", &vault));
  if (vault.length != sizeof ks->tree.vault.b) return err_set(ERR_DATA, "keys.db is malformed");
  memcpy(ks->tree.vault.b, vault.data, vault.length);
  ks->dirfd = dirfd;
  TRY(keystore_copies_load(ks));
  return store_get_slots(ks->store, ks->slots, &ks->slot_count);
}

static enum err read_places(struct keystore *ks, struct effaceable_record records[2]) {
  for (int place = 0; place < 2; place++) TRY(effaceable_read(ks->effaceable, place, &records[place]));
  return ERR_OK;
}

static enum err read_own(struct keystore *ks, const char *where, struct effaceable_record records[2]) {
  const char *named = getenv("CLIPVAULT_EFFACEABLE");
  if (named && *named) return err_set(ERR_UNAVAILABLE, "$CLIPVAULT_EFFACEABLE names another effaceable store");
  TRY(effaceable_open(ks->dirfd, where, ks->auth, &ks->effaceable));
  return read_places(ks, records);
}

/* A store that is gone, or that a new machine's TPM does not know, is what holders are for. */
static enum err read_own_or_holder(struct keystore *ks, const char *where, struct effaceable_record records[2]) {
  AUTO(bytes) struct bytes why = {0};
  enum err e = read_own(ks, where, records);
  if (e != ERR_UNAVAILABLE) return e;
  bytes_put_text(&why, err_text());
  effaceable_close(ks->effaceable);
  ks->effaceable = NULL;
  e = keystore_stand_in(ks, &ks->effaceable);
  if (e == ERR_MISSING) return err_set(ERR_UNAVAILABLE, "%s", bytes_text(&why));
  TRY(e);
  ks->standing_in = true;
  return read_places(ks, records);
}

static enum err read_effaceable(struct keystore *ks, const struct slot_secret *secret, struct effaceable_record records[2]) {
  AUTO(bytes) struct bytes where = {0};
  enum err e = keystore_get_auth(ks);
  if (e == ERR_REFUSED) return shut(secret);
  TRY(e);
  TRY(store_get_fact(ks->store, "effaceable", &where));
  if (where.length >= EFFACEABLE_MOST_WHERE) return err_set(ERR_DATA, "keys.db is malformed");
  return read_own_or_holder(ks, bytes_text(&where), records);
}

static enum err open_keys(struct keystore *ks, const struct slot_secret *secret) {
  SECRET_KEY(first);
  SECRET_KEY(second);
  struct effaceable_record records[2] = {{.secret = first}, {.secret = second}};
  TRY(read_effaceable(ks, secret, records));
  TRY(open_root(ks, records, secret));
  memcpy(ks->sent_root, ks->root_hash, sizeof ks->sent_root);
  if (!ks->standing_in) TRY(complete_rotation(ks, &records[1 - ks->place]));
  if (!ks->standing_in) TRY(keystore_holders_catch_up(ks));
  effaceable_rest(ks->effaceable);
  return ERR_OK;
}

enum err keystore_open(int dirfd, const struct slot_secret *secret, struct keystore **out) {
  struct keystore *ks;
  TRY(keystore_new(&ks));
  enum err e = open_files(ks, dirfd);
  if (e == ERR_OK) e = find_mrk(ks, secret);
  if (e == ERR_OK) e = open_keys(ks, secret);
  if (e == ERR_OK)
    *out = ks;
  else
    keystore_free(ks);
  return e;
}
