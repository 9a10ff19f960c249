/* break-glass request, break-glass confirm: an officer sees a clip, because two officers said so. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/permit.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/transact.h"

#include <stdio.h>
#include <string.h>

#define CONFIRM_MS ((int64_t)24 * 60 * 60 * 1000) /* how long a request waits */
#define VIEW_MS ((int64_t)60 * 60 * 1000)         /* how long the viewing lasts */

/* The reason is somebody's words about a clip: in the log it dies with the clip. */
static enum err request_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct permit *p = context;
  struct index_clip clip;
  char details[300], id[ID_TEXT];
  TRY(index_clip_get(v->index, &p->target, &clip, NULL));
  TRY(permit_add(v, p));
  snprintf(details, sizeof details, "%s: %s", id_format(ID_GRANT, &p->id, id), p->reason);
  struct audit_note note = {
      .verb = "break-glass.requested", .details = details, .kind = ID_CLIP, .subject = &p->target, .under = clip.leaf};
  return audit_put(v, &note, NULL);
}

static enum err request_run(struct session *s, const struct request *rq, struct reply *reply) {
  struct permit p = {.kind = PERMIT_BREAK_GLASS, .state = PERMIT_REQUESTED};
  struct index_clip clip;
  struct vault *v = s->vault;
  char id[ID_TEXT];
  const char *reason = request_text(rq, "reason");
  TRY(account_require(v, ACCOUNT_OFFICER, "asking to see a clip as an officer"));
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &p.target));
  TRY(index_clip_get(v->index, &p.target, &clip, NULL));
  if (strcmp(clip.state, "live") != 0) return err_set(ERR_REFUSED, "nobody can see this clip now; clipvault show tells why");
  if (!*reason || strlen(reason) > PERMIT_REASON)
    return err_set(ERR_USAGE, "--reason needs 1 to %d characters, and no names", PERMIT_REASON);
  snprintf(p.reason, sizeof p.reason, "%s", reason);
  p.account = v->actor.id;
  p.until_ms = vault_now_ms(v) + CONFIRM_MS;
  TRY(transact(v, request_in, &p, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "grant", ID_GRANT, &p.id);
  answer_text(&a, "state", "requested");
  id_format(ID_GRANT, &p.id, id);
  bytes_printf(&reply->text, "Asked, as %s. A second officer must confirm it within 24 hours: clipvault break-glass confirm %s\n",
               id, id);
  return answer_end(&a);
}

static enum err confirm_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct permit *p = context;
  char details[160], id[ID_TEXT], user[ID_TEXT], until[CLOCK_TEXT];
  TRY(permit_write(v, p));
  snprintf(details, sizeof details, "%s, for %s until %s", id_format(ID_GRANT, &p->id, id), id_format(ID_USER, &p->account, user),
           clock_format(p->until_ms, until));
  return audit_append(v, "break-glass.confirmed", ID_CLIP, &p->target, details);
}

static enum err require_waiting(struct vault *v, const struct permit *p) {
  if (p->kind != PERMIT_BREAK_GLASS) return err_set(ERR_USAGE, "this is a grant, and needs nobody to confirm it");
  if (p->state == PERMIT_LIVE) return err_set(ERR_REFUSED, "this was confirmed already");
  if (p->state != PERMIT_REQUESTED || p->until_ms <= vault_now_ms(v))
    return err_set(ERR_REFUSED, "this request has lapsed; it must be made again");
  if (id_equal(&p->account, &v->actor.id))
    return err_set(ERR_REFUSED, "whoever asked cannot confirm it: that takes a second officer");
  return ERR_OK;
}

static enum err confirm_run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(account) struct account asker = {0};
  struct permit p;
  struct id id;
  struct vault *v = s->vault;
  char until[CLOCK_TEXT];
  TRY(account_require(v, ACCOUNT_OFFICER, "confirming that another officer sees a clip"));
  TRY(id_parse(ID_GRANT, request_text(rq, "REQUEST"), &id));
  TRY(permit_load(v, &id, &p));
  TRY(require_waiting(v, &p));
  TRY(account_read(v, &p.account, &asker));
  TRY(account_require_acts(&asker, vault_now_ms(v)));
  p.state = PERMIT_LIVE;
  p.confirmed_by = v->actor.id;
  p.until_ms = vault_now_ms(v) + VIEW_MS;
  TRY(transact(v, confirm_in, &p, rq));
  struct answer a = answer_begin(reply);
  answer_id(&a, "grant", ID_GRANT, &p.id);
  answer_text(&a, "state", "stands");
  answer_time(&a, "until", p.until_ms);
  bytes_printf(&reply->text,
               "Confirmed: they may see it until %s, for what everyone in it agreed to. It stands on the clip from now on.\n",
               clock_format(p.until_ms, until));
  return answer_end(&a);
}

static const struct command_option request_options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the clip"}, {"--reason", "R", OPTION_REQUIRED, "why it must be seen; no names"}, {0}};
const struct command cmd_break_glass_request = {.name = "break-glass request",
                                                .group = "Users",
                                                .synopsis = "CLIP --reason R",
                                                .summary = "an officer asks to see a clip",
                                                .help =
                                                    "An officer answers for films without seeing them. Where one must be seen "
                                                    "nevertheless, they ask, and a second officer confirms: "
                                                    "for an hour, to be seen and not exported, and only for purposes that "
                                                    "everyone in it agreed to. Both stand in the log, and on the "
                                                    "clip (clipvault show).",
                                                .options = request_options,
                                                .run = request_run};

static const struct command_option confirm_options[] = {{"REQUEST", NULL, OPTION_REQUIRED, "what was asked, grn_…"}, {0}};
const struct command cmd_break_glass_confirm = {
    .name = "break-glass confirm",
    .group = "Users",
    .synopsis = "REQUEST",
    .summary = "the second officer says yes",
    .help =
        "Confirms what another officer asked for. It begins now and ends by itself in an "
        "hour; clipvault grant revoke ends it before.",
    .options = confirm_options,
    .run = confirm_run};
