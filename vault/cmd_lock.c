#include "vault/cmd.h"
#include "vault/reply.h"
#include "vault/session.h"
#include "vault/unlock.h"

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  if (s->dir_fd < 0) return err_set(ERR_MISSING, "there is no vault at %.200s", s->vault_path);
  TRY(unlock_forget(s->dir_fd));
  bytes_put_text(&reply->json, "{\"locked\":true}");
  bytes_put_text(&reply->text, "The kernel's keyring holds no key of this vault any more.");
  return ERR_OK;
}

const struct command cmd_lock = {
    .name = "lock",
    .group = "The vault",
    .summary = "end what unlock began",
    .help =
        "Takes the key that \"clipvault unlock\" left in the kernel's keyring away again. Commands that are running keep "
        "the vault open until they are done.\n\n"
        "  clipvault lock\n",
    .flags = COMMAND_NO_VAULT,
    .run = run,
};
