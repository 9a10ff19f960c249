/* Commitments against the keys they are of, and against the log that published them. */
#include "vault/audit.h"
#include "vault/commitment.h"

#include <stdlib.h>
#include <string.h>

struct said {
  uint8_t hash[32];
  int64_t entry;
};

static int by_hash(const void *a, const void *b) { return memcmp(a, b, 32); }

static enum err collect_said(void *context, const struct audit_entry *e) {
  struct said said = {.entry = (int64_t)e->seq};
  if (e->open.kind != AUDIT_OPEN_KEYS) return ERR_OK;
  for (size_t at = 0; at + 32 <= e->open.length; at += 32) {
    memcpy(said.hash, e->open.data + at, 32);
    bytes_put(context, &said, sizeof said);
  }
  return bytes_check(context);
}

static bool was_said(const struct bytes *log, const struct index_commitment *row) {
  struct said *found =
      log->length ? bsearch(row->published, log->data, log->length / sizeof *found, sizeof *found, by_hash) : NULL;
  return row->entry == INDEX_UNPUBLISHED || (found && found->entry == row->entry);
}

enum err commitment_check(struct vault *v, void (*problem)(void *context, keystore_leaf leaf, const char *what), void *context) {
  AUTO(bytes) struct bytes rows = {0}, log = {0};
  bool log_reads = audit_each(v, collect_said, &log) == ERR_OK; /* one that does not is told of elsewhere */
  if (log.length) qsort(log.data, log.length / sizeof(struct said), sizeof(struct said), by_hash);
  TRY(index_commitment_all(v->index, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_commitment, rows); i++) {
    const struct index_commitment *row = &INDEX_ROWS(struct index_commitment, rows)[i];
    uint8_t hash[COMMITMENT_BYTES];
    enum err e = commitment_compute(v, row->leaf, hash);
    if (e == ERR_MISSING) continue; /* destroyed, and its certificate is still to be written */
    TRY(e);
    if (memcmp(hash, row->hash, sizeof hash) != 0)
      problem(context, row->leaf, "is not what was committed to");
    else if (log_reads && !was_said(&log, row))
      problem(context, row->leaf, "was not published where the index says");
  }
  return ERR_OK;
}
