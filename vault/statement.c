#include "vault/statement.h"

#include "keys/certificate.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/statement_items.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASE64 = sodium_base64_VARIANT_ORIGINAL };

enum err statement_deferred(struct vault *v, struct shred_job *job, const struct id *hold, const struct id *clip,
                            const char *purpose, const char *owner_role, int64_t due_ms, int64_t review_ms) {
  struct index_deferral row = {.hold = *hold, .clip = *clip, .due_ms = due_ms, .review_ms = review_ms};
  snprintf(row.purpose, sizeof row.purpose, "%s", purpose);
  snprintf(row.owner, sizeof row.owner, "%s", owner_role);
  TRY(shred_decide(v, job));
  return index_deferral_put(v->index, &job->id, &row);
}

/* ---- claims */
static enum err write_remains(struct vault *v, struct answer *a) {
  struct statement_remains r;
  TRY(statement_remains_ask(v, &r));
  answer_array(a, "holders_outstanding");
  for (size_t i = 0; i < r.holder_count; i++) answer_text(a, NULL, r.holders[i].name);
  answer_array_end(a);
  if (r.backups_until_ms == CLOCK_NEVER_MS)
    answer_text(a, "backups_until", "unknown");
  else
    answer_time(a, "backups_until", r.backups_until_ms);
  return ERR_OK;
}

static enum err write_circumstances(struct vault *v, struct answer *a, const struct index_job *job,
                                    const struct keystore_proof *proof) {
  AUTO(bytes) struct bytes reason = {0};
  TRY(shred_reason(v, job, &reason));
  answer_text(a, "form", "clipvault certificate 2");
  answer_id(a, "certificate", ID_CERTIFICATE, &job->certificate);
  answer_id(a, "vault", ID_VAULT, &v->id);
  answer_bytes(a, "reason", &reason);
  answer_time(a, "decided_at", job->created_ms);
  if (!id_is_zero(&job->account)) answer_id(a, "decided_by", ID_USER, &job->account);
  answer_text(a, "assurance", keystore_assurance(v->keys));
  answer_text(a, "limits", keystore_limits(v->keys));
  answer_number(a, "epoch_before", (int64_t)proof->epoch_before);
  answer_number(a, "epoch_after", (int64_t)proof->epoch_after);
  answer_hex(a, "root", proof->root_hash, sizeof proof->root_hash);
  return write_remains(v, a);
}

/* Appends the claims: the line without its closing brace. */
static enum err write_claims(struct vault *v, const struct index_job *job, const struct keystore_proof *proof, struct bytes *out,
                             bool *anything) {
  AUTO(reply) struct reply scratch = {0};
  AUTO(statement_items) struct statement_items items = {0};
  TRY(statement_items_load(v, job, &items));
  struct answer a = answer_begin(&scratch);
  TRY(write_circumstances(v, &a, job, proof));
  TRY(statement_items_consents(&items, &a));
  TRY(statement_items_write(&items, &a));
  TRY(answer_end(&a));
  bytes_put(out, scratch.json.data, scratch.json.length - 1);
  *anything = items.count != 0;
  return bytes_check(out);
}

/* ---- the log: an entry that names the certificate and the hash of its claims, and the proof that the entry is there */
static enum err enter(struct vault *v, const struct index_job *job, const struct bytes *claims, struct audit_receipt *receipt) {
  uint8_t open[sizeof(struct id) + crypto_hash_sha256_BYTES];
  memcpy(open, job->certificate.b, sizeof job->certificate.b);
  crypto_hash_sha256(open + sizeof(struct id), claims->data, claims->length);
  struct audit_note note = {.verb = "certificate.made",
                            .kind = ID_CERTIFICATE,
                            .subject = &job->certificate,
                            .open = {AUDIT_OPEN_CERTIFICATE, open, sizeof open}};
  return audit_put(v, &note, receipt);
}

static void write_base64(struct answer *a, const char *key, const void *data, size_t length) {
  AUTO(bytes) struct bytes text = {0};
  uint8_t *room = bytes_extend(&text, sodium_base64_encoded_len(length, BASE64));
  if (room) sodium_bin2base64((char *)room, text.length, data, length, BASE64);
  answer_text(a, key, bytes_text(&text));
}

/* The member "log", an object. */
static enum err write_log(struct answer *a, const struct audit_receipt *r, const struct bytes *checkpoint) {
  answer_object(a, "log");
  answer_number(a, "entry", (int64_t)r->entry);
  answer_number(a, "entries", (int64_t)r->entry + 1);
  write_base64(a, "leaf", r->leaf.data, r->leaf.length);
  answer_array(a, "path");
  for (size_t i = 0; i < r->path.count; i++) write_base64(a, NULL, r->path.hashes[i], sizeof r->path.hashes[i]);
  answer_array_end(a);
  answer_bytes(a, "checkpoint", checkpoint);
  answer_object_end(a);
  return answer_end(a);
}

static enum err prove(struct vault *v, const struct index_job *job, const struct secret_key *seed, struct bytes *statement) {
  AUTO(audit_receipt) struct audit_receipt receipt = {0};
  AUTO(bytes) struct bytes checkpoint = {0};
  AUTO(reply) struct reply scratch = {0};
  TRY(enter(v, job, statement, &receipt));
  struct audit_checkpoint head = {.vault = v->id, .entries = receipt.entry + 1};
  memcpy(head.root, receipt.root, sizeof head.root);
  TRY(audit_checkpoint_write(seed, &head, &checkpoint));
  struct answer a = answer_begin(&scratch);
  TRY(write_log(&a, &receipt, &checkpoint));
  bytes_put_text(statement, ",");
  bytes_put(statement, scratch.json.data + 1, scratch.json.length - 2); /* without its braces */
  return bytes_check(statement);
}

enum err statement_of_job(struct vault *v, const struct index_job *job, const struct keystore_proof *proof, struct bytes *out,
                          bool *anything) {
  AUTO(bytes) struct bytes statement = {0};
  SECRET_KEY(seed);
  TRY(write_claims(v, job, proof, &statement, anything));
  if (!*anything) return ERR_OK;
  TRY(keystore_system_key(v->keys, KEYSTORE_SIGNING, seed));
  TRY(prove(v, job, seed, &statement));
  TRY(certificate_sign(seed, &statement));
  bytes_put(out, statement.data, statement.length);
  return bytes_check(out);
}
