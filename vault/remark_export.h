/* Remarks as files that other tools read. Pure: what may leave, and to whom, was decided before.
 *
 *   vtt    WebVTT, for a track of kind "metadata": a cue a remark, its payload one line of JSON
 *   eaf    ELAN 3.0: a tier for each author and layer, and another wherever remarks of one tier would overlap, which ELAN cannot
 * hold boris  the columns of BORIS' "aggregated events" in CSV: one observation for each author csv    one line a remark json the
 * same, with times as fractions of seconds
 *
 * A frame's time in milliseconds is rounded up, so that it always lies within that frame: whoever reads it back finds the same
 * one. Times never go through floating point. The clip is named by its id, never by what its file was called. */
#ifndef CLIPVAULT_REMARK_EXPORT_H
#define CLIPVAULT_REMARK_EXPORT_H

#include "vault/remark.h"
#include "vault/tags.h"

enum remark_export_form { REMARK_EXPORT_VTT, REMARK_EXPORT_EAF, REMARK_EXPORT_BORIS, REMARK_EXPORT_CSV, REMARK_EXPORT_JSON };

struct remark_export { /* all borrowed */
  const struct id *clip;
  int64_t frames; /* of num/den a second; of sound alone, milliseconds, 1000/1 */
  uint32_t num, den;
  int64_t made_ms; /* when the file is made */
  const struct tags *tags;
  const struct remark *all;   /* by place */
  const char *const *authors; /* the name of each one's author */
  size_t count;
};

/* ERR_USAGE, listing them. */
enum err remark_export_parse(const char *text, enum remark_export_form *out);
enum err remark_export(enum remark_export_form form, const struct remark_export *x, struct bytes *out);

/* ---- what the forms share */
/* When the frame begins. */
int64_t remark_export_ms(const struct remark_export *x, int64_t frame);
/* NULL: without a tag, or one that is not in the set any more. */
const char *remark_export_layer(const struct remark_export *x, const struct remark *r);
/* Its tag in words and its text: "Waiting: she waits". */
void remark_export_words(const struct remark_export *x, const struct remark *r, struct bytes *out);
enum err remark_eaf(const struct remark_export *x, struct bytes *out); /* remark_eaf.c */

#endif
