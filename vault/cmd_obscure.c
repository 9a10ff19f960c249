/* obscure mark, show, confirm, drop: who cannot be recognised in a rendition of its own. */
#include "ingest/obscure.h"
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/inquiry.h"
#include "vault/obscured.h"
#include "vault/person.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <stdlib.h>
#include <string.h>

enum { EVERY_PURPOSE = (1 << PURPOSE_COUNT) - 1 };

/* The clip, and what marks of it are about, for someone who may at least know of it. */
struct subject {
  struct id id;
  struct index_clip clip;
  struct marks_film film;
};

static enum err read_subject(struct vault *v, const struct request *rq, struct subject *out) {
  struct clip_facts facts;
  struct subject s;
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &s.id));
  TRY(inquiry_require(v, &(struct inquiry_about){&s.id, POLICY_LOCATE, PURPOSE_INTERVENTION, NULL}, NULL));
  TRY(index_clip_get(v->index, &s.id, &s.clip, NULL));
  TRY(clip_facts(v, &s.id, &facts));
  s.film = obscure_film(&facts);
  *out = s;
  return ERR_OK;
}

/* ---- what marks say, to programs and to people */

/* Purposes this person agreed to only if they cannot be recognised. */
static enum err asked_obscured(struct vault *v, const struct index_clip *clip, const struct id *person, uint32_t *out) {
  uint32_t purposes = 0;
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++) {
    struct consent_verdict as_filmed, obscured;
    TRY(uses_verdict(v, clip, USES_AS_FILMED, person, p, &as_filmed));
    TRY(uses_verdict_obscured(v, clip, person, p, &obscured));
    if (as_filmed.code == CONSENT_SILENT && obscured.code == CONSENT_YES) purposes |= 1u << p;
  }
  *out = purposes;
  return ERR_OK;
}

static enum err write_person(struct vault *v, struct answer *a, const struct index_clip *clip, const struct id *id,
                             bool covered) {
  AUTO(person) struct person p = {0};
  struct bytes *text = &a->reply->text;
  uint32_t asked = 0;
  TRY(person_load(v, id, &p));
  TRY(asked_obscured(v, clip, id, &asked));
  answer_object(a, NULL);
  answer_id(a, "person", ID_PERSON, id);
  answer_bool(a, "covered", covered);
  answer_array(a, "asked_to_be_obscured_for");
  for (enum purpose n = 0; n < PURPOSE_COUNT; n++)
    if (asked >> n & 1) answer_text(a, NULL, purpose_name(n));
  answer_array_end(a);
  answer_object_end(a);
  bytes_printf(text, "  %s is %scovered", bytes_text(&p.name), covered ? "" : "not ");
  if (asked) {
    bytes_put_text(text, ", and asked for it for ");
    purpose_put_set(text, asked);
  }
  bytes_put_text(text, ".\n");
  return ERR_OK;
}

static enum err write_people(struct vault *v, struct answer *a, const struct index_clip *clip, const struct bytes *covered) {
  AUTO(bytes) struct bytes people = {0};
  TRY(index_clip_people(v->index, &clip->id, &people));
  answer_array(a, "people");
  for (size_t i = 0; i < INDEX_COUNT(struct id, people); i++) {
    const struct id *person = &INDEX_ROWS(struct id, people)[i];
    const void *found =
        covered->length ? bsearch(person, covered->data, covered->length / sizeof *person, sizeof *person, id_compare) : NULL;
    TRY(write_person(v, a, clip, person, found != NULL));
  }
  answer_array_end(a);
  return ERR_OK;
}

/* What whoever confirms should think of. */
static void write_warnings(struct answer *a, const struct marks *m) {
  static const char kept[] = "Voices stay as they are: there is no line about them.",
                    altered[] = "An altered voice may still be known to who knows the person; mute it where that matters.",
                    visible[] = "What of a person a box does not reach, their clothes and the room, stays visible.";
  bool alters = false;
  for (uint32_t i = 0; i < m->wire.voice_count; i++) alters |= m->wire.voices[i].hush == WIRE_ALTER;
  const char *const said[] = {m->wire.voice_count ? NULL : kept, alters ? altered : NULL, m->wire.region_count ? visible : NULL};
  answer_array(a, "warnings");
  for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
    if (!said[i]) continue;
    answer_text(a, NULL, said[i]);
    bytes_printf(&a->reply->text, "  %s\n", said[i]);
  }
  answer_array_end(a);
}

static enum err write_marks(struct vault *v, struct answer *a, const struct subject *s, const struct marks *m) {
  AUTO(bytes) struct bytes covered = {0};
  TRY(marks_covered(m, &covered));
  answer_number(a, "regions", m->wire.region_count);
  answer_number(a, "voices", m->wire.voice_count);
  TRY(write_people(v, a, &s->clip, &covered));
  write_warnings(a, m);
  return ERR_OK;
}

/* ---- mark */

static enum err read_file(int fd, struct bytes *out) {
  size_t got = 0;
  uint8_t *room = bytes_extend(out, MARKS_MOST_BYTES + 1);
  if (!room) return bytes_check(out);
  TRY(io_read_upto(fd, room, MARKS_MOST_BYTES + 1, &got));
  out->length = got;
  return ERR_OK;
}

struct draft {
  struct id clip;
  struct bytes text;
};

static enum err mark_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct draft *d = context;
  TRY(obscured_draft_put(v, &d->clip, &d->text));
  return audit_append(v, "clip.marked", ID_CLIP, &d->clip, NULL);
}

static enum err mark_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes typed = {0}, text = {0};
  AUTO(marks) struct marks *marks = NULL;
  struct vault *v = s->vault;
  struct subject subject;
  enum purpose seen;
  TRY(read_subject(v, rq, &subject));
  TRY(obscure_viewable(v, &subject.id, EVERY_PURPOSE, &seen));
  TRY(read_file(request_fd(rq, "file", 0), &typed));
  TRY(marks_parse(bytes_text(&typed), typed.length, &subject.film, &marks));
  TRY(obscure_check_people(v, &subject.id, marks));
  TRY(marks_format(marks, &text));
  TRY(transact(v, mark_in, &(struct draft){subject.id, text}, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "clip", ID_CLIP, &subject.id);
  bytes_printf(&reply->text,
               "Kept as a draft: %u regions, %u lines about voices. Look the whole film through with them, then confirm.\n",
               marks->wire.region_count, marks->wire.voice_count);
  TRY(write_marks(v, &a, &subject, marks));
  return answer_end(&a);
}

/* ---- show */

/* From how it was kept. */
static enum err load_marks(const struct subject *s, const struct bytes *text, struct marks **out) {
  return marks_parse(bytes_text(text), text->length, &s->film, out);
}

static enum err write_draft(struct vault *v, struct answer *a, const struct subject *s) {
  AUTO(bytes) struct bytes text = {0};
  AUTO(marks) struct marks *m = NULL;
  enum err e = obscured_draft_get(v, &s->id, &text);
  if (e == ERR_MISSING) {
    answer_null(a, "draft");
    bytes_put_text(&a->reply->text, "No draft.\n");
    return ERR_OK;
  }
  TRY(e);
  TRY(load_marks(s, &text, &m));
  answer_object(a, "draft");
  answer_bytes(a, "marks", &text);
  bytes_printf(&a->reply->text, "The draft:\n%s", bytes_text(&text));
  TRY(write_marks(v, a, s, m));
  answer_object_end(a);
  return ERR_OK;
}

static enum err write_uses(struct vault *v, struct answer *a, const struct id *clip) {
  AUTO(bytes) struct bytes wraps = {0};
  uint32_t purposes = 0;
  enum purpose p;
  TRY(index_wrap_of(v->index, clip, &wraps));
  answer_array(a, "purposes");
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++) {
    const struct index_wrap *w = &INDEX_ROWS(struct index_wrap, wraps)[i];
    if (strcmp(w->rendition, USES_OBSCURED) != 0 || strcmp(w->state, "live") != 0) continue;
    TRY(purpose_parse(w->purpose, &p));
    purposes |= 1u << p;
    answer_text(a, NULL, w->purpose);
  }
  answer_array_end(a);
  bytes_put_text(&a->reply->text, "It may be used for ");
  purpose_put_set(&a->reply->text, purposes);
  bytes_put_text(&a->reply->text, ".\n");
  return ERR_OK;
}

static enum err write_confirmed(struct vault *v, struct answer *a, const struct subject *s) {
  AUTO(obscured) struct obscured o = {0};
  char at[CLOCK_TEXT], by[ID_TEXT];
  enum err e = obscured_load(v, &s->id, &o);
  if (e == ERR_MISSING) {
    answer_null(a, "confirmed");
    bytes_put_text(&a->reply->text, "Nothing is confirmed: there is no obscured rendition.\n");
    return ERR_OK;
  }
  TRY(e);
  answer_object(a, "confirmed");
  answer_time(a, "at", o.confirmed_ms);
  answer_id(a, "by", ID_USER, &o.confirmed_by);
  answer_bytes(a, "marks", &o.marks);
  answer_text(a, "settings", o.settings);
  bytes_printf(&a->reply->text, "Confirmed %s by %s:\n%s", clock_format(o.confirmed_ms, at),
               id_format(ID_USER, &o.confirmed_by, by),
               o.marks.length ? bytes_text(&o.marks) : "  It was cut from an obscured film, whose marks were confirmed then.\n");
  TRY(write_people(v, a, &s->clip, &o.covered));
  TRY(write_uses(v, a, &s->id));
  answer_object_end(a);
  return ERR_OK;
}

static enum err show_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct subject subject;
  TRY(read_subject(s->vault, rq, &subject));
  struct answer a = answer_begin(reply);
  answer_id(&a, "clip", ID_CLIP, &subject.id);
  TRY(write_draft(s->vault, &a, &subject));
  TRY(write_confirmed(s->vault, &a, &subject));
  return answer_end(&a);
}

/* ---- confirm */

static enum err check_through(const struct request *rq, const struct subject *s) {
  const char *through = request_text(rq, "through");
  if (through) return marks_whole(through, &s->film);
  return err_set(ERR_USAGE,
                 "confirming says that you looked the whole film through with these marks, and that they cover everyone "
                 "they name at every moment: say until when with --through, or --through end");
}

static enum err confirm_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(bytes) struct bytes text = {0};
  AUTO(marks) struct marks *marks = NULL;
  struct vault *v = s->vault;
  struct subject subject;
  struct obscure_result made;
  enum purpose purpose;
  uint32_t among = EVERY_PURPOSE;
  TRY(read_subject(v, rq, &subject));
  TRY(obscure_replaceable(v, &subject.id));
  if (request_text(rq, "purpose")) TRY(purpose_parse_set(request_text(rq, "purpose"), &among));
  TRY(obscure_viewable(v, &subject.id, among, &purpose));
  enum err e = obscured_draft_get(v, &subject.id, &text);
  if (e == ERR_MISSING) return err_set(ERR_MISSING, "there is nothing to confirm: say whom to cover with clipvault obscure mark");
  TRY(e);
  TRY(check_through(rq, &subject));
  TRY(load_marks(&subject, &text, &marks));
  TRY(obscure_make(s, &subject.id, purpose, marks, &made));
  struct answer a = answer_begin(reply);
  answer_id(&a, "clip", ID_CLIP, &subject.id);
  answer_text(&a, "rendition", USES_OBSCURED);
  bytes_put_text(&reply->text, "Confirmed: the film now also exists obscured.\n");
  TRY(write_uses(v, &a, &subject.id));
  TRY(write_marks(v, &a, &subject, marks));
  return answer_end(&a);
}

/* ---- drop */

struct dropping {
  struct id clip;
  struct shred_job job;
};

static enum err drop_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct dropping *d = context;
  TRY(obscure_end(v, &d->clip, &d->job));
  return audit_append(v, "clip.obscured-dropped", ID_CLIP, &d->clip, NULL);
}

static enum err drop_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct dropping d;
  char text[ID_TEXT];
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &d.clip));
  TRY(inquiry_require(s->vault, &(struct inquiry_about){&d.clip, POLICY_END, PURPOSE_INTERVENTION, NULL}, NULL));
  d.job = shred_plan("the obscured rendition was dropped", vault_now_ms(s->vault));
  TRY(transact(s->vault, drop_in, &d, rq));
  TRY(shred_run(s->vault, &d.job));
  struct answer a = answer_begin(reply);
  answer_id(&a, "clip", ID_CLIP, &d.clip);
  answer_id(&a, "certificate", ID_CERTIFICATE, &d.job.certificate);
  bytes_printf(&reply->text, "The obscured rendition is destroyed. Certificate %s.\n",
               id_format(ID_CERTIFICATE, &d.job.certificate, text));
  return answer_end(&a);
}

static const struct command_option mark_options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the clip"},
    {"--file", "MARKS", OPTION_REQUIRED | OPTION_FILE_IN, "whom to cover, where and when; a text"},
    {0}};
const struct command cmd_obscure_mark = {
    .name = "obscure mark",
    .group = "Films",
    .synopsis = "CLIP --file MARKS",
    .summary = "say whom to make unrecognisable in a film, and where they are",
    .help =
        "Keeps, sealed with the clip, a draft of whom to cover: for each person boxes at moments (seconds, or frames as f80; "
        "then "
        "x, y, width and height in pixels), which move in between, and stretches of sound to mute or to alter. Nothing is opened "
        "by it: that is what confirm is for. A later draft takes the place of an earlier one.\n\n"
        "  person per_… blur\n"
        "    0    120 80 200 260\n"
        "    3.2  140 82 200 260\n"
        "  end 9.0\n"
        "  voice mute 2.0 4.5\n\n"
        "Methods: fill (leaves nothing), blur and pixelate (leave a few mean colours). \"person per_… voice\" covers who is only "
        "heard, by the lines about voices. The text has at most 120 KiB. docs/obscuring.md tells more.",
    .options = mark_options,
    .run = mark_run};
static const struct command_option show_options[] = {{"CLIP", NULL, OPTION_REQUIRED, "the clip"}, {0}};
const struct command cmd_obscure_show = {.name = "obscure show",
                                         .group = "Films",
                                         .synopsis = "CLIP",
                                         .summary = "the marks of a film: the draft, and what is confirmed",
                                         .help =
                                             "Shows the marks as they are kept, who is covered, and for which purposes somebody "
                                             "agreed only if they cannot be recognised.",
                                         .options = show_options,
                                         .run = show_run};
static const struct command_option confirm_options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the clip"},
    {"--through", "T", 0, "until where you looked: the film's length, or end"},
    {"--purpose", "P", 0, "for which you saw it; otherwise the first for which you may"},
    {0}};
const struct command cmd_obscure_confirm = {
    .name = "obscure confirm",
    .group = "Films",
    .synopsis = "CLIP --through T|end [--purpose P]",
    .summary = "state that the draft covers them over the whole film, and make the obscured rendition",
    .help =
        "You state that you looked the film through from its beginning to --through, and that the draft covers everyone it names "
        "at "
        "every moment. Only then is the obscured rendition made, with a key of its own, for the purposes that everyone agreed "
        "to: "
        "as filmed, or, if they are covered, at least obscured. One that was made before is destroyed, with a certificate. Who "
        "confirms must be allowed to see the film as it is.\n\n"
        "  clipvault obscure confirm clp_… --through end",
    .options = confirm_options,
    .flags = COMMAND_LASTS,
    .run = confirm_run};
static const struct command_option drop_options[] = {{"CLIP", NULL, OPTION_REQUIRED, "the clip"}, {0}};
const struct command cmd_obscure_drop = {.name = "obscure drop",
                                         .group = "Films",
                                         .synopsis = "CLIP",
                                         .summary = "destroy the obscured rendition of a film",
                                         .help =
                                             "Destroys the keys of the obscured rendition, then its ciphertext; the draft of the "
                                             "marks stays. A clip that has no other rendition ends with it.",
                                         .options = drop_options,
                                         .run = drop_run};
