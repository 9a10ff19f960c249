#include "vault/sign_off.h"

#include "vault/account.h"
#include "vault/audit.h"
#include "vault/casework.h"
#include "vault/seal.h"

#include <stdio.h>
#include <string.h>

enum { SIGN_OFF_FORM = 1 };

void sign_off_free(struct sign_off *s) {
  bytes_free(&s->note);
  *s = (struct sign_off){0};
}

enum err sign_off_parse_hours(const char *text, uint32_t *minutes) {
  size_t whole = strspn(text, "0123456789"), fraction = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
  size_t length = whole + (text[whole] == '.' ? 1 + fraction : 0);
  uint64_t hundredths = 0;
  bool right = whole && whole <= 2 && !text[length] && fraction <= 2 && (text[whole] != '.' || fraction);
  for (size_t i = 0; right && i < whole; i++) hundredths = 10 * hundredths + (uint64_t)(text[i] - '0');
  for (size_t i = 0; right && i < 2; i++)
    hundredths = 10 * hundredths + (i < fraction ? (uint64_t)(text[whole + 1 + i] - '0') : 0);
  uint64_t found = hundredths * 60 / 100;
  if (!right || !found || hundredths * 60 % 100 || found > SIGN_OFF_MOST_MINUTES)
    return err_set(ERR_USAGE, "--hours takes hours in whole minutes, like 1, 1.5 or 0.75, at most 24; not \"%.20s\"", text);
  *minutes = (uint32_t)found;
  return ERR_OK;
}

/* ---- what is kept: u8 form, cycle, practitioner, supervisor, u8 external, u32 minutes, i64 at */

static enum err seal_facts(struct vault *v, const struct sign_off *s, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  bytes_put_u8(&plain, SIGN_OFF_FORM);
  bytes_put(&plain, s->row.cycle.b, sizeof s->row.cycle.b);
  bytes_put(&plain, s->row.practitioner.b, sizeof s->row.practitioner.b);
  bytes_put(&plain, s->supervisor.b, sizeof s->supervisor.b);
  bytes_put_u8(&plain, s->external);
  bytes_put_u32(&plain, s->minutes);
  bytes_put_u64(&plain, (uint64_t)s->at_ms);
  TRY(bytes_check(&plain));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  return seal_put(key, "sign-off", &s->row.id, &plain, sealed);
}

static enum err decode(const struct bytes *plain, struct sign_off *s) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  struct id cycle = {0}, practitioner = {0};
  uint8_t form = bytes_get_u8(&r);
  bytes_get(&r, cycle.b, sizeof cycle.b);
  bytes_get(&r, practitioner.b, sizeof practitioner.b);
  bytes_get(&r, s->supervisor.b, sizeof s->supervisor.b);
  s->external = bytes_get_u8(&r);
  s->minutes = bytes_get_u32(&r);
  s->at_ms = (int64_t)bytes_get_u64(&r);
  if (form != SIGN_OFF_FORM || !bytes_done(&r)) return err_set(ERR_DATA, "a sign-off is of an unknown form");
  if (id_equal(&cycle, &s->row.cycle) && id_equal(&practitioner, &s->row.practitioner)) return ERR_OK;
  return err_set(ERR_DATA, "whose training a cycle counts for was changed in the index; run clipvault check");
}

static enum err case_key(struct vault *v, const struct id *cycle, struct secret_key *out) {
  struct index_cycle row;
  TRY(index_cycle_get(v->index, cycle, &row, NULL));
  return casework_key(v, &row.kase, out);
}

static enum err open_note(struct vault *v, const struct index_sign_off *row, const struct bytes *sealed, struct bytes *out) {
  SECRET_KEY(key);
  TRY(case_key(v, &row->cycle, key));
  return seal_get(key, "sign-off-note", &row->id, sealed, out);
}

enum err sign_off_load(struct vault *v, const struct id *cycle, struct sign_off *out) {
  AUTO(bytes) struct bytes sealed = {0}, note = {0}, plain = {0};
  AUTO(sign_off) struct sign_off s = {0};
  SECRET_KEY(key);
  TRY(index_sign_off_of_cycle(v->index, cycle, &s.row, &sealed, &note));
  TRY(keystore_system_key(v->keys, KEYSTORE_USERS, key));
  TRY(seal_get(key, "sign-off", &s.row.id, &sealed, &plain));
  TRY(decode(&plain, &s));
  enum err e = open_note(v, &s.row, &note, &s.note);
  if (e != ERR_MISSING) TRY(e); /* the case's words may end before the practitioner's training */
  *out = s;
  s = (struct sign_off){0};
  return ERR_OK;
}

static enum err put(struct vault *v, const struct sign_off *s) {
  AUTO(bytes) struct bytes sealed = {0}, note = {0};
  SECRET_KEY(key);
  TRY(seal_facts(v, s, &sealed));
  TRY(case_key(v, &s->row.cycle, key));
  TRY(seal_put(key, "sign-off-note", &s->row.id, &s->note, &note));
  return index_sign_off_put(v->index, &s->row, &sealed, &note);
}

enum err sign_off_make(struct vault *v, const struct cycle *c, uint32_t minutes, const char *note, struct id *out) {
  AUTO(sign_off) struct sign_off s = {.supervisor = v->actor.id, .minutes = minutes, .at_ms = vault_now_ms(v)}, before = {0};
  AUTO(account) struct account who = {0};
  struct index_case kase;
  char details[80];
  if (!*note || strlen(note) > SIGN_OFF_NOTE) return err_set(ERR_USAGE, "--note has 1 to %d bytes", SIGN_OFF_NOTE);
  enum err e = sign_off_load(v, &c->row.id, &before);
  if (e == ERR_OK) return err_set(ERR_REFUSED, "this cycle was signed off already");
  if (e != ERR_MISSING) return e;
  TRY(casework_load(v, &c->row.kase, &kase, NULL));
  TRY(account_read(v, &v->actor.id, &who));
  if (id_equal(&kase.practitioner, &v->actor.id)) return err_set(ERR_REFUSED, "nobody signs off a cycle of their own");
  s.row = (struct index_sign_off){id_new(), c->row.id, kase.practitioner};
  s.external = who.external;
  bytes_put_text(&s.note, note);
  TRY(bytes_check(&s.note));
  TRY(put(v, &s));
  *out = s.row.id;
  snprintf(details, sizeof details, "%u minutes", minutes);
  return audit_append(v, "cycle.signed-off", ID_CYCLE, &c->row.id, details);
}
