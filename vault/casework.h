/* Cases: a family's or a setting's piece of work. The title is sealed under a leaf of the case. */
#ifndef CLIPVAULT_CASEWORK_H
#define CLIPVAULT_CASEWORK_H

#include "vault/vault.h"

/* Inside a transaction of the index. */
enum err casework_open(struct vault *v, const char *title, const struct id *practitioner, struct id *out);
/* Appends the title. */
enum err casework_title(struct vault *v, const struct id *id, struct bytes *out);

#endif
