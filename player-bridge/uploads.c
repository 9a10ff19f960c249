#include "player-bridge/uploads.h"

#include "player-bridge/discretion.h"
#include "player-bridge/events.h"
#include "player-bridge/monitor.h"
#include "vault/base/clock.h"
#include "vault/base/log.h"
#include "vault/consent.h"
#include "vault/dispatch.h"
#include "vault/intake.h"
#include "vault/json.h"
#include "vault/purpose.h"
#include "vault/reach.h"
#include "vault/spool.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { MOST_TEXT = 4096, MOST_DIGEST = 32, WAIT_S = 10, CONFLICT = 409, GONE_WRONG = 460, TOO_LONG = 413 };

static void answer_failure(struct monitor *m, uint64_t number, enum err e) { monitor_fail(m, number, monitor_status(e), e); }

/* As of any other request (api.c): whether a case is somebody else's or none at all is told by neither number nor words. */
static void answer_refusal(struct monitor *m, const struct wire_message *ask, const struct visit *visit, enum err e) {
  bool tells = e == ERR_REFUSED || e == ERR_MISSING;
  if (tells && discretion_hides(m->session, &visit->visitor, ask)) e = err_set(ERR_MISSING, "%s", DISCRETION_WORDS);
  answer_failure(m, ask->number, e);
}

static void tell(struct monitor *m, const struct index_upload *row, const char *state, uint64_t offset) {
  const struct events_upload what = {.upload = row->id,
                                     .account = row->account,
                                     .state = state,
                                     .offset = (int64_t)offset,
                                     .length = row->length,
                                     .permille = -1};
  events_upload(m, &what);
}

/* ---- what is under way */

static struct monitor_transfer *find(struct monitor *m, uint64_t number) {
  for (size_t i = 0; i < MONITOR_TRANSFERS; i++)
    if (number && m->transfers[i].number == number) return &m->transfers[i];
  return NULL;
}

static struct monitor_transfer *find_upload(struct monitor *m, const struct id *upload) {
  for (size_t i = 0; i < MONITOR_TRANSFERS; i++)
    if (m->transfers[i].number && id_equal(spool_upload(m->transfers[i].writer), upload)) return &m->transfers[i];
  return NULL;
}

static void forget(struct monitor_transfer *t) {
  spool_writer_free(t->writer);
  sodium_memzero(t, sizeof *t);
}

static void discard(struct monitor_transfer *t) {
  spool_discard(t->writer);
  sodium_memzero(t, sizeof *t);
}

/* What came stays, unless it cannot even be sealed: then it is worth what is found when the server starts again. */
static void break_off(struct monitor_transfer *t) {
  uint64_t offset;
  if (spool_seal(t->writer, NULL, 0, &offset) != ERR_OK) log_warn("an upload broke off: %s", err_text());
  forget(t);
}

void uploads_break_off(struct monitor *m) {
  for (size_t i = 0; i < MONITOR_TRANSFERS; i++)
    if (m->transfers[i].number) break_off(&m->transfers[i]);
}

void uploads_recheck(struct monitor *m) {
  struct index_upload row;
  for (size_t i = 0; i < MONITOR_TRANSFERS; i++) {
    struct monitor_transfer *t = &m->transfers[i];
    if (t->number && index_upload_get(m->session->vault->index, spool_upload(t->writer), &row, NULL, NULL) != ERR_OK) forget(t);
  }
}

/* ---- questions */

struct question {
  const struct wire_message *ask;
  struct upload upload;
  uint64_t offset;
};
static void question_auto(struct question *q) { upload_free(&q->upload); }

static enum err read_id(const struct wire_message *ask, struct id *out) {
  AUTO(bytes) struct bytes text = {0};
  if (!wire_message_text(ask, "id", 0, ID_TEXT, &text)) return err_set(ERR_USAGE, "an id is missing");
  return id_parse(ID_UPLOAD, bytes_text(&text), out);
}

static enum err read_people(char *list, struct bytes *out) {
  char *rest = NULL;
  for (char *one = strtok_r(list, ", ", &rest); one; one = strtok_r(NULL, ", ", &rest)) {
    struct id person;
    TRY(id_parse(ID_PERSON, one, &person));
    bytes_put(out, &person, sizeof person);
  }
  return bytes_check(out);
}

static enum err read_recorded(struct vault *v, const struct wire_message *ask, struct upload *u) {
  AUTO(bytes) struct bytes text = {0};
  u->recorded_ms = CONSENT_UNKNOWN_MS;
  if (!wire_message_text(ask, "recorded", 0, CLOCK_TEXT, &text) || !text.length) return ERR_OK;
  TRY(clock_parse_start(bytes_text(&text), &u->recorded_ms));
  return u->recorded_ms <= vault_now_ms(v) ? ERR_OK : err_set(ERR_USAGE, "\"recorded\" lies in the future");
}

static enum err read_wish(struct vault *v, const struct wire_message *ask, struct upload *u) {
  AUTO(bytes) struct bytes text = {0};
  enum purpose_media media;
  uint64_t length;
  if (!wire_message_number(ask, "length", 0, &length) || length > INT64_MAX)
    return err_set(ERR_USAGE, "Upload-Length is missing");
  u->row.length = (int64_t)length;
  if (!wire_message_text(ask, "case", 0, ID_TEXT, &text)) return err_set(ERR_USAGE, "Upload-Metadata names no \"case\"");
  TRY(id_parse(ID_CASE, bytes_text(&text), &u->kase));
  if (wire_message_text(ask, "persons", 0, MOST_TEXT, &text) && text.length) TRY(read_people((char *)text.data, &u->people));
  if (wire_message_text(ask, "kind", 0, INDEX_WORD - 1, &text) && text.length) {
    TRY(purpose_kind_media(bytes_text(&text), &media));
    snprintf(u->kind, sizeof u->kind, "%s", bytes_text(&text));
  }
  if (!wire_message_text(ask, "filename", 0, UPLOAD_MOST_NAME, &u->file_name) || !u->file_name.length)
    return err_set(ERR_USAGE, "Upload-Metadata names no \"filename\", or one longer than %d bytes", UPLOAD_MOST_NAME);
  return read_recorded(v, ask, u);
}

/* Somebody of others' cases is not there, as in every other request (player-bridge/discretion.h): the clip would tell their name.
 */
static enum err require_known(struct vault *v, const struct bytes *people) {
  AUTO(reach) struct reach reach = {0};
  TRY(reach_of(v, &reach));
  for (size_t i = 0; i < INDEX_COUNT(struct id, *people); i++) {
    bool known;
    TRY(reach_has_person(v, &reach, &INDEX_ROWS(struct id, *people)[i], &known));
    if (!known) return err_set(ERR_MISSING, "there is no such person; see clipvault person list");
  }
  return ERR_OK;
}

static enum err create(struct vault *v, void *context) {
  struct question *q = context;
  struct upload *u = &q->upload;
  TRY(read_wish(v, q->ask, u));
  TRY(intake_require_case(v, &u->kase));
  TRY(require_known(v, &u->people));
  TRY(intake_require_people(v, INDEX_ROWS(struct id, u->people), INDEX_COUNT(struct id, u->people)));
  return upload_begin(v, u);
}

static void begin_answer(struct bytes *message, uint64_t number, unsigned status, const struct upload *u) {
  wire_message_begin(message, WIRE_ANSWER, number, NULL);
  wire_message_put_number(message, "status", status);
  wire_message_put_number(message, "upload_expires", (uint64_t)u->row.expires_ms);
}

void uploads_create(struct monitor *m, const struct wire_message *ask, const struct visit *visit) {
  AUTO(bytes) struct bytes message = {0};
  AUTO(question) struct question q = {.ask = ask};
  char id[ID_TEXT], path[16 + ID_TEXT];
  uint64_t length, most = m->session->vault->config.most_file_bytes;
  if (wire_message_number(ask, "length", 0, &length) && length > most) {
    monitor_fail(m, ask->number, TOO_LONG, err_set(ERR_USAGE, "no file here has more than %llu bytes", (unsigned long long)most));
    return;
  }
  enum err e = dispatch_within(m->session, &visit->visitor, create, &q);
  if (e != ERR_OK) {
    answer_refusal(m, ask, visit, e);
    return;
  }
  snprintf(path, sizeof path, "/api/uploads/%s", id_format(ID_UPLOAD, &q.upload.row.id, id));
  begin_answer(&message, ask->number, 201, &q.upload);
  wire_message_put_text(&message, "location", path);
  wire_message_put_number(&message, "upload_offset", 0);
  monitor_say(m, &message);
  tell(m, &q.upload.row, "arriving", 0);
}

static enum err look(struct vault *v, void *context) {
  struct question *q = context;
  struct id id;
  TRY(read_id(q->ask, &id));
  TRY(upload_of_actor(v, &id, &q->upload));
  if (!q->upload.row.leaf)
    q->offset = (uint64_t)q->upload.row.length;
  else
    TRY(spool_offset(v, &id, &q->offset));
  return q->upload.row.expires_ms > vault_now_ms(v) ? ERR_OK : err_set(ERR_MISSING, "the time of this upload is over");
}

static void break_off_upload(struct monitor *m, const struct id *upload) {
  struct monitor_transfer *t = find_upload(m, upload);
  if (t) break_off(t);
}

/* Whoever asks where to go on has lost the connection that they had, whether we have noticed or not. */
void uploads_tell_offset(struct monitor *m, const struct wire_message *ask, const struct visit *visit) {
  AUTO(bytes) struct bytes message = {0};
  AUTO(question) struct question q = {.ask = ask}, again = {.ask = ask};
  enum err e = dispatch_within(m->session, &visit->visitor, look, &q);
  if (e == ERR_OK) break_off_upload(m, &q.upload.row.id);
  if (e == ERR_OK) e = dispatch_within(m->session, &visit->visitor, look, &again);
  if (e != ERR_OK) {
    answer_failure(m, ask->number, e);
    return;
  }
  begin_answer(&message, ask->number, 200, &again.upload);
  wire_message_put_number(&message, "upload_offset", again.offset);
  wire_message_put_number(&message, "upload_length", (uint64_t)again.upload.row.length);
  monitor_say(m, &message);
}

static void put_text_or_null(struct json *j, const char *key, const char *text) {
  json_key(j, key);
  if (text && *text)
    json_text(j, text);
  else
    json_null(j);
}

static void put_result(struct json *j, const struct upload *u) {
  char hash[65], clip[ID_TEXT];
  bytes_hex(u->sha256, sizeof u->sha256, hash);
  put_text_or_null(j, "sha256", sodium_is_zero(u->sha256, sizeof u->sha256) ? NULL : hash);
  put_text_or_null(j, "state", *u->word ? u->word : u->row.state);
  if (!id_is_zero(&u->clip)) put_text_or_null(j, "clip", id_format(ID_CLIP, &u->clip, clip));
  if (*u->reason) put_text_or_null(j, "reason", u->reason);
}

void uploads_show(struct monitor *m, const struct wire_message *ask, const struct visit *visit) {
  AUTO(bytes) struct bytes json = {0};
  AUTO(question) struct question q = {.ask = ask};
  char id[ID_TEXT], at[CLOCK_TEXT];
  enum err e = dispatch_within(m->session, &visit->visitor, look, &q);
  struct json j = json_begin(&json);
  json_object(&j);
  put_text_or_null(&j, "upload", id_format(ID_UPLOAD, &q.upload.row.id, id));
  put_result(&j, &q.upload);
  json_key(&j, "offset");
  json_number(&j, (int64_t)q.offset);
  json_key(&j, "length");
  json_number(&j, q.upload.row.length);
  put_text_or_null(&j, "expires_at", clock_format(q.upload.row.expires_ms, at));
  json_close(&j);
  if (e == ERR_OK) e = json_end(&j);
  if (e == ERR_OK)
    monitor_answer(m, ask->number, 200, &json);
  else
    answer_failure(m, ask->number, e);
}

static enum err end(struct vault *v, void *context) {
  struct question *q = context;
  TRY(look(v, q));
  if (strcmp(q->upload.row.state, "waiting") == 0)
    return err_set(ERR_REFUSED, "all of it is here and is being taken in: shred the clip, if it is not wanted");
  return upload_end(v, &q->upload);
}

void uploads_end(struct monitor *m, const struct wire_message *ask, const struct visit *visit) {
  AUTO(bytes) struct bytes message = {0};
  AUTO(question) struct question q = {.ask = ask}, again = {.ask = ask};
  enum err e = dispatch_within(m->session, &visit->visitor, look, &q);
  struct monitor_transfer *t = e == ERR_OK ? find_upload(m, &q.upload.row.id) : NULL;
  if (t) forget(t);
  if (e == ERR_OK) e = dispatch_within(m->session, &visit->visitor, end, &again);
  if (e != ERR_OK) {
    answer_failure(m, ask->number, e);
    return;
  }
  wire_message_begin(&message, WIRE_ANSWER, ask->number, NULL);
  wire_message_put_number(&message, "status", 204);
  monitor_say(m, &message);
}

/* ---- bodies */

struct opening {
  struct question question;
  struct monitor_transfer transfer;
  unsigned status; /* of HTTP, where it goes wrong; 0: as the failure says */
};

static enum err open_transfer(struct vault *v, void *context) {
  struct opening *o = context;
  AUTO(bytes) struct bytes algorithm = {0};
  const struct wire_message *said = o->question.ask;
  uint64_t offset;
  TRY(look(v, &o->question));
  if (!wire_message_number(said, "offset", 0, &offset)) return err_set(ERR_USAGE, "Upload-Offset is missing");
  if (!wire_message_text(said, "algorithm", 0, sizeof "sha256" - 1, &algorithm)) bytes_clear(&algorithm);
  const struct wire_message_field *digest = wire_message_find(said, "digest", 0);
  o->transfer.digest_length = digest && digest->length <= MOST_DIGEST ? digest->length : 0;
  if (o->transfer.digest_length) memcpy(o->transfer.digest, digest->value, digest->length);
  enum err e = spool_write_on(v, &o->question.upload, offset, bytes_text(&algorithm), &o->transfer.writer);
  if (e == ERR_USAGE) o->status = CONFLICT;
  return e;
}

/* A school's line carries so many at once, and others upload too. */
static bool has_enough(const struct monitor *m, const struct id *account) {
  size_t own = 0;
  for (size_t i = 0; i < MONITOR_TRANSFERS; i++) own += m->transfers[i].number && id_equal(&m->transfers[i].account, account);
  return own >= MONITOR_TRANSFERS_EACH;
}

static struct monitor_transfer *free_place(struct monitor *m) {
  for (size_t i = 0; i < MONITOR_TRANSFERS; i++)
    if (!m->transfers[i].number) return &m->transfers[i];
  return NULL;
}

/* The last to come goes on; who wrote before has lost their connection, or will have to ask. */
static enum err begin(struct monitor *m, const struct wire_message *said, const struct visit *visit, unsigned *status) {
  struct opening o = {.question = {.ask = said}};
  struct id id;
  uint8_t csrf[VISIT_KEY];
  if (!wire_message_bytes(said, "csrf", csrf, sizeof csrf) || !visit_has_csrf(visit, csrf))
    return err_set(ERR_REFUSED, "the token of this session is missing: send X-CSRF, as signing in told it");
  TRY(read_id(said, &id));
  struct question before = {.ask = said};
  enum err e = dispatch_within(m->session, &visit->visitor, look, &before);
  upload_free(&before.upload);
  TRY(e);
  break_off_upload(m, &id);
  *status = has_enough(m, &visit->visitor.account) ? MONITOR_TOO_MANY : 0;
  if (*status)
    return err_set(ERR_BUSY, "%d uploads of yours come already; go on with this one when one of them is through",
                   MONITOR_TRANSFERS_EACH);
  struct monitor_transfer *place = free_place(m);
  if (!place) return err_set(ERR_BUSY, "too many uploads come at once; try again");
  e = dispatch_within(m->session, &visit->visitor, open_transfer, &o);
  upload_free(&o.question.upload);
  *status = o.status;
  TRY(e);
  *place = o.transfer;
  place->visit = visit->number;
  place->account = visit->visitor.account;
  wire_message_number(said, "transfer", 0, &place->number);
  return ERR_OK;
}

struct piece {
  struct monitor_transfer *transfer;
  const struct wire_message_field *data;
  uint64_t offset;
};

static enum err seal(struct piece *p) {
  struct monitor_transfer *t = p->transfer;
  return spool_seal(t->writer, t->digest_length ? t->digest : NULL, t->digest_length, &p->offset);
}

static void say_taken(struct monitor *m, uint64_t number) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_TAKEN, number, NULL);
  monitor_say(m, &message);
}

static void say_sealed(struct monitor *m, uint64_t number, uint64_t offset) {
  AUTO(bytes) struct bytes message = {0};
  wire_message_begin(&message, WIRE_ANSWER, number, NULL);
  wire_message_put_number(&message, "status", 204);
  wire_message_put_number(&message, "upload_offset", offset);
  monitor_say(m, &message);
}

static enum err hear(struct monitor *m, const struct wire_message *said, struct piece *p, unsigned *status) {
  const struct visit *visit = said->has_session ? visit_find(&m->visits, said->session) : NULL;
  uint64_t number, last;
  *status = 401;
  if (!visit) return err_set(ERR_REFUSED, "sign in first");
  *status = 0;
  if (!wire_message_number(said, "transfer", 0, &number) || !number) return err_set(ERR_USAGE, "this belongs to no upload");
  if (wire_message_find(said, "id", 0)) TRY(begin(m, said, visit, status));
  p->transfer = find(m, number);
  *status = CONFLICT;
  if (p->transfer && p->transfer->visit != visit->number) p->transfer = NULL;
  if (!p->transfer) return err_set(ERR_USAGE, "this upload went on in another request; ask with HEAD where it stands");
  p->data = wire_message_find(said, "data", 0);
  *status = TOO_LONG;
  if (p->data && p->data->length) TRY(spool_take(p->transfer->writer, p->data->value, p->data->length));
  *status = GONE_WRONG;
  if (wire_message_number(said, "last", 0, &last) && last) TRY(seal(p));
  return ERR_OK;
}

/* With its last piece, if that is still theirs to send. */
static void tear(struct monitor *m, const struct wire_message *said, struct monitor_transfer *t) {
  struct piece p = {0};
  unsigned status = 0;
  if (!t) return;
  bool good = !wire_message_find(said, "data", 0) || hear(m, said, &p, &status) == ERR_OK || !p.transfer;
  if (good)
    break_off(t);
  else
    discard(t);
}

static void tell_sealed(struct monitor *m, const struct monitor_transfer *t, uint64_t offset) {
  struct index_upload row;
  if (index_upload_get(m->session->vault->index, spool_upload(t->writer), &row, NULL, NULL) == ERR_OK)
    tell(m, &row, row.state, offset);
}

void uploads_body(struct monitor *m, const struct wire_message *said) {
  struct piece p = {0};
  uint64_t number = 0, torn = 0, last = 0;
  unsigned status = 0;
  wire_message_number(said, "transfer", 0, &number);
  if (wire_message_number(said, "torn", 0, &torn) && torn) {
    tear(m, said, find(m, number));
    return;
  }
  enum err e = hear(m, said, &p, &status);
  bool sealed = wire_message_number(said, "last", 0, &last) && last;
  if (p.transfer && e == ERR_OK && sealed) {
    tell_sealed(m, p.transfer, p.offset);
    forget(p.transfer);
  }
  if (e == ERR_BUSY && status == MONITOR_TOO_MANY) {
    monitor_fail_later(m, said->number, WAIT_S);
  } else if (e != ERR_OK) {
    bool own = status && (e == ERR_DATA || status == CONFLICT || status == 401);
    monitor_fail(m, said->number, own ? status : monitor_status(e), e);
  } else if (sealed) {
    say_sealed(m, said->number, p.offset);
  } else {
    say_taken(m, said->number);
  }
  if (p.transfer && e != ERR_OK) discard(p.transfer); /* last: it would speak over why */
}
