/* What a command answers: JSON for programs, text for people, and how it went.
 *
 * Wire form, little endian: "CVRP" u8 version=1, u8 flags (1 report), u8 status, field json, field text,
 * field message. */
#ifndef CLIPVAULT_REPLY_H
#define CLIPVAULT_REPLY_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { REPLY_MOST_BYTES = 64 << 20 };

struct reply {
  enum err status;      /* set by whoever ran the handler, from what it returned */
  struct bytes json;    /* exactly one JSON value, without a newline */
  struct bytes text;    /* for people; may be empty: then nothing but the JSON exists */
  struct bytes message; /* the failure, one sentence; set with status */
  bool report;          /* set by a handler that fails and whose json and text are complete and to be shown nevertheless: `check`
                           that found problems, a withdrawal that is pending. Without it, a failure prints only its message */
  bool said;            /* set by a handler that ran here and has said all there is to say: nothing is printed. Never sent */
  bool aside;           /* set in the client, never sent: json and text go to standard error, as standard output carries a file */
};

void reply_free(struct reply *r);
#define reply_auto reply_free

/* Forgets what was there and makes it a failure with err_text(). */
void reply_fail(struct reply *r, enum err status);

enum err reply_encode(const struct reply *r, struct bytes *out);
/* ERR_DATA unless it is exactly that; a status this program does not know is ERR_BUG. */
enum err reply_decode(const void *data, size_t length, struct reply *out);

/* Prints and gives the exit code. With `json`: one JSON value and a newline to `out`, on failure
 * {"error": "word", "message": "…"} as the last line of `err`. Else the text, and "clipvault: message". An output that
 * cannot be written is ERR_IO. */
int reply_print(const struct reply *r, bool json, FILE *out, FILE *err);

#endif
