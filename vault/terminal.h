/* A passphrase from the person at the terminal, /dev/tty and nothing else, unseen. */
#ifndef CLIPVAULT_TERMINAL_H
#define CLIPVAULT_TERMINAL_H

#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether this process has a terminal to ask on. */
bool terminal_is_there(void);
/* Asks `question` and reads a line without echo into out (arena, `most` bytes); *length is without the newline. Echo is
 * back whatever happens, also on SIGINT. ERR_UNAVAILABLE without a terminal; ERR_USAGE if it is empty or too long; ERR_BUSY
 * if interrupted. */
enum err terminal_ask_secret(const char *question, uint8_t *out, size_t most, size_t *length);

#endif
