/* The effaceable store: two places for the secret E_t, overwritten in place, never copied.
 *
 * As a file: two sectors of 4096 bytes, each beginning with a record of 64 bytes
 *   magic "CVE1" | t u64 LE | E (32) | BLAKE2b-128 over all before (16) | 0 (4)
 * A record with a wrong check is as good as none (a torn write). A TPM can stand behind the same calls. */
#ifndef CLIPVAULT_KEYS_EFFACEABLE_H
#define CLIPVAULT_KEYS_EFFACEABLE_H

#include "vault/base/err.h"
#include "vault/base/secret.h"

#include <stdbool.h>
#include <stdint.h>

struct effaceable;

struct effaceable_record {
  bool valid;
  uint64_t epoch;
  struct secret_key *secret; /* the caller's, from the arena; zeroed where not valid */
};

/* `path` relative to dirfd, or absolute; its folder is synced. ERR_CREATE if it exists; nothing is left on failure. */
enum err effaceable_create(int dirfd, const char *path);
enum err effaceable_open(int dirfd, const char *path, struct effaceable **out);
void effaceable_close(struct effaceable *e);
/* Fills record->valid, ->epoch and *record->secret of place 0 or 1. */
enum err effaceable_read(struct effaceable *e, int place, struct effaceable_record *record);
/* Overwrites a place, makes it durable, and reads it back past the page cache. */
enum err effaceable_write(struct effaceable *e, int place, uint64_t epoch, const struct secret_key *secret);
/* How far an overwrite reaches: "file". */
const char *effaceable_assurance(const struct effaceable *e);

#endif
