/* remark export: what was said of a clip leaves the vault, for another tool. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/io.h"
#include "vault/clip.h"
#include "vault/cmd.h"
#include "vault/inquiry.h"
#include "vault/remark_export.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

#include <stdlib.h>
#include <string.h>

struct outlet {
  struct id clip;
  enum purpose purpose;
  enum remark_export_form form;
  struct remark_list said;
  struct bytes *names; /* of authors, one for each remark; owned, as the next */
  const char **authors;
  struct tags tags;
  struct bytes text;
};

static void outlet_auto(struct outlet *o) {
  for (size_t i = 0; o->names && i < o->said.count; i++) bytes_free(&o->names[i]);
  free(o->names);
  free(o->authors);
  remark_list_free(&o->said);
  bytes_free(&o->text);
}

/* Notes to oneself leave only where that is said. */
static void drop_private(struct remark_list *l) {
  size_t kept = 0;
  for (size_t i = 0; i < l->count; i++) {
    if (l->all[i].shared)
      l->all[kept++] = l->all[i];
    else
      remark_free(&l->all[i]);
  }
  l->count = kept;
}

static enum err find_authors(struct vault *v, struct outlet *o) {
  o->names = calloc(o->said.count + 1, sizeof *o->names);
  o->authors = calloc(o->said.count + 1, sizeof *o->authors);
  if (!o->names || !o->authors) return err_set(ERR_IO, "out of memory");
  for (size_t i = 0; i < o->said.count; i++) {
    struct index_account row;
    TRY(account_load(v, &o->said.all[i].author, &row, &o->names[i]));
    o->authors[i] = bytes_text(&o->names[i]);
  }
  return ERR_OK;
}

/* What is said of a film leaves as the film may: to look is not enough. */
static enum err read_wish(struct vault *v, const struct request *rq, struct outlet *o) {
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &o->clip));
  TRY(purpose_parse(request_text(rq, "purpose"), &o->purpose));
  TRY(remark_export_parse(request_text(rq, "format"), &o->form));
  TRY(inquiry_require(v, &(struct inquiry_about){&o->clip, POLICY_EXPORT, o->purpose, NULL}, NULL));
  return remark_list(v, &o->clip, o->purpose, &o->said);
}

static enum err write(struct vault *v, struct outlet *o) {
  struct clip_beat beat;
  TRY(find_authors(v, o));
  TRY(clip_beat(v, &o->clip, &beat));
  TRY(tags_load(v->dir, &o->tags, NULL));
  struct remark_export x = {.clip = &o->clip,
                            .frames = beat.frames,
                            .num = beat.num,
                            .den = beat.den,
                            .made_ms = vault_now_ms(v),
                            .tags = &o->tags,
                            .all = o->said.all,
                            .authors = o->authors,
                            .count = o->said.count};
  return remark_export(o->form, &x, &o->text);
}

/* As of a film that is exported: who got it must be found when it has ended here. */
static enum err note_in(struct vault *v, void *context, const struct request *rq) {
  const struct outlet *o = context;
  AUTO(bytes) struct bytes details = {0};
  bytes_printf(&details, "%zu remarks for %s, as %s", o->said.count, purpose_name(o->purpose), request_text(rq, "format"));
  if (request_text(rq, "recipient")) bytes_printf(&details, "; to: %s", request_text(rq, "recipient"));
  if (request_text(rq, "reason")) bytes_printf(&details, "; reason: %s", request_text(rq, "reason"));
  TRY(bytes_check(&details));
  return audit_append(v, "remark.exported", ID_CLIP, &o->clip, bytes_text(&details));
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(outlet) struct outlet o = {0};
  const char *to = request_text(rq, "to");
  int fd = to ? request_fd(rq, "to", 0) : -1;
  TRY(read_wish(s->vault, rq, &o));
  if (!request_flag(rq, "with-private")) drop_private(&o.said);
  TRY(write(s->vault, &o));
  TRY(transact(s->vault, note_in, &o, rq));
  TRY(vault_anchor(s->vault)); /* before the first byte leaves */
  struct answer a = answer_begin(reply);
  answer_text(&a, "format", request_text(rq, "format"));
  answer_number(&a, "remarks", (int64_t)o.said.count);
  if (!to) {
    answer_bytes(&a, "text", &o.text);
    bytes_put(&reply->text, o.text.data, o.text.length);
    return answer_end(&a);
  }
  TRY(io_write_all(fd, o.text.data, o.text.length));
  if (strcmp(to, "-") != 0) TRY(io_sync(fd));
  answer_text(&a, "file", to);
  bytes_printf(&reply->text, "%zu remarks written to %s, for %s. They are outside the vault now, and do not end with the clip.\n",
               o.said.count, to, purpose_name(o.purpose));
  return answer_end(&a);
}

static const struct command_option options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the clip"},
    {"--purpose", "P", OPTION_REQUIRED, "what it is for"},
    {"--format", "F", OPTION_REQUIRED, "vtt, eaf (ELAN), boris, csv or json"},
    {"--to", "FILE", OPTION_FILE_OUT, "where it goes; - is standard output; without it, it is the answer itself"},
    {"--with-private", NULL, OPTION_SWITCH, "your own private remarks as well"},
    {"--recipient", "R", 0, "who gets it; sealed in the log"},
    {"--reason", "R", 0, "why; sealed in the log"},
    {0}};
const struct command cmd_remark_export = {
    .name = "remark export",
    .group = "Review",
    .synopsis = "CLIP --purpose P --format vtt|eaf|boris|csv|json [--to FILE|-] [--with-private] [--recipient R] [--reason R]",
    .summary = "write what was said of a clip for another tool",
    .help =
        "Writes the shared remarks on a clip to a file: WebVTT for a track of kind metadata, an annotation file for ELAN, "
        "aggregated "
        "events as BORIS has them, CSV or JSON. For whoever may export the clip for that purpose; entered in the audit log "
        "before "
        "the first byte leaves. What has left does not end with the clip.\n\n"
        "  clipvault remark export clp_… --purpose supervision --format eaf --to session.eaf",
    .options = options,
    .run = run};
