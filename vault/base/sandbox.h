/* The cage of a program that parses bytes from strangers. Once it is closed, the process can compute, allocate memory,
 * start threads, and speak over descriptors 3 (its socket); it can open no file, reach no network, start no program,
 * touch no other process, and make no memory executable.
 *
 * It is made of: no_new_privs and "not dumpable"; resource limits (no core, no file growth, few descriptors, bounded
 * address space); Landlock with an empty ruleset over every right the running kernel knows; and a seccomp filter that
 * kills the process at the first system call nobody foresaw. Landlock and the filter each hold alone.
 *
 * In a sanitizer build (CLIPVAULT_SANITIZED) the filter lets through what the sanitizers' runtime needs. */
#ifndef CLIPVAULT_BASE_SANDBOX_H
#define CLIPVAULT_BASE_SANDBOX_H

#include "vault/base/err.h"

#include <stddef.h>

enum { SANDBOX_SOCKET = 3, SANDBOX_TEXT = 96 };

/* Closes the cage around this process, which must still have one thread. `made_of` tells of what, for the record
 * ("landlock abi 7, seccomp"). ERR_UNAVAILABLE if any part cannot be had: then the caller must end. There is no way back
 * out, and after a failure the process may be partly confined. */
enum err sandbox_enter(char made_of[SANDBOX_TEXT]);

#endif
