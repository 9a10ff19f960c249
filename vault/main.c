/* clipvault: one program for every command. A command is found in the table, its arguments become a request, the request is
 * carried out here or by the process that holds the vault open, and its reply is printed. */
#include "vault/arguments.h"
#include "vault/base/secret.h"
#include "vault/cmd.h"
#include "vault/dispatch.h"
#include "vault/interrupt.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --help and --version are other spellings of two commands. */
static enum err answer_switch(const struct arguments *globals, struct request *rq, struct reply *reply) {
  if (globals->help && rq->command) {
    command_help(rq->command, &reply->text);
    return ERR_OK;
  }
  request_free(rq);
  rq->command = globals->help ? &cmd_help : &cmd_version;
  dispatch_run(cmd_all, globals, rq, reply);
  return ERR_OK;
}

/* A caller may have closed them; then the first file we open would get their number, and be written to by a message. */
static void fill_standard_descriptors(void) {
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0) IGNORE(open("/dev/null", O_RDWR | O_NOCTTY));
}

static enum err run(int argc, char *argv[], struct reply *reply) {
  AUTO(request) struct request rq = {0};
  struct arguments globals;
  fill_standard_descriptors();
  umask(077);
  TRY(secret_init());
  TRY(interrupt_install());
  TRY(arguments_parse(cmd_all, argc - 1, argv + 1, &globals, &rq));
  if (globals.help || globals.version) return answer_switch(&globals, &rq, reply);
  dispatch_run(cmd_all, &globals, &rq, reply);
  return ERR_OK;
}

int main(int argc, char *argv[]) {
  AUTO(reply) struct reply reply = {0};
  enum err e = run(argc, argv, &reply);
  if (e != ERR_OK) reply_fail(&reply, e);
  int code = reply_print(&reply, argc > 0 && arguments_want_json(argc, argv), stdout, stderr);
  secret_wipe_all();
  return code;
}
