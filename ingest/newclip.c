#include "ingest/newclip.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/crash.h"
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

/* The original is opened by the consents that open the film, and waits with it. */
static enum err put_original(const struct newclip *n, uint32_t purposes) {
  struct uses uses;
  if (!n->original) return ERR_OK;
  TRY(uses_allowed(n->vault, n->row, USES_ORIGINAL, n->people, n->people_count, &uses));
  TRY(rendition_put(n->original));
  return uses_wrap(n->vault, n->row, USES_ORIGINAL, n->people, n->people_count, n->original->dek, &uses, uses.live & purposes,
                   NULL);
}

static enum err put(const struct newclip *n, const struct clip_facts *facts, const struct uses *uses) {
  AUTO(bytes) struct bytes sealed = {0};
  SECRET_KEY(xk);
  struct vault *v = n->vault;
  struct index_clip *c = n->row;
  snprintf(c->state, sizeof c->state, "%s", uses->live ? "live" : "quarantined");
  c->quarantine_ms = uses->live ? 0 : clock_add_ms(vault_now_ms(v), 0, 0, (int)v->config.quarantine_days);
  TRY(keystore_new_leaves(v->keys, 1, &c->leaf));
  crash_point("ingest-keys");
  TRY(keystore_get(v->keys, c->leaf, xk));
  TRY(clip_seal(xk, &c->id, facts, &sealed));
  TRY(index_clip_put(v->index, c, n->source_mac, &sealed));
  TRY(put_people(n));
  TRY(rendition_put(n->copy));
  TRY(uses_wrap(v, c, USES_AS_FILMED, n->people, n->people_count, n->copy->dek, uses, uses->live, NULL));
  TRY(put_original(n, uses->live));
  TRY(audit_append(v, n->verb, ID_CLIP, &c->id, n->details));
  return uses->live ? ERR_OK : audit_append(v, "clip.quarantined", ID_CLIP, &c->id, NULL);
}

enum err newclip_commit(const struct newclip *n, const struct clip_facts *facts, struct uses *uses) {
  struct vault *v = n->vault;
  TRY(uses_allowed(v, n->row, USES_AS_FILMED, n->people, n->people_count, uses));
  crash_point("ingest-sealed");
  TRY(index_begin(v->index));
  enum err e = put(n, facts, uses);
  crash_point("ingest-commit");
  if (e == ERR_OK) e = index_commit(v->index);
  if (e == ERR_OK) return vault_anchor(v);
  index_rollback(v->index);
  return e;
}

enum err newclip_discard(struct vault *v, enum err failure) {
  char words[512];
  snprintf(words, sizeof words, "%s", err_text());
  IGNORE(object_delete_doomed(v));
  return err_set(failure, "%s", words);
}
