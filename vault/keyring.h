/* The kernel's keyring of this uid: a key kept there is not on any disk, is gone after a timeout or a reboot, and is found
 * by every process of the uid, whether or not it has a session keyring. */
#ifndef CLIPVAULT_KEYRING_H
#define CLIPVAULT_KEYRING_H

#include "vault/base/err.h"
#include "vault/base/secret.h"

#include <stdint.h>

/* Stores (or replaces) for `seconds`. ERR_UNAVAILABLE if this kernel or container has no keyrings. */
enum err keyring_put(const char *name, const struct secret_key *key, uint32_t seconds);
/* ERR_MISSING if there is none (any more). */
enum err keyring_get(const char *name, struct secret_key *key);
/* ERR_MISSING if there was none. */
enum err keyring_remove(const char *name);

#endif
