/* Where the bytes of a recording come from: a file that was named, or an upload that lies sealed in the spool. Whoever takes it
 * in asks for ranges, more than once and in any order, and keeps nothing of them. */
#ifndef CLIPVAULT_INGEST_SOURCE_H
#define CLIPVAULT_INGEST_SOURCE_H

#include "vault/base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct source {
  void *context;
  uint64_t bytes;
  /* Exactly `length` bytes; ERR_DATA in words for people if they cannot be had. */
  enum err (*read)(void *context, uint64_t offset, void *out, size_t length);
  /* ERR_DATA unless it is still what it was. */
  enum err (*unchanged)(void *context);
  /* Told once the whole of it was hashed; may be NULL. */
  void (*hashed)(void *context, const uint8_t sha256[32]);
};

struct source_file {
  int fd; /* borrowed */
  struct stat before;
};
/* Of a regular file; `file` is the source's own and outlives it. ERR_DATA if it is none, or empty. */
enum err source_of_file(int fd, struct source_file *file, struct source *out);

#endif
