#include "keys/keystore_inside.h"
#include "vault/base/io.h"
#include "vault/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A replica is a keys.db of its own: what it holds opens nothing without E. It gets the nodes that this process wrote; if it does
 * not stand where this process found the store, because it was away, whatever is newer than it is. */
static const char synced[] = "replica_of_root";

static enum err root_state(struct keystore *ks, uint8_t out[32]) {
  uint8_t blob[TREE_BLOB];
  TRY(store_get_node(ks->store, TREE_ROOT_ID, blob, sizeof blob, NULL));
  crypto_generichash(out, 32, blob, sizeof blob, NULL, 0);
  return ERR_OK;
}

struct delivery {
  struct store *to;
  uint64_t bytes;
};

static enum err deliver(void *context, int64_t id, uint64_t epoch, const void *blob, size_t length) {
  struct delivery *d = context;
  uint8_t there[TREE_BLOB];
  if (length != TREE_BLOB) return err_set(ERR_DATA, "a node of the key tree is of a wrong size");
  if (store_get_node(d->to, id, there, sizeof there, NULL) == ERR_OK && memcmp(there, blob, length) == 0) return ERR_OK;
  d->bytes += sizeof id + sizeof epoch + length;
  return store_put_node(d->to, id, epoch, blob, length);
}

static enum err deliver_saved(struct keystore *ks, struct delivery *d) {
  const int64_t *ids = (const int64_t *)ks->saved.data;
  uint8_t blob[TREE_BLOB];
  for (size_t i = 0; i < ks->saved.length / sizeof *ids; i++) {
    uint64_t epoch;
    enum err e = store_get_node(ks->store, ids[i], blob, sizeof blob, &epoch);
    if (e == ERR_MISSING) continue; /* its transaction was rolled back */
    TRY(e);
    TRY(deliver(d, ids[i], epoch, blob, sizeof blob));
  }
  return ERR_OK;
}

static enum err deliver_newer(struct keystore *ks, struct delivery *d) {
  uint8_t blob[TREE_BLOB];
  uint64_t since = 0;
  IGNORE(store_get_node(d->to, TREE_ROOT_ID, blob, sizeof blob, &since));
  return store_each_node(ks->store, since, deliver, d);
}

static enum err fill(struct keystore *ks, struct delivery *d, const uint8_t now[32]) {
  AUTO(bytes) struct bytes stands = {0}, vault = {0};
  bool found, new;
  TRY(store_find_fact(d->to, "vault", &vault, &new));
  if (new && (vault.length != sizeof ks->tree.vault.b || memcmp(vault.data, ks->tree.vault.b, vault.length) != 0))
    return err_set(ERR_DATA, "it is a copy of another vault");
  TRY(store_find_fact(d->to, synced, &stands, &found));
  bool along = found && stands.length == 32 && memcmp(stands.data, ks->sent_root, 32) == 0;
  TRY(along ? deliver_saved(ks, d) : deliver_newer(ks, d));
  TRY(store_copy_small(ks->store, d->to, &d->bytes));
  return store_put_fact(d->to, synced, now, 32);
}

static bool stands_there(struct store *to, const uint8_t now[32]) {
  AUTO(bytes) struct bytes stands = {0};
  bool found = false;
  return store_find_fact(to, synced, &stands, &found) == ERR_OK && found && stands.length == 32 &&
         memcmp(stands.data, now, 32) == 0;
}

static enum err send_to(struct keystore *ks, struct keystore_copy *c, const uint8_t now[32]) {
  AUTO(io) int dir = open(c->where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct delivery d = {0};
  if (dir < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot open the folder %s", c->where);
  TRY(store_open(dir, &d.to));
  if (stands_there(d.to, now)) {
    store_close(d.to);
    return ERR_OK;
  }
  enum err e = store_begin(d.to);
  if (e == ERR_OK) e = fill(ks, &d, now);
  if (e == ERR_OK)
    e = store_commit(d.to);
  else
    store_rollback(d.to);
  if (e == ERR_OK) e = store_checkpoint(d.to);
  store_close(d.to);
  if (e == ERR_OK) c->bytes += d.bytes;
  return e;
}

static bool has_replica(const struct keystore *ks) {
  for (size_t i = 0; i < ks->copies->count; i++)
    if (ks->copies->copy[i].kind == KEYSTORE_NODES) return true;
  return false;
}

void keystore_nodes_send(struct keystore *ks) {
  uint8_t now[32];
  if (!has_replica(ks) || root_state(ks, now) != ERR_OK) return;
  for (size_t i = 0; i < ks->copies->count; i++) {
    struct keystore_copy *c = &ks->copies->copy[i];
    if (c->kind != KEYSTORE_NODES) continue;
    c->waiting = send_to(ks, c, now) != ERR_OK;
    if (c->waiting)
      log_warn("the replica %s lags behind (%s); it gets what it lacks when it is there again", c->name, err_text());
  }
  memcpy(ks->sent_root, now, sizeof now);
  bytes_clear(&ks->saved);
}

void keystore_nodes_saved(void *context, int64_t node) {
  struct keystore *ks = context;
  if (has_replica(ks)) bytes_put(&ks->saved, &node, sizeof node);
}

static enum err make_replica(const char *folder) {
  struct store *made = NULL;
  if (mkdir(folder, 0700) && errno != EEXIST) return err_set_errno(ERR_CREATE, "cannot make the folder %s", folder);
  AUTO(io) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return err_set_errno(ERR_CREATE, "cannot open the folder %s", folder);
  TRY(store_create(dir, &made));
  store_close(made);
  return io_sync_dir(dir);
}

enum err keystore_nodes_add(struct keystore *ks, const char *name, const char *folder) {
  TRY(keystore_copies_check(ks, name, folder));
  TRY(make_replica(folder));
  TRY(keystore_copies_append(ks, KEYSTORE_NODES, name, folder));
  keystore_nodes_send(ks);
  if (keystore_copy_find(ks->copies, name)->waiting)
    return err_set(ERR_IO, "the replica %s was added, but it lags: %s", name, err_text());
  return ERR_OK;
}
