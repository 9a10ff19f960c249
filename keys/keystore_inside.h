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
  struct secret_key *mrk, *e;     /* E_t */
  struct secret_key *auth;        /* of what a TPM keeps for this vault; zero if it keeps nothing */
  struct keystore_copies *copies; /* holders and replicas; as the root vouches for them */
  struct bytes saved;             /* ids of the nodes that were written since the replicas were told; int64_t each */
  uint8_t sent_root[32];          /* hash of the root that the replicas have, if they were there */
  int dirfd;                      /* the vault's folder: the caller's, who keeps it open */
  bool standing_in;               /* `effaceable` is a holder's: nothing is destroyed until the vault has its own again */
  int place;                      /* of E_t in the effaceable store */
  uint8_t root_hash[32];
  bool broken;     /* a commit may or may not be on disk: only opening anew tells */
  bool unfinished; /* the other place holds the secret of a rotation that was not committed, or whose commit was taken back */
};

struct keystore_copies {
  size_t count;
  struct keystore_copy copy[KEYSTORE_MOST_COPIES];
};

enum err keystore_new(struct keystore **out);
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
  struct keystore_copies *copies; /* the new list, or NULL */
  const struct keystore_anchor *anchor;
  const struct secret_key *mrk, *e; /* under which the root goes */
  uint64_t epoch;
  bool shred;
};
enum err keystore_transact(struct keystore *ks, const struct keystore_change *c);
/* store_checkpoint. */
enum err keystore_empty_log(struct keystore *ks);
/* Under a new effaceable secret, which replaces the old one for good (docs/format.md, steps 1 to 4). */
enum err keystore_rotate(struct keystore *ks, struct keystore_change *c, struct keystore_proof *proof);

/* RK_t. */
void keystore_root_key(const struct secret_key *mrk, const struct id *vault, uint64_t epoch, const struct secret_key *e,
                       struct secret_key *rk);
/* Over ids, kinds and public halves, in the order of ids. */
void keystore_hash_slots(const struct slot_record slots[], size_t count, uint8_t hash[32]);
/* What the root vouches for: the slots, and the copies if there are any. */
enum err keystore_hash_bound(const struct keystore *ks, uint8_t hash[32]);
enum err keystore_seal_root(struct keystore *ks, const struct secret_key *mrk, const struct secret_key *e);

/* ---- what a TPM keeps (keystore_tpm.c) */
/* The authorisation lies in keys.db under the MRK, and is sealed anew when that rotates: so it stays the same for the TPM, and no
 * crash can leave the one without the other. */
enum err keystore_put_auth(struct keystore *ks, const struct secret_key *mrk);
/* Zero where there is none; ERR_REFUSED if it does not open with ks->mrk. */
enum err keystore_get_auth(struct keystore *ks);
/* For a vault from before there were any: makes it, durably. */
enum err keystore_make_auth(struct keystore *ks);
/* The secrets of TPM slots, as the TPM sealed them; a slot that goes takes its own along. */
enum err keystore_put_sealed(struct keystore *ks, const struct id *slot, const struct bytes *sealed);
enum err keystore_drop_sealed(struct keystore *ks, const struct id *slot);

/* ---- the list of holders and replicas (keystore_copies.c) */
enum err keystore_copies_load(struct keystore *ks);
enum err keystore_copies_store(struct keystore *ks);
struct keystore_copies *keystore_copies_of(const struct keystore *ks); /* a copy, to be changed; NULL: out of memory */
/* Takes the list over, whatever becomes of it. */
enum err keystore_copies_change(struct keystore *ks, struct keystore_copies *list);
/* Whether such an entry may be made; then, makes it. */
enum err keystore_copies_check(const struct keystore *ks, const char *name, const char *where);
enum err keystore_copies_append(struct keystore *ks, enum keystore_copy_kind kind, const char *name, const char *where);
struct keystore_copy *keystore_copy_find(struct keystore_copies *list, const char *name); /* or NULL */

/* ---- holders (keystore_holder.c); ERR_BUSY naming one that did not answer, after all were tried */
/* Step 1: E' beside E_t. */
enum err keystore_holders_stage(struct keystore *ks, uint64_t epoch, const struct secret_key *fresh);
/* In the transaction of step 2. */
enum err keystore_holders_note(struct keystore *ks);
/* Step 4: what they hold is ks->e, twice. */
enum err keystore_holders_settle(struct keystore *ks);
/* On opening: step 4, where it was interrupted. One that is away is only said. */
enum err keystore_holders_catch_up(struct keystore *ks);
/* When the store is gone: a holder's in its place. ERR_MISSING if there is none. */
enum err keystore_stand_in(struct keystore *ks, struct effaceable **out);

/* ---- replicas of nodes (keystore_nodes.c) */
/* What was written since; never fails: one that is away lags. */
void keystore_nodes_send(struct keystore *ks);
void keystore_nodes_saved(void *keystore, int64_t node); /* for the tree to call */

#endif
