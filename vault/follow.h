/* Replicas that follow: beside the nodes of keys.db (keys/keystore.h) each has an index.db, which gets what a commit changed. So
 * what a restore needs of what was said since the last backup (withdrawals, holds, restrictions, every no) is where the newest
 * keys are. One that is away lags, and delays nothing; it gets the whole index when it is there again. */
#ifndef CLIPVAULT_FOLLOW_H
#define CLIPVAULT_FOLLOW_H

#include "vault/vault.h"

/* If the vault has a replica, every commit is recorded from now on. Called when it is opened, and when one is added. */
enum err follow_begin(struct vault *v);
/* Brings every replica's index to where this one stands. Never fails: who lags is told on the log. */
void follow_send(struct vault *v);

#endif
