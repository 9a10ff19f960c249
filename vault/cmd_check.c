/* check. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/check.h"
#include "vault/cmd.h"
#include "vault/request.h"
#include "vault/session.h"

#include <string.h>

static enum err pause_between(void *context) {
  struct session *s = context;
  session_attend(s);
  return session_check(s);
}

static void write_problems(struct answer *a, const struct bytes *problems, struct bytes *text) {
  answer_array(a, "problems");
  const char *line = bytes_text(problems);
  while (*line) {
    AUTO(bytes) struct bytes one = {0};
    size_t length = strcspn(line, "\n");
    bytes_put(&one, line, length);
    answer_bytes(a, NULL, &one);
    bytes_printf(text, "%s\n", bytes_text(&one));
    line += length + (line[length] != 0);
  }
  answer_array_end(a);
}

static enum err look(struct vault *v, const struct request *rq, struct check *c, struct reply *reply) {
  bool repair = request_flag(rq, "repair");
  TRY(check_run(v, c));
  size_t repairable = INDEX_COUNT(struct id, c->orphans), left = c->count;
  for (size_t at = 0; at < c->strangers.length; at++) repairable += c->strangers.data[at] == 0;
  if (repair) {
    TRY(vault_age_check(v));
    TRY(check_repair(v, c));
    left -= repairable;
  }
  struct answer a = answer_begin(reply);
  answer_bool(&a, "ok", left == 0);
  write_problems(&a, &c->problems, &reply->text);
  if (repair)
    answer_number(&a, "repaired", (int64_t)(repairable + INDEX_COUNT(keystore_leaf, c->unused)));
  else
    answer_number(&a, "unused_keys", (int64_t)INDEX_COUNT(keystore_leaf, c->unused));
  if (left == 0) bytes_put_text(&reply->text, c->count ? "Repaired; all else is well.\n" : "All is well.\n");
  TRY(answer_end(&a));
  reply->report = left != 0;
  if (!left) return ERR_OK;
  return err_set(ERR_DATA, "%zu problems%s", left,
                 !repair && repairable ? "; clipvault check --repair removes what belongs to nothing" : "");
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  struct check c = {.deep = request_flag(rq, "deep"), .pause = pause_between, .context = s};
  if (!s->vault->actor_doubtful) /* then it is what must be looked at */
    TRY(account_require(s->vault, ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR | ACCOUNT_PRACTITIONER, "checking the vault"));
  enum err e = look(s->vault, rq, &c, reply);
  check_free(&c);
  return e;
}

static const struct command_option options[] = {
    {"--deep", NULL, OPTION_SWITCH, "authenticate every chunk and recompute every digest"},
    {"--repair", NULL, OPTION_SWITCH, "remove files that belong to nothing, destroy keys that open nothing"},
    {0}};
const struct command cmd_check = {.name = "check",
                                  .group = "The vault",
                                  .synopsis = "[--deep] [--repair]",
                                  .summary = "does everything in the vault fit together",
                                  .help =
                                      "Checks that index, keys, sealed objects and audit log fit together, and names what does "
                                      "not. With --deep it authenticates every "
                                      "byte.\n\n  clipvault check --deep",
                                  .options = options,
                                  .flags = COMMAND_LASTS | COMMAND_LOOKS | COMMAND_PROVES,
                                  .run = run};
