#include "vault/overdue.h"

#include "vault/alarm.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/lock.h"

#include <string.h>

int64_t overdue_since_ms(const struct index_clip *c) {
  bool waits = strcmp(c->state, "quarantined") == 0;
  return waits && c->quarantine_ms < c->expires_ms ? c->quarantine_ms : c->expires_ms;
}

static bool has_clip(const struct bytes *clips, const struct id *clip) {
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, *clips); i++)
    if (id_equal(&INDEX_ROWS(struct index_clip, *clips)[i].id, clip)) return true;
  return false;
}

static void note(struct overdue *o, int64_t due_ms) {
  o->count++;
  if (due_ms < o->earliest_ms) o->earliest_ms = due_ms;
}

enum err overdue_look(struct index *ix, int64_t now_ms, struct overdue *out) {
  AUTO(bytes) struct bytes clips = {0}, wraps = {0};
  struct overdue found = {.earliest_ms = CLOCK_NEVER_MS};
  TRY(index_clip_due(ix, now_ms, &clips));
  TRY(index_wrap_due(ix, now_ms, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++)
    note(&found, overdue_since_ms(&INDEX_ROWS(struct index_clip, clips)[i]));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (!has_clip(&clips, &w->clip)) note(&found, w->expires_ms);
  }
  *out = found;
  return ERR_OK;
}

/* When the timer last found the vault locked, and how much waited then: what `unlock` will find, and `stats` shows. */
static enum err record(int dirfd, struct index *ix, const struct overdue *due) {
  AUTO(io) int lock = -1;
  TRY(lock_try(dirfd, "sweep", &lock));
  if (lock < 0) return ERR_OK; /* somebody has it open, and will find it */
  int64_t facts[3] = {clock_now_ms(), (int64_t)due->count, due->earliest_ms};
  return index_meta_put(ix, "sweep.locked", facts, sizeof facts);
}

static enum err look_without_key(int dirfd, struct overdue *out) {
  struct index *ix = NULL;
  TRY(index_open(dirfd, NULL, &ix));
  enum err e = overdue_look(ix, clock_now_ms(), out);
  if (e == ERR_OK) e = record(dirfd, ix, out);
  index_close(ix);
  return e;
}

enum err overdue_locked(int dirfd) {
  struct config config;
  struct overdue due;
  char at[CLOCK_TEXT], words[200];
  TRY(config_load(dirfd, &config));
  TRY(look_without_key(dirfd, &due));
  if (!due.count) return err_set(ERR_BUSY, "the vault is locked; nothing is due by now");
  snprintf(words, sizeof words, "%zu clips or uses are due, the first since %s, and the vault is locked", due.count,
           clock_format(due.earliest_ms, at));
  log_warn("%s", words);
  alarm_raise(&config, ALARM_OVERDUE, words);
  return err_set(ERR_BUSY, "%s: unlock it and sweep again", words);
}
