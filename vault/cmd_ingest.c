/* ingest. */
#include "ingest/ingest.h"
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/consent.h"
#include "vault/request.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PEOPLE = 200, LEAST_HEIGHT = 64, MOST_NAME = 200, MOST_WORDS = 500 };

/* What holds for all files of one command. */
struct batch {
  struct ingest_order order;
  struct id people[MOST_PEOPLE];
};

static enum err read_people(struct vault *v, const struct request *rq, struct batch *b) {
  size_t count = request_count(rq, "person");
  struct index_person row;
  if (count == 0)
    return err_set(
        ERR_USAGE,
        "name everyone in it with --person: a film nobody is named in can be used for nothing; see clipvault help ingest");
  if (count > MOST_PEOPLE) return err_set(ERR_USAGE, "at most %d people can be named for one film", MOST_PEOPLE);
  for (size_t i = 0; i < count; i++) {
    TRY(id_parse(ID_PERSON, request_nth(rq, "person", i), &b->people[i]));
    TRY(index_person_get(v->index, &b->people[i], &row, NULL));
    if (strcmp(row.state, "live") != 0) return err_set(ERR_MISSING, "the person %s was erased", request_nth(rq, "person", i));
    for (size_t k = 0; k < i; k++)
      if (id_equal(&b->people[k], &b->people[i]))
        return err_set(ERR_USAGE, "--person %s was given twice", request_nth(rq, "person", i));
  }
  b->order.people = b->people;
  b->order.people_count = count;
  return ERR_OK;
}

static enum err read_dates(struct vault *v, const struct request *rq, struct batch *b) {
  const char *recorded = request_text(rq, "recorded"), *expires = request_text(rq, "expires");
  b->order.recorded_ms = CONSENT_UNKNOWN_MS;
  b->order.expires_ms = CLOCK_NEVER_MS;
  if (recorded) TRY(clock_parse_start(recorded, &b->order.recorded_ms));
  if (recorded && b->order.recorded_ms > vault_now_ms(v)) return err_set(ERR_USAGE, "--recorded lies in the future");
  if (expires) TRY(clock_parse(expires, &b->order.expires_ms));
  if (expires && b->order.expires_ms <= vault_now_ms(v))
    return err_set(ERR_USAGE, "--expires lies in the past: there would be nothing to keep");
  return ERR_OK;
}

static enum err read_height(const struct request *rq, struct batch *b) {
  uint64_t height;
  TRY(request_number(rq, "max-height", 0, UINT16_MAX, &height));
  if (request_text(rq, "max-height") && height < LEAST_HEIGHT)
    return err_set(ERR_USAGE, "--max-height is at least %d", LEAST_HEIGHT);
  b->order.most_height = (uint32_t)height;
  return ERR_OK;
}

static enum err read_batch(struct vault *v, const struct request *rq, struct batch *b) {
  struct index_case kase;
  enum purpose_media media;
  TRY(account_require(v, ACCOUNT_PRACTITIONER, "taking in films"));
  TRY(id_parse(ID_CASE, request_text(rq, "case"), &b->order.kase));
  TRY(index_case_get(v->index, &b->order.kase, &kase, NULL));
  if (kase.closed_ms != CLOCK_NEVER_MS) return err_set(ERR_REFUSED, "this case is closed; open a new one for new films");
  TRY(read_people(v, rq, b));
  TRY(read_dates(v, rq, b));
  TRY(read_height(rq, b));
  b->order.kind = request_text_or(rq, "kind", "");
  if (*b->order.kind) TRY(purpose_kind_media(b->order.kind, &media));
  if (request_flag(rq, "keep-original"))
    return err_set(ERR_UNAVAILABLE, "--keep-original is not built yet: only the playable copy is kept");
  return ERR_OK;
}

/* ---- the answer: three lists, filled file by file */
struct report {
  struct reply done, duplicates, refused; /* JSON arrays under construction, and their text */
  struct answer lists[3];
  size_t kept;
};

static void write_made(struct answer *a, const struct ingest_result *r) {
  if (r->made.width) answer_number(a, "width", r->made.width);
  if (r->made.height) answer_number(a, "height", r->made.height);
  if (r->made.rate_den) {
    char rate[32];
    snprintf(rate, sizeof rate, "%u/%u", r->made.rate_num, r->made.rate_den);
    answer_text(a, "frame_rate", rate);
  }
  if (r->made.duration_ms >= 0) answer_number(a, "duration_ms", r->made.duration_ms);
  answer_number(a, "frames", (int64_t)r->made.frames);
  answer_number(a, "frames_damaged", (int64_t)(r->made.frames_damaged + r->made.packets_damaged));
}

/* A file's name must not be able to steer the terminal. */
static void put_name(struct bytes *text, const char *file) { bytes_put_plain(text, file, MOST_NAME); }

static void write_words(struct bytes *text, const char *file, const struct ingest_result *r, const char *clip) {
  put_name(text, file);
  if (r->quarantined) {
    bytes_printf(text, " → %s, in quarantine: not everyone in it has agreed to any use of it.\n", clip);
  } else {
    bytes_printf(text, " → %s, for ", clip);
    purpose_put_set(text, r->purposes);
    bytes_put_text(text, ".\n");
  }
  if (r->picture_dropped) bytes_put_text(text, "  Only its sound was kept: nobody agreed to more.\n");
  uint64_t damaged = r->made.frames_damaged + r->made.packets_damaged;
  if (damaged)
    bytes_printf(text, "  The file is damaged: %llu frames or packets were lost or patched.\n", (unsigned long long)damaged);
}

static void write_done(struct report *rep, const char *file, const struct ingest_result *r) {
  struct answer *a = &rep->lists[0];
  char clip[ID_TEXT];
  answer_object(a, NULL);
  answer_id(a, "clip", ID_CLIP, &r->clip);
  answer_text(a, "file", file);
  answer_hex(a, "sha256", r->sha256, sizeof r->sha256);
  answer_text(a, "state", r->quarantined ? "quarantined" : "live");
  answer_array(a, "purposes");
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    if (r->purposes >> p & 1) answer_text(a, NULL, purpose_name(p));
  answer_array_end(a);
  write_made(a, r);
  answer_object_end(a);
  write_words(&rep->done.text, file, r, id_format(ID_CLIP, &r->clip, clip));
}

static void write_duplicate(struct report *rep, const char *file, const struct ingest_result *r) {
  struct answer *a = &rep->lists[1];
  char clip[ID_TEXT];
  answer_object(a, NULL);
  answer_text(a, "file", file);
  answer_id(a, "clip", ID_CLIP, &r->clip);
  answer_object_end(a);
  put_name(&rep->duplicates.text, file);
  bytes_printf(&rep->duplicates.text, " is %s already.\n", id_format(ID_CLIP, &r->clip, clip));
}

static void write_refused(struct report *rep, const char *file, const char *reason) {
  struct answer *a = &rep->lists[2];
  answer_object(a, NULL);
  answer_text(a, "file", file);
  answer_text(a, "reason", reason);
  answer_object_end(a);
  put_name(&rep->refused.text, file);
  bytes_put_text(&rep->refused.text, " was refused: ");
  bytes_put_plain(&rep->refused.text, reason, MOST_WORDS);
  bytes_put_text(&rep->refused.text, "\n");
}

/* What could not even be opened; see COMMAND_UNOPENED. */
static void write_unopened(struct report *rep, const char *noted) {
  AUTO(bytes) struct bytes reason = {0};
  size_t length = strcspn(noted, "\n");
  bytes_put(&reason, noted, length);
  write_refused(rep, noted[length] ? noted + length + 1 : noted, bytes_text(&reason));
}

/* One file. What is wrong with the file goes on the list; what is wrong with the vault ends the command. */
static enum err take_file(struct session *s, const struct request *rq, size_t n, struct batch *b, struct report *rep) {
  struct ingest_result result;
  const char *file = request_nth(rq, "FILE", n);
  b->order.fd = request_fd(rq, "FILE", n);
  b->order.name = file;
  enum err e = ingest_recording(s, &b->order, &result);
  if (e == ERR_DATA || e == ERR_USAGE || (e == ERR_REFUSED && !session_stopped(s))) {
    write_refused(rep, file, err_text());
    return ERR_OK;
  }
  TRY(e);
  rep->kept++;
  if (result.duplicate)
    write_duplicate(rep, file, &result);
  else
    write_done(rep, file, &result);
  return ERR_OK;
}

static enum err join(struct report *rep, struct reply *reply) {
  static const char *const names[3] = {"ingested", "duplicates", "refused"};
  struct reply *parts[3] = {&rep->done, &rep->duplicates, &rep->refused};
  for (int i = 0; i < 3; i++) {
    TRY(answer_end(&rep->lists[i]));
    bytes_printf(&reply->json, "%s\"%s\":", i ? "," : "{", names[i]);
    bytes_put(&reply->json, parts[i]->json.data, parts[i]->json.length);
    bytes_put(&reply->text, parts[i]->text.data, parts[i]->text.length);
  }
  bytes_put_text(&reply->json, "}");
  return bytes_check(&reply->json);
}

static enum err take_all(struct session *s, const struct request *rq, struct batch *b, struct report *rep, struct reply *reply) {
  rep->lists[0] = answer_begin_list(&rep->done);
  rep->lists[1] = answer_begin_list(&rep->duplicates);
  rep->lists[2] = answer_begin_list(&rep->refused);
  for (size_t i = 0; i < request_count(rq, COMMAND_UNOPENED); i++) write_unopened(rep, request_nth(rq, COMMAND_UNOPENED, i));
  for (size_t i = 0; i < request_count(rq, "FILE"); i++) TRY(take_file(s, rq, i, b, rep));
  TRY(join(rep, reply));
  if (rep->kept) return ERR_OK;
  reply->report = true;
  return err_set(ERR_DATA, "nothing was taken in");
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  struct batch batch = {0};
  struct report rep = {0};
  TRY(read_batch(s->vault, rq, &batch));
  enum err e = take_all(s, rq, &batch, &rep, reply);
  reply_free(&rep.done);
  reply_free(&rep.duplicates);
  reply_free(&rep.refused);
  return e;
}

/* Before anyone is asked for a passphrase. */
static enum err prepare(const struct session *s, struct request *rq) {
  (void)s;
  if (request_count(rq, "FILE") + request_count(rq, COMMAND_UNOPENED)) return ERR_OK;
  return err_set(ERR_USAGE, "ingest needs FILE; see clipvault help ingest");
}

static const struct command_option options[] = {
    {"FILE", NULL, OPTION_REPEAT | OPTION_FILE_IN, "the recordings"},
    {COMMAND_UNOPENED, NULL, OPTION_PREPARED | OPTION_REPEAT, "those that cannot be opened"},
    {"--case", "CASE", OPTION_REQUIRED, "the case they belong to"},
    {"--person", "PERSON", OPTION_REPEAT, "someone in them; once for everyone"},
    {"--recorded", "DATE", 0, "when it was filmed; otherwise as the file says"},
    {"--kind", "KIND", 0, "recording, clip, still, audio or document; otherwise by content"},
    {"--expires", "DATE", 0, "the clip's own end, whatever the consents say"},
    {"--max-height", "N", 0, "the copy's shorter side gets at most N lines (otherwise 1080)"},
    {"--keep-original", NULL, OPTION_SWITCH, "also keep the bytes as received (not built yet)"},
    {0},
};
const struct command cmd_ingest = {
    .name = "ingest",
    .group = "Films",
    .synopsis =
        "FILE… --case CASE --person PERSON [--person …] [--recorded DATE] [--kind KIND] [--expires DATE] [--max-height N]",
    .summary = "take films, sound or pictures into the vault",
    .help =
        "Takes recordings in: each is checked and re-encoded in a confined process, sealed as it arrives, and may be used for "
        "exactly the "
        "purposes that everyone named with --person agreed to. If there is none it goes to quarantine and ends by itself unless "
        "consents follow.\n\n"
        "  clipvault ingest film.mov --case cas_… --person per_ADA --person per_MIRA\n\n"
        "A file that is in the vault already is not taken twice. A file that is no recording is refused with the reason; the "
        "others are taken in all the same.",
    .options = options,
    .flags = COMMAND_LASTS,
    .prepare = prepare,
    .run = run};
