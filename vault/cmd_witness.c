/* audit witness: where a checkpoint of the log was left, or who signed it. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit_export.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/note.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

#include <string.h>

enum { MOST_WORDS = 300 };

struct witnessing {
  struct audit_checkpoint checkpoint;
  struct bytes note;
};
static void witnessing_auto(struct witnessing *w) { bytes_free(&w->note); }

static enum err note_in(struct vault *v, void *context, const struct request *rq) {
  const struct witnessing *w = context;
  struct audit_note entry = {.verb = "audit.witnessed",
                             .kind = ID_VAULT,
                             .subject = &v->id,
                             .details = request_text_or(rq, "note", ""),
                             .open = {AUDIT_OPEN_WITNESS, w->note.data, w->note.length}};
  return audit_put(v, &entry, NULL);
}

static enum err read_note(const struct request *rq, struct bytes *out) {
  size_t got = 0;
  uint8_t *room = bytes_extend(out, AUDIT_OPEN_MOST + 1);
  TRY(bytes_check(out));
  TRY(io_read_upto(request_fd(rq, "checkpoint", 0), room, AUDIT_OPEN_MOST + 1, &got));
  out->length = got;
  if (got > AUDIT_OPEN_MOST) return err_set(ERR_DATA, "this is too long to be a checkpoint with the signatures of witnesses");
  return ERR_OK;
}

/* How many signatures stand below it besides ours. */
static size_t others_of(const uint8_t *note, size_t length) {
  size_t text, lines = 0;
  if (note_split(note, length, &text) != ERR_OK) return 0;
  for (size_t i = text + 1; i < length; i++) lines += note[i] == '\n';
  return lines ? lines - 1 : 0;
}

static void write_one(struct answer *a, const struct audit_checkpoint *c, size_t others) {
  char fingerprint[AUDIT_CHECKPOINT_FINGERPRINT];
  audit_checkpoint_fingerprint(c, fingerprint);
  answer_number(a, "entries", (int64_t)c->entries);
  answer_text(a, "fingerprint", fingerprint);
  answer_number(a, "signed_by_others", (int64_t)others);
  bytes_printf(&a->reply->text, "%8llu entries  %s  %zu other signatures", (unsigned long long)c->entries, fingerprint, others);
}

static enum err record(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(witnessing) struct witnessing w = {0};
  struct audit_verdict verdict;
  if (strlen(request_text_or(rq, "note", "")) > MOST_WORDS)
    return err_set(ERR_USAGE, "--note takes at most %d letters; no names", MOST_WORDS);
  TRY(read_note(rq, &w.note));
  TRY(audit_export_recognise(s->vault, &w.note, &w.checkpoint));
  TRY(audit_verify_since(s->vault, &w.checkpoint, &verdict, NULL));
  if (!verdict.valid) return err_set(ERR_DATA, "the log does not go on from this checkpoint: %s", verdict.problem);
  TRY(transact(s->vault, note_in, &w, rq));
  struct answer a = answer_begin(reply);
  bytes_put_text(&reply->text, "Recorded:\n");
  write_one(&a, &w.checkpoint, others_of(w.note.data, w.note.length));
  bytes_put_text(&reply->text, "\n");
  return answer_end(&a);
}

struct listing {
  struct answer answer;
  struct vault *vault;
};

static enum err write_entry(void *context, const struct audit_entry *e) {
  struct listing *l = context;
  AUTO(bytes) struct bytes note = {0};
  struct audit_checkpoint c;
  char at[CLOCK_TEXT];
  if (e->open.kind != AUDIT_OPEN_WITNESS) return ERR_OK;
  bytes_put(&note, e->open.data, e->open.length);
  TRY(bytes_check(&note));
  TRY(audit_export_recognise(l->vault, &note, &c));
  answer_object(&l->answer, NULL);
  answer_time(&l->answer, "at", e->at_ms);
  bytes_printf(&l->answer.reply->text, "%s  ", clock_format(e->at_ms, at));
  write_one(&l->answer, &c, others_of(e->open.data, e->open.length));
  answer_text(&l->answer, "note", e->details);
  bytes_printf(&l->answer.reply->text, "  %s\n", e->details);
  answer_object_end(&l->answer);
  return ERR_OK;
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "recording who witnessed the audit log"));
  if (request_text(rq, "checkpoint")) return record(s, rq, reply);
  if (request_text(rq, "note")) return err_set(ERR_USAGE, "--note belongs to --checkpoint FILE: the checkpoint that it is about");
  struct listing l = {answer_begin_list(reply), s->vault};
  TRY(audit_each(s->vault, write_entry, &l));
  if (!reply->text.length)
    bytes_put_text(&reply->text, "Nobody outside has a checkpoint yet: clipvault audit checkpoint --to FILE\n");
  return answer_end(&l.answer);
}

static const struct command_option options[] = {
    {"--checkpoint", "FILE", OPTION_FILE_IN, "the checkpoint, with whatever a witness signed below it"},
    {"--note", "TEXT", 0, "where it was left: a file number, a letter's date; no names"},
    {0}};
const struct command cmd_audit_witness = {
    .name = "audit witness",
    .group = "Proof",
    .synopsis = "[--checkpoint FILE [--note TEXT]]",
    .summary = "who outside has a checkpoint of the log",
    .help =
        "Records that a checkpoint was left outside, or came back with a witness's signature below ours; without options it "
        "lists "
        "what was recorded. The checkpoint must still be the beginning of the log.\n\n"
        "  clipvault audit witness --checkpoint may.txt --note \"printed, folder 7 of the information governance team\"",
    .options = options,
    .run = run};
