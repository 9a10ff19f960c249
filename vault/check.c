#include "vault/check.h"

#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/check_review.h"
#include "vault/check_rights.h"
#include "vault/clip.h"
#include "vault/commitment.h"
#include "vault/consent_form.h"
#include "vault/hold.h"
#include "vault/object.h"
#include "vault/obscured.h"
#include "vault/shred.h"
#include "vault/uses.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void check_free(struct check *c) {
  bytes_free(&c->problems);
  bytes_free(&c->orphans);
  bytes_free(&c->strangers);
  bytes_free(&c->unused);
}

static void problem(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void problem(struct check *c, const char *format, ...) {
  char line[800];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  bytes_printf(&c->problems, "%s\n", line);
  c->count++;
}

/* ---- keys against rows */
static int by_value(const void *a, const void *b) {
  keystore_leaf x = *(const keystore_leaf *)a, y = *(const keystore_leaf *)b;
  return x < y ? -1 : x > y;
}

static enum err collect_leaf(void *context, keystore_leaf leaf) {
  bytes_put(context, &leaf, sizeof leaf);
  return ERR_OK;
}

static bool has(const struct bytes *sorted, keystore_leaf leaf) {
  return sorted->length && bsearch(&leaf, sorted->data, INDEX_COUNT(keystore_leaf, *sorted), sizeof leaf, by_value);
}

/* What opens nothing any more may be gone already, and only that not be noted yet; unless something else needs it. */
static bool may_be_gone(const struct bytes *stale, const struct bytes *wanted, size_t at) {
  const keystore_leaf *all = &INDEX_ROWS(keystore_leaf, *wanted)[0];
  bool twice = (at && all[at - 1] == all[at]) || (at + 1 < INDEX_COUNT(keystore_leaf, *wanted) && all[at + 1] == all[at]);
  return !twice && has(stale, all[at]);
}

static enum err check_keys(struct vault *v, struct check *c) {
  AUTO(bytes) struct bytes living = {0}, wanted = {0}, stale = {0}, broken = {0};
  TRY(keystore_check(v->keys, &broken));
  if (broken.length) {
    problem(c, "%.*s", (int)(broken.length - 1), bytes_text(&broken));
    return ERR_OK; /* what lies below a broken node cannot be compared */
  }
  TRY(keystore_each(v->keys, collect_leaf, &living));
  TRY(index_leaves(v->index, &wanted));
  TRY(index_stale_list(v->index, &stale)); /* sorted */
  TRY(bytes_check(&living));
  if (wanted.length) qsort(wanted.data, INDEX_COUNT(keystore_leaf, wanted), sizeof(keystore_leaf), by_value);
  for (size_t i = 0; i < INDEX_COUNT(keystore_leaf, wanted); i++) {
    keystore_leaf leaf = INDEX_ROWS(keystore_leaf, wanted)[i];
    if (!has(&living, leaf) && !may_be_gone(&stale, &wanted, i))
      problem(c, "key %llu, which a row of the index needs, does not exist: the index was rolled back or changed",
              (unsigned long long)leaf);
  }
  for (size_t i = 0; i < INDEX_COUNT(keystore_leaf, living); i++)
    if (!has(&wanted, INDEX_ROWS(keystore_leaf, living)[i]))
      bytes_put(&c->unused, &INDEX_ROWS(keystore_leaf, living)[i], sizeof(keystore_leaf));
  return bytes_check(&c->unused);
}

/* ---- files against rows */
struct file_check {
  struct vault *vault;
  struct check *check;
};

static enum err check_file(void *context, const char *name, const struct id *object) {
  struct file_check *f = context;
  bool known = false;
  if (object) TRY(index_object_known(f->vault->index, object, &known));
  if (known) return ERR_OK;
  if (object)
    bytes_put(&f->check->orphans, object, sizeof *object);
  else
    bytes_put(&f->check->strangers, name, strlen(name) + 1);
  problem(f->check, "objects/%s belongs to nothing in the index", name);
  return ERR_OK;
}

/* ---- objects */
static enum err dek_of(struct vault *v, const struct index_object *o, struct secret_key *dek) {
  struct index_clip clip;
  struct index_consent consent;
  if (index_clip_get(v->index, &o->clip, &clip, NULL) == ERR_OK) {
    enum err e = hold_open(v, &clip.id, o->rendition, dek); /* perhaps all that keeps it */
    return e == ERR_MISSING ? uses_open_any(v, &clip, o->rendition, dek) : e;
  }
  TRY(index_consent_get(v->index, &o->clip, &consent, NULL));
  return consent_form_key(v, &consent.person, dek);
}

static enum err look_deep(int fd, const struct secret_key *dek, const struct container_ids *ids, const struct index_object *o) {
  struct container_seal seal;
  TRY(container_verify(fd, dek, ids, &seal));
  if (memcmp(seal.binding, o->binding, sizeof seal.binding) != 0 || memcmp(seal.sha256, o->sha256, sizeof seal.sha256) != 0)
    return err_set(ERR_DATA, "it is authentic, but not the one the index knows");
  return ERR_OK;
}

static enum err look_at_object(struct vault *v, const struct check *c, const struct index_object *o) {
  AUTO(io) int fd = -1;
  AUTO(container_reader) struct container_reader *r = NULL;
  SECRET_KEY(dek);
  struct container_ids ids = {v->id, o->clip, o->id};
  uint64_t size;
  TRY(object_open(v, &o->id, &fd));
  TRY(io_file_size(fd, &size));
  if (size != o->file_bytes)
    return err_set(ERR_DATA, "it has %llu bytes instead of %llu", (unsigned long long)size, (unsigned long long)o->file_bytes);
  TRY(dek_of(v, o, dek));
  return c->deep ? look_deep(fd, dek, &ids, o) : container_open(fd, dek, &ids, o->binding, &r);
}

/* What ended while it was looked at (a withdrawal does not wait for a check) is no problem. */
static bool is_still_kept(struct vault *v, const struct index_object *o) {
  AUTO(bytes) struct bytes now = {0};
  struct index_clip clip = {0};
  bool found = false;
  if (index_object_of(v->index, &o->clip, &now) != ERR_OK) return true;
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, now); i++)
    found |= id_equal(&INDEX_ROWS(struct index_object, now)[i].id, &o->id);
  return found && (index_clip_get(v->index, &o->clip, &clip, NULL) != ERR_OK || id_is_zero(&clip.job));
}

static enum err check_objects(struct vault *v, struct check *c) {
  AUTO(bytes) struct bytes objects = {0};
  TRY(index_object_all(v->index, &objects));
  for (size_t i = 0; i < INDEX_COUNT(struct index_object, objects); i++) {
    const struct index_object *o = &INDEX_ROWS(struct index_object, objects)[i];
    char clip[ID_TEXT], object[ID_TEXT], words[512];
    if (c->pause) TRY(c->pause(c->context));
    if (look_at_object(v, c, o) == ERR_OK) continue;
    snprintf(words, sizeof words, "%s", err_text());
    if (!is_still_kept(v, o)) continue;
    bool form = strcmp(o->role, "form") == 0;
    problem(c, "object %s of %s: %s", id_format(ID_OBJECT, &o->id, object),
            id_format(form ? ID_CONSENT : ID_CLIP, &o->clip, clip), words);
  }
  return ERR_OK;
}

/* ---- every wrap must open, and none may last longer than everyone's consent */
struct wrap_check {
  struct vault *vault;
  struct check *check;
  struct index_clip clip;
  struct bytes people;
  const char *rendition; /* the one that `allowed` is about */
  struct uses allowed;
};

static enum err ask_what_is_allowed(struct wrap_check *k, const char *rendition) {
  if (k->rendition && strcmp(k->rendition, rendition) == 0) return ERR_OK;
  TRY(uses_allowed(k->vault, &k->clip, rendition, INDEX_ROWS(struct id, k->people), INDEX_COUNT(struct id, k->people),
                   &k->allowed));
  k->rendition = rendition;
  return ERR_OK;
}

static void check_wrap(struct wrap_check *k, const struct index_wrap *w, enum purpose p) {
  SECRET_KEY(dek);
  char id[ID_TEXT], until[CLOCK_TEXT];
  id_format(ID_CLIP, &k->clip.id, id);
  if (ask_what_is_allowed(k, w->rendition) != ERR_OK || uses_open(k->vault, &k->clip.id, w->rendition, p, dek) != ERR_OK) {
    problem(k->check, "%s for %s: %s", id, w->purpose, err_text());
    return;
  }
  bool live = k->allowed.live >> p & 1;
  int64_t most_ms = live ? k->allowed.expires_ms[p] : vault_now_ms(k->vault);
  if (w->expires_ms > most_ms)
    problem(k->check, "%s for %s is kept until %s: longer than everyone in it agreed to", id, w->purpose,
            clock_format(w->expires_ms, until));
}

/* A draft opens nothing, but whoever drew it will want it. */
static void check_marks(struct wrap_check *k) {
  AUTO(bytes) struct bytes draft = {0};
  char id[ID_TEXT];
  enum err e = obscured_draft_get(k->vault, &k->clip.id, &draft);
  if (e != ERR_OK && e != ERR_MISSING) problem(k->check, "the marks of %s: %s", id_format(ID_CLIP, &k->clip.id, id), err_text());
}

static void check_facts(struct wrap_check *k) {
  struct clip_facts facts;
  char id[ID_TEXT];
  enum err e = clip_facts(k->vault, &k->clip.id, &facts);
  if (e != ERR_OK && e != ERR_MISSING) problem(k->check, "the facts of %s: %s", id_format(ID_CLIP, &k->clip.id, id), err_text());
  sodium_memzero(&facts, sizeof facts);
}

static enum err check_clip(struct wrap_check *k) {
  AUTO(bytes) struct bytes wraps = {0};
  if (strcmp(k->clip.state, "shredded") == 0 || strcmp(k->clip.state, "held") == 0 || !id_is_zero(&k->clip.job)) return ERR_OK;
  TRY(index_clip_people(k->vault->index, &k->clip.id, &k->people));
  TRY(index_wrap_of(k->vault->index, &k->clip.id, &wraps));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    enum purpose p;
    if (w->purpose[0] && strcmp(w->state, "live") == 0 && purpose_parse(w->purpose, &p) == ERR_OK) check_wrap(k, w, p);
  }
  check_marks(k);
  check_facts(k);
  return ERR_OK;
}

static enum err check_wraps(struct vault *v, struct check *c) {
  AUTO(bytes) struct bytes clips = {0};
  TRY(index_clip_list(v->index, &(struct index_clip_filter){.state = NULL}, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++) {
    struct wrap_check k = {.vault = v, .check = c};
    if (c->pause) TRY(c->pause(c->context));
    /* Anew: a command may have run since the list was made. */
    TRY(index_clip_get(v->index, &INDEX_ROWS(struct index_clip, clips)[i].id, &k.clip, NULL));
    enum err e = check_clip(&k);
    bytes_free(&k.people);
    TRY(e);
  }
  return ERR_OK;
}

/* A consent that the log knows and the index does not was dropped: it may have been somebody's no. */
static enum err look_for_consent(void *context, const struct audit_entry *e) {
  struct file_check *f = context;
  struct index_consent row;
  char id[ID_TEXT];
  if (strcmp(e->verb, "consent.recorded") != 0) return ERR_OK;
  if (index_consent_get(f->vault->index, &e->subject, &row, NULL) != ERR_OK)
    problem(f->check, "%s was recorded, says the audit log, but is not in the index", id_format(ID_CONSENT, &e->subject, id));
  return ERR_OK;
}

/* Nothing takes a certificate away again. */
static enum err look_for_certificate(void *context, const struct audit_entry *e) {
  struct file_check *f = context;
  AUTO(bytes) struct bytes statement = {0};
  char id[ID_TEXT];
  if (strcmp(e->verb, "certificate.made") != 0) return ERR_OK;
  if (index_certificate_get(f->vault->index, &e->subject, &statement) != ERR_OK)
    problem(f->check, "%s was made, says the audit log, but is not in the index", id_format(ID_CERTIFICATE, &e->subject, id));
  return ERR_OK;
}

static enum err check_consents(struct vault *v, struct check *c) {
  AUTO(bytes) struct bytes people = {0};
  struct file_check f = {v, c};
  IGNORE(audit_each(v, look_for_certificate, &f));
  IGNORE(audit_each(v, look_for_consent, &f)); /* a log that cannot be read is told of by check_audit */
  TRY(index_person_list(v->index, NULL, &people));
  for (size_t i = 0; i < INDEX_COUNT(struct index_person, people); i++) {
    AUTO(consent_book) struct consent_book book = {0};
    const struct index_person *p = &INDEX_ROWS(struct index_person, people)[i];
    char id[ID_TEXT];
    if (p->leaf && consent_book_load(v, &p->id, &book) != ERR_OK)
      problem(c, "consents of %s: %s", id_format(ID_PERSON, &p->id, id), err_text());
  }
  return ERR_OK;
}

/* One that the log knows and the index does not: without it, what it kept would be destroyed. */
static enum err look_for_hold(void *context, const struct audit_entry *e) {
  struct file_check *f = context;
  struct index_hold row;
  char id[ID_TEXT];
  if (strcmp(e->verb, "hold.placed") != 0 && strcmp(e->verb, "restriction.placed") != 0) return ERR_OK;
  if (index_hold_get(f->vault->index, &e->subject, &row, NULL) != ERR_OK)
    problem(f->check, "%s was placed, says the audit log, but is not in the index", id_format(ID_HOLD, &e->subject, id));
  return ERR_OK;
}

static enum err check_holds(struct vault *v, struct check *c) {
  AUTO(bytes) struct bytes rows = {0};
  struct file_check f = {v, c};
  IGNORE(audit_each(v, look_for_hold, &f));
  TRY(index_hold_list(v->index, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_hold, rows); i++) {
    AUTO(hold) struct hold h = {0};
    const struct id *id = &INDEX_ROWS(struct index_hold, rows)[i].id;
    char text[ID_TEXT];
    if (hold_load(v, id, &h) != ERR_OK) problem(c, "%s: %s", id_format(ID_HOLD, id, text), err_text());
  }
  return ERR_OK;
}

static enum err check_audit(struct vault *v, struct check *c) {
  struct audit_verdict verdict;
  TRY(audit_verify(v, &verdict));
  if (!verdict.valid) problem(c, "the audit log: %s", verdict.problem);
  return ERR_OK;
}

static void blame_commitment(void *context, keystore_leaf leaf, const char *what) {
  problem(context, "key %llu %s: a certificate would not name it rightly", (unsigned long long)leaf, what);
}

enum err check_run(struct vault *v, struct check *c) {
  struct file_check files = {v, c};
  TRY(check_keys(v, c));
  TRY(object_each(v, check_file, &files));
  TRY(check_objects(v, c));
  TRY(check_wraps(v, c));
  TRY(check_consents(v, c));
  TRY(check_rights(v, c));
  TRY(check_review(v, c));
  TRY(check_holds(v, c));
  TRY(commitment_check(v, blame_commitment, c));
  TRY(check_audit(v, c));
  return bytes_check(&c->problems);
}

static enum err destroy_unused(struct vault *v, const struct check *c, struct shred_job *job) {
  for (size_t i = 0; i < INDEX_COUNT(keystore_leaf, c->unused); i++)
    TRY(shred_leaf(v, job, INDEX_ROWS(keystore_leaf, c->unused)[i]));
  return audit_append(v, "check.repaired", ID_VAULT, &v->id, NULL);
}

enum err check_repair(struct vault *v, const struct check *c) {
  struct shred_job job = shred_plan("keys that opened nothing were tidied away", vault_now_ms(v));
  for (size_t i = 0; i < INDEX_COUNT(struct id, c->orphans); i++) TRY(object_remove(v, &INDEX_ROWS(struct id, c->orphans)[i]));
  for (size_t at = 0; at < c->strangers.length; at += strlen((const char *)c->strangers.data + at) + 1)
    if (unlinkat(v->objects, (const char *)c->strangers.data + at, 0))
      return err_set_errno(ERR_IO, "cannot remove a file from objects/");
  TRY(io_sync_dir(v->objects));
  TRY(index_begin(v->index));
  enum err e = destroy_unused(v, c, &job);
  if (e == ERR_OK)
    e = index_commit(v->index);
  else
    index_rollback(v->index);
  TRY(e);
  return shred_run(v, &job);
}
