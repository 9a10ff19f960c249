/* Signals. SIGINT, SIGTERM and SIGHUP ask for an early, clean end: the first sets a flag, a second one ends the process at
 * once. Fatal ones wipe the arena before they take their usual course. SIGPIPE is ignored. */
#ifndef CLIPVAULT_INTERRUPT_H
#define CLIPVAULT_INTERRUPT_H

#include "vault/base/err.h"

#include <stdbool.h>

enum err interrupt_install(void);
bool interrupt_seen(void);

#endif
