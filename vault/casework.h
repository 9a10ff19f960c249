/* Cases: a family's or a setting's piece of work. Title and end are sealed under a leaf of the case; the end stands in clear as
 * well, and must be the one that was sealed: who can write to the disk cannot let a case go on. */
#ifndef CLIPVAULT_CASEWORK_H
#define CLIPVAULT_CASEWORK_H

#include "vault/vault.h"

/* Inside a transaction of the index. */
enum err casework_open(struct vault *v, const char *title, const struct id *practitioner, struct id *out);
/* Inside a transaction: involvement ended then. */
enum err casework_close(struct vault *v, const struct id *id, int64_t closed_ms);
/* The row, and the title appended (NULL: not wanted). ERR_DATA if the row's end is not the one that was sealed. */
enum err casework_load(struct vault *v, const struct id *id, struct index_case *out, struct bytes *title);

#endif
