#include "vault/cycle.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/casework.h"
#include "vault/seal.h"

#include <stdio.h>
#include <string.h>

enum { CYCLE_FORM = 1 };

void cycle_free(struct cycle *c) {
  bytes_free(&c->question);
  *c = (struct cycle){0};
}

/* u8 form, case, i64 opened, i64 closed, field question */
static enum err seal_cycle(struct vault *v, const struct index_cycle *row, const struct bytes *question, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  bytes_put_u8(&plain, CYCLE_FORM);
  bytes_put(&plain, row->kase.b, sizeof row->kase.b);
  bytes_put_u64(&plain, (uint64_t)row->opened_ms);
  bytes_put_u64(&plain, (uint64_t)row->closed_ms);
  bytes_put_field(&plain, question->data, question->length);
  TRY(bytes_check(&plain));
  TRY(casework_key(v, &row->kase, key));
  return seal_put(key, "cycle", &row->id, &plain, sealed);
}

static enum err decode(const struct bytes *plain, struct cycle *c) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  struct id kase;
  size_t length;
  uint8_t form = bytes_get_u8(&r);
  bytes_get(&r, kase.b, sizeof kase.b);
  int64_t opened_ms = (int64_t)bytes_get_u64(&r), closed_ms = (int64_t)bytes_get_u64(&r);
  const uint8_t *question = bytes_get_field(&r, CYCLE_QUESTION, &length);
  if (question) bytes_put(&c->question, question, length);
  TRY(bytes_check(&c->question));
  if (form != CYCLE_FORM || !bytes_done(&r)) return err_set(ERR_DATA, "a cycle's record is of an unknown form");
  if (!id_equal(&kase, &c->row.kase) || opened_ms != c->row.opened_ms || closed_ms != c->row.closed_ms)
    return err_set(ERR_DATA, "a cycle was changed in the index; run clipvault check");
  return ERR_OK;
}

enum err cycle_load(struct vault *v, const struct id *id, struct cycle *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  AUTO(cycle) struct cycle c = {0};
  SECRET_KEY(key);
  TRY(index_cycle_get(v->index, id, &c.row, &sealed));
  TRY(casework_key(v, &c.row.kase, key));
  TRY(seal_get(key, "cycle", id, &sealed, &plain));
  TRY(decode(&plain, &c));
  *out = c;
  c = (struct cycle){0};
  return ERR_OK;
}

enum err cycle_open(struct vault *v, const struct id *kase, const char *question, struct id *out) {
  AUTO(bytes) struct bytes sealed = {0}, words = {0};
  struct index_case in;
  struct index_cycle row = {.id = id_new(), .kase = *kase, .opened_ms = vault_now_ms(v), .closed_ms = CLOCK_NEVER_MS};
  if (strlen(question) > CYCLE_QUESTION) return err_set(ERR_USAGE, "a helping question has at most %d bytes", CYCLE_QUESTION);
  TRY(casework_load(v, kase, &in, NULL));
  if (in.closed_ms != CLOCK_NEVER_MS) return err_set(ERR_REFUSED, "this case is closed; no cycle begins in it any more");
  bytes_put_text(&words, question);
  TRY(bytes_check(&words));
  TRY(seal_cycle(v, &row, &words, &sealed));
  TRY(index_cycle_put(v->index, &row, &sealed));
  *out = row.id;
  return audit_append(v, "cycle.opened", ID_CYCLE, &row.id, NULL);
}

enum err cycle_close(struct vault *v, struct cycle *c) {
  AUTO(bytes) struct bytes sealed = {0};
  if (c->row.closed_ms != CLOCK_NEVER_MS) return err_set(ERR_MISSING, "this cycle is closed already");
  c->row.closed_ms = vault_now_ms(v);
  TRY(seal_cycle(v, &c->row, &c->question, &sealed));
  TRY(index_cycle_set(v->index, &c->row, &sealed));
  return audit_append(v, "cycle.closed", ID_CYCLE, &c->row.id, NULL);
}

static enum err note(struct vault *v, const char *verb, const struct cycle *c, const struct id *clip, const char *role) {
  char details[80], text[ID_TEXT];
  snprintf(details, sizeof details, "%s%s%s", id_format(ID_CLIP, clip, text), role ? " as " : "", role ? role : "");
  return audit_append(v, verb, ID_CYCLE, &c->row.id, details);
}

enum err cycle_add(struct vault *v, const struct cycle *c, const struct id *clip, const char *role) {
  static const char *const roles[] = {"film", "review", "moment"};
  struct index_cycle_clip row = {.cycle = c->row.id, .clip = *clip};
  struct index_clip found;
  bool known = false;
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) known |= strcmp(role, roles[i]) == 0;
  if (!known) return err_set(ERR_USAGE, "--as takes film, review or moment, not \"%.20s\"", role);
  if (c->row.closed_ms != CLOCK_NEVER_MS)
    return err_set(ERR_REFUSED, "this cycle is closed; open the next (clipvault cycle open)");
  TRY(index_clip_get(v->index, clip, &found, NULL));
  if (!id_equal(&found.kase, &c->row.kase)) return err_set(ERR_USAGE, "this clip is another case's");
  if (strcmp(found.state, "shredded") == 0) return err_set(ERR_MISSING, "this clip has ended; its keys are destroyed");
  snprintf(row.role, sizeof row.role, "%s", role);
  TRY(index_cycle_clip_put(v->index, &row));
  return note(v, "cycle.clip-added", c, clip, role);
}

enum err cycle_remove(struct vault *v, const struct cycle *c, const struct id *clip) {
  AUTO(bytes) struct bytes rows = {0};
  bool there = false;
  TRY(index_cycle_clips(v->index, &c->row.id, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_cycle_clip, rows); i++)
    there |= id_equal(&INDEX_ROWS(struct index_cycle_clip, rows)[i].clip, clip);
  if (!there) return err_set(ERR_MISSING, "this cycle does not have that clip");
  TRY(index_cycle_clip_drop(v->index, &c->row.id, clip));
  return note(v, "cycle.clip-removed", c, clip, NULL);
}
