#include "vault/audit_outside.h"

#include "vault/audit_tree.h"
#include "vault/base/io.h"
#include "vault/note.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEAF = 8 << 10, MOST_HEAD = 32 };

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

/* The first finding is the one that is told. */
__attribute__((format(printf, 2, 3))) static void blame(struct audit_verdict *out, const char *format, ...) {
  va_list values;
  va_start(values, format);
  if (out->valid) vsnprintf(out->problem, sizeof out->problem, format, values);
  va_end(values);
  out->valid = false;
}

void audit_outside_growth(const struct bytes *leaves, const struct audit_checkpoint *earlier, const uint8_t root[32],
                          struct audit_verdict *out, struct audit_proof *growth) {
  uint64_t now = leaves->length / 32;
  struct audit_proof proof = {0};
  if (earlier->entries > now) {
    blame(out, "the earlier checkpoint speaks of %llu entries: the log was cut or rewritten since",
          (unsigned long long)earlier->entries);
    return;
  }
  if (earlier->entries) audit_proof_of_growth((const uint8_t(*)[32])(const void *)leaves->data, earlier->entries, now, &proof);
  if (!audit_proof_grown(earlier->entries, earlier->root, now, root, &proof))
    blame(out, "the earlier checkpoint speaks of other entries: the first %llu were rewritten since",
          (unsigned long long)earlier->entries);
  else if (growth)
    *growth = proof;
}

static enum err take_leaf(struct outside *o, size_t length) {
  uint8_t leaf[MOST_LEAF], hash[32];
  size_t got = 0;
  if (length && o->line[length - 1] == '\n') length--;
  if (!bytes_parse_base64(o->line, length, leaf, sizeof leaf, &got) || got < 8)
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
  audit_outside_growth(&o->leaves, &earlier, o->verdict->root, o->verdict, NULL);
  return ERR_OK;
}

enum err audit_outside_verify(int fd, const uint8_t public_key[32], const struct bytes *earlier, struct audit_verdict *out) {
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
