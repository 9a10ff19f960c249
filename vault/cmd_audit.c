/* audit list, verify, checkpoint, export. (audit witness: cmd_witness.c) */
#include "keys/certificate.h"
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit_export.h"
#include "vault/audit_outside.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

struct listing {
  struct answer answer;
  int64_t since_ms;
  struct id clip, user; /* zero: all */
};

static enum err write_entry(void *context, const struct audit_entry *e) {
  struct listing *l = context;
  char at[CLOCK_TEXT], subject[ID_TEXT], user[ID_TEXT];
  if (e->at_ms < l->since_ms) return ERR_OK;
  if (!id_is_zero(&l->clip) && !(e->kind == ID_CLIP && id_equal(&l->clip, &e->subject))) return ERR_OK;
  if (!id_is_zero(&l->user) && !id_equal(&l->user, &e->account)) return ERR_OK;
  answer_object(&l->answer, NULL);
  answer_number(&l->answer, "seq", (int64_t)e->seq);
  answer_time(&l->answer, "at", e->at_ms);
  answer_id(&l->answer, "user", ID_USER, &e->account);
  answer_text(&l->answer, "did", e->verb);
  if (!id_is_zero(&e->subject)) answer_id(&l->answer, "to", e->kind, &e->subject);
  if (e->details[0]) answer_text(&l->answer, "details", e->details);
  if (e->gone) answer_bool(&l->answer, "details_gone", true);
  answer_object_end(&l->answer);
  bytes_printf(&l->answer.reply->text, "%6llu  %s  %s  %-22s %s  %s\n", (unsigned long long)e->seq, clock_format(e->at_ms, at),
               id_format(ID_USER, &e->account, user), e->verb,
               id_is_zero(&e->subject) ? "" : id_format(e->kind, &e->subject, subject),
               e->gone ? "(gone with the clip)" : e->details);
  return ERR_OK;
}

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct listing l = {.since_ms = INT64_MIN};
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "reading the audit log"));
  if (request_text(rq, "since")) TRY(clock_parse_start(request_text(rq, "since"), &l.since_ms));
  if (request_text(rq, "clip")) TRY(id_parse(ID_CLIP, request_text(rq, "clip"), &l.clip));
  if (request_text(rq, "user")) TRY(id_parse(ID_USER, request_text(rq, "user"), &l.user));
  l.answer = answer_begin_list(reply);
  TRY(audit_each(s->vault, write_entry, &l));
  return answer_end(&l.answer);
}

static enum err read_small(int fd, struct bytes *out) {
  enum { MOST = 16 << 10 };
  size_t got = 0;
  uint8_t *room = bytes_extend(out, MOST);
  TRY(bytes_check(out));
  TRY(io_read_upto(fd, room, MOST, &got));
  out->length = got;
  out->data[got] = 0; /* within what was extended, or its end */
  return ERR_OK;
}

/* By somebody outside, with a file and a public key. */
static enum err verify_file(const struct request *rq, const struct bytes *earlier, struct audit_verdict *out) {
  AUTO(bytes) struct bytes key = {0};
  uint8_t public_key[32];
  if (!request_text(rq, "vault-key"))
    return err_set(ERR_USAGE, "--file needs --vault-key FILE: the key that certificate key wrote");
  TRY(read_small(request_fd(rq, "vault-key", 0), &key));
  TRY(certificate_key_parse(key.data, key.length, public_key));
  return audit_outside_verify(request_fd(rq, "file", 0), public_key, earlier, out);
}

static enum err verify_any(struct session *s, const struct request *rq, struct audit_verdict *out) {
  AUTO(bytes) struct bytes note = {0};
  struct audit_checkpoint earlier;
  bool since = request_text(rq, "checkpoint") != NULL;
  if (since) TRY(read_small(request_fd(rq, "checkpoint", 0), &note));
  if (request_text(rq, "file")) return verify_file(rq, since ? &note : NULL, out);
  if (request_text(rq, "vault-key")) return err_set(ERR_USAGE, "--vault-key belongs to --file FILE: an export of the log");
  if (!since) return audit_verify(s->vault, out);
  TRY(audit_export_recognise(s->vault, &note, &earlier));
  return audit_verify_since(s->vault, &earlier, out, NULL);
}

static enum err verify_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct audit_verdict verdict;
  TRY(verify_any(s, rq, &verdict));
  struct answer a = answer_begin(reply);
  answer_number(&a, "entries", (int64_t)verdict.entries);
  answer_hex(&a, "head", verdict.root, sizeof verdict.root);
  answer_bool(&a, "valid", verdict.valid);
  if (!verdict.valid) answer_text(&a, "problem", verdict.problem);
  bytes_printf(&reply->text,
               verdict.valid ? "The audit log is whole: %llu entries.\n" : "THE AUDIT LOG IS NOT WHOLE (%llu entries).\n",
               (unsigned long long)verdict.entries);
  if (verdict.valid && request_text(rq, "checkpoint"))
    bytes_put_text(&reply->text, "Since that checkpoint it was only added to.\n");
  TRY(answer_end(&a));
  reply->report = !verdict.valid;
  return verdict.valid ? ERR_OK : err_set(ERR_DATA, "the audit log does not verify: %s", verdict.problem);
}

static enum err make_checkpoint(struct vault *v, const struct request *rq, struct bytes *out, struct audit_checkpoint *what) {
  AUTO(bytes) struct bytes note = {0};
  struct audit_checkpoint earlier;
  if (!request_text(rq, "since")) return audit_export_checkpoint(v, out, what);
  TRY(read_small(request_fd(rq, "since", 0), &note));
  TRY(audit_export_recognise(v, &note, &earlier));
  return audit_export_growth(v, &earlier, out, what);
}

/* The text is the note and nothing else, so that it can go into a file or a mail as it stands. */
static enum err checkpoint_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes note = {0};
  struct audit_checkpoint what;
  char fingerprint[AUDIT_CHECKPOINT_FINGERPRINT];
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "signing a checkpoint of the audit log"));
  TRY(make_checkpoint(s->vault, rq, &note, &what));
  audit_checkpoint_fingerprint(&what, fingerprint);
  if (request_text(rq, "to")) TRY(io_write_all(request_fd(rq, "to", 0), note.data, note.length));
  struct answer a = answer_begin(reply);
  answer_number(&a, "entries", (int64_t)what.entries);
  answer_hex(&a, "root", what.root, sizeof what.root);
  answer_text(&a, "fingerprint", fingerprint);
  answer_bytes(&a, "checkpoint", &note);
  if (request_text(rq, "to"))
    bytes_printf(
        &reply->text,
        "Wrote a checkpoint of %llu entries. Its fingerprint, to be written down or compared by phone:\n\n  %s\n\n"
        "Give the file to somebody outside, or print and file it; then \"clipvault audit witness --checkpoint FILE --note "
        "WHERE\" records that.\n",
        (unsigned long long)what.entries, fingerprint);
  else
    bytes_put(&reply->text, note.data, note.length);
  return answer_end(&a);
}

static enum err note_export(struct vault *v, void *context, const struct request *rq) {
  (void)context, (void)rq;
  return audit_append(v, "audit.exported", ID_VAULT, &v->id, NULL);
}

static enum err export_run(struct session *s, const struct request *rq, struct reply *reply) {
  uint64_t entries;
  TRY(account_require(s->vault, ACCOUNT_OFFICER, "exporting the audit log"));
  TRY(transact(s->vault, note_export, NULL, rq));
  TRY(vault_anchor(s->vault));
  TRY(audit_export_write(s->vault, request_fd(rq, "to", 0), &entries));
  struct answer a = answer_begin(reply);
  answer_text(&a, "file", request_text(rq, "to"));
  answer_number(&a, "entries", (int64_t)entries);
  bytes_printf(&reply->text, "Wrote %llu entries, sealed as they are, and a signed checkpoint.\n", (unsigned long long)entries);
  return answer_end(&a);
}

static const struct command_option list_options[] = {{"--since", "DATE", 0, "only from this day on"},
                                                     {"--clip", "CLIP", 0, "only what was done to this clip"},
                                                     {"--user", "USER", 0, "only what this user did"},
                                                     {0}};
const struct command cmd_audit_list = {.name = "audit list",
                                       .group = "Proof",
                                       .synopsis = "[--since DATE] [--clip CLIP] [--user USER]",
                                       .summary = "who did what, when",
                                       .help = "Lists the audit log, oldest first.",
                                       .options = list_options,
                                       .flags = COMMAND_LOOKS,
                                       .run = list_run};
static const struct command_option verify_options[] = {
    {"--file", "FILE", OPTION_FILE_IN | OPTION_NO_VAULT, "an export of the log instead of the vault's own"},
    {"--vault-key", "FILE", OPTION_FILE_IN, "with --file: the vault's public key"},
    {"--checkpoint", "FILE", OPTION_FILE_IN, "an earlier checkpoint: the log must only have been added to since"},
    {0}};
const struct command cmd_audit_verify = {
    .name = "audit verify",
    .group = "Proof",
    .synopsis = "[--checkpoint FILE] [--file FILE --vault-key FILE]",
    .summary = "prove that the log was not altered, cut or reordered",
    .help =
        "Recomputes the log's Merkle tree and compares it with the head that is anchored in the key store. Whoever keeps an old "
        "checkpoint notices with --checkpoint whether the log was rewritten after it: a consistency proof (RFC 9162) is computed "
        "and checked. With --file it checks an export instead, and needs no vault: only the public key that \"certificate key\" "
        "wrote.\n\n"
        "  clipvault audit verify --checkpoint may.txt\n"
        "  clipvault audit verify --file log.txt --vault-key vault.pub --checkpoint may.txt",
    .options = verify_options,
    .flags = COMMAND_LOOKS | COMMAND_PROVES,
    .run = verify_run};

static const struct command_option checkpoint_options[] = {
    {"--to", "FILE", OPTION_FILE_OUT, "where it goes, instead of standard output; the fingerprint is then shown"},
    {"--since", "FILE", OPTION_FILE_IN, "an earlier checkpoint: the proof that the log only grew since goes before it"},
    {0}};
const struct command cmd_audit_checkpoint = {
    .name = "audit checkpoint",
    .group = "Proof",
    .synopsis = "[--to FILE] [--since CHECKPOINT]",
    .summary = "how long the log is and what its root is, signed",
    .help =
        "Prints a signed note (c2sp.org/tlog-checkpoint): the number of entries and the root of the log's Merkle tree. Give it "
        "to "
        "somebody outside; it tells nothing of what the entries say, and later proves that they are still the same. With --since "
        "it "
        "prints what a witness of transparency logs takes (c2sp.org/tlog-witness): the proof of consistency with the earlier "
        "checkpoint, and the new one.\n\n"
        "  clipvault audit checkpoint --to may.txt",
    .options = checkpoint_options,
    .flags = COMMAND_LOOKS,
    .run = checkpoint_run};

static const struct command_option export_options[] = {
    {"--to", "FILE", OPTION_REQUIRED | OPTION_FILE_OUT, "where it goes; - is standard output"}, {0}};
const struct command cmd_audit_export = {
    .name = "audit export",
    .group = "Proof",
    .synopsis = "--to FILE",
    .summary = "the log for an outside verifier: sealed entries and a signed checkpoint",
    .help =
        "Writes every entry of the log, sealed as it is, under a signed checkpoint. Whoever gets the file can check with \"audit "
        "verify --file\" (or any reader of RFC 6962 trees) that nothing was altered or left out, and read nothing of it.",
    .options = export_options,
    .run = export_run};
