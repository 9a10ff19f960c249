/* Files, completely or not at all. Descriptors are close-on-exec; a file that is made here is 0600. */
#ifndef CLIPVAULT_BASE_IO_H
#define CLIPVAULT_BASE_IO_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Closes *fd unless it is negative, and makes it -1. */
void io_close(int *fd);
#define io_auto io_close /* AUTO(io) int fd = -1; */

/* What it means that a file could not be opened: `usual` (as by a name that is wrong), unless errno says that no file at all can
 * be had, for want of descriptors or memory or because a disk fails: then ERR_IO, as trying again may help. */
enum err io_failure(enum err usual);

/* Exactly `length` bytes at `offset`; ERR_DATA if the file ends before. */
enum err io_pread_all(int fd, void *out, size_t length, uint64_t offset);
enum err io_pwrite_all(int fd, const void *data, size_t length, uint64_t offset);
/* As many as there are up to `length`; *got < length only at the end of the stream. */
enum err io_read_upto(int fd, void *out, size_t length, size_t *got);
enum err io_write_all(int fd, const void *data, size_t length);

/* The whole of a regular file of at most `most` bytes, appended to `out`; ERR_MISSING if there is none,
 * ERR_DATA if it is larger. `name` is relative to dirfd (AT_FDCWD allowed) and is not followed if a link. */
enum err io_read_file(int dirfd, const char *name, size_t most, struct bytes *out);

/* Makes `name` with this content, synced, under a temporary name first; replaces what was there. */
enum err io_write_file(int dirfd, const char *name, const void *data, size_t length);
/* As above, but ERR_CREATE if `name` exists already: nothing of the user's is ever overwritten. */
enum err io_create_file(int dirfd, const char *name, const void *data, size_t length);

enum err io_sync(int fd);        /* fsync, ERR_IO */
enum err io_sync_dir(int dirfd); /* makes creations and removals in it durable */
enum err io_file_size(int fd, uint64_t *size);

#endif
