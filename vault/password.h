/* Passwords of users: which are taken, and the record by which one is known again. Argon2id; the parameters are the record's, so
 * that they can be raised without asking anybody. Pure and thread-safe: no vault, no state.
 *
 * Checking or making a record takes about 0.1 s of one core and 64 MiB for that time. Whoever does it for strangers bounds how
 * many run at once (2 to 4), and never does it where others wait for the loop. */
#ifndef CLIPVAULT_PASSWORD_H
#define CLIPVAULT_PASSWORD_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PASSWORD_LEAST = 10, PASSWORD_MOST = 1024, PASSWORD_SALT = 16, PASSWORD_HASH = 32 };

struct password_record {
  uint32_t ops, kib; /* 0: there is no password */
  uint8_t salt[PASSWORD_SALT], hash[PASSWORD_HASH];
};

/* ERR_REFUSED, saying why, for one that is shorter than PASSWORD_LEAST bytes, or in which little is left without the words and
 * rows of keys that are tried first, and without `name` (whose it is; may be NULL); ERR_USAGE beyond PASSWORD_MOST. */
enum err password_check_choice(const uint8_t *password, size_t length, const char *name);
/* A record with today's parameters and a new salt. ERR_UNAVAILABLE if there is not enough memory. */
enum err password_make(const uint8_t *password, size_t length, struct password_record *out);
/* What stands for a record where there is none: costs what one costs, and no password fits. */
void password_dummy(struct password_record *out);
/* False too if there is not enough memory, or where the record is none. */
bool password_fits(const struct password_record *record, const uint8_t *password, size_t length);

/* u32 ops, u32 kib, salt, hash. Reading refuses (r->failed) what would be no protection, or an attack on the machine. */
void password_put(struct bytes *out, const struct password_record *record);
void password_get(struct bytes_reader *r, struct password_record *out);

/* The one line of the file, of at most PASSWORD_MOST bytes, into out (arena, PASSWORD_MOST bytes). ERR_DATA if there are more. */
enum err password_read_line(int fd, uint8_t *out, size_t *length);

#endif
