/* A certificate before somebody who does not trust us: its signature, and its place in the audit log. Needs no vault. */
#include "keys/certificate.h"
#include "vault/audit_checkpoint.h"
#include "vault/audit_open.h"
#include "vault/audit_proof.h"
#include "vault/audit_tree.h"
#include "vault/statement.h"
#include "vault/statement_read.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { MOST_LEAF = 8 << 10 };
static const char mark[] = ",\"log\":{\"entry\":"; /* where the claims end; in a text its quotes would be escaped */

struct proof {
  const struct statement_read *read;
  const struct statement_node *root, *log;
  const uint8_t *public_key;
  struct statement_verdict *verdict;
  uint8_t claims[32], leaf[32];
  struct audit_checkpoint checkpoint;
};

static void blame(struct statement_verdict *v, const char *words) {
  if (v->valid) snprintf(v->problem, sizeof v->problem, "%s", words);
  v->valid = false;
}

static bool decode64(const char *text, uint8_t *out, size_t room, size_t *got) {
  return bytes_parse_base64(text, strlen(text), out, room, got);
}

static bool hash_claims(const uint8_t *data, size_t length, uint8_t hash[32]) {
  for (size_t i = length; i-- > 0;) {
    if (length - i < sizeof mark - 1 || memcmp(data + i, mark, sizeof mark - 1) != 0) continue;
    crypto_hash_sha256(hash, data, i);
    return true;
  }
  return false;
}

/* The entry says: this certificate, these claims. */
static void check_entry(struct proof *p) {
  uint8_t leaf[MOST_LEAF];
  const uint8_t *sealed;
  struct audit_open open;
  struct id id;
  size_t length, sealed_length;
  if (!decode64(statement_read_text(p->read, p->log, "leaf"), leaf, sizeof leaf, &length) || length < 8) {
    blame(p->verdict, "the entry of the log that it carries cannot be read");
    return;
  }
  struct bytes_reader r = bytes_reader(leaf, length);
  bool place = bytes_get_u64be(&r) == statement_read_number(p->read, p->log, "entry");
  audit_open_split(leaf + 8, length - 8, &open, &sealed, &sealed_length);
  bool named = id_parse(ID_CERTIFICATE, statement_read_text(p->read, p->root, "certificate"), &id) == ERR_OK;
  bool form = open.kind == AUDIT_OPEN_CERTIFICATE && open.length == sizeof id + sizeof p->claims;
  if (!place || !named || !form || memcmp(open.data, id.b, sizeof id) != 0 ||
      memcmp(open.data + sizeof id, p->claims, sizeof p->claims) != 0)
    blame(p->verdict, "the entry of the log that it carries is not about this certificate and its claims");
  audit_tree_leaf(leaf, length, p->leaf);
}

static void check_checkpoint(struct proof *p) {
  const char *note = statement_read_text(p->read, p->log, "checkpoint");
  struct id vault;
  bool valid = false;
  if (audit_checkpoint_read(note, strlen(note), p->public_key, &p->checkpoint, &valid) != ERR_OK || !valid)
    blame(p->verdict, "the checkpoint of the log that it carries is not one that this vault signed");
  else if (id_parse(ID_VAULT, statement_read_text(p->read, p->root, "vault"), &vault) != ERR_OK ||
           !id_equal(&vault, &p->checkpoint.vault))
    blame(p->verdict, "the checkpoint of the log that it carries is another vault's");
}

static bool read_path(const struct proof *p, struct audit_proof *out) {
  const struct statement_node *n = statement_read_first(p->read, statement_read_member(p->read, p->log, "path"));
  for (size_t got; n; n = statement_read_next(p->read, n)) {
    if (out->count == AUDIT_PROOF_MOST) return false;
    if (!decode64(statement_read_value(p->read, n), out->hashes[out->count], 32, &got) || got != 32) return false;
    out->count++;
  }
  return true;
}

static void check_path(struct proof *p) {
  struct audit_proof path = {0};
  uint64_t entry = statement_read_number(p->read, p->log, "entry"), entries = statement_read_number(p->read, p->log, "entries");
  if (!read_path(p, &path) || p->checkpoint.entries != entries ||
      !audit_proof_included(p->leaf, entry, entries, p->checkpoint.root, &path))
    blame(p->verdict, "the proof does not lead from its entry to the checkpoint of the log");
}

static void check_log(struct proof *p, const uint8_t *data, size_t length) {
  p->log = statement_read_member(p->read, p->root, "log");
  if (!p->log || !hash_claims(data, length, p->claims)) {
    blame(p->verdict, "it carries no proof that it stands in the audit log");
    return;
  }
  check_entry(p);
  check_checkpoint(p);
  if (p->verdict->valid) check_path(p);
  p->verdict->entry = statement_read_number(p->read, p->log, "entry");
  p->verdict->logged = p->verdict->valid;
  p->verdict->checkpoint = p->checkpoint;
}

enum err statement_verify(const uint8_t public_key[32], const struct bytes *statement, struct statement_verdict *out) {
  AUTO(statement_read) struct statement_read read = {0};
  struct statement_verdict verdict = {.valid = true};
  bool signature;
  TRY(certificate_verify(public_key, statement->data, statement->length, &signature));
  if (!signature) {
    blame(&verdict, "it was changed, or signed by another vault");
  } else {
    TRY(statement_read_parse(statement->data, statement->length, &read));
    struct proof p = {.read = &read, .root = statement_read_root(&read), .public_key = public_key, .verdict = &verdict};
    /* Form 1, of vaults before there were proofs, is signed and no more. */
    if (strcmp(statement_read_text(&read, p.root, "form"), "clipvault certificate 1") != 0)
      check_log(&p, statement->data, statement->length);
  }
  *out = verdict;
  return ERR_OK;
}
