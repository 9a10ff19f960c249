/* clipvault.conf: `key = value` lines and # comments, in the vault's folder. Every key has a safe default; an unknown key
 * or a value that is not understood is ERR_CONFIG naming the line, never a guess. */
#ifndef CLIPVAULT_CONFIG_H
#define CLIPVAULT_CONFIG_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_FILE "clipvault.conf"
enum { CONFIG_MOST_BYTES = 64 * 1024, CONFIG_TEXT = 1024 };

struct config {
  char time_zone[64];              /* "" is the system's */
  uint32_t quarantine_days;        /* 1 … 365; 14 */
  uint32_t open_end_months;        /* 1 … 1200; 24: how long what runs from a day that never comes may last */
  bool keep_originals;             /* no */
  uint64_t most_file_bytes;        /* of one recording; 64 GiB */
  uint64_t most_pixels;            /* of one picture; 64 Mi */
  uint32_t most_streams;           /* 1 … 1000; 32 */
  uint32_t most_duration_seconds;  /* 1 … 366 days; a day */
  uint64_t most_packets;           /* read from one recording; 64 Mi */
  uint32_t most_seconds;           /* computing and waiting for one recording, 1 … 30 days; a day */
  char alarm_command[CONFIG_TEXT]; /* "" for none */
};

/* What holds for an empty file. */
struct config config_default(void);
/* The text of a whole file; `name` only for messages. */
enum err config_parse(const char *name, const void *text, size_t length, struct config *out);
/* CONFIG_FILE in `dirfd`; the defaults if there is none. ERR_CONFIG if it is not a file of the owner's or others may
 * write it. Also tells the clock its zone (ERR_CONFIG if unknown). */
enum err config_load(int dirfd, struct config *out);
/* A file for init to write: every key commented out at its default, with a word of explanation. */
const char *config_default_text(void);

#endif
