/* Counts for reports, as they may be told (vault/few.h). Films are counted twice, by state and by kind, and both add up to the
 * same: where either has a small count, kinds are not told at all, as it could be worked out from them. */
#ifndef CLIPVAULT_COUNTS_H
#define CLIPVAULT_COUNTS_H

#include "vault/few.h"
#include "vault/index.h"

#define COUNTS_UNTOLD "not told"

struct counts {
  struct bytes rows; /* struct index_counted, group by group; one that is hidden is one row */
};
void counts_free(struct counts *c);
#define counts_auto counts_free

enum err counts_read(struct index *ix, struct counts *out);
/* From rows that somebody else has read, which it takes. */
enum err counts_of(struct bytes *rows, struct counts *out);

size_t counts_number(const struct counts *c);
const struct index_counted *counts_row(const struct counts *c, size_t n);
/* "17", "<5", COUNTS_UNTOLD; whether it is the number itself. */
const char *counts_text(const struct counts *c, size_t n, char room[FEW_ROOM]);
bool counts_is_told(const struct counts *c, size_t n);
/* Of that name in the group ("0": none); of kinds not. */
const char *counts_one(const struct counts *c, const char *group, const char *name, char room[FEW_ROOM]);
/* All of the group but `except` (NULL: all). */
const char *counts_all(const struct counts *c, const char *group, const char *except, char room[FEW_ROOM]);

#endif
