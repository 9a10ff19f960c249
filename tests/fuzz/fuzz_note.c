/* What a verifier is handed: notes, checkpoints, the open part of entries, certificates. The first byte chooses. Nothing crashes,
 * what was read as a checkpoint is written as the same lines, and of a certificate whose log was made here and then changed
 * nothing is called proven but the very claims that are in the log. */
#include "keys/certificate.h"
#include "vault/audit_checkpoint.h"
#include "vault/audit_open.h"
#include "vault/audit_proof.h"
#include "vault/note.h"
#include "vault/statement.h"
#include "vault/statement_read.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t public_key[32];
static struct secret_key *seed;

static void try_checkpoint(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes again = {0};
  struct audit_checkpoint c;
  bool valid;
  size_t text;
  if (audit_checkpoint_read(data, size, public_key, &c, &valid) != ERR_OK) return;
  char fingerprint[AUDIT_CHECKPOINT_FINGERPRINT];
  if (strlen(audit_checkpoint_fingerprint(&c, fingerprint)) != AUDIT_CHECKPOINT_FINGERPRINT - 1) abort();
  if (note_split(data, size, &text) != ERR_OK || audit_checkpoint_write(seed, &c, &again) != ERR_OK) abort();
  if (again.length < text || memcmp(again.data, data, text) != 0) abort();
}

static void try_open(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes again = {0};
  struct audit_open open;
  const uint8_t *sealed;
  size_t length;
  audit_open_split(data, size, &open, &sealed, &length);
  if (open.kind) audit_open_put(&again, &open);
  bytes_put(&again, sealed, length);
  if (open.kind && (again.length != size || memcmp(again.data, data, size) != 0)) abort();
}

/* Signed here, so that what stands in it is looked at: its form, then its place in the log. */
static void try_certificate(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes line = {0}, page = {0};
  AUTO(statement_read) struct statement_read read = {0};
  struct statement_verdict verdict;
  IGNORE(statement_read_parse(data, size, &read));
  bytes_put(&line, data, size);
  if (statement_verify(public_key, &line, &verdict) == ERR_OK && verdict.valid) abort(); /* nobody has signed it yet */
  if (certificate_sign(seed, &line) != ERR_OK) abort();
  IGNORE(statement_verify(public_key, &line, &verdict));
  IGNORE(statement_page(public_key, &line, &page));
}

static void try_key(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes text = {0};
  uint8_t key[32];
  if (certificate_key_parse(data, size, key) != ERR_OK) return;
  certificate_key_text(key, &text);
  if (text.failed || size + 1 < text.length || memcmp(text.data, data, text.length - 1) != 0) abort();
}

/* ---- a whole one */
static void put_base64(struct bytes *out, const void *data, size_t length) {
  char text[sodium_base64_ENCODED_LEN(256, sodium_base64_VARIANT_ORIGINAL)];
  if (length > 256) abort();
  bytes_printf(out, "\"%s\"", sodium_bin2base64(text, sizeof text, data, length, sodium_base64_VARIANT_ORIGINAL));
}

/* The leaf of the certificate with those claims, after `entry` others; the tree then has it, and *path leads to it. */
static void put_leaf(uint8_t entry, const struct bytes *claims, struct bytes *leaf, struct audit_tree *t,
                     struct audit_proof *path) {
  uint8_t open[sizeof(struct id) + 32], hash[32] = {0};
  memset(open, 1, sizeof open);
  crypto_hash_sha256(open + sizeof(struct id), claims->data, claims->length);
  const struct audit_open said = {AUDIT_OPEN_CERTIFICATE, open, sizeof open};
  for (; t->count < entry; hash[0]++) audit_tree_append(t, hash);
  bytes_put_u64be(leaf, entry);
  audit_open_put(leaf, &said);
  bytes_put(leaf, "sealed", 6);
  audit_tree_leaf(leaf->data, leaf->length, hash);
  audit_proof_of_last(t, path);
  audit_tree_append(t, hash);
}

static void put_log(uint8_t entry, struct bytes *text) {
  AUTO(bytes) struct bytes leaf = {0}, note = {0};
  struct audit_tree t = {0};
  struct audit_proof path = {0};
  struct audit_checkpoint c = {.vault = {{2}}, .entries = entry + 1u};
  put_leaf(entry, text, &leaf, &t, &path);
  audit_tree_root(&t, c.root);
  if (audit_checkpoint_write(seed, &c, &note) != ERR_OK || leaf.failed) abort();
  bytes_printf(text, ",\"log\":{\"entry\":%u,\"entries\":%u,\"leaf\":", entry, entry + 1u);
  put_base64(text, leaf.data, leaf.length);
  bytes_put_text(text, ",\"path\":[");
  for (size_t i = 0; i < path.count; i++) {
    if (i) bytes_put_text(text, ",");
    put_base64(text, path.hashes[i], 32);
  }
  bytes_put_text(text, "],\"checkpoint\":\"");
  for (size_t i = 0; i < note.length; i++)
    if (note.data[i] == '\n')
      bytes_put_text(text, "\\n");
    else
      bytes_put_u8(text, note.data[i]);
  bytes_put_text(text, "\"}");
}

/* The entry's number; how many edits, each of where (u16) and what (u8); more members of the claims. */
static void try_proof(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes text = {0}, claims = {0}, page = {0};
  struct statement_verdict v;
  struct id one = {{0}}, vault = {{2}};
  char id[ID_TEXT], of[ID_TEXT];
  size_t edits = data[1] % 8, used = 2 + 3 * edits;
  if (size < used) return;
  memset(&one, 1, sizeof one);
  bytes_printf(&text, "{\"form\":\"clipvault certificate 2\",\"certificate\":\"%s\",\"vault\":\"%s\"",
               id_format(ID_CERTIFICATE, &one, id), id_format(ID_VAULT, &vault, of));
  bytes_put(&text, data + used, size - used);
  bytes_put(&claims, text.data, text.length);
  put_log(data[0] % 40, &text);
  if (text.failed || claims.failed) abort();
  for (const uint8_t *e = data + 2; e < data + used; e += 3) text.data[((size_t)e[0] << 8 | e[1]) % text.length] ^= e[2];
  if (certificate_sign(seed, &text) != ERR_OK) abort();
  bool parsed = statement_verify(public_key, &text, &v) == ERR_OK, proven = parsed && v.valid && v.logged;
  IGNORE(statement_page(public_key, &text, &page));
  if (proven && memcmp(text.data, claims.data, claims.length) != 0) abort();
  if (!edits && size == used && !proven) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!seed && secret_init() != ERR_OK) abort();
  if (!seed) {
    seed = secret_key_new();
    certificate_public_key(seed, public_key);
  }
  if (!size) return 0;
  switch (data[0] % 5) {
    case 0: try_checkpoint(data + 1, size - 1); break;
    case 1: try_open(data + 1, size - 1); break;
    case 2: try_certificate(data + 1, size - 1); break;
    case 3: try_key(data + 1, size - 1); break;
    default:
      if (size > 2) try_proof(data + 1, size - 1);
  }
  return 0;
}
