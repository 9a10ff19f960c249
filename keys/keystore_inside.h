/* What the files of keystore.h share: the open store, and how anything in it changes. */
#ifndef CLIPVAULT_KEYS_KEYSTORE_INSIDE_H
#define CLIPVAULT_KEYS_KEYSTORE_INSIDE_H

#include "keys/effaceable.h"
#include "keys/keystore.h"
#include "keys/store.h"
#include "keys/tree.h"

struct keystore {
  struct store *store;
  struct effaceable *effaceable;
  struct tree tree; /* .epoch is t, .root is open */
  struct tree_root facts;
  struct slot_record slots[STORE_MOST_SLOTS]; /* as they were checked against the root */
  size_t slot_count;
  struct secret_key *mrk, *e; /* E_t */
  struct secret_key *auth;    /* of what a TPM keeps for this vault; zero if it keeps nothing */
  int place;                  /* of E_t in the effaceable store */
  uint8_t root_hash[32];
  bool broken; /* a commit may or may not be on disk: only opening anew tells */
};

struct keystore *keystore_new(void);
void keystore_free(struct keystore *ks); /* takes any half-built state, and NULL */

/* A change of the tree in one transaction. The root in memory is put back if it fails; a commit whose outcome is unknown makes
 * the store useless until it is opened anew. */
struct keystore_change {
  enum err (*make)(struct keystore *ks, const struct keystore_change *c);
  const uint64_t *numbers;
  size_t count;
  const struct slot_record *slots; /* the new list, or NULL */
  size_t slot_count;
  const struct id *sealed_slot; /* what a TPM sealed for a new slot, and which; or NULL */
  const struct bytes *sealed;
  const struct keystore_anchor *anchor;
  const struct secret_key *mrk, *e; /* under which the root goes */
  uint64_t epoch;
  bool shred;
};
enum err keystore_transact(struct keystore *ks, const struct keystore_change *c);
/* Under a new effaceable secret, which replaces the old one for good (docs/format.md, steps 1 to 4). */
enum err keystore_rotate(struct keystore *ks, struct keystore_change *c, struct keystore_proof *proof);

/* RK_t. */
void keystore_root_key(const struct secret_key *mrk, const struct id *vault, uint64_t epoch, const struct secret_key *e,
                       struct secret_key *rk);
/* Over ids, kinds and public halves, in the order of ids. */
void keystore_hash_slots(const struct slot_record slots[], size_t count, uint8_t hash[32]);
enum err keystore_seal_root(struct keystore *ks, const struct secret_key *mrk, const struct secret_key *e);

/* ---- what a TPM keeps (keystore_tpm.c) */
/* The authorisation lies in keys.db under the MRK, and is sealed anew when that rotates: so it stays the same for the TPM, and no
 * crash can leave the one without the other. */
enum err keystore_put_auth(struct keystore *ks, const struct secret_key *mrk);
/* Zero where there is none; ERR_REFUSED if it does not open with ks->mrk. */
enum err keystore_get_auth(struct keystore *ks);
/* The secrets of TPM slots, as the TPM sealed them; a slot that goes takes its own along. */
enum err keystore_put_sealed(struct keystore *ks, const struct id *slot, const struct bytes *sealed);
enum err keystore_drop_sealed(struct keystore *ks, const struct id *slot);

#endif
