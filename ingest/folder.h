/* A folder or a card, file by file: first counted, then taken in. What a card holds is as hostile as a recording: links are never
 * followed, depth and number are bounded, and a name decides nothing but whether a file is worth a look. Of each folder on the
 * way down only its names are in memory. */
#ifndef CLIPVAULT_INGEST_FOLDER_H
#define CLIPVAULT_INGEST_FOLDER_H

#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
  FOLDER_MOST_DEPTH = 16,
  FOLDER_MOST_NAMES = 20000, /* in one folder; a camera makes at most 9999 */
  FOLDER_MOST_PATH = 1024,
};

struct folder_file {
  const char *path; /* from the folder that is walked; borrowed, like all of it */
  int dir;          /* the folder it lies in, and its name there */
  const char *name;
  uint64_t bytes;
};

struct folder_visitor {
  void *context;
  /* A regular file. A failure ends the walk. */
  enum err (*file)(void *context, const struct folder_file *f);
  /* What is left out, and why, in words; may be NULL. */
  enum err (*skipped)(void *context, const char *path, const char *reason);
};

/* Everything in the folder `fd` (borrowed) and below, by name in byte order. ERR_DATA if it cannot be read. */
enum err folder_walk(int fd, const struct folder_visitor *visitor);

/* Opens it; with `to_write` for writing too, where that is allowed. ERR_DATA if it cannot be opened, or is no regular file any
 * more. */
enum err folder_open(const struct folder_file *f, bool to_write, int *fd);

/* Why a file or folder of that name is not looked at; NULL if it is. (Pure; tests/unit/test_folder.c.) */
const char *folder_unwanted(const char *name);

#endif
