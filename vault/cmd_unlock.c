#include "vault/base/clock.h"
#include "vault/base/log.h"
#include "vault/cmd.h"
#include "vault/json.h"
#include "vault/reply.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/sweep.h"
#include "vault/unlock.h"
#include "vault/vault.h"

#include <string.h>

/* "30m", "2h", "90s"; a bare number is minutes. */
static enum err parse_duration(const char *text, uint32_t *seconds) {
  char digits[16];
  uint64_t number = 0, unit = 60;
  size_t length = strlen(text);
  char last = 0;
  if (length) last = text[length - 1];
  if (last == 's') unit = 1;
  if (last == 'h') unit = 3600;
  if (last == 's' || last == 'm' || last == 'h') length--;
  bool fits = length > 0 && length < sizeof digits;
  if (fits) memcpy(digits, text, length), digits[length] = 0;
  if (!fits || !bytes_parse_u64(digits, UNLOCK_MOST_SECONDS / unit, &number) || !number)
    return err_set(ERR_USAGE, "--for takes a time like 90s, 30m or 2h, at most %dh; see clipvault help unlock",
                   UNLOCK_MOST_SECONDS / 3600);
  *seconds = (uint32_t)(number * unit);
  return ERR_OK;
}

static enum err prepare(const struct session *s, struct request *rq) {
  (void)s;
  uint32_t seconds;
  return parse_duration(request_text_or(rq, "for", "30m"), &seconds); /* before anyone types a passphrase in vain */
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  SECRET_KEY(mrk);
  char until[CLOCK_TEXT];
  uint32_t seconds = 0;
  TRY(parse_duration(request_text_or(rq, "for", "30m"), &seconds));
  if (sweep_at_unlock(s->vault) != ERR_OK) log_warn("what fell due is not destroyed yet: %s", err_text());
  TRY(keystore_mrk(s->vault->keys, mrk));
  TRY(unlock_remember(s->dir_fd, mrk, seconds));
  clock_format(clock_now_ms() + (int64_t)seconds * 1000, until);
  struct json j = json_begin(&reply->json);
  json_object(&j);
  json_key(&j, "unlocked_until");
  json_text(&j, until);
  json_close(&j);
  bytes_printf(&reply->text, "Unlocked until %s for all processes of this user. \"clipvault lock\" ends it.", until);
  return json_end(&j);
}

static const struct command_option OPTIONS[] = {
    {.name = "--for", .value = "TIME", .help = "90s, 30m or 2h; 30m if not given, at most 24h"},
    {0},
};

const struct command cmd_unlock = {
    .name = "unlock",
    .group = "The vault",
    .synopsis = "[--for TIME]",
    .summary = "let the commands that follow use the vault without asking",
    .help =
        "Asks for the secret once and leaves the vault's master key in the kernel's keyring of this user, in memory only "
        "and for a limited time. Every process of this user can then open the vault, so lock it when you leave.\n\n"
        "  clipvault unlock --for 2h\n",
    .options = OPTIONS,
    .flags = COMMAND_LOCAL | COMMAND_FRESH,
    .prepare = prepare,
    .run = run,
};
