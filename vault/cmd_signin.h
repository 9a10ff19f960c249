/* How commands take a password: from a file, made into a record by the client, so that neither the password nor the work of
 * keeping it reaches the process that holds the vault. */
#ifndef CLIPVAULT_CMD_SIGNIN_H
#define CLIPVAULT_CMD_SIGNIN_H

#include "vault/password.h"
#include "vault/request.h"

#include <stdbool.h>

struct session;

/* For a table of options, together with cmd_signin_prepare. */
#define CMD_SIGNIN_PASSWORD                                                                           \
  {"--password-file", "F", OPTION_FILE_IN, "a file of one line, the password; it is kept nowhere"}, { \
    "record", NULL, OPTION_PREPARED, NULL                                                             \
  }
/* command.prepare: refuses a password that is too easy; of the name, where the request has one. */
enum err cmd_signin_prepare(const struct session *s, struct request *rq);
/* What was prepared; *given is false where no password was. */
enum err cmd_signin_record(const struct request *rq, struct password_record *out, bool *given);

#endif
