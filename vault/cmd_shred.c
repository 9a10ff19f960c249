/* shred: ends one clip now. */
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/cmd.h"
#include "vault/inquiry.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/shred.h"
#include "vault/transact.h"

#include <string.h>

struct ending {
  struct id clip;
  struct shred_job job;
};

static enum err shred_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  struct ending *e = context;
  struct index_clip clip;
  TRY(index_clip_get(v->index, &e->clip, &clip, NULL));
  TRY(shred_clip(v, &e->job, &clip));
  return audit_append(v, "clip.shredded", ID_CLIP, &e->clip, NULL);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  struct ending e;
  struct index_clip clip;
  char text[ID_TEXT];
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &e.clip));
  TRY(index_clip_get(s->vault->index, &e.clip, &clip, NULL));
  if (strcmp(clip.state, "shredded") == 0 || !id_is_zero(&clip.job))
    return err_set(ERR_MISSING, "this clip has ended already; its keys are destroyed");
  TRY(inquiry_require(s->vault, &(struct inquiry_about){&e.clip, POLICY_END, PURPOSE_INTERVENTION, NULL}, NULL));
  e.job = shred_plan(request_text(rq, "reason"), vault_now_ms(s->vault));
  TRY(transact(s->vault, shred_in, &e, rq));
  TRY(shred_run(s->vault, &e.job));
  struct answer a = answer_begin(reply);
  answer_id(&a, "certificate", ID_CERTIFICATE, &e.job.certificate);
  bytes_printf(&reply->text, "Destroyed. Certificate %s.\n", id_format(ID_CERTIFICATE, &e.job.certificate, text));
  return answer_end(&a);
}

static const struct command_option options[] = {{"CLIP", NULL, OPTION_REQUIRED, "the clip"},
                                                {"--reason", "R", OPTION_REQUIRED, "why; it is on the certificate, so no names"},
                                                {0}};
const struct command cmd_shred = {
    .name = "shred",
    .group = "Ends",
    .synopsis = "CLIP --reason R",
    .summary = "end one clip now",
    .help = "Destroys every key of one clip, then its ciphertext. The certificate carries the reason.",
    .options = options,
    .run = run};
