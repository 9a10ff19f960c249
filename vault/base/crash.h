/* Dying on purpose, for tests: `crash_point("name")` marks a step before or after which a kill must do no harm.
 *
 * In a build with test hooks, CLIPVAULT_TEST_CRASH=name (or name:n, the n-th time it is reached) makes the process kill
 * itself there with SIGKILL. In any other build a crash point is nothing at all. The names, in the order in which a destruction
 * passes them: job-postponed and job-begun (a withdrawal from many clips, its consent's key still there, and gone), job-decided,
 * shred-1 (E' not yet written), shred-2 (E' in the spare slot), shred-3 (transaction made, not committed), shred-4 (committed,
 * not checkpointed), shred-5 (durable, old slot still there), holders-behind (old slot gone,
 * holders still have it), shred-6 (gone everywhere), job-keys-gone, job-concluded,
 * ciphertext-deleted; an ingest or a cut: ingest-sealed (objects complete, nothing in the index), ingest-keys (leaves made),
 * ingest-commit; obscuring: obscure-sealed (objects complete, what was there before still stands), obscure-ended (that is gone),
 * obscure-commit; source-overwritten (a wiped file, before its name goes). */
#ifndef CLIPVAULT_BASE_CRASH_H
#define CLIPVAULT_BASE_CRASH_H

#ifdef CLIPVAULT_TEST_HOOKS
void crash_point(const char *name);
#else
static inline void crash_point(const char *name) { (void)name; }
#endif

#endif
