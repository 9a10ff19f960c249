/* The commands. One file each (vault/cmd_NAME.c; cmd_consent.c carries all of "consent …"), listed in main.c. */
#ifndef CLIPVAULT_CMD_H
#define CLIPVAULT_CMD_H

#include "vault/command.h"

extern const struct command cmd_unlock, cmd_lock;
extern const struct command cmd_version, cmd_help;

#endif
