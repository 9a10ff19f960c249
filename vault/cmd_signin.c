/* user password, totp, reset: what a user signs in with in a browser. */
#include "vault/cmd_signin.h"

#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/cmd.h"
#include "vault/session.h"
#include "vault/signin.h"
#include "vault/totp.h"
#include "vault/transact.h"

#include <sodium.h>
#include <string.h>

/* ---- a password on its way */

static enum err read_password(const struct request *rq, struct password_record *out) {
  size_t length;
  uint8_t *password = secret_alloc(PASSWORD_MOST);
  const char *name = command_option(rq->command, "name") ? request_text(rq, "name") : NULL;
  enum err e = password_read_line(request_fd(rq, "password-file", 0), password, &length);
  if (e == ERR_OK) e = password_check_choice(password, length, name);
  if (e == ERR_OK) e = password_make(password, length, out);
  secret_free(password);
  return e;
}

enum err cmd_signin_prepare(const struct session *s, struct request *rq) {
  (void)s;
  AUTO(bytes) struct bytes record = {0}, hex = {0};
  struct password_record made;
  if (!request_count(rq, "password-file")) return ERR_OK;
  TRY(read_password(rq, &made));
  password_put(&record, &made);
  uint8_t *text = bytes_extend(&hex, 2 * record.length + 1);
  TRY(bytes_check(&hex));
  TRY(bytes_check(&record));
  bytes_hex(record.data, record.length, (char *)text);
  return request_add(rq, "record", bytes_text(&hex), -1);
}

enum err cmd_signin_record(const struct request *rq, struct password_record *out, bool *given) {
  uint8_t bytes[2 * sizeof(uint32_t) + PASSWORD_SALT + PASSWORD_HASH];
  const char *hex = request_text(rq, "record");
  size_t length;
  *given = hex != NULL;
  if (!hex) return ERR_OK;
  bool whole = sodium_hex2bin(bytes, sizeof bytes, hex, strlen(hex), NULL, &length, NULL) == 0;
  struct bytes_reader r = bytes_reader(bytes, whole ? length : 0);
  password_get(&r, out);
  return bytes_done(&r) && out->kib ? ERR_OK : err_set(ERR_DATA, "the record of a password is not one");
}

/* ---- whose */

/* Their own, or, for an officer, anybody's who acts. Whoever knows somebody's password sees what they may see: therefore no
 * administrator. */
static enum err find(struct vault *v, const struct request *rq, bool officers_only, struct account *out) {
  struct id id;
  TRY(id_parse(ID_USER, request_text(rq, "USER"), &id));
  if (officers_only || !id_equal(&id, &v->actor.id)) TRY(account_require(v, ACCOUNT_OFFICER, "changing how others sign in"));
  TRY(account_read(v, &id, out));
  return account_require_acts(out, vault_now_ms(v));
}

struct change {
  struct account account;
  struct password_record record;
  const char *verb;
  bool without_app;
  const uint8_t *app; /* NULL: none any more */
};
static void change_auto(struct change *c) { account_free(&c->account); }

static enum err set_password_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct change *c = context;
  TRY(signin_set_password(v, &c->account.row.id, &c->record, c->without_app));
  return audit_append(v, c->verb, ID_USER, &c->account.row.id, NULL);
}

static enum err set_password(struct session *s, const struct request *rq, struct reply *reply, struct change *c,
                             const char *words) {
  bool given;
  char id[ID_TEXT];
  TRY(find(s->vault, rq, c->without_app, &c->account));
  TRY(cmd_signin_record(rq, &c->record, &given));
  if (!given) return err_set(ERR_USAGE, "%s needs --password-file F", rq->command->name);
  TRY(transact(s->vault, set_password_in, c, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "user", ID_USER, &c->account.row.id);
  bytes_printf(&reply->text, "%s %s\n", id_format(ID_USER, &c->account.row.id, id), words);
  return answer_end(&a);
}

static enum err password_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(change) struct change c = {.verb = "user.password-changed"};
  return set_password(s, rq, reply, &c, "signs in with this password from now on; every session of theirs has ended.");
}

static enum err reset_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(change) struct change c = {.verb = "user.reset", .without_app = true};
  return set_password(
      s, rq, reply, &c,
      "signs in with this password from now on, without a code until an app is enrolled again (clipvault user totp); "
      "every session of theirs has ended.");
}

/* ---- the app */

static enum err set_app_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct change *c = context;
  TRY(signin_set_app(v, &c->account.row.id, c->app));
  return audit_append(v, c->app ? "user.app-enrolled" : "user.app-dropped", ID_USER, &c->account.row.id, NULL);
}

/* Before it counts: who cannot be given the secret must not need it. */
static enum err hand_over(const struct request *rq, const struct change *c, struct answer *a, struct bytes *text) {
  AUTO(bytes) struct bytes uri = {0};
  int fd = request_fd(rq, "to", 0);
  totp_put_uri(&uri, c->app, bytes_text(&c->account.name));
  TRY(bytes_check(&uri));
  if (fd < 0) answer_bytes(a, "uri", &uri);
  if (fd < 0) bytes_printf(text, "%s\n\n", bytes_text(&uri));
  bytes_put_text(text, "Give this to the authenticator app, and keep no copy. From now on a code is asked for.\n");
  bytes_put_text(&uri, "\n");
  TRY(bytes_check(&uri));
  return fd < 0 ? ERR_OK : io_write_all(fd, uri.data, uri.length);
}

static enum err totp_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(change) struct change c = {0};
  SECRET_KEY(secret);
  bool off = request_flag(rq, "off");
  if (off && request_count(rq, "to")) return err_set(ERR_USAGE, "--off and --to do not go together");
  TRY(find(s->vault, rq, off, &c.account));
  randombytes_buf(secret->b, TOTP_SECRET);
  if (!off) c.app = secret->b;
  struct answer a = answer_begin(reply);
  answer_id(&a, "user", ID_USER, &c.account.row.id);
  answer_bool(&a, "totp", !off);
  if (off) bytes_put_text(&reply->text, "No code is asked for any more.\n");
  if (!off) TRY(hand_over(rq, &c, &a, &reply->text));
  TRY(transact(s->vault, set_app_in, &c, rq));
  return answer_end(&a);
}

/* ---- tables */

static const struct command_option password_options[] = {
    {"USER", NULL, OPTION_REQUIRED, "yourself or, for an officer, somebody else"}, CMD_SIGNIN_PASSWORD, {0}};
const struct command cmd_user_password = {
    .name = "user password",
    .group = "Users",
    .synopsis = "USER --password-file F",
    .summary = "the password with which a user signs in in a browser",
    .help =
        "Sets a password: the one line of a file (-: what is piped in), which is kept nowhere. At least 10 characters, and not "
        "little "
        "more than a word or a row of keys that everybody tries first. Ends every session of that user.",
    .options = password_options,
    .prepare = cmd_signin_prepare,
    .run = password_run};

static const struct command_option reset_options[] = {{"USER", NULL, OPTION_REQUIRED, "the user"}, CMD_SIGNIN_PASSWORD, {0}};
const struct command cmd_user_reset = {.name = "user reset",
                                       .group = "Users",
                                       .synopsis = "USER --password-file F",
                                       .summary = "a new password for who lost theirs, or their app",
                                       .help =
                                           "For an officer, when somebody lost their password or their authenticator app and has "
                                           "shown who they are: sets a password, "
                                           "drops the app and ends every session of that user.",
                                       .options = reset_options,
                                       .prepare = cmd_signin_prepare,
                                       .run = reset_run};

static const struct command_option totp_options[] = {
    {"USER", NULL, OPTION_REQUIRED, "yourself or, for an officer, somebody else"},
    {"--to", "FILE", OPTION_FILE_OUT, "where the app's secret is written, readable by you alone; the terminal if not given"},
    {"--off", NULL, OPTION_SWITCH, "no code is asked for any more (for an officer)"},
    {0}};
const struct command cmd_user_totp = {
    .name = "user totp",
    .group = "Users",
    .synopsis = "USER [--to FILE | --off]",
    .summary = "ask this user for the code of an authenticator app too",
    .help =
        "Enrols an authenticator app: writes the address (otpauth://…) that the app reads, with a new secret, which replaces an "
        "earlier "
        "one. From then on signing in takes the password and a code, and each code counts once.",
    .options = totp_options,
    .run = totp_run};
