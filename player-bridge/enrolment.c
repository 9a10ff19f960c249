#include "player-bridge/enrolment.h"

#include "player-bridge/monitor.h"
#include "vault/account.h"
#include "vault/dispatch.h"
#include "vault/json.h"
#include "vault/signin.h"

#include <sodium.h>

enum { MOST_CODE = 16 };

/* Wiped, as it has the secret. */
static enum err tell(struct monitor *m, uint64_t number, const struct visit *visit, const char *name) {
  AUTO(bytes) struct bytes uri = {0}, json = {0};
  struct json j = json_begin(&json);
  totp_put_uri(&uri, visit->app, name);
  TRY(bytes_check(&uri));
  json_object(&j);
  json_key(&j, "uri");
  json_text(&j, bytes_text(&uri));
  json_close(&j);
  TRY(json_end(&j));
  monitor_answer(m, number, 200, &json);
  return ERR_OK;
}

static enum err load_account(struct vault *v, void *context) { return account_read(v, &v->actor.id, context); }

void enrolment_begin(struct monitor *m, const struct wire_message *ask, struct visit *visit) {
  AUTO(account) struct account me = {0};
  enum err e = dispatch_within(m->session, &visit->visitor, load_account, &me);
  randombytes_buf(visit->app, sizeof visit->app);
  visit->enrolling = e == ERR_OK;
  if (e == ERR_OK) e = tell(m, ask->number, visit, bytes_text(&me.name));
  if (e != ERR_OK) monitor_fail(m, ask->number, monitor_status(e), e);
}

struct confirming {
  const uint8_t *secret;
  const char *code;
};

static enum err enrol(struct vault *v, void *context) {
  const struct confirming *c = context;
  return signin_enrol_app(v, &v->actor.id, c->secret, c->code);
}

static enum err confirm(struct monitor *m, const struct wire_message *ask, struct visit *visit) {
  AUTO(bytes) struct bytes code = {0};
  if (!visit->enrolling) return err_set(ERR_REFUSED, "there is no app to confirm: begin again, and take its new secret");
  if (!wire_message_text(ask, "code", 0, MOST_CODE, &code)) return err_set(ERR_USAGE, "enter the code that the app shows");
  TRY(dispatch_within(m->session, &visit->visitor, enrol, &(struct confirming){visit->app, bytes_text(&code)}));
  sodium_memzero(visit->app, sizeof visit->app);
  visit->enrolling = false;
  visit->with_code = true;
  return ERR_OK;
}

void enrolment_confirm(struct monitor *m, const struct wire_message *ask, struct visit *visit) {
  AUTO(bytes) struct bytes json = {0};
  enum err e = confirm(m, ask, visit);
  bytes_put_text(&json, "{\"totp\":true}");
  if (e == ERR_OK)
    monitor_answer(m, ask->number, 200, &json);
  else
    monitor_fail(m, ask->number, monitor_status(e), e);
}
