/* How far a lasting command is, for whoever waits for it. */
#ifndef CLIPVAULT_PROGRESS_H
#define CLIPVAULT_PROGRESS_H

#include "vault/session.h"

/* With --progress a line {"what": …, "permille": …}, on a terminal a bar that overwrites itself, else nothing. At most ten a
 * second, and the one of 1000 permille, which ends the bar's line. Never waits for a reader: what cannot be shown at once
 * is not shown. `what` is a file's name or a step; it goes to the person who asked and nowhere else. */
void progress_show(struct session *s, const char *what, unsigned permille);

/* One of many files. */
struct progress_queue {
  const char *file;      /* borrowed */
  uint64_t index, count; /* file `index` (1, …) of `count` */
  uint64_t before_bytes; /* of those that are done */
  uint64_t file_bytes, all_bytes;
  int64_t began_ms; /* by clock_steady_ms */
};

/* As above for a file of a queue; beside it, how far all of them are and how long the rest will take. The lines of --progress
 * also have "file", "index", "count", "permille_all" and "eta_ms", which is null as long as it cannot be told. */
void progress_show_queue(struct session *s, const struct progress_queue *q, const char *what, unsigned permille);

/* Takes an unfinished bar off the terminal, before anything else is written there. */
void progress_clear(struct session *s);

/* For the tests. Of all files together, from 0 to 1000; -1: not known yet. */
unsigned progress_all_permille(const struct progress_queue *q, unsigned permille);
int64_t progress_eta_ms(const struct progress_queue *q, unsigned permille, int64_t now_ms);

#endif
