#include "vault/check_rights.h"

#include "vault/account.h"
#include "vault/audit.h"
#include "vault/credential.h"
#include "vault/permit.h"

#include <string.h>

/* What the log says of one account or permit, once it was read to its end. */
struct told {
  struct id id;
  enum id_kind kind;
  bool ended; /* disabled, revoked, unlinked */
  uint32_t used;
  bool app;            /* a code is asked for */
  uint64_t credential; /* its entry, of the last change of what they sign in with; 0: none */
};

struct reading {
  struct bytes told; /* struct told */
};
static void reading_auto(struct reading *r) { bytes_free(&r->told); }

static void problem(struct check *c, enum id_kind kind, const struct id *id, const char *words) {
  char text[ID_TEXT];
  bytes_printf(&c->problems, "%s: %s\n", id_format(kind, id, text), words);
  c->count++;
}

static struct told *find(struct reading *r, enum id_kind kind, const struct id *id) {
  struct told *all = (struct told *)(void *)r->told.data;
  for (size_t i = 0; i < r->told.length / sizeof *all; i++)
    if (all[i].kind == kind && id_equal(&all[i].id, id)) return &all[i];
  struct told *new_one = (struct told *)(void *)bytes_extend(&r->told, sizeof *new_one);
  if (new_one) *new_one = (struct told){.id = *id, .kind = kind};
  return new_one;
}

static bool changes_credential(const char *verb) {
  static const char *const verbs[] = {"user.password-changed", "user.reset",          "user.app-enrolled",
                                      "user.app-dropped",      "user.identity-given", "user.identity-taken"};
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verb, verbs[i]) == 0) return true;
  return false;
}

static enum err listen(void *context, const struct audit_entry *e) {
  struct reading *r = context;
  bool about_user = e->kind == ID_USER && strncmp(e->verb, "user.", 5) == 0;
  bool about_grant = e->kind == ID_GRANT;
  if (!about_user && !about_grant) return ERR_OK;
  struct told *t = find(r, e->kind, &e->subject);
  if (!t) return err_set(ERR_IO, "out of memory");
  if (strcmp(e->verb, "user.disabled") == 0) t->ended = true;
  if (strcmp(e->verb, "user.enabled") == 0) t->ended = false;
  if (strcmp(e->verb, "user.app-enrolled") == 0) t->app = true;
  if (strcmp(e->verb, "user.app-dropped") == 0 || strcmp(e->verb, "user.reset") == 0) t->app = false;
  if (changes_credential(e->verb)) t->credential = e->seq;
  if (strcmp(e->verb, "grant.revoked") == 0 || strcmp(e->verb, "user.unlinked") == 0) t->ended = true;
  if (strcmp(e->verb, "grant.used") == 0) t->used++;
  return ERR_OK;
}

/* An account that was last written before there were numbers has none to compare. */
static void check_credential(const struct told *t, const struct account *a, const struct credential *held, struct check *c) {
  if (t->app && !held->has_totp)
    problem(c, ID_USER, &t->id, "the audit log says that a code is asked for, the index says that none is: the row was put back");
  if (a->credential && held->number != a->credential)
    problem(c, ID_USER, &t->id, "what they sign in with was taken out of the index");
  if (a->credential && a->credential < t->credential)
    problem(c, ID_USER, &t->id,
            "what they sign in with was changed since, says the audit log: account and credential were put back");
}

static enum err check_account(struct vault *v, struct reading *r, const struct id *id, struct check *c) {
  AUTO(account) struct account a = {0};
  AUTO(credential) struct credential *held = credential_new();
  const struct told *t = find(r, ID_USER, id);
  if (!t) return err_set(ERR_IO, "out of memory");
  if (account_read(v, id, &a) != ERR_OK || credential_load(v, id, held) != ERR_OK) {
    problem(c, ID_USER, id, err_text());
    return ERR_OK;
  }
  if (t->ended != (strcmp(a.row.state, "live") != 0))
    problem(c, ID_USER, id, "whether they act is not what the audit log says: the row was put back or changed");
  check_credential(t, &a, held, c);
  return ERR_OK;
}

static enum err check_permit(struct vault *v, struct reading *r, const struct id *id, struct check *c) {
  struct permit p;
  const struct told *t = find(r, ID_GRANT, id);
  if (!t) return err_set(ERR_IO, "out of memory");
  if (permit_load(v, id, &p) != ERR_OK) {
    problem(c, ID_GRANT, id, err_text());
    return ERR_OK;
  }
  if (t->ended && p.state != PERMIT_REVOKED)
    problem(c, ID_GRANT, id, "was taken back, says the audit log, and stands in the index: the row was put back");
  if (t->used != p.used)
    problem(c, ID_GRANT, id, "was used another number of times, says the audit log, than the index says: the row was put back");
  return ERR_OK;
}

enum err check_rights(struct vault *v, struct check *c) {
  AUTO(reading) struct reading r = {0};
  AUTO(bytes) struct bytes accounts = {0}, permits = {0};
  IGNORE(audit_each(v, listen, &r)); /* a log that cannot be read is told of by check_audit */
  TRY(index_account_list(v->index, &accounts));
  TRY(index_permit_list(v->index, NULL, NULL, &permits));
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, accounts); i++)
    TRY(check_account(v, &r, &INDEX_ROWS(struct index_account, accounts)[i].id, c));
  for (size_t i = 0; i < INDEX_COUNT(struct id, permits); i++) TRY(check_permit(v, &r, &INDEX_ROWS(struct id, permits)[i], c));
  return ERR_OK;
}
