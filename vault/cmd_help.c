#include "vault/cmd.h"
#include "vault/json.h"
#include "vault/reply.h"
#include "vault/request.h"
#include "vault/session.h"

#include <string.h>

/* "help consent" is about all of "consent …". */
static bool put_family(command_table table, const char *word, struct bytes *out) {
  size_t length = strlen(word), before = out->length;
  for (; *table; table++) {
    if (strncmp((*table)->name, word, length) || (*table)->name[length] != ' ') continue;
    if (out->length > before) bytes_put_text(out, "\n\n");
    command_help(*table, out);
  }
  return out->length > before;
}

static enum err put_text(command_table table, const struct request *rq, struct bytes *out) {
  char *words[2];
  const struct command *c = NULL;
  int used = 0, count = 0;
  for (; count < 2 && request_nth(rq, "COMMAND", (size_t)count); count++)
    words[count] = (char *)(uintptr_t)request_nth(rq, "COMMAND", (size_t)count);
  if (!count) {
    command_overview(table, out);
    return ERR_OK;
  }
  if (count == 1 && !command_by_name(table, words[0]) && put_family(table, words[0], out)) return ERR_OK;
  TRY(command_find(table, count, words, &c, &used));
  command_help(c, out);
  return ERR_OK;
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  TRY(put_text(s->commands, rq, &reply->text));
  struct json j = json_begin(&reply->json);
  json_object(&j);
  json_key(&j, "help");
  json_text(&j, bytes_text(&reply->text));
  json_close(&j);
  return json_end(&j);
}

static const struct command_option OPTIONS[] = {
    {.name = "COMMAND", .flags = OPTION_REPEAT, .help = "what to explain; everything in one line each if not given"},
    {0},
};

const struct command cmd_help = {
    .name = "help",
    .group = "Help",
    .synopsis = "[COMMAND]",
    .summary = "all commands, or one of them explained",
    .help =
        "Without a COMMAND a list of all of them, else what that one does and which options it takes.\n\n"
        "  clipvault help consent record\n",
    .options = OPTIONS,
    .flags = COMMAND_NO_VAULT,
    .run = run,
};
