#include "ingest/ingest.h"

#include "ingest/newclip.h"
#include "ingest/original.h"
#include "ingest/plan.h"
#include "ingest/rendition.h"
#include "ingest/worker.h"
#include "vault/base/clock.h"
#include "vault/base/secret.h"
#include "vault/object.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 << 10, STEP_MS = 250 };
/* How old a recording may claim to be before its claim counts as a camera whose clock was never set. */
#define OLDEST_CLAIM_MS ((int64_t)2 * 366 * CLOCK_DAY_MS)

enum stage { HASHING, KNOWING, PROBING, PLANNING, MAKING, SEALING, KEEPING, COMMITTING, OVER };

struct intake {
  struct vault *vault;
  struct ingest_order order;
  enum stage stage;
  uint8_t *block; /* in the arena, while it is hashed */
  EVP_MD_CTX *sha;
  uint8_t sha256[32], mac[32];
  uint64_t hashed;
  struct wire_limits most;
  struct worker *worker;
  struct plan plan;
  struct index_clip clip;
  struct rendition copy, original;
  struct original *keeping; /* the bytes as received, on their way into `original` */
  bool keeps_original;
  struct wire_report report;
  struct key_user user;
  struct ingest_result result;
};

/* ---- the bytes as received */

static void end_hashing(struct intake *in) {
  secret_free(in->block);
  EVP_MD_CTX_free(in->sha);
  in->block = NULL;
  in->sha = NULL;
}

static enum err begin_hashing(struct intake *in) {
  if (in->order.source->bytes > in->vault->config.most_file_bytes)
    return err_set(ERR_DATA, "The file is larger than this vault takes (most_file_bytes in clipvault.conf).");
  in->block = secret_alloc(BLOCK);
  in->sha = EVP_MD_CTX_new();
  bool begun = in->sha && EVP_DigestInit_ex(in->sha, EVP_sha256(), NULL) == 1;
  return begun ? ERR_OK : err_set(ERR_IO, "out of memory");
}

static enum err hash_block(struct intake *in) {
  const struct source *source = in->order.source;
  uint64_t left = source->bytes - in->hashed;
  size_t length = left < BLOCK ? (size_t)left : BLOCK;
  TRY(source->read(source->context, in->hashed, in->block, length));
  if (EVP_DigestUpdate(in->sha, in->block, length) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  in->hashed += length;
  return ERR_OK;
}

static enum err hash(struct intake *in) {
  const struct source *source = in->order.source;
  if (!in->sha) TRY(begin_hashing(in));
  if (in->hashed < source->bytes) return hash_block(in);
  if (EVP_DigestFinal_ex(in->sha, in->sha256, NULL) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  end_hashing(in);
  if (source->hashed) source->hashed(source->context, in->sha256);
  memcpy(in->result.sha256, in->sha256, sizeof in->sha256);
  in->stage = KNOWING;
  return ERR_OK;
}

/* ---- what the worker asks and answers */
static enum err read_source(void *context, uint64_t offset, void *out, size_t length, size_t *got) {
  const struct intake *in = context;
  const struct source *source = in->order.source;
  uint64_t size = in->hashed;
  size_t there = offset >= size ? 0 : size - offset < length ? (size_t)(size - offset) : length;
  if (there) TRY(source->read(source->context, offset, out, there));
  *got = there;
  return ERR_OK;
}

static enum err take(void *context, enum wire_object which, const void *data, size_t length) {
  struct intake *in = context;
  return rendition_take(&in->copy, which, data, length);
}

/* All of it is said when it is in the vault, not when the worker is done. */
static void progress(void *context, unsigned permille) {
  struct intake *in = context;
  if (in->order.how_far) in->order.how_far(in->order.how_far_context, permille < 1000 ? permille : 999);
}

/* ---- what everyone allows */
static enum err allowed_as(struct intake *in, const char *kind, uint32_t *purposes) {
  struct index_clip as = in->clip;
  struct uses uses;
  snprintf(as.kind, sizeof as.kind, "%s", kind);
  TRY(uses_allowed(in->vault, &as, USES_AS_FILMED, in->order.people, in->order.people_count, &uses));
  *purposes = uses.live;
  return ERR_OK;
}

static enum err ask_everyone(struct intake *in, struct plan_consents *c) {
  TRY(allowed_as(in, "recording", &c->recording));
  TRY(allowed_as(in, "clip", &c->clip));
  TRY(allowed_as(in, "still", &c->still));
  TRY(allowed_as(in, "audio", &c->audio));
  return allowed_as(in, "document", &c->document);
}

static int64_t recorded_ms(const struct intake *in) {
  int64_t now = vault_now_ms(in->vault), claim = in->report.recorded_ms, said = in->order.recorded_ms;
  if (said != CONSENT_UNKNOWN_MS && !in->order.recorded_by_then) return said;
  int64_t latest = said != CONSENT_UNKNOWN_MS ? said : now;
  return claim <= latest && claim > now - OLDEST_CLAIM_MS ? claim : latest;
}

static enum err make_plan(struct intake *in) {
  struct plan_consents consents;
  in->clip.recorded_ms = recorded_ms(in);
  TRY(ask_everyone(in, &consents));
  TRY(plan_make(&in->report, in->order.kind, &consents, &in->plan));
  in->plan.order.most_height = in->order.most_height;
  if (in->order.at && in->report.media == WIRE_FILM) TRY(plan_choose(&in->report, in->order.at, &in->plan));
  snprintf(in->clip.kind, sizeof in->clip.kind, "%s", in->plan.kind);
  return ERR_OK;
}

/* Called while another command's destruction lets everyone let go. A film that nobody may use any more stops here, its key
 * wiped; one that goes to quarantine anyway is not concerned. */
static void recheck(void *context) {
  struct intake *in = context;
  uint32_t purposes = 0;
  if (!in->plan.kind[0] || !in->plan.purposes) return;
  if (allowed_as(in, in->clip.kind, &purposes) == ERR_OK && purposes) return;
  rendition_stop(&in->copy);
  if (in->keeps_original) rendition_stop(&in->original);
}

/* ---- the commit */
static void describe(const struct intake *in, const struct wire_summary *made, struct clip_facts *f) {
  const struct wire_report *r = &in->report;
  *f = (struct clip_facts){.source_bytes = in->hashed};
  newclip_describe(made, f);
  snprintf(f->file_name, sizeof f->file_name, "%s", in->order.name);
  snprintf(f->source, sizeof f->source, "%.60s %.60s %.60s", r->container, r->video_codec, r->audio_codec);
  memcpy(f->source_sha256, in->sha256, sizeof f->source_sha256);
}

static enum err commit(struct intake *in, const struct wire_summary *made, uint32_t *purposes) {
  struct clip_facts facts;
  char hash[65];
  bytes_hex(in->sha256, 32, hash);
  struct newclip n = {.vault = in->vault,
                      .row = &in->clip,
                      .copy = &in->copy,
                      .original = in->keeps_original ? &in->original : NULL,
                      .people = in->order.people,
                      .people_count = in->order.people_count,
                      .source_mac = in->mac,
                      .verb = "clip.ingested",
                      .details = hash};
  describe(in, made, &facts);
  enum err e = newclip_commit(&n, &facts, purposes);
  sodium_memzero(&facts, sizeof facts);
  return e;
}

/* ---- step by step */

static enum err know(struct intake *in) {
  struct worker_host host = {in, read_source, take, progress, &in->most};
  TRY(clip_source_mac(in->vault, in->sha256, in->mac));
  enum err known = index_clip_by_source(in->vault->index, in->mac, &in->result.clip);
  in->result.duplicate = known == ERR_OK;
  if (known != ERR_MISSING) in->stage = OVER;
  if (known != ERR_MISSING) return known;
  in->most = plan_limits(&in->vault->config);
  in->stage = PROBING;
  return worker_start(NULL, in->hashed, &host, &in->worker);
}

static enum err probe(struct intake *in) {
  bool done;
  TRY(worker_turn(in->worker, &done));
  if (!done) return ERR_OK;
  in->report = *worker_report(in->worker);
  in->stage = PLANNING;
  return ERR_OK;
}

static enum err plan(struct intake *in) {
  TRY(make_plan(in));
  in->stage = MAKING;
  return worker_order(in->worker, &in->plan.order);
}

static enum err make(struct intake *in) {
  bool done;
  TRY(worker_turn(in->worker, &done));
  if (!done) return ERR_OK;
  in->result.made = *worker_summary(in->worker); /* it ends by itself meanwhile */
  in->stage = SEALING;
  return ERR_OK;
}

/* The original after the copy is made, so that a file that is refused was not sealed in vain. Only where everything in it may be
 * kept: who agreed to a photograph did not agree to the film that a telephone hides behind it. */
static enum err seal(struct intake *in) {
  TRY(rendition_seal(&in->copy));
  in->keeps_original = in->order.keep_original && in->plan.whole && !in->result.made.more;
  in->stage = in->keeps_original ? KEEPING : COMMITTING;
  if (!in->keeps_original) return ERR_OK;
  rendition_begin(&in->original, in->vault, &in->clip.id, USES_ORIGINAL);
  return original_begin(&in->original, in->order.source, in->sha256, &in->keeping);
}

static enum err keep(struct intake *in) {
  bool done;
  TRY(original_step(in->keeping, &done));
  if (done) in->stage = COMMITTING;
  return ERR_OK;
}

/* The same file may have become a clip on another way meanwhile; what was made of it here is then one too many. */
static enum err commit_or_know(struct intake *in) {
  struct ingest_result *r = &in->result;
  TRY(in->order.source->unchanged(in->order.source->context));
  enum err e = commit(in, &r->made, &r->purposes);
  r->duplicate = e == ERR_CREATE && index_clip_by_source(in->vault->index, in->mac, &r->clip) == ERR_OK;
  if (r->duplicate) in->stage = OVER;
  if (r->duplicate) return ERR_OK;
  TRY(e);
  r->clip = in->clip.id;
  r->quarantined = !r->purposes;
  r->picture_dropped = in->plan.picture_dropped;
  r->stilled = in->plan.stilled;
  r->original_kept = in->keeps_original;
  r->original_denied = in->order.keep_original && !in->keeps_original;
  in->stage = OVER;
  return ERR_OK;
}

static enum err (*const steps[])(struct intake *in) = {
    [HASHING] = hash, [KNOWING] = know, [PROBING] = probe, [PLANNING] = plan,
    [MAKING] = make,  [SEALING] = seal, [KEEPING] = keep,  [COMMITTING] = commit_or_know,
};

enum err ingest_step(struct intake *in, bool *done) {
  if (in->stage == OVER) return err_set(ERR_BUG, "a recording that was taken in is taken in again");
  TRY(rendition_going(&in->copy));
  TRY(steps[in->stage](in));
  *done = in->stage == OVER;
  return ERR_OK;
}

bool ingest_decides(const struct intake *in) { return in->stage == KNOWING || in->stage == PLANNING || in->stage == COMMITTING; }

bool ingest_worker_failed(const struct intake *in) { return in->worker ? worker_fell(in->worker) : in->stage == PROBING; }

struct pollfd ingest_wait(const struct intake *in) {
  bool working = in->stage == PROBING || in->stage == MAKING;
  return working ? worker_wait(in->worker) : (struct pollfd){.fd = -1};
}

const struct ingest_result *ingest_result(const struct intake *in) { return &in->result; }

/* ---- its life */

enum err ingest_begin(struct vault *v, const struct ingest_order *order, struct intake **out) {
  struct intake *in = calloc(1, sizeof *in);
  if (!in) return err_set(ERR_IO, "out of memory");
  in->vault = v;
  in->order = *order;
  in->clip = (struct index_clip){.id = id_new(),
                                 .kase = order->kase,
                                 .ingested_ms = vault_now_ms(v),
                                 .expires_ms = order->expires_ms,
                                 .recorded_ms = vault_now_ms(v)};
  in->user = (struct key_user){.recheck = recheck, .context = in};
  rendition_begin(&in->copy, v, &in->clip.id, USES_AS_FILMED);
  shred_register(v, &in->user);
  *out = in;
  return ERR_OK;
}

void ingest_free(struct intake *in) {
  if (!in) return;
  shred_unregister(in->vault, &in->user);
  worker_free(in->worker);
  end_hashing(in);
  original_free(in->keeping);
  rendition_made(&in->copy);
  rendition_made(&in->original);
  rendition_free(&in->copy);
  rendition_free(&in->original);
  free(in);
}

/* ---- all of it at once */

struct shown {
  struct session *session;
  const struct ingest_order *order;
};

static void show(void *context, unsigned permille) {
  const struct shown *s = context;
  progress_show_queue(s->session, s->order->queue, s->order->queue->file, permille);
  if (s->order->how_far) s->order->how_far(s->order->how_far_context, permille);
}

/* Others are attended when they come, and in any case where there was nothing to wait for. */
static void attend_others(struct session *s, struct intake *in) {
  struct pollfd files[2] = {ingest_wait(in), {.fd = s->control_fd, .events = POLLIN}};
  bool waits = files[0].fd >= 0;
  int ready = waits ? poll(files, 2, STEP_MS) : 0;
  if (!waits || (ready > 0 && files[1].revents)) session_attend(s);
}

static enum err take_in(struct session *s, const struct ingest_order *order, struct ingest_result *out) {
  AUTO(ingest) struct intake *in = NULL;
  TRY(ingest_begin(s->vault, order, &in));
  for (bool done = false; !done;) {
    attend_others(s, in);
    TRY(session_check(s));
    TRY(ingest_step(in, &done));
  }
  *out = *ingest_result(in);
  return ERR_OK;
}

enum err ingest_recording(struct session *s, const struct ingest_order *order, struct ingest_result *out) {
  struct shown shown = {s, order};
  struct ingest_order told = *order;
  struct ingest_result result;
  told.how_far = show;
  told.how_far_context = &shown;
  enum err e = take_in(s, &told, &result);
  if (e != ERR_OK) return newclip_discard(s->vault, e);
  if (result.duplicate) IGNORE(object_delete_doomed(s->vault));
  *out = result;
  return ERR_OK;
}
