#include "vault/audit_export.h"

#include "keys/certificate.h"
#include "vault/audit_tree.h"
#include "vault/base/io.h"
#include "vault/note.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEAF = 8 << 10, BASE64 = sodium_base64_VARIANT_ORIGINAL, FLUSH = 64 << 10, MOST_HEAD = 32 };

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

/* ---- by somebody outside */
struct outside {
  FILE *file;
  char *line;
  size_t room;
  struct audit_tree tree;
  struct bytes leaves; /* their hashes */
  struct audit_checkpoint now;
  struct audit_verdict *verdict;
};

static void outside_auto(struct outside *o) {
  if (o->file) fclose(o->file);
  free(o->line);
  bytes_free(&o->leaves);
}

static void blame(struct audit_verdict *out, const char *words) {
  if (out->valid) snprintf(out->problem, sizeof out->problem, "%s", words);
  out->valid = false;
}

static enum err take_leaf(struct outside *o, size_t length) {
  uint8_t leaf[MOST_LEAF], hash[32];
  size_t got = 0;
  if (length && o->line[length - 1] == '\n') length--;
  if (sodium_base642bin(leaf, sizeof leaf, o->line, length, NULL, &got, NULL, BASE64) != 0 || got < 8)
    return err_set(ERR_DATA, "what stands in place of entry %llu is no entry of an audit log", (unsigned long long)o->tree.count);
  struct bytes_reader r = bytes_reader(leaf, got);
  if (bytes_get_u64be(&r) != o->tree.count) blame(o->verdict, "an entry is missing or out of order");
  audit_tree_leaf(leaf, got, hash);
  audit_tree_append(&o->tree, hash);
  bytes_put(&o->leaves, hash, sizeof hash);
  return bytes_check(&o->leaves);
}

/* The checkpoint: the lines up to the second empty one, which is not of it. */
static enum err take_head(struct outside *o, const uint8_t public_key[32]) {
  AUTO(bytes) struct bytes note = {0};
  bool valid = false;
  ssize_t length;
  for (int lines = 0, empty = 0; (length = getline(&o->line, &o->room, o->file)) > 0 && lines < MOST_HEAD; lines++) {
    empty += length == 1;
    if (empty == 2) break;
    if (note.length + (size_t)length <= NOTE_MOST_BYTES) bytes_put(&note, o->line, (size_t)length);
  }
  TRY(bytes_check(&note));
  TRY(audit_checkpoint_read(note.data, note.length, public_key, &o->now, &valid));
  if (!valid) blame(o->verdict, "the checkpoint was changed, or signed by another vault");
  return ERR_OK;
}

static enum err open_outside(struct outside *o, int fd) {
  AUTO(io) int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  o->file = own < 0 ? NULL : fdopen(own, "r");
  if (!o->file) return err_set_errno(ERR_IO, "cannot read the file");
  own = -1;
  return ERR_OK;
}

static enum err compare_earlier(struct outside *o, const uint8_t public_key[32], const struct bytes *note) {
  struct audit_checkpoint earlier;
  bool valid;
  TRY(audit_checkpoint_read(note->data, note->length, public_key, &earlier, &valid));
  if (!valid) blame(o->verdict, "the earlier checkpoint was changed, or signed by another vault");
  if (!id_equal(&earlier.vault, &o->now.vault)) blame(o->verdict, "the earlier checkpoint is another vault's");
  audit_verify_growth(&o->leaves, &earlier, o->verdict->root, o->verdict, NULL);
  return ERR_OK;
}

enum err audit_export_verify(int fd, const uint8_t public_key[32], const struct bytes *earlier, struct audit_verdict *out) {
  struct audit_verdict verdict = {.valid = true};
  AUTO(outside) struct outside o = {.verdict = &verdict};
  ssize_t length;
  TRY(open_outside(&o, fd));
  TRY(take_head(&o, public_key));
  while ((length = getline(&o.line, &o.room, o.file)) > 0) TRY(take_leaf(&o, (size_t)length));
  if (ferror(o.file)) return err_set_errno(ERR_IO, "cannot read the file");
  audit_tree_root(&o.tree, verdict.root);
  verdict.entries = o.tree.count;
  if (o.tree.count != o.now.entries || memcmp(verdict.root, o.now.root, sizeof verdict.root) != 0)
    blame(&verdict, "the entries are not those that were signed");
  if (earlier) TRY(compare_earlier(&o, public_key, earlier));
  *out = verdict;
  return ERR_OK;
}
