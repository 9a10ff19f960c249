#include "player-bridge/gone.h"

#include "player-bridge/events.h"
#include "player-bridge/monitor.h"
#include "vault/base/log.h"

static void tell(struct monitor *m, const struct index_upload *row) {
  const struct events_upload what = {
      .upload = row->id, .account = row->account, .state = "gone", .offset = -1, .length = row->length, .permille = -1};
  events_upload(m, &what);
}

static enum err find_unfinished(struct index *ix, struct bytes *out) {
  AUTO(bytes) struct bytes all = {0};
  TRY(index_upload_list(ix, NULL, &all));
  for (size_t i = 0; i < INDEX_COUNT(struct index_upload, all); i++) {
    const struct index_upload *row = &INDEX_ROWS(struct index_upload, all)[i];
    if (row->leaf) bytes_put(out, row, sizeof *row);
  }
  return bytes_check(out);
}

/* When its row is gone nobody knows any more whose it was: that is remembered from before. In the middle of a change of the index
 * it may still come back. */
void gone_turn(struct monitor *m) {
  AUTO(bytes) struct bytes now = {0};
  struct index *ix = m->session->vault->index;
  struct index_upload row;
  if (m->unfinished_at == m->log_entries || ix->writing) return;
  if (find_unfinished(ix, &now) != ERR_OK) {
    log_warn("uploads: %s", err_text());
    return;
  }
  for (size_t i = 0; i < INDEX_COUNT(struct index_upload, m->unfinished); i++) {
    const struct index_upload *was = &INDEX_ROWS(struct index_upload, m->unfinished)[i];
    if (index_upload_get(ix, &was->id, &row, NULL, NULL) == ERR_MISSING) tell(m, was);
  }
  bytes_free(&m->unfinished);
  m->unfinished = now;
  now = (struct bytes){0};
  m->unfinished_at = m->log_entries;
}
