#include "ingest/queue.h"

#include "ingest/ingest.h"
#include "vault/account.h"
#include "vault/base/clock.h"
#include "vault/dispatch.h"
#include "vault/intake.h"
#include "vault/spool.h"

#include <stdio.h>
#include <string.h>

struct turn {
  struct upload upload;
  struct ingest_result result;
  const struct queue_host *host;
  bool any;
};
static void turn_auto(struct turn *t) { upload_free(&t->upload); }

/* ---- the upload as a source */

struct reading {
  struct spool_reader *reader;
  struct turn *turn;
};

static void reading_auto(struct reading *r) { spool_close(r->reader); }

static enum err read_upload(void *context, uint64_t offset, void *out, size_t length) {
  struct reading *r = context;
  return spool_read(r->reader, offset, out, length);
}

/* Nobody writes to it any more, and each chunk is authenticated whenever it is read. */
static enum err upload_is_as_it_was(void *context) {
  (void)context;
  return ERR_OK;
}

static void upload_hashed(void *context, const uint8_t sha256[32]) {
  struct turn *t = ((struct reading *)context)->turn;
  memcpy(t->upload.sha256, sha256, sizeof t->upload.sha256);
}

/* ---- taking it in */

static void how_far(void *context, unsigned permille) {
  const struct turn *t = context;
  if (t->host->how_far) t->host->how_far(t->host->context, &t->upload, permille);
}

/* Their rights may have changed since they began. */
static enum err still_may(struct vault *v, const struct upload *u) {
  TRY(intake_require_case(v, &u->kase));
  return intake_require_people(v, INDEX_ROWS(struct id, u->people), INDEX_COUNT(struct id, u->people));
}

static enum err take_in(struct session *s, void *context) {
  struct turn *t = context;
  const struct upload *u = &t->upload;
  AUTO(reading) struct reading r = {.turn = t};
  struct progress_queue queue = {.file = ""};
  TRY(still_may(s->vault, u));
  how_far(t, 0);
  TRY(spool_open(s->vault, u, &r.reader));
  const struct source source = {.context = &r,
                                .bytes = spool_length(r.reader),
                                .read = read_upload,
                                .unchanged = upload_is_as_it_was,
                                .hashed = upload_hashed};
  const struct ingest_order order = {.source = &source,
                                     .name = bytes_text(&u->file_name),
                                     .kase = u->kase,
                                     .people = INDEX_ROWS(struct id, u->people),
                                     .people_count = INDEX_COUNT(struct id, u->people),
                                     .kind = u->kind,
                                     .recorded_ms = u->recorded_ms,
                                     .expires_ms = CLOCK_NEVER_MS,
                                     .keep_original = s->vault->config.keep_originals,
                                     .queue = &queue,
                                     .how_far = how_far,
                                     .how_far_context = t};
  return ingest_recording(s, &order, &t->result);
}

static bool is_of_the_upload(const struct session *s, enum err e) {
  return !session_stopped(s) && (e == ERR_DATA || e == ERR_USAGE || e == ERR_REFUSED || e == ERR_MISSING);
}

static void describe(struct turn *t, enum err e) {
  const struct ingest_result *r = &t->result;
  const char *word = r->duplicate ? "duplicate" : r->quarantined ? "quarantined" : "live";
  snprintf(t->upload.word, sizeof t->upload.word, "%s", e == ERR_OK ? word : "refused");
  if (e == ERR_OK)
    t->upload.clip = r->clip;
  else
    snprintf(t->upload.reason, sizeof t->upload.reason, "%s", err_text());
}

static enum err attempt(struct session *s, void *context) {
  enum err e = take_in(s, context);
  if (e != ERR_OK && !is_of_the_upload(s, e)) return e;
  describe(context, e);
  return ERR_OK;
}

/* ---- around it, as nobody in particular */

static enum err find_next(struct vault *v, void *context) {
  AUTO(bytes) struct bytes waiting = {0};
  struct turn *t = context;
  TRY(index_upload_list(v->index, "waiting", &waiting));
  t->any = waiting.length != 0;
  return t->any ? upload_load(v, &INDEX_ROWS(struct index_upload, waiting)[0].id, &t->upload) : ERR_OK;
}

static enum err find_visitor(struct vault *v, const struct id *account, struct session_visitor *out) {
  AUTO(account) struct account a = {0};
  TRY(account_read(v, account, &a));
  *out = (struct session_visitor){.account = *account, .generation = a.generation};
  return ERR_OK;
}

static enum err settle(struct vault *v, void *context) {
  struct turn *t = context;
  TRY(index_account_get(v->index, &t->upload.row.account, &v->actor, NULL));
  return upload_settle(v, &t->upload);
}

/* Nobody waits behind one that the vault, or the worker, fails on again and again. */
static enum err put_last(struct vault *v, void *context) {
  const struct turn *t = context;
  TRY(index_begin(v->index));
  TRY(index_upload_put_last(v->index, &t->upload.row.id));
  return index_commit(v->index);
}

static enum err try_later(struct session *holder, struct turn *t, enum err failure) {
  char words[400];
  snprintf(words, sizeof words, "%s", err_text());
  if (!session_stopped(holder)) IGNORE(dispatch_within(holder, NULL, put_last, t));
  return err_set(failure, "%s", words);
}

enum err queue_run_next(struct session *holder, const struct queue_host *host, bool *any) {
  AUTO(turn) struct turn t = {.host = host};
  AUTO(bytes) struct bytes waiting = {0};
  struct session_visitor visitor;
  TRY(index_upload_list(holder->vault->index, "waiting", &waiting));
  *any = waiting.length != 0;
  if (!*any) return ERR_OK;
  TRY(dispatch_within(holder, NULL, find_next, &t));
  *any = t.any;
  if (!t.any) return ERR_OK;
  enum err e = find_visitor(holder->vault, &t.upload.row.account, &visitor);
  if (e == ERR_OK) e = dispatch_lasting(holder, &visitor, attempt, &t);
  if (e != ERR_OK && !is_of_the_upload(holder, e)) return try_later(holder, &t, e);
  if (e != ERR_OK) describe(&t, e); /* who uploaded it acts no more */
  TRY(dispatch_within(holder, NULL, settle, &t));
  if (host->settled) host->settled(host->context, &t.upload);
  return ERR_OK;
}
