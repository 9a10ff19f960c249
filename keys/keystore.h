/* The key store of a vault: slots → MRK, with the effaceable secret → root, a tree of keys below it.
 *
 * Leaves are 256-bit random keys with ids that are never used twice. Destroying one is real: the whole path to the root
 * gets fresh keys, the root moves under a new effaceable secret, and the old secret is overwritten, so that no old copy of
 * keys.db opens with anything that exists afterwards. The protocol and its crash rules: docs/format.md, design in
 * ARCHITECTURE.md. Only this folder knows SQL of keys.db. Not thread-safe; one process at a time (the caller holds the
 * vault's lock). */
#ifndef CLIPVAULT_KEYS_KEYSTORE_H
#define CLIPVAULT_KEYS_KEYSTORE_H

#include "keys/slot.h"
#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t keystore_leaf; /* 0 is none */

struct keystore;

/* Makes keys.db and the effaceable store in the folder `dirfd`, with one slot. ERR_CREATE if either exists.
 * `effaceable` NULL: the file "effaceable" in that folder; else an absolute path, "tpm" or "tpm:TCTI" (keys/effaceable.h; what
 * was made is recorded in keys.db). On failure nothing that it made is left, and what was there before stays. */
enum err keystore_create(int dirfd, const struct slot_secret *first, const char *effaceable, struct id *vault);
/* Removes what keystore_create made, when a later step of making the vault failed. */
void keystore_unmake(int dirfd);
/* The assurance that a vault made with this has. */
const char *keystore_assurance_of(const char *effaceable);

/* Opens with any secret that a slot takes (or with an MRK from the kernel keyring), finishing a rotation that a crash
 * interrupted. ERR_REFUSED if the secret opens no slot; ERR_DATA if the store was tampered with or rolled back. */
enum err keystore_open(int dirfd, const struct slot_secret *secret, struct keystore **out);
/* Empties the write-ahead log, sends replicas what they lack, wipes. Takes NULL. */
void keystore_close(struct keystore *ks);
static inline void keystore_auto(struct keystore **ks) { keystore_close(*ks); }

const struct id *keystore_vault(const struct keystore *ks);
const char *keystore_assurance(
    const struct keystore *ks); /* "file" or "tpm": how far an erasure reaches; "file" if a holder is one */
const char *keystore_limits(const struct keystore *ks); /* the same in a sentence: what could still undo an erasure */
uint64_t keystore_epoch(const struct keystore *ks);

/* `count` new random leaves in one durable transaction. */
enum err keystore_new_leaves(struct keystore *ks, size_t count, keystore_leaf out[]);
/* The key of a leaf; ERR_MISSING if it was destroyed or never existed, ERR_DATA if a node was tampered with. */
enum err keystore_get(struct keystore *ks, keystore_leaf leaf, struct secret_key *out);
/* Calls `each` for every living leaf, in order: what `check` compares with the index. */
enum err keystore_each(struct keystore *ks, enum err (*each)(void *context, keystore_leaf leaf), void *context);

/* What a destruction can be cited by. */
struct keystore_proof {
  uint64_t epoch_before, epoch_after;
  uint8_t root_hash[32]; /* BLAKE2b-256 of the new root node's ciphertext */
};
/* Destroys all of `leaves` (already dead ones are fine: resuming is calling it again). When it returns ERR_OK the point
 * of no return is passed and durable. Any other result: nothing is lost, everything may be tried again.
 * With count 0 it only turns the epoch, which kills every old copy of keys.db. */
enum err keystore_shred(struct keystore *ks, size_t count, const keystore_leaf leaves[], struct keystore_proof *proof);

/* Small facts kept, authenticated, in the root node: a clock that must not go back, how long the audit log is and its
 * Merkle root. Written durably without turning the epoch. */
struct keystore_anchor {
  int64_t high_water_ms;
  uint64_t audit_entries;
  uint8_t audit_root[32];
};
enum err keystore_get_anchor(struct keystore *ks, struct keystore_anchor *out);
enum err keystore_set_anchor(struct keystore *ks, const struct keystore_anchor *anchor);

/* System keys, made at creation: not leaves that a job may destroy. */
enum keystore_system { KEYSTORE_SIGNING, KEYSTORE_BLIND_INDEX, KEYSTORE_AUDIT, KEYSTORE_USERS };
enum err keystore_system_key(struct keystore *ks, enum keystore_system which, struct secret_key *out);

/* Slots. Adding asks nobody for another secret; removing rotates the MRK (sealed anew to every remaining slot's public
 * half, after the list of slots was checked against the root) and turns the epoch, so a removed secret opens nothing,
 * also not in an old copy. The last slot cannot be removed (ERR_REFUSED). */
enum err keystore_slot_add(struct keystore *ks, const struct slot_secret *secret, struct id *out);
enum err keystore_slot_remove(struct keystore *ks, const struct id *slot);
enum err keystore_slot_list(struct keystore *ks, struct slot_info *out, size_t most, size_t *count);

/* ---- copies that are kept elsewhere (docs/format.md tells them apart)
 * A holder keeps E: written in step 1 of every destruction, which does not pass its point of no return until every holder has
 * overwritten what it held before. One that is away leaves it ERR_BUSY. If the vault's own effaceable store is gone, a holder's
 * opens the vault. A replica has the nodes of keys.db and opens nothing; one that is away lags, and delays nothing. */
enum { KEYSTORE_NAME = 32, KEYSTORE_MOST_COPIES = 16, KEYSTORE_WHERE = 512 };
enum keystore_copy_kind {
  KEYSTORE_HOLDER = 0,
  KEYSTORE_LOST = 1, /* given up: what it held when it was may still be there; every certificate says so */
  KEYSTORE_NODES = 2
};
struct keystore_copy {
  enum keystore_copy_kind kind;
  char name[KEYSTORE_NAME], where[KEYSTORE_WHERE];
  bool waiting;   /* when it was last asked, by this process, it did not answer */
  uint64_t bytes; /* of a replica: how much this process has sent it */
};
size_t keystore_copies(const struct keystore *ks, const struct keystore_copy **out);
/* Asks every holder whether it holds what it should, and sends replicas what they lack: `waiting` says. */
enum err keystore_look(struct keystore *ks);

/* `wanted` as keystore_create takes it. ERR_CREATE if the name or the store is taken. */
enum err keystore_holder_add(struct keystore *ks, const char *name, const char *wanted);
/* An absolute path; the folder is made, or holds no keys.db yet. */
enum err keystore_nodes_add(struct keystore *ks, const char *name, const char *folder);
/* A holder is wiped, and the epoch turns. ERR_BUSY if it does not answer, unless it is `lost`. */
enum err keystore_copy_remove(struct keystore *ks, const char *name, bool lost);
/* Opened by a holder ($CLIPVAULT_EFFACEABLE names one that the list does not): makes a new effaceable store as `wanted`, and
 * counts the old one as a holder that is lost. */
enum err keystore_adopt(struct keystore *ks, const char *wanted);
bool keystore_is_standing_in(const struct keystore *ks); /* opened so, and not adopted since */

/* The secret of the first TPM slot of the vault in `dirfd` that this machine's TPM gives back. ERR_MISSING if there is no such
 * slot; else the failure of the last one (keys/tpm.h). */
enum err keystore_tpm_secret(int dirfd, struct secret_key *out);

/* The MRK, for `clipvault unlock` to leave in the kernel keyring. */
enum err keystore_mrk(struct keystore *ks, struct secret_key *out);

/* A copy of keys.db as it stands, as dirfd/keys.db: it opens nothing without E, and nothing once the epoch has turned. */
enum err keystore_copy_to(struct keystore *ks, int dirfd);

/* Consistency of all nodes reachable from the root; appends one line per problem. */
struct bytes;
enum err keystore_check(struct keystore *ks, struct bytes *problems);

#endif
