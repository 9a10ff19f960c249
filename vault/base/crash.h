/* Dying on purpose, for tests: `crash_point("name")` marks a step before or after which a kill must do no harm.
 *
 * In a build with test hooks, CLIPVAULT_TEST_CRASH=name (or name:n, the n-th time it is reached) makes the process kill
 * itself there with SIGKILL. CLIPVAULT_TEST_TRACE=FILE gets a line "step epoch place" for each step of a destruction that was
 * taken (crash_trace) and each crash point that was reached, "name 0 0": what tests/model/trace.sh holds against the model. In
 * any other build both are nothing at all. The names, in the order in which a destruction passes them: job-postponed and
 * job-begun (a withdrawal from many clips, its consent's key still there, and gone), job-decided, shred-1 (E' not yet written),
 * shred-2 (E' in the spare slot), shred-3 (transaction made, not committed), shred-4 (committed, not checkpointed), shred-5
 * (durable, old slot still there), holders-behind (old slot gone, holders still have it), shred-6 (gone everywhere),
 * job-keys-gone, job-concluded, ciphertext-deleted; an ingest or a cut: ingest-sealed (objects complete, nothing in the index),
 * ingest-keys (leaves made), ingest-commit; obscuring: obscure-sealed (objects complete, what was there before still stands),
 * obscure-ended (that is gone), obscure-commit; source-overwritten (a wiped file, before its name goes). */
#ifndef CLIPVAULT_BASE_CRASH_H
#define CLIPVAULT_BASE_CRASH_H

#include <stdint.h>

#ifdef CLIPVAULT_TEST_HOOKS
void crash_point(const char *name);
void crash_trace(const char *step, uint64_t epoch, int place);
#else
static inline void crash_point(const char *name) { (void)name; }
static inline void crash_trace(const char *step, uint64_t epoch, int place) { (void)step, (void)epoch, (void)place; }
#endif

#endif
