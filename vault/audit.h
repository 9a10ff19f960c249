/* The audit log: append-only, every entry sealed, an RFC 6962 Merkle tree over the ciphertext (vault/audit_tree.h). The
 * number of entries and the tree's root are anchored in the key store's root after each command, so that an altered,
 * dropped or reordered entry is found, and so is a log that was cut.
 *
 *   leaf data = u64 big endian sequence number || [open part (vault/audit_open.h)] sealed entry (nonce || ciphertext || tag)
 *   entry     = u8 form, i64 at_ms, account id, field verb, u8 kind + id of the subject, field details
 * Entries name people by id only. Words that somebody typed about a clip (form 2) lie sealed under the clip's own key, and where
 * an entry must name a person *and* a clip, `details` carries the person sealed under H(PK, XK): they die with either, and the
 * tree, which covers ciphertext, still verifies. */
#ifndef CLIPVAULT_AUDIT_H
#define CLIPVAULT_AUDIT_H

#include "vault/audit_checkpoint.h"
#include "vault/audit_open.h"
#include "vault/audit_proof.h"
#include "vault/vault.h"

struct audit_entry {
  uint64_t seq;
  int64_t at_ms;
  struct id account;
  char verb[INDEX_WORD];
  enum id_kind kind;
  struct id subject; /* zero: none */
  char details[400];
  bool gone;              /* the details were sealed under a clip's key, and it is destroyed */
  struct audit_open open; /* borrowed for the call */
};

/* Inside a transaction of the index, by the vault's actor at its time. `details` may be NULL. */
enum err audit_append(struct vault *v, const char *verb, enum id_kind kind, const struct id *subject, const char *details);

/* The same with all that an entry can have; only the verb is needed. */
struct audit_note {
  const char *verb, *details;
  enum id_kind kind;
  const struct id *subject;
  keystore_leaf under; /* XK of the clip that `subject` names: the details are sealed under it. 0: they are not */
  struct audit_open open;
};
/* Where an entry stands in the log, so that it can be proven: its leaf's data, and the path to the root of the tree that ends
 * with it. Release with audit_receipt_free. */
struct audit_receipt {
  uint64_t entry; /* the tree has one more */
  uint8_t root[32];
  struct bytes leaf;
  struct audit_proof path;
};
void audit_receipt_free(struct audit_receipt *r);
#define audit_receipt_auto audit_receipt_free
/* `receipt` may be NULL. Commitments that wait are published with it (vault/commitment.h): in its own open part if it has none,
 * else in an entry before it. */
enum err audit_put(struct vault *v, const struct audit_note *note, struct audit_receipt *receipt);

/* Calls `each` for every entry, oldest first. */
enum err audit_each(struct vault *v, enum err (*each)(void *context, const struct audit_entry *entry), void *context);

/* One entry as index.db holds it; out->open borrows from it. ERR_DATA if it was altered or moved. */
enum err audit_entry_read(struct vault *v, uint64_t seq, const uint8_t *entry, size_t length, struct audit_entry *out);

struct audit_verdict {
  uint64_t entries;
  uint8_t root[32];
  bool valid;
  char problem[200]; /* in words, when not valid */
};
/* Recomputes everything and compares with the anchor. (audit_verify.c) */
enum err audit_verify(struct vault *v, struct audit_verdict *out);
/* The same, and whether the log has only been added to since the checkpoint, which is checked by a proof as somebody outside
 * would check it; the proof goes to *growth (or NULL) if it holds. ERR_DATA if the checkpoint is another vault's. */
enum err audit_verify_since(struct vault *v, const struct audit_checkpoint *earlier, struct audit_verdict *out,
                            struct audit_proof *growth);

/* The tree's head as it is now (for vault_end). */
enum err audit_head(struct vault *v, uint64_t *entries, uint8_t root[32]);
/* At creation. */
enum err audit_init(struct vault *v);

#endif
