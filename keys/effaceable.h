/* The effaceable store: two places for the secret E_t, overwritten in place, never copied. A place holds a record of 64 bytes
 *   magic "CVE1" | t u64 LE | E (32) | BLAKE2b-128 over all before (16) | 0 (4)
 * A record with a wrong check is as good as none (a torn write).
 *
 * Where it lies is said by a text, which keys.db keeps:
 *   PATH                          a file: two sectors of 4096 bytes, each beginning with a record (effaceable_file.c)
 *   tpm:A,B,C[,TCTI]              in a TPM: handles, in hexadecimal, of an index for each place and of a counter
 * (effaceable_tpm.c) What a TPM holds is read and written by whoever knows `auth`, 32 random bytes of the vault's; a file needs
 * none. */
#ifndef CLIPVAULT_KEYS_EFFACEABLE_H
#define CLIPVAULT_KEYS_EFFACEABLE_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/secret.h"

#include <stdbool.h>
#include <stdint.h>

struct effaceable;

enum { EFFACEABLE_MOST_WHERE = 4096 };

struct effaceable_record {
  bool valid;
  uint64_t epoch;
  struct secret_key *secret; /* the caller's, from the arena; zeroed where not valid */
};

/* `wanted` is a path, absolute or relative to dirfd, "tpm" or "tpm:TCTI" (keys/tpm.h); *where gets the text that opens it. Of a
 * file, the folder is synced. ERR_CREATE if a file exists; nothing is left on failure. */
enum err effaceable_create(int dirfd, const char *wanted, const struct secret_key *auth, struct bytes *where);
/* Takes away again what effaceable_create made, as far as that goes. */
void effaceable_unmake(int dirfd, const char *where);

/* ERR_UNAVAILABLE if it is not there. `auth` is copied. A TPM is asked only when something is read or written. */
enum err effaceable_open(int dirfd, const char *where, const struct secret_key *auth, struct effaceable **out);
void effaceable_close(struct effaceable *e); /* takes NULL */
/* Lets go of the machine (a connection to a TPM, which others may want) until the next reading or writing. */
void effaceable_rest(struct effaceable *e);

/* Fills record->valid, ->epoch and *record->secret of place 0 or 1. */
enum err effaceable_read(struct effaceable *e, int place, struct effaceable_record *record);
/* Overwrites a place, makes it durable, and reads it back: of a file past the page cache. The first time, the other place of a
 * file is made durable before. */
enum err effaceable_write(struct effaceable *e, int place, uint64_t epoch, const struct secret_key *secret);
/* At the end of a rotation: what a TPM counts goes up by one. Nothing for a file. */
enum err effaceable_count(struct effaceable *e);

/* How far an overwrite reaches: "tpm", or the weaker "file". */
const char *effaceable_assurance(const struct effaceable *e);
/* The same of a text, `wanted` or `where`. */
const char *effaceable_assurance_of(const char *where);
/* The same in a sentence, for certificates: what could still undo an erasure. */
const char *effaceable_limits(const struct effaceable *e);
const char *effaceable_limits_of(const char *where);

#endif
