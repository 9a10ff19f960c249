#include "player-bridge/api.h"

#include "player-bridge/api_command.h"
#include "player-bridge/discretion.h"
#include "player-bridge/enrolment.h"
#include "player-bridge/errand.h"
#include "player-bridge/events.h"
#include "player-bridge/poster.h"
#include "player-bridge/sessions.h"
#include "player-bridge/signon.h"
#include "player-bridge/uploads.h"
#include "player-bridge/viewing.h"
#include "vault/account.h"
#include "vault/base/clock.h"
#include "vault/credential.h"
#include "vault/dispatch.h"
#include "vault/json.h"
#include "vault/request.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DO = 40, MOST_BASE = 200, FILMS_WAIT_S = 30 /* one that nobody asks for is let go of in 20 */ };

struct asked {
  struct monitor *monitor;
  const struct wire_message *ask;
  struct visit *visit; /* whoever asks; NULL if they need not have signed in */
  bool its_turn;       /* it may last */
};

struct api_verb {
  const char *name;
  void (*run)(struct asked *a);
  bool open, unsafe;  /* for anybody, and then none of the others; changes something */
  bool proven, coded; /* as in struct api_command */
};

static void answer_json(struct asked *a, struct bytes *json) { monitor_answer(a->monitor, a->ask->number, 200, json); }
static void answer_failure(struct asked *a, enum err e) { monitor_fail(a->monitor, a->ask->number, monitor_status(e), e); }

static void not_signed_in(struct asked *a) {
  monitor_fail(a->monitor, a->ask->number, 401, err_set(ERR_REFUSED, "sign in first"));
}

static enum err only_begin(struct vault *v, void *context) {
  (void)v;
  (void)context;
  return ERR_OK;
}

/* Who was disabled meanwhile, or given another password, is refused everything; what they have to hear is that they are not
 * signed in any more. */
static bool has_ended(struct asked *a) {
  if (dispatch_within(a->monitor->session, &a->visit->visitor, only_begin, NULL) != ERR_REFUSED) return false;
  viewing_end_visit(a->monitor, a->visit);
  not_signed_in(a);
  return true;
}

/* Why not is told only of what whoever asks may know of; `hidden` is the status for all the rest, and the same for what is not
 * there. */
static void answer_refusal(struct asked *a, enum err e, unsigned hidden) {
  bool tells = e == ERR_REFUSED || e == ERR_MISSING;
  bool hides = tells && discretion_hides(a->monitor->session, &a->visit->visitor, a->ask);
  if (hides && has_ended(a)) return;
  if (hides)
    monitor_fail(a->monitor, a->ask->number, hidden, err_set(hidden == 403 ? ERR_REFUSED : ERR_MISSING, "%s", DISCRETION_WORDS));
  else
    monitor_fail(a->monitor, a->ask->number, monitor_status(e), e);
}

static void answer_done(struct asked *a, struct json *j, struct bytes *json) {
  enum err e = json_end(j);
  if (e == ERR_OK)
    answer_json(a, json);
  else
    answer_failure(a, e);
}

/* ---- commands */

/* A withdrawal whose keys cannot be destroyed yet is accepted, and viewing has ended: it says so itself. Where something was
 * looked at and found wrong, the finding is the answer. */
static void answer_reply(struct asked *a, const struct api_command *c, const struct reply *reply) {
  AUTO(bytes) struct bytes body = {0};
  if (reply->status != ERR_OK && !reply->report) {
    answer_refusal(a, err_set(reply->status, "%s", bytes_text(&reply->message)), 404);
    return;
  }
  api_command_body(c, reply, &body);
  monitor_answer_as(a->monitor, a->ask->number, reply->status == ERR_BUSY ? 202 : 200, c->type, &body);
}

/* One's own password, after which one's session is over: so nobody has more than one hashed for each time that they sign in. */
static bool is_own_password(const struct vault *v, const struct request *rq) {
  struct id id;
  return strcmp(rq->command->name, "user password") == 0 && id_parse(ID_USER, request_text(rq, "USER"), &id) == ERR_OK &&
         id_equal(&id, &v->actor.id);
}

static enum err require_may_hash(struct vault *v, void *context) {
  const struct request *rq = context;
  if (is_own_password(v, rq)) return ERR_OK;
  return account_require(v, ACCOUNT_OFFICER, "giving somebody a password");
}

/* A password is hashed before the command sees it, here as on the command line: for who may give one at all, as it takes a tenth
 * of a second in which nothing else is answered. */
static enum err prepare_password(struct asked *a, struct request *rq) {
  if (!command_option(rq->command, "password-file") || !request_count(rq, "password-file")) return ERR_OK;
  TRY(dispatch_within(a->monitor->session, &a->visit->visitor, require_may_hash, rq));
  return rq->command->prepare(a->monitor->session, rq);
}

/* What lasts waits for its turn; of one person only so much, as others wait in the same row. */
static void put_off(struct asked *a) {
  enum { WAIT_S = 60 };
  const struct id *account = &a->visit->visitor.account;
  if (errand_has_enough(a->monitor, account)) {
    IGNORE(err_set(ERR_BUSY, "four things that you asked for wait already; ask for the next when one of them is done"));
    monitor_fail_later(a->monitor, a->ask->number, WAIT_S);
    return;
  }
  enum err e = errand_put(a->monitor, a->ask, account);
  if (e != ERR_OK) answer_failure(a, e);
}

static void run_command(struct asked *a, const struct api_command *c) {
  AUTO(request) struct request rq = {0};
  AUTO(reply) struct reply reply = {0};
  enum err e = api_command_build(c, a->monitor->session->commands, a->ask, &rq);
  if (e == ERR_OK) e = prepare_password(a, &rq);
  if (e != ERR_OK) {
    answer_failure(a, e);
    return;
  }
  if (c->discreet && discretion_hides(a->monitor->session, &a->visit->visitor, a->ask)) {
    answer_refusal(a, ERR_MISSING, 404);
    return;
  }
  if ((rq.command->flags & COMMAND_LASTS) && !a->its_turn) {
    put_off(a);
    return;
  }
  const struct session_visitor visitor = a->visit->visitor;
  uint64_t number = a->visit->number, lost = a->monitor->lost;
  bool acts = a->its_turn ? dispatch_lasting_for(a->monitor->session, &visitor, &rq, &reply)
                          : dispatch_for(a->monitor->session, &visitor, &rq, &reply);
  if (a->monitor->lost != lost) return; /* with the bridge that asked */
  a->visit = visit_by_number(&a->monitor->visits, number);
  if (acts && a->visit) {
    answer_reply(a, c, &reply);
    return;
  }
  if (a->visit) viewing_end_visit(a->monitor, a->visit);
  monitor_fail(a->monitor, a->ask->number, 401, err_set(ERR_REFUSED, "%s", acts ? "sign in first" : bytes_text(&reply.message)));
}

/* ---- what is no command */

static void end_session(struct asked *a) {
  AUTO(bytes) struct bytes message = {0};
  viewing_end_visit(a->monitor, a->visit);
  wire_message_begin(&message, WIRE_ANSWER, a->ask->number, NULL);
  wire_message_put_number(&message, "status", 204);
  wire_message_put_number(&message, "cookie_ends", 1);
  monitor_say(a->monitor, &message);
}

struct myself {
  struct account account;
};

static enum err load_myself(struct vault *v, void *context) {
  struct myself *me = context;
  return account_read(v, &v->actor.id, &me->account);
}

static void put_roles(struct json *j, uint32_t roles) {
  AUTO(bytes) struct bytes text = {0};
  account_roles_put(&text, roles);
  json_key(j, "roles");
  json_array(j);
  for (const char *word = bytes_text(&text); *word;) {
    size_t length = strcspn(word, ",");
    json_text_bytes(j, word, length);
    word += length + (word[length] == ',');
  }
  json_close(j);
}

/* The token again, too: a page that is loaded anew needs it, and only a page of this server can read it. */
static void tell_myself(struct asked *a) {
  AUTO(bytes) struct bytes json = {0};
  struct myself me = {0};
  char id[ID_TEXT], at[CLOCK_TEXT], csrf[2 * VISIT_KEY + 1];
  int64_t left_ms = a->visit->began_ms + VISIT_MOST_MS - clock_steady_ms();
  enum err e = dispatch_within(a->monitor->session, &a->visit->visitor, load_myself, &me);
  struct json j = json_begin(&json);
  json_object(&j);
  json_key(&j, "user");
  json_text(&j, id_format(ID_USER, &a->visit->visitor.account, id));
  json_key(&j, "name");
  json_text(&j, bytes_text(&me.account.name));
  put_roles(&j, me.account.row.roles);
  json_key(&j, "csrf");
  json_text(&j, sodium_bin2hex(csrf, sizeof csrf, a->visit->csrf, sizeof a->visit->csrf));
  json_key(&j, "expires_at");
  json_text(&j, clock_format(clock_now_ms() + left_ms, at));
  json_close(&j);
  if (e == ERR_OK)
    answer_done(a, &j, &json);
  else
    monitor_fail(a->monitor, a->ask->number, e == ERR_REFUSED ? 401 : monitor_status(e), e);
  account_free(&me.account);
}

static void put_word(struct json *j, const char *key, const char *word, const char *label, const char *about) {
  json_object(j);
  json_key(j, key);
  json_text(j, word);
  json_key(j, "label");
  json_text(j, label);
  if (about) json_key(j, "about");
  if (about) json_text(j, about);
  json_close(j);
}

/* The words of consent, in the order in which forms have them: pages need no list of their own. */
static void tell_purposes(struct asked *a) {
  AUTO(bytes) struct bytes json = {0};
  struct json j = json_begin(&json);
  json_object(&j);
  json_key(&j, "purposes");
  json_array(&j);
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) put_word(&j, "purpose", purpose_name(p), purpose_label(p), purpose_about(p));
  json_close(&j);
  json_key(&j, "media");
  json_array(&j);
  for (enum purpose_media m = MEDIA_RECORDING; m <= MEDIA_NOTES; m = (enum purpose_media)(m << 1))
    put_word(&j, "medium", purpose_media_name(m), purpose_media_label(m), NULL);
  json_close(&j);
  json_close(&j);
  answer_done(a, &j, &json);
}

/* "strip_url", … : under the film's own address. */
static void put_beside(struct json *j, const char *path, uint32_t has) {
  char key[24], url[32 + 2 * TICKET_KEY];
  for (enum ticket_beside n = 0; n < TICKET_BESIDE; n++) {
    if (!(has >> n & 1)) continue;
    snprintf(key, sizeof key, "%s_url", ticket_beside_name(n));
    snprintf(url, sizeof url, "%s/%s", path, ticket_beside_name(n));
    json_key(j, key);
    json_text(j, url);
  }
  sodium_memzero(url, sizeof url);
}

/* A path for a browser, which knows where it is; for a player the whole address, as the one who asks came by it. */
static void answer_address(struct asked *a, const struct ticket *t, const uint8_t key[TICKET_KEY]) {
  AUTO(bytes) struct bytes json = {0}, base = {0};
  char path[16 + 2 * TICKET_KEY], hex[2 * TICKET_KEY + 1], at[CLOCK_TEXT];
  snprintf(path, sizeof path, "/%s/%s", t->once ? "ticket" : "film", sodium_bin2hex(hex, sizeof hex, key, TICKET_KEY));
  if (t->once && !wire_message_text(a->ask, "base", 0, MOST_BASE, &base)) bytes_clear(&base);
  bytes_put_text(&base, path);
  struct json j = json_begin(&json);
  json_object(&j);
  json_key(&j, "url");
  json_text(&j, bytes_text(&base));
  json_key(&j, "path");
  json_text(&j, path);
  json_key(&j, "expires_at");
  json_text(&j, clock_format(t->once ? clock_now_ms() + TICKET_BEGIN_MS : t->until_ms, at));
  json_key(&j, "rendition");
  json_text(&j, t->rendition);
  if (!t->once) put_beside(&j, path, t->has);
  json_close(&j);
  answer_done(a, &j, &json);
  sodium_memzero(hex, sizeof hex);
  sodium_memzero(path, sizeof path);
}

static enum err make_address(struct asked *a, bool once, uint8_t key[TICKET_KEY], struct ticket **out) {
  AUTO(bytes) struct bytes clip = {0}, purpose = {0}, rendition = {0};
  bool rendered = wire_message_text(a->ask, "rendition", 0, 32, &rendition);
  if (!wire_message_text(a->ask, "id", 0, ID_TEXT, &clip)) return err_set(ERR_USAGE, "a clip is missing");
  if (!wire_message_text(a->ask, "purpose", 0, 64, &purpose))
    return err_set(ERR_USAGE, "say what it is seen for: {\"purpose\": …}");
  struct viewing_wish wish = {.clip = bytes_text(&clip),
                              .purpose = bytes_text(&purpose),
                              .rendition = rendered ? bytes_text(&rendition) : NULL,
                              .once = once,
                              .visit = a->visit->number,
                              .visitor = a->visit->visitor};
  return viewing_open(a->monitor, &wish, key, out);
}

static void open_film(struct asked *a, bool once) {
  uint8_t key[TICKET_KEY];
  struct ticket *t;
  enum err e = make_address(a, once, key, &t);
  if (e == ERR_OK)
    answer_address(a, t, key);
  else if (e == ERR_BUSY && ticket_has_enough(&a->monitor->tickets, &a->visit->visitor.account))
    monitor_fail_later(a->monitor, a->ask->number, FILMS_WAIT_S);
  else
    answer_refusal(a, e, 403);
  sodium_memzero(key, sizeof key);
}
static void open_for_session(struct asked *a) { open_film(a, false); }
static void open_for_player(struct asked *a) { open_film(a, true); }

static void show_poster(struct asked *a) {
  AUTO(bytes) struct bytes picture = {0};
  enum err e = poster_read(a->monitor->session, &a->visit->visitor, a->ask, &picture);
  if (e == ERR_OK)
    monitor_answer_as(a->monitor, a->ask->number, 200, "image/jpeg", &picture);
  else
    answer_refusal(a, e, 404);
}

static void sign_in(struct asked *a) { admission_begin(a->monitor, a->ask, NULL); }
static void confirm(struct asked *a) { admission_begin(a->monitor, a->ask, a->visit); }
static void list_sessions(struct asked *a) { sessions_list(a->monitor, a->ask, a->visit); }
static void end_other(struct asked *a) { sessions_end(a->monitor, a->ask, a->visit); }
static void sign_on(struct asked *a) { signon_begin(a->monitor, a->ask); }
static void begin_app(struct asked *a) { enrolment_begin(a->monitor, a->ask, a->visit); }
static void confirm_app(struct asked *a) { enrolment_confirm(a->monitor, a->ask, a->visit); }

/* The same for everybody: that we are there, and whether a proxy can sign people on, for which the page then has a button. */
static void tell_health(struct asked *a) {
  AUTO(bytes) struct bytes json = {0};
  bytes_printf(&json, "{\"status\":\"ok\",\"sign_on\":%s}", a->monitor->sign_on ? "true" : "false");
  answer_json(a, &json);
}

/* Counts only. */
static void tell_metrics(struct asked *a) {
  AUTO(bytes) struct bytes message = {0}, text = {0};
  struct monitor *m = a->monitor;
  const struct {
    const char *name, *type, *words;
    uint64_t value;
  } all[] = {
      {"requests_total", "counter", "Questions that reached the monitor.", m->counts.asked},
      {"refusals_total", "counter", "Questions that were refused.", m->counts.refused},
      {"films_total", "counter", "Films that were handed to the bridge.", m->counts.films},
      {"films_stopped_total", "counter", "Films that were stopped while they were seen.", m->counts.stopped},
      {"faults_total", "counter", "Films of which sealed bytes did not verify.", m->counts.faults},
      {"films", "gauge", "Films that are with the bridge now.", viewing_count(m)},
      {"sessions", "gauge", "People who are signed in.", visit_count(&m->visits)},
      {"event_streams", "gauge", "Who listens to events now.", events_count(m)},
      {"bridge_restarts_total", "counter", "How often the bridge was started anew.", m->restarts},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    bytes_printf(&text, "# HELP clipvault_%s %s\n# TYPE clipvault_%s %s\nclipvault_%s %llu\n", all[i].name, all[i].words,
                 all[i].name, all[i].type, all[i].name, (unsigned long long)all[i].value);
  wire_message_begin(&message, WIRE_ANSWER, a->ask->number, NULL);
  wire_message_put_number(&message, "status", 200);
  wire_message_put_text(&message, "type", "text/plain; version=0.0.4");
  wire_message_put(&message, "body", text.data, text.length);
  monitor_say(m, &message);
}

/* Whoever sends a form, which takes one of two places: the bridge takes it for somebody who has signed in. */
static void begin_form(struct asked *a) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_ANSWER, a->ask->number, NULL);
  wire_message_put_number(&message, "status", 204);
  wire_message_put(&message, "account", &a->visit->visitor.account, sizeof a->visit->visitor.account);
  monitor_say(a->monitor, &message);
}

static void create_upload(struct asked *a) { uploads_create(a->monitor, a->ask, a->visit); }
static void tell_offset(struct asked *a) { uploads_tell_offset(a->monitor, a->ask, a->visit); }
static void show_upload(struct asked *a) { uploads_show(a->monitor, a->ask, a->visit); }
static void end_upload(struct asked *a) { uploads_end(a->monitor, a->ask, a->visit); }

static void open_events(struct asked *a) { events_open(a->monitor, a->ask, a->visit); }

/* What may be uploaded at all: nothing that depends on who asks. */
static void tell_most(struct asked *a) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_ANSWER, a->ask->number, NULL);
  wire_message_put_number(&message, "status", 204);
  wire_message_put_number(&message, "upload_most", a->monitor->session->vault->config.most_file_bytes);
  monitor_say(a->monitor, &message);
}

/* ---- the table */

static const struct api_verb verbs[] = {
    {.name = "health", .run = tell_health, .open = true},
    {.name = "metrics", .run = tell_metrics, .open = true},
    {.name = "session.begin", .run = sign_in, .open = true},
    {.name = "session.sign_on", .run = sign_on, .open = true},
    {.name = "session.end", .run = end_session, .unsafe = true},
    {.name = "session.confirm", .run = confirm, .unsafe = true},
    {.name = "app.begin", .run = begin_app, .unsafe = true, .proven = true, .coded = true},
    {.name = "app.confirm", .run = confirm_app, .unsafe = true, .proven = true, .coded = true},
    {.name = "sessions.list", .run = list_sessions},
    {.name = "sessions.end", .run = end_other, .unsafe = true},
    {.name = "me", .run = tell_myself},
    {.name = "purposes", .run = tell_purposes},
    {.name = "clips.poster", .run = show_poster},
    {.name = "clips.open", .run = open_for_session, .unsafe = true},
    {.name = "clips.ticket", .run = open_for_player, .unsafe = true},
    {.name = "events.open", .run = open_events},
    {.name = "forms.begin", .run = begin_form, .unsafe = true},
    {.name = "uploads.most", .run = tell_most, .open = true},
    {.name = "uploads.create", .run = create_upload, .unsafe = true},
    {.name = "uploads.offset", .run = tell_offset},
    {.name = "uploads.show", .run = show_upload},
    {.name = "uploads.end", .run = end_upload, .unsafe = true},
};

static const struct api_verb *find(const char *name) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].name, name) == 0) return &verbs[i];
  return NULL;
}

static bool has_token(const struct asked *a) {
  uint8_t csrf[VISIT_KEY];
  return wire_message_bytes(a->ask, "csrf", csrf, sizeof csrf) && visit_has_csrf(a->visit, csrf);
}

/* A session that was signed on may be of somebody who has a password here as well, or of one who has none. */
static void ask_to_confirm(struct asked *a) {
  IGNORE(err_set(ERR_REFUSED, "this is only done by somebody who has just shown who they are: %s",
                 a->visit->signed_on
                     ? "sign on anew, so that your provider asks you again, or give the password that you have here"
                     : "give your password again"));
  monitor_fail_as(a->monitor, a->ask->number, 403, "confirm");
}

static enum err look_for_app(struct vault *v, void *context) {
  bool *has = context;
  AUTO(credential) struct credential *held = credential_new();
  TRY(credential_load(v, &v->actor.id, held));
  *has = held->has_totp && held->password.kib; /* without a password it is asked of nobody */
  return ERR_OK;
}

/* Who has an app and has shown no code of it in this session: a provider vouched for them, or the app came after the session.
 * Whoever may not act any more is told so by what they ask for. */
static bool lacks_code(const struct asked *a) {
  bool has = true;
  if (a->visit->with_code) return false;
  return dispatch_within(a->monitor->session, &a->visit->visitor, look_for_app, &has) != ERR_REFUSED && has;
}

static void ask_for_code(struct asked *a) {
  IGNORE(err_set(ERR_REFUSED,
                 "how somebody signs in is changed with a code of your authenticator app: give your password, and the "
                 "code with it"));
  monitor_fail_as(a->monitor, a->ask->number, 403, "confirm");
}

void api_ask(struct monitor *m, const struct wire_message *ask) {
  AUTO(bytes) struct bytes name = {0};
  struct asked a = {m, ask, ask->has_session ? visit_find(&m->visits, ask->session) : NULL, false};
  bool named = wire_message_text(ask, "do", 0, MOST_DO, &name);
  const struct api_verb *v = named ? find(bytes_text(&name)) : NULL;
  const struct api_command *c = named ? api_command_find(bytes_text(&name)) : NULL;
  m->counts.asked++;
  if (!v && !c)
    answer_failure(&a, err_set(ERR_MISSING, "there is no such thing to ask for"));
  else if (v && v->open)
    v->run(&a);
  else if (!a.visit)
    not_signed_in(&a);
  else if ((v ? v->unsafe : c->unsafe) && !has_token(&a))
    answer_failure(&a, err_set(ERR_REFUSED, "the token of this session is missing: send X-CSRF, as signing in told it"));
  else if ((v ? v->proven : c->proven) && !visit_is_proven(a.visit, clock_steady_ms()))
    ask_to_confirm(&a);
  else if ((v ? v->coded : c->coded) && lacks_code(&a))
    ask_for_code(&a);
  else if (v)
    v->run(&a);
  else
    run_command(&a, c);
}

void api_run_errand(struct monitor *m) {
  AUTO(bytes) struct bytes message = {0}, name = {0};
  struct wire_message ask;
  bool late;
  if (!errand_take(m, &message, &late) || wire_message_get(message.data, message.length, &ask) != ERR_OK) return;
  struct asked a = {m, &ask, ask.has_session ? visit_find(&m->visits, ask.session) : NULL, true};
  const struct api_command *c = wire_message_text(&ask, "do", 0, MOST_DO, &name) ? api_command_find(bytes_text(&name)) : NULL;
  if (!a.visit)
    not_signed_in(&a);
  else if (late)
    answer_failure(&a, err_set(ERR_BUSY, "other cuts and checks took too long just now, and nothing was made; try again"));
  else if (c)
    run_command(&a, c);
}
