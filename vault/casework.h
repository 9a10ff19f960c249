/* Cases: a family's or a setting's piece of work. Title and end are sealed under a leaf of the case; the end stands in clear as
 * well, and must be the one that was sealed: who can write to the disk cannot let a case go on. */
#ifndef CLIPVAULT_CASEWORK_H
#define CLIPVAULT_CASEWORK_H

#include "vault/base/clock.h"
#include "vault/base/secret.h"
#include "vault/consent.h"
#include "vault/vault.h"

/* What has no case. */
#define CASEWORK_NONE ((struct index_case){.closed_ms = CLOCK_NEVER_MS, .accredited_ms = CLOCK_NEVER_MS})
/* What consents may count from; unknown what has not come yet. */
struct consent_events casework_events(const struct index_case *row, int64_t given_ms, int64_t born_ms);

/* Inside a transaction of the index. */
enum err casework_open(struct vault *v, const char *title, const struct id *practitioner, struct id *out);
/* Inside a transaction: involvement ended then. */
enum err casework_close(struct vault *v, const struct id *id, int64_t closed_ms);
/* Inside a transaction: the training that the case belongs to came to its accreditation then. */
enum err casework_accredit(struct vault *v, const struct id *id, int64_t accredited_ms);
/* Inside a transaction: it is this practitioner's from now on. */
enum err casework_assign(struct vault *v, const struct id *id, const struct id *practitioner);
/* The key under which what describes the case is sealed: its title, its cycles, its goals. ERR_MISSING if there is no such case.
 */
enum err casework_key(struct vault *v, const struct id *id, struct secret_key *out);
/* The row, and the title appended (NULL: not wanted). ERR_DATA if what the row says of it is not what was sealed. */
enum err casework_load(struct vault *v, const struct id *id, struct index_case *out, struct bytes *title);

#endif
