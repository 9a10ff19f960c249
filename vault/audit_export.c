#include "vault/audit_export.h"

#include "keys/certificate.h"
#include "vault/answer.h"
#include "vault/audit_tree.h"
#include "vault/base/io.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char form[] = "{\"form\":\"clipvault audit 1\",";
enum { MOST_LEAF = 8 << 10, BASE64 = sodium_base64_VARIANT_ORIGINAL, FLUSH = 64 << 10 };

enum err audit_export_checkpoint(struct vault *v, struct bytes *out) {
  AUTO(reply) struct reply scratch = {0};
  SECRET_KEY(seed);
  struct audit_verdict log;
  TRY(audit_verify(v, &log));
  if (!log.valid) return err_set(ERR_DATA, "the audit log does not verify, so nothing is signed: %s", log.problem);
  struct answer a = answer_begin(&scratch);
  answer_text(&a, "form", "clipvault audit 1");
  answer_id(&a, "vault", ID_VAULT, &v->id);
  answer_time(&a, "at", vault_now_ms(v));
  answer_number(&a, "entries", (int64_t)log.entries);
  answer_hex(&a, "root", log.root, sizeof log.root);
  TRY(answer_end(&a));
  bytes_put(out, scratch.json.data, scratch.json.length - 1); /* without the closing brace: the signature is its last member */
  TRY(keystore_system_key(v->keys, KEYSTORE_SIGNING, seed));
  return certificate_sign_as(CERTIFICATE_LOG_LABEL, seed, out);
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
  enum err e = audit_export_checkpoint(v, &w.pending);
  if (e == ERR_OK) e = index_audit_each(v->index, 0, write_leaf, &w);
  if (e == ERR_OK) e = flush(&w);
  bytes_free(&w.pending);
  if (e == ERR_OK) *entries = w.entries;
  return e;
}

/* ---- by somebody outside */
struct claim {
  uint64_t entries;
  uint8_t root[32];
};

/* Its signature holds, so that it is our own writing: no parser is needed to find two members in it. */
static enum err read_claim(const struct bytes *line, const uint8_t public_key[32], struct claim *out, bool *valid) {
  const char *text = bytes_text(line), *entries = strstr(text, ",\"entries\":"), *root = strstr(text, ",\"root\":\"");
  size_t got;
  if (strncmp(text, form, sizeof form - 1) != 0 || !entries || !root)
    return err_set(ERR_DATA, "this is no checkpoint of a clipvault audit log");
  TRY(certificate_verify_as(CERTIFICATE_LOG_LABEL, public_key, line->data, line->length, valid));
  out->entries = strtoull(entries + strlen(",\"entries\":"), NULL, 10);
  if (sodium_hex2bin(out->root, sizeof out->root, root + strlen(",\"root\":\""), 64, NULL, &got, NULL) != 0 || got != 32)
    return err_set(ERR_DATA, "this is no checkpoint of a clipvault audit log");
  return ERR_OK;
}

struct outside {
  FILE *file;
  char *line;
  size_t room;
  struct audit_tree tree;
  struct claim now, before;
  bool has_before, before_fits;
  struct audit_verdict *verdict;
};

static void outside_auto(struct outside *o) {
  if (o->file) fclose(o->file);
  free(o->line);
}

static void blame(struct audit_verdict *out, const char *words) {
  if (out->valid) snprintf(out->problem, sizeof out->problem, "%s", words);
  out->valid = false;
}

static void compare_before(struct outside *o) {
  uint8_t root[32];
  if (!o->has_before || o->tree.count != o->before.entries) return;
  audit_tree_root(&o->tree, root);
  o->before_fits = memcmp(root, o->before.root, sizeof root) == 0;
}

static enum err take_leaf(struct outside *o, size_t length) {
  uint8_t leaf[MOST_LEAF], hash[32];
  size_t got = 0;
  if (length && o->line[length - 1] == '\n') length--;
  if (sodium_base642bin(leaf, sizeof leaf, o->line, length, NULL, &got, NULL, BASE64) != 0 || got < 8)
    return err_set(ERR_DATA, "line %llu is no entry of an audit log", (unsigned long long)o->tree.count + 2);
  struct bytes_reader r = bytes_reader(leaf, got);
  if (bytes_get_u64be(&r) != o->tree.count) blame(o->verdict, "an entry is missing or out of order");
  audit_tree_leaf(leaf, got, hash);
  audit_tree_append(&o->tree, hash);
  compare_before(o);
  return ERR_OK;
}

static enum err take_head(struct outside *o, const uint8_t public_key[32]) {
  AUTO(bytes) struct bytes line = {0};
  bool valid = false;
  ssize_t length = getline(&o->line, &o->room, o->file);
  if (length <= 0) return err_set(ERR_DATA, "the file is empty");
  bytes_put(&line, o->line, (size_t)length);
  TRY(bytes_check(&line));
  TRY(read_claim(&line, public_key, &o->now, &valid));
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

enum err audit_export_verify(int fd, const uint8_t public_key[32], const struct bytes *checkpoint, struct audit_verdict *out) {
  struct audit_verdict verdict = {.valid = true};
  AUTO(outside) struct outside o = {.verdict = &verdict, .has_before = checkpoint != NULL};
  bool valid = true;
  ssize_t length;
  if (checkpoint) TRY(read_claim(checkpoint, public_key, &o.before, &valid));
  if (!valid) blame(&verdict, "the earlier checkpoint was changed, or signed by another vault");
  TRY(open_outside(&o, fd));
  TRY(take_head(&o, public_key));
  compare_before(&o);
  while ((length = getline(&o.line, &o.room, o.file)) > 0) TRY(take_leaf(&o, (size_t)length));
  if (ferror(o.file)) return err_set_errno(ERR_IO, "cannot read the file");
  audit_tree_root(&o.tree, verdict.root);
  verdict.entries = o.tree.count;
  if (o.tree.count != o.now.entries || memcmp(verdict.root, o.now.root, sizeof verdict.root) != 0)
    blame(&verdict, "the entries are not those that were signed");
  if (checkpoint && !o.before_fits)
    blame(&verdict, "the earlier checkpoint speaks of another log: it was rewritten or cut since");
  *out = verdict;
  return ERR_OK;
}
