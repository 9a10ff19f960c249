/* Completion in shells, from the table of commands: words, options, and of some values what they may be. */
#ifndef CLIPVAULT_MANUAL_COMPLETE_H
#define CLIPVAULT_MANUAL_COMPLETE_H

#include "vault/command.h"

/* A file for bash, to be sourced or found by bash-completion under the name clipvault. */
void complete_bash(command_table table, struct bytes *out);
/* A function for zsh, to lie as _clipvault in its fpath. */
void complete_zsh(command_table table, struct bytes *out);

#endif
