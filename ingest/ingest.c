#include "ingest/ingest.h"

#include "ingest/newclip.h"
#include "ingest/original.h"
#include "ingest/plan.h"
#include "ingest/rendition.h"
#include "ingest/worker.h"
#include "vault/base/clock.h"
#include "vault/object.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 256 << 10 };
/* How old a recording may claim to be before its claim counts as a camera whose clock was never set. */
#define OLDEST_CLAIM_MS ((int64_t)2 * 366 * CLOCK_DAY_MS)

struct intake {
  struct session *session;
  struct vault *vault;
  const struct ingest_order *order;
  struct index_clip clip;
  struct rendition copy, original;
  bool keeps_original;
  struct wire_report report;
  struct plan plan;
  uint8_t sha256[32], mac[32];
  uint64_t hashed;
  struct key_user user;
};

static void intake_auto(struct intake *in) {
  shred_unregister(in->vault, &in->user);
  rendition_free(&in->copy);
  rendition_free(&in->original);
}

/* ---- the bytes as received */

static enum err hash_block(struct intake *in, uint8_t *block, EVP_MD_CTX *sha) {
  const struct source *source = in->order->source;
  uint64_t left = source->bytes - in->hashed;
  size_t length = left < BLOCK ? (size_t)left : BLOCK;
  TRY(source->read(source->context, in->hashed, block, length));
  if (EVP_DigestUpdate(sha, block, length) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  in->hashed += length;
  session_attend(in->session);
  return session_check(in->session);
}

static enum err hash_source(struct intake *in) {
  const struct source *source = in->order->source;
  uint8_t *block = secret_alloc(BLOCK);
  EVP_MD_CTX *sha = EVP_MD_CTX_new();
  enum err e = sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 ? ERR_OK : err_set(ERR_IO, "out of memory");
  while (e == ERR_OK && in->hashed < source->bytes) e = hash_block(in, block, sha);
  if (e == ERR_OK && EVP_DigestFinal_ex(sha, in->sha256, NULL) != 1) e = err_set(ERR_BUG, "libcrypto failed to hash");
  secret_free(block);
  EVP_MD_CTX_free(sha);
  if (e == ERR_OK && source->hashed) source->hashed(source->context, in->sha256);
  return e;
}

static enum err look_at_source(struct intake *in) {
  if (in->order->source->bytes > in->vault->config.most_file_bytes)
    return err_set(ERR_DATA, "The file is larger than this vault takes (most_file_bytes in clipvault.conf).");
  return hash_source(in);
}

/* ---- what the worker asks and answers */
static enum err read_source(void *context, uint64_t offset, void *out, size_t length, size_t *got) {
  const struct intake *in = context;
  const struct source *source = in->order->source;
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
  unsigned shown = permille < 1000 ? permille : 999;
  progress_show_queue(in->session, in->order->queue, in->order->queue->file, shown);
  if (in->order->how_far) in->order->how_far(in->order->how_far_context, shown);
}

/* ---- what everyone allows */
static enum err allowed_as(struct intake *in, const char *kind, uint32_t *purposes) {
  struct index_clip as = in->clip;
  struct uses uses;
  snprintf(as.kind, sizeof as.kind, "%s", kind);
  TRY(uses_allowed(in->vault, &as, USES_AS_FILMED, in->order->people, in->order->people_count, &uses));
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
  int64_t now = vault_now_ms(in->vault), claim = in->report.recorded_ms;
  if (in->order->recorded_ms != CONSENT_UNKNOWN_MS) return in->order->recorded_ms;
  return claim <= now && claim > now - OLDEST_CLAIM_MS ? claim : now;
}

static enum err make_plan(struct intake *in) {
  struct plan_consents consents;
  in->clip.recorded_ms = recorded_ms(in);
  TRY(ask_everyone(in, &consents));
  TRY(plan_make(&in->report, in->order->kind, &consents, &in->plan));
  in->plan.order.most_height = in->order->most_height;
  if (in->order->at && in->report.media == WIRE_FILM) TRY(plan_choose(&in->report, in->order->at, &in->plan));
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
  snprintf(f->file_name, sizeof f->file_name, "%s", in->order->name);
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
                      .people = in->order->people,
                      .people_count = in->order->people_count,
                      .source_mac = in->mac,
                      .verb = "clip.ingested",
                      .details = hash};
  describe(in, made, &facts);
  enum err e = newclip_commit(&n, &facts, purposes);
  sodium_memzero(&facts, sizeof facts);
  return e;
}

/* After the copy is made, so that a file that is refused was not sealed in vain. Only where everything in it may be kept: who
 * agreed to a photograph did not agree to the film that a telephone hides behind it. */
static enum err take_original(struct intake *in, const struct wire_summary *made) {
  if (!in->order->keep_original || !in->plan.whole || made->more) return ERR_OK;
  rendition_begin(&in->original, in->vault, &in->clip.id, USES_ORIGINAL);
  in->keeps_original = true;
  return original_take(&in->original, in->session, in->order->source, in->sha256);
}

static enum err run_worker(struct intake *in, struct ingest_result *out) {
  AUTO(worker) struct worker *w = NULL;
  const struct wire_limits most = plan_limits(&in->vault->config);
  struct worker_host host = {in, read_source, take, progress, &most};
  TRY(worker_start(NULL, in->hashed, &host, &w));
  TRY(worker_probe(w, &in->report));
  TRY(make_plan(in));
  TRY(worker_order(w, &in->plan.order));
  TRY(rendition_run(&in->copy, in->session, w));
  TRY(rendition_seal(&in->copy));
  TRY(take_original(in, worker_summary(w)));
  TRY(in->order->source->unchanged(in->order->source->context));
  TRY(commit(in, worker_summary(w), &out->purposes));
  out->made = *worker_summary(w);
  out->quarantined = !out->purposes;
  return ERR_OK;
}

static enum err take_in(struct intake *in, struct ingest_result *out) {
  TRY(look_at_source(in));
  TRY(clip_source_mac(in->vault, in->sha256, in->mac));
  memcpy(out->sha256, in->sha256, sizeof out->sha256);
  enum err known = index_clip_by_source(in->vault->index, in->mac, &out->clip);
  if (known == ERR_OK) out->duplicate = true;
  if (known != ERR_MISSING) return known;
  TRY(run_worker(in, out));
  out->clip = in->clip.id;
  out->picture_dropped = in->plan.picture_dropped;
  out->stilled = in->plan.stilled;
  out->original_kept = in->keeps_original;
  out->original_denied = in->order->keep_original && !in->keeps_original;
  return ERR_OK;
}

enum err ingest_recording(struct session *s, const struct ingest_order *order, struct ingest_result *out) {
  struct vault *v = s->vault;
  struct ingest_result result = {0};
  AUTO(intake) struct intake in = {.session = s, .vault = v, .order = order};
  in.clip = (struct index_clip){.id = id_new(),
                                .kase = order->kase,
                                .ingested_ms = vault_now_ms(v),
                                .expires_ms = order->expires_ms,
                                .recorded_ms = vault_now_ms(v)};
  in.user = (struct key_user){.recheck = recheck, .context = &in};
  rendition_begin(&in.copy, v, &in.clip.id, USES_AS_FILMED);
  shred_register(v, &in.user);
  enum err e = take_in(&in, &result);
  rendition_made(&in.copy);
  rendition_made(&in.original);
  if (e == ERR_OK) *out = result;
  return e == ERR_OK ? ERR_OK : newclip_discard(v, e);
}
