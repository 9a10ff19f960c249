/* The cage of a program that parses bytes from strangers. Once it is closed, the process can compute, allocate memory,
 * start threads, and speak over descriptors 3 (its socket); it can open no file, reach no network, start no program,
 * touch no other process, and make no memory executable.
 *
 * It is made of: no_new_privs and "not dumpable"; resource limits (no core, no file growth, few descriptors, bounded
 * address space and computing time); Landlock with an empty ruleset over every right the running kernel knows; and a
 * seccomp filter that kills the process at the first system call nobody foresaw. docs/cage.md says what each layer stops
 * alone, and which test shows it.
 *
 * In a sanitizer build (CLIPVAULT_SANITIZED) the filter lets through what the sanitizers' runtime needs. */
#ifndef CLIPVAULT_BASE_SANDBOX_H
#define CLIPVAULT_BASE_SANDBOX_H

#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SANDBOX_SOCKET = 3, SANDBOX_TEXT = 96 };

/* The layers, those of this module and those that the worker adds around libavformat (ingest/worker/input.c). */
enum sandbox_layer {
  SANDBOX_NONE,      /* for CLIPVAULT_CAGE_ONLY alone */
  SANDBOX_FORMATS,   /* lists of formats and codings, without playlists */
  SANDBOX_OPENS,     /* libavformat's way to open another file is refused */
  SANDBOX_PROTOCOLS, /* libavformat's list of protocols is empty */
  SANDBOX_NAMELESS,  /* libavformat is told no name from which a neighbour's could be made */
  SANDBOX_SECCOMP,
  SANDBOX_LANDLOCK,
  SANDBOX_LIMITS,
};

/* Builds that show each layer alone (`make cages`) define CLIPVAULT_CAGE_ONLY as the one that is left. They carry the words
 * below, which `make lint` looks for in what is shipped. Everywhere else all layers are there. */
static inline bool sandbox_has(enum sandbox_layer layer) {
#ifdef CLIPVAULT_CAGE_ONLY
  static const char said[] __attribute__((used)) = "this cage is opened for a test";
  return layer == CLIPVAULT_CAGE_ONLY;
#else
  return layer != SANDBOX_NONE;
#endif
}

/* Closes the cage around this process, which must still have one thread, and leaves it `most_seconds` of computing (all its
 * threads together): at their end it dies of SIGXCPU, and a second later of SIGKILL. `made_of` tells what the cage is made
 * of, for the record ("landlock abi 7, seccomp, limits"). ERR_UNAVAILABLE if any part cannot be had: then the caller must
 * end. There is no way back out, and after a failure the process may be partly confined. */
enum err sandbox_enter(uint32_t most_seconds, char made_of[SANDBOX_TEXT]);

/* The cage of a server (clipvault-bridge): the same, but for as long as it likes; it may also accept connections on a socket that
 * was listening before, speak on whatever was handed to it, take descriptors from its monitor, and read from those. It can still
 * open, make, bind or reach nothing. At most `most_files` descriptors. */
enum err sandbox_enter_serving(uint32_t most_files, char made_of[SANDBOX_TEXT]);

#endif
