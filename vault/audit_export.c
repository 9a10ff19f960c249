#include "vault/audit_export.h"

#include "keys/certificate.h"
#include "vault/base/io.h"

#include <sodium.h>
#include <string.h>

enum { MOST_LEAF = 8 << 10, BASE64 = sodium_base64_VARIANT_ORIGINAL, FLUSH = 64 << 10 };

static enum err sign(struct vault *v, const struct audit_verdict *log, struct bytes *out, struct audit_checkpoint *what) {
  SECRET_KEY(seed);
  struct audit_checkpoint c = {.vault = v->id, .entries = log->entries};
  if (!log->valid) return err_set(ERR_DATA, "the audit log does not verify, so nothing is signed: %s", log->problem);
  memcpy(c.root, log->root, sizeof c.root);
  TRY(keystore_system_key(v->keys, KEYSTORE_SIGNING, seed));
  TRY(audit_checkpoint_write(seed, &c, out));
  *what = c;
  return ERR_OK;
}

enum err audit_export_checkpoint(struct vault *v, struct bytes *out, struct audit_checkpoint *what) {
  struct audit_verdict log;
  TRY(audit_verify(v, &log));
  return sign(v, &log, out, what);
}

enum err audit_export_growth(struct vault *v, const struct audit_checkpoint *earlier, struct bytes *out,
                             struct audit_checkpoint *what) {
  struct audit_verdict log;
  struct audit_proof proof = {0};
  char text[sodium_base64_ENCODED_LEN(32, BASE64)];
  TRY(audit_verify_since(v, earlier, &log, &proof));
  bytes_printf(out, "old %llu\n", (unsigned long long)earlier->entries);
  for (size_t i = 0; i < proof.count; i++)
    bytes_printf(out, "%s\n", sodium_bin2base64(text, sizeof text, proof.hashes[i], sizeof proof.hashes[i], BASE64));
  bytes_put_text(out, "\n");
  return sign(v, &log, out, what);
}

enum err audit_export_recognise(struct vault *v, const struct bytes *note, struct audit_checkpoint *out) {
  SECRET_KEY(seed);
  uint8_t public_key[32];
  bool valid;
  TRY(keystore_system_key(v->keys, KEYSTORE_SIGNING, seed));
  certificate_public_key(seed, public_key);
  TRY(audit_checkpoint_read(note->data, note->length, public_key, out, &valid));
  if (!valid || !id_equal(&out->vault, &v->id))
    return err_set(ERR_DATA, "this checkpoint was changed, or signed by another vault");
  return ERR_OK;
}

struct writing {
  int fd;
  uint64_t entries;
  struct bytes pending;
};

static enum err flush(struct writing *w) {
  TRY(bytes_check(&w->pending));
  TRY(io_write_all(w->fd, w->pending.data, w->pending.length));
  bytes_clear(&w->pending);
  return ERR_OK;
}

static enum err write_leaf(void *context, uint64_t seq, const uint8_t *entry, size_t length) {
  struct writing *w = context;
  AUTO(bytes) struct bytes leaf = {0};
  char text[sodium_base64_ENCODED_LEN(MOST_LEAF, BASE64)];
  bytes_put_u64be(&leaf, seq);
  bytes_put(&leaf, entry, length);
  TRY(bytes_check(&leaf));
  if (leaf.length > MOST_LEAF) return err_set(ERR_DATA, "an audit entry is too long");
  bytes_put_text(&w->pending, sodium_bin2base64(text, sizeof text, leaf.data, leaf.length, BASE64));
  bytes_put_text(&w->pending, "\n");
  w->entries++;
  return w->pending.length < FLUSH ? ERR_OK : flush(w);
}

enum err audit_export_write(struct vault *v, int fd, uint64_t *entries) {
  struct writing w = {.fd = fd};
  struct audit_checkpoint head;
  enum err e = audit_export_checkpoint(v, &w.pending, &head);
  bytes_put_text(&w.pending, "\n");
  if (e == ERR_OK) e = index_audit_each(v->index, 0, write_leaf, &w);
  if (e == ERR_OK) e = flush(&w);
  bytes_free(&w.pending);
  if (e == ERR_OK) *entries = w.entries;
  return e;
}
