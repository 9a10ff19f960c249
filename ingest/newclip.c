#include "ingest/newclip.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/crash.h"
#include "vault/commitment.h"
#include "vault/object.h"

#include <stdio.h>
#include <string.h>

void newclip_describe(const struct wire_summary *made, struct clip_facts *f) {
  f->width = made->width;
  f->height = made->height;
  f->rate_num = made->rate_num;
  f->rate_den = made->rate_den;
  f->duration_ms = made->duration_ms;
  f->frames = made->frames;
  f->frames_damaged = made->frames_damaged;
  f->packets_damaged = made->packets_damaged;
  f->places = made->places;
  _Static_assert(sizeof f->damaged_ms == sizeof made->damaged_ms, "a clip remembers as many places as a worker tells");
  memcpy(f->damaged_ms, made->damaged_ms, sizeof f->damaged_ms);
  snprintf(f->mime, sizeof f->mime, "%s", made->mime);
  snprintf(f->settings, sizeof f->settings, "%s", made->settings);
  snprintf(f->choice, sizeof f->choice, "%s", made->choice);
  snprintf(f->repairs, sizeof f->repairs, "%s", made->repairs);
  snprintf(f->tools, sizeof f->tools, "%s", made->tools);
}

static enum err put_people(const struct newclip *n) {
  for (size_t i = 0; i < n->people_count; i++) {
    TRY(index_clip_add_person(n->vault->index, &n->row->id, &n->people[i]));
    TRY(index_case_add_person(n->vault->index, &n->row->kase, &n->people[i]));
  }
  return ERR_OK;
}

/* A rendition with a key for each of these purposes; none: it waits. */
static enum err put_rendition(const struct newclip *n, struct rendition *r, const struct uses *uses, uint32_t purposes) {
  TRY(rendition_put(r));
  return uses_wrap(n->vault, n->row, r->name, n->people, n->people_count, r->dek, uses, purposes, NULL);
}

/* What stands here is what consents are asked about: it covers whom the film that it was cut from covered. */
static enum err put_obscured(const struct newclip *n, uint32_t *live) {
  struct uses uses;
  *live = 0;
  if (!n->obscured) return ERR_OK;
  TRY(obscured_put(n->vault, &n->row->id, rendition_body(n->obscured), n->covering));
  TRY(uses_allowed(n->vault, n->row, USES_OBSCURED, n->people, n->people_count, &uses));
  if (!uses.live) return index_rendition_drop(n->vault->index, &n->row->id, USES_OBSCURED);
  *live = uses.live;
  return put_rendition(n, n->obscured, &uses, uses.live);
}

/* What waits for consents is the film as filmed, and only if nothing of the clip may be used. */
static enum err put_as_filmed(const struct newclip *n, uint32_t obscured, uint32_t *live) {
  struct uses uses;
  *live = 0;
  if (!n->copy) return ERR_OK;
  TRY(uses_allowed(n->vault, n->row, USES_AS_FILMED, n->people, n->people_count, &uses));
  *live = uses.live;
  return uses.live || !obscured ? put_rendition(n, n->copy, &uses, uses.live) : ERR_OK;
}

/* The original is opened by the consents that open the film, and waits with it. */
static enum err put_original(const struct newclip *n, uint32_t as_filmed) {
  struct uses uses;
  if (!n->original) return ERR_OK;
  TRY(uses_allowed(n->vault, n->row, USES_ORIGINAL, n->people, n->people_count, &uses));
  return put_rendition(n, n->original, &uses, uses.live & as_filmed);
}

/* While this one was made, the same file may have come in on another way. */
static enum err require_new(const struct newclip *n) {
  struct id known;
  if (!n->source_mac) return ERR_OK;
  enum err e = index_clip_by_source(n->vault->index, n->source_mac, &known);
  if (e == ERR_OK) return err_set(ERR_CREATE, "this very file has become a clip meanwhile");
  return e == ERR_MISSING ? ERR_OK : e;
}

static enum err put_row(const struct newclip *n, const struct clip_facts *facts) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(xk);
  struct index_clip *c = n->row;
  snprintf(c->state, sizeof c->state, "live");
  TRY(keystore_new_leaves(n->vault->keys, 1, &c->leaf));
  crash_point("ingest-keys");
  TRY(commitment_make(n->vault, c->leaf, ID_CLIP, &c->id));
  TRY(keystore_get(n->vault->keys, c->leaf, xk));
  TRY(clip_seal(xk, &c->id, facts, &sealed));
  TRY(index_clip_put(n->vault->index, c, n->source_mac, &sealed));
  return put_people(n);
}

static enum err quarantine(const struct newclip *n) {
  struct vault *v = n->vault;
  if (!n->copy) return err_set(ERR_REFUSED, "of this moment nothing may be used, not even obscured; nothing was kept");
  n->row->quarantine_ms = clock_add_ms(vault_now_ms(v), 0, 0, (int)v->config.quarantine_days);
  TRY(index_clip_set_state(v->index, &n->row->id, "quarantined", n->row->quarantine_ms));
  return audit_append(v, "clip.quarantined", ID_CLIP, &n->row->id, NULL);
}

static enum err put(const struct newclip *n, const struct clip_facts *facts, uint32_t *live) {
  uint32_t obscured, as_filmed;
  TRY(require_new(n));
  TRY(put_row(n, facts));
  TRY(put_obscured(n, &obscured));
  TRY(put_as_filmed(n, obscured, &as_filmed));
  TRY(put_original(n, as_filmed));
  struct audit_note entry = {
      .verb = n->verb, .kind = ID_CLIP, .subject = &n->row->id, .details = n->details, .under = n->row->leaf};
  TRY(audit_put(n->vault, &entry, NULL));
  *live = obscured | as_filmed;
  return *live ? ERR_OK : quarantine(n);
}

enum err newclip_commit(const struct newclip *n, const struct clip_facts *facts, uint32_t *live) {
  struct vault *v = n->vault;
  crash_point("ingest-sealed");
  TRY(index_begin(v->index));
  enum err e = put(n, facts, live);
  crash_point("ingest-commit");
  if (e == ERR_OK) e = index_commit(v->index);
  if (e != ERR_OK) {
    index_rollback(v->index);
    return e;
  }
  IGNORE(vault_anchor(v)); /* it exists now; the command's end tries again, and tells */
  return ERR_OK;
}

enum err newclip_discard(struct vault *v, enum err failure) {
  char words[512];
  snprintf(words, sizeof words, "%s", err_text());
  IGNORE(object_delete_doomed(v));
  return err_set(failure, "%s", words);
}
