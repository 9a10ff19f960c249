/* Sealed objects as files: objects/<id>, written once, never renamed, deleted when their keys are gone. */
#ifndef CLIPVAULT_OBJECT_H
#define CLIPVAULT_OBJECT_H

#include "vault/container.h"
#include "vault/vault.h"

/* Makes the empty file of a new object; the caller seals into it. It is written down as doomed first, so that it goes away if
 * this process dies or object_adopt is never called, and as being made in this process until object_made. */
enum err object_create(struct vault *v, struct id *object, int *fd);
/* Inside the transaction that makes the object's row: it stays. */
enum err object_adopt(struct vault *v, const struct id *object);
/* After commit or failure: this one is not being made any more, and is deleted at the next chance unless it was adopted. Others
 * that are being made (by the command that holds the vault, while one for somebody else runs in between) stay so. An object
 * that is not being made is ignored. */
void object_made(struct vault *v, const struct id *object);
/* ERR_DATA if the file is not there: whoever has its row expects it. */
enum err object_open(struct vault *v, const struct id *object, int *fd);
/* Removes the file; one that is not there counts as removed. */
enum err object_remove(struct vault *v, const struct id *object);
/* Deletes every file whose keys are gone, and notes in the audit log that it did. */
enum err object_delete_doomed(struct vault *v);
/* Calls `each` for every file in objects/ ; `known` tells whether its name is an id at all. */
enum err object_each(struct vault *v, enum err (*each)(void *context, const char *name, const struct id *object), void *context);

#endif
