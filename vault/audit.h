/* The audit log: append-only, every entry sealed, an RFC 6962 Merkle tree over the ciphertext (vault/audit_tree.h). The
 * number of entries and the tree's root are anchored in the key store's root after each command, so that an altered,
 * dropped or reordered entry is found, and so is a log that was cut.
 *
 *   leaf data = u64 big endian sequence number || sealed entry (nonce || ciphertext || tag)
 *   entry     = u8 form, i64 at_ms, account id, field verb, u8 kind + id of the subject, field details
 * Entries name people by id only. Where one must name a person *and* a clip, `details` carries the person sealed under
 * H(PK, XK): the link dies with either. */
#ifndef CLIPVAULT_AUDIT_H
#define CLIPVAULT_AUDIT_H

#include "vault/vault.h"

struct audit_entry {
  uint64_t seq;
  int64_t at_ms;
  struct id account;
  char verb[INDEX_WORD];
  enum id_kind kind;
  struct id subject; /* zero: none */
  char details[400];
};

/* Inside a transaction of the index, by the vault's actor at its time. `details` may be NULL. */
enum err audit_append(struct vault *v, const char *verb, enum id_kind kind, const struct id *subject, const char *details);

/* Calls `each` for every entry, oldest first. */
enum err audit_each(struct vault *v, enum err (*each)(void *context, const struct audit_entry *entry), void *context);

struct audit_verdict {
  uint64_t entries;
  uint8_t root[32];
  bool valid;
  char problem[200]; /* in words, when not valid */
};
/* Recomputes everything and compares with the anchor. */
enum err audit_verify(struct vault *v, struct audit_verdict *out);

/* The tree's head as it is now (for vault_end). */
enum err audit_head(struct vault *v, uint64_t *entries, uint8_t root[32]);
/* At creation. */
enum err audit_init(struct vault *v);

#endif
