/* A part of clipvault check: whether accounts and permits are what was sealed, and what the audit log says became of them. A row
 * that was put back to an earlier state of its own is found here: the seal alone cannot tell. */
#ifndef CLIPVAULT_CHECK_RIGHTS_H
#define CLIPVAULT_CHECK_RIGHTS_H

#include "vault/check.h"

/* Adds a line for each to c->problems. Fails only where it cannot look. */
enum err check_rights(struct vault *v, struct check *c);

#endif
