/* The bytes of uploads, in spool/: segments, each a sealed container of its own (vault/container.h) under a key derived from UK.
 * A break ends a segment, and what comes next begins another: a torn one is never written on. Where an upload goes on is what its
 * segments are worth on the disk, and never what anybody remembers. */
#ifndef CLIPVAULT_SPOOL_H
#define CLIPVAULT_SPOOL_H

#include "vault/upload.h"

/* How much of it is safely there. */
enum err spool_offset(struct vault *v, const struct id *upload, uint64_t *out);

/* When nothing is being written (a server starts): what was torn becomes whole as far as it verifies, what is lost ends the
 * upload's bytes there, files that belong to nothing go. */
enum err spool_recover(struct vault *v);
/* Deletes the files that no upload has any more. */
enum err spool_tidy(struct vault *v);

struct spool_writer;
/* Goes on with it at `offset`; ERR_USAGE unless that is how much is there. `algorithm` "" or that of a checksum ("sha1",
 * "sha256") of all that comes. */
enum err spool_write_on(struct vault *v, const struct upload *u, uint64_t offset, const char *algorithm,
                        struct spool_writer **out);
/* The next bytes, sealed as they come. ERR_DATA if they are more than the upload has. A long stream becomes several segments. */
enum err spool_take(struct spool_writer *w, const void *data, size_t length);
/* Seals what came and makes it durable; *offset: how much is there now. With `digest` it must be that of all that came, or
 * ERR_DATA and none of it stays. When the last byte is there the upload waits to be taken in. The writer can only be freed
 * afterwards. */
enum err spool_seal(struct spool_writer *w, const uint8_t *digest, size_t length, uint64_t *offset);
/* None of what came by this writer stays; frees it. */
void spool_discard(struct spool_writer *w);
const struct id *spool_upload(const struct spool_writer *w);
void spool_writer_free(struct spool_writer *w); /* what was not sealed is worth what verifies of it when it goes on; takes NULL */

struct spool_reader;
/* All that is there as one stream, one segment open at a time. */
enum err spool_open(struct vault *v, const struct upload *u, struct spool_reader **out);
uint64_t spool_length(const struct spool_reader *r);
/* Exactly `length` bytes; ERR_DATA if they are not what was sealed. */
enum err spool_read(struct spool_reader *r, uint64_t offset, void *out, size_t length);
void spool_close(struct spool_reader *r); /* takes NULL */

#endif
