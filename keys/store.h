/* keys.db: nothing but rows. All SQL of this folder. Its settings keep what was overwritten from lingering where SQLite can
 * help it; that remnants are useless is the tree's business. */
#ifndef CLIPVAULT_KEYS_STORE_H
#define CLIPVAULT_KEYS_STORE_H

#include "keys/slot_record.h"
#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { STORE_MOST_SLOTS = 64 };

struct store;

enum err store_create(int dirfd, struct store **out); /* ERR_CREATE if keys.db exists */
/* A log that is there is made durable before anything is built upon it. */
enum err store_open(int dirfd, struct store **out);
/* To look only, beside whatever process holds the vault: changes nothing, not even a log that is there. */
enum err store_look(int dirfd, struct store **out);
void store_close(struct store *s);

enum err store_begin(struct store *s);
enum err store_commit(struct store *s);
void store_rollback(struct store *s);
/* Everything committed is in keys.db itself, the WAL is empty; files and folder are synced. ERR_BUSY if a reader blocks it. */
enum err store_checkpoint(struct store *s);

enum err store_put_fact(struct store *s, const char *name, const void *data, size_t length);
enum err store_get_fact(struct store *s, const char *name, struct bytes *out);               /* appends; ERR_DATA if absent */
enum err store_find_fact(struct store *s, const char *name, struct bytes *out, bool *found); /* the same, but it may be absent */
enum err store_drop_fact(struct store *s, const char *name);                                 /* fine if it is absent */

enum err store_put_node(struct store *s, int64_t id, uint64_t epoch, const void *blob, size_t length);
/* Exactly `length` bytes; ERR_MISSING if there is no such row, ERR_DATA if it is of another size. epoch may be NULL. */
enum err store_get_node(struct store *s, int64_t id, void *blob, size_t length, uint64_t *epoch);

/* A whole copy as dirfd/keys.db, in the place of one that is there. */
enum err store_copy(struct store *s, int dirfd);

/* Every node whose row was last written in epoch `since` or later. */
enum err store_each_node(struct store *s, uint64_t since,
                         enum err (*each)(void *context, int64_t id, uint64_t epoch, const void *blob, size_t length),
                         void *context);
/* All facts and slots of `to` become those of `from`; adds to *bytes how much that was. Inside a transaction of `to`. */
enum err store_copy_small(struct store *from, struct store *to, uint64_t *bytes);

enum err store_put_slot(struct store *s, const struct slot_record *slot); /* or replaces */
enum err store_drop_slot(struct store *s, const struct id *slot);
/* In the order of their ids. ERR_DATA if there are more than STORE_MOST_SLOTS or a row is malformed. */
enum err store_get_slots(struct store *s, struct slot_record out[STORE_MOST_SLOTS], size_t *count);

#endif
