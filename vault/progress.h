/* How far a lasting command is, for whoever waits for it. */
#ifndef CLIPVAULT_PROGRESS_H
#define CLIPVAULT_PROGRESS_H

#include "vault/session.h"

/* With --progress a line {"what": …, "permille": …}, on a terminal a bar that overwrites itself, else nothing. At most ten a
 * second, and the one of 1000 permille, which ends the bar's line. Never waits for a reader: what cannot be shown at once
 * is not shown. `what` is a file's name or a step; it goes to the person who asked and nowhere else. */
void progress_show(struct session *s, const char *what, unsigned permille);

#endif
