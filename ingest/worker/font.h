/* Letters of 5 by 7 dots, drawn for clipvault. */
#ifndef CLIPVAULT_INGEST_WORKER_FONT_H
#define CLIPVAULT_INGEST_WORKER_FONT_H

#include <stdbool.h>

enum { FONT_WIDTH = 5, FONT_HEIGHT = 7 };

/* Whether the dot is set. Small letters look like capitals; what is not printable ASCII is a question mark. */
bool font_dot(char letter, int column, int row);

#endif
