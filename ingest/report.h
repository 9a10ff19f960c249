/* What became of the files of one command: lists that are filled file by file, so that what was done is told also when the rest
 * was not. */
#ifndef CLIPVAULT_INGEST_REPORT_H
#define CLIPVAULT_INGEST_REPORT_H

#include "ingest/ingest.h"
#include "vault/answer.h"

enum { REPORT_LISTS = 6 };

struct report {
  struct reply parts[REPORT_LISTS]; /* JSON arrays under construction, and their text */
  struct answer lists[REPORT_LISTS];
  bool wiping; /* also tell what was wiped and what was not */
  size_t kept; /* files that are in the vault now */
  size_t told; /* entries of all lists */
};

void report_begin(struct report *r, bool wiping);
void report_free(struct report *r); /* takes any state */
#define report_auto report_free

/* `file` as the person knows it: the name they typed, or the path inside the folder they typed. It may come from a card. */
void report_done(struct report *r, const char *file, const struct ingest_result *result); /* taken in, or a duplicate */
void report_refused(struct report *r, const char *file, const char *reason);
void report_skipped(struct report *r, const char *file, const char *reason);
void report_wiped(struct report *r, const char *file, const char *how);
void report_not_wiped(struct report *r, const char *file, const char *reason);

/* True once an answer can hardly carry more. */
bool report_full(const struct report *r);
/* One JSON object of all lists, and the text. */
enum err report_end(struct report *r, struct reply *reply);

#endif
