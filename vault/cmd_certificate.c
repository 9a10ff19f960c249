/* certificate list, show, key, verify. */
#include "keys/certificate.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/statement.h"
#include "vault/vault.h"

#include <string.h>

static enum err list_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  AUTO(bytes) struct bytes rows = {0};
  char id[ID_TEXT], made[CLOCK_TEXT];
  TRY(index_certificate_list(s->vault->index, &rows));
  struct answer a = answer_begin_list(reply);
  for (size_t i = 0; i < INDEX_COUNT(struct index_certificate, rows); i++) {
    const struct index_certificate *c = &INDEX_ROWS(struct index_certificate, rows)[i];
    answer_object(&a, NULL);
    answer_id(&a, "certificate", ID_CERTIFICATE, &c->id);
    answer_time(&a, "made_at", c->made_ms);
    answer_object_end(&a);
    bytes_printf(&reply->text, "%s  %s\n", id_format(ID_CERTIFICATE, &c->id, id), clock_format(c->made_ms, made));
  }
  if (!rows.length) bytes_put_text(&reply->text, "No certificates yet: nothing was destroyed.\n");
  return answer_end(&a);
}

static enum err show_page(struct vault *v, const struct bytes *statement, struct bytes *out) {
  SECRET_KEY(seed);
  uint8_t public_key[32];
  TRY(keystore_system_key(v->keys, KEYSTORE_SIGNING, seed));
  certificate_public_key(seed, public_key);
  return statement_page(public_key, statement, out);
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct id id;
  const char *format = request_text_or(rq, "format", s->json ? "json" : "text");
  AUTO(bytes) struct bytes statement = {0};
  TRY(id_parse(ID_CERTIFICATE, request_text(rq, "CRT"), &id));
  TRY(index_certificate_get(s->vault->index, &id, &statement));
  /* The stored form ends with a newline, as a file does; an answer does not. */
  bytes_put(&reply->json, statement.data,
            statement.length && statement.data[statement.length - 1] == '\n' ? statement.length - 1 : statement.length);
  if (strcmp(format, "json") == 0)
    bytes_put(&reply->text, statement.data, statement.length);
  else if (strcmp(format, "text") == 0)
    TRY(statement_text(&statement, &reply->text));
  else if (strcmp(format, "html") == 0)
    TRY(show_page(s->vault, &statement, &reply->text));
  else
    return err_set(ERR_USAGE, "--format takes text, json or html, not \"%.20s\"", format);
  return bytes_check(&reply->text);
}

static enum err key_run(struct session *s, const struct request *rq, struct reply *reply) {
  SECRET_KEY(seed);
  AUTO(bytes) struct bytes text = {0};
  uint8_t public_key[32];
  TRY(keystore_system_key(s->vault->keys, KEYSTORE_SIGNING, seed));
  certificate_public_key(seed, public_key);
  certificate_key_text(public_key, &text);
  bytes_put_text(&text, text.length && text.data[text.length - 1] == '\n' ? "" : "\n");
  TRY(bytes_check(&text));
  TRY(io_write_all(request_fd(rq, "to", 0), text.data, text.length));
  struct answer a = answer_begin(reply);
  answer_id(&a, "vault", ID_VAULT, &s->vault->id);
  answer_hex(&a, "public_key", public_key, sizeof public_key);
  bytes_put_text(&reply->text,
                 "Wrote the public key with which this vault's certificates are checked. It is no secret: publish it.\n");
  return answer_end(&a);
}

/* A file that stands behind a descriptor, whole. */
static enum err read_whole(int fd, size_t most, const char *what, struct bytes *out) {
  uint64_t size;
  size_t got;
  TRY(io_file_size(fd, &size));
  if (size > most) return err_set(ERR_DATA, "this is too large to be %s", what);
  uint8_t *room = bytes_extend(out, (size_t)size);
  TRY(bytes_check(out));
  TRY(io_read_upto(fd, room, (size_t)size, &got));
  out->length = got;
  return ERR_OK;
}

static void answer_verdict(const struct statement_verdict *verdict, struct answer *a, struct bytes *text) {
  char fingerprint[AUDIT_CHECKPOINT_FINGERPRINT];
  answer_bool(a, "valid", verdict->valid);
  if (!verdict->valid) answer_text(a, "problem", verdict->problem);
  bytes_printf(text, verdict->valid ? "Valid: this vault signed exactly this certificate.\n" : "NOT VALID: %s.\n",
               verdict->problem);
  if (!verdict->logged) return;
  audit_checkpoint_fingerprint(&verdict->checkpoint, fingerprint);
  answer_number(a, "entry", (int64_t)verdict->entry);
  answer_text(a, "fingerprint", fingerprint);
  bytes_printf(text, "It is entry %llu of the vault's audit log; the log's checkpoint has the fingerprint %s.\n",
               (unsigned long long)verdict->entry, fingerprint);
}

static enum err verify_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)s;
  AUTO(bytes) struct bytes statement = {0}, key = {0};
  uint8_t public_key[32];
  struct statement_verdict verdict;
  TRY(read_whole(request_fd(rq, "FILE", 0), CERTIFICATE_MOST_BYTES, "a certificate", &statement));
  TRY(read_whole(request_fd(rq, "vault-key", 0), 4096, "a vault's public key", &key));
  TRY(certificate_key_parse(key.data, key.length, public_key));
  TRY(statement_verify(public_key, &statement, &verdict));
  struct answer a = answer_begin(reply);
  answer_verdict(&verdict, &a, &reply->text);
  TRY(answer_end(&a));
  reply->report = !verdict.valid;
  return verdict.valid ? ERR_OK : err_set(ERR_DATA, "the certificate is not valid: %s", verdict.problem);
}

const struct command cmd_certificate_list = {.name = "certificate list",
                                             .group = "Proof",
                                             .synopsis = "",
                                             .summary = "all certificates of destruction",
                                             .help = "Lists all certificates.",
                                             .flags = COMMAND_LOOKS,
                                             .run = list_run};

static const struct command_option show_options[] = {
    {"CRT", NULL, OPTION_REQUIRED, "the certificate"},
    {"--format", "F", 0, "text, html: a page to print, or json: the signed bytes"},
    {0}};
const struct command cmd_certificate_show = {
    .name = "certificate show",
    .group = "Proof",
    .synopsis = "CRT [--format text|json|html]",
    .summary = "one certificate",
    .help = "Shows a certificate. With --format json it prints the signed bytes, exactly what \"certificate verify\" accepts.",
    .options = show_options,
    .flags = COMMAND_LOOKS,
    .run = show_run};

static const struct command_option key_options[] = {
    {"--to", "FILE", OPTION_REQUIRED | OPTION_FILE_OUT, "where the public key goes"}, {0}};
const struct command cmd_certificate_key = {
    .name = "certificate key",
    .group = "Proof",
    .synopsis = "--to FILE",
    .summary = "the public key that checks them",
    .help = "Writes the vault's public key. Anyone who has it can check certificates without the vault.",
    .options = key_options,
    .flags = COMMAND_LOOKS,
    .run = key_run};

static const struct command_option verify_options[] = {
    {"FILE", NULL, OPTION_REQUIRED | OPTION_FILE_IN, "the certificate, as printed by show --format json"},
    {"--vault-key", "FILE", OPTION_REQUIRED | OPTION_FILE_IN, "the vault's public key"},
    {0}};
const struct command cmd_certificate_verify = {
    .name = "certificate verify",
    .group = "Proof",
    .synopsis = "FILE --vault-key FILE",
    .summary = "check a certificate; needs no vault",
    .help =
        "Checks that a certificate was signed by the vault whose public key this is, that "
        "not a byte was changed, and that it stands in the vault's audit log. Needs no "
        "vault.",
    .options = verify_options,
    .flags = COMMAND_NO_VAULT,
    .run = verify_run};
