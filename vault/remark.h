/* Remarks: what somebody said of a frame, or of a stretch of frames, of a clip: in words, by a tag, or both.
 *
 * All of it is sealed under MK of the clip (vault/clip.h): it dies when the clip's last use ends, stays with one that a hold
 * keeps, and needs no step of its own; no remark outlives what people agreed to. Whether it is read is decided by policy
 * (POLICY_REMARK): whoever may view the clip for the purpose they name. A private one is its author's alone: by rule, not by a
 * key. */
#ifndef CLIPVAULT_REMARK_H
#define CLIPVAULT_REMARK_H

#include "vault/policy.h"
#include "vault/vault.h"

enum { REMARK_TEXT = 4000, REMARK_TAG = 32, REMARK_MOST = 100000 /* on one clip */ };

struct remark {
  struct id id, clip;
  struct id author;
  int64_t made_ms, edited_ms; /* edited_ms: CLOCK_NEVER_MS until then */
  int64_t from, to;           /* frames [from, to); of sound alone, milliseconds */
  enum purpose purpose;       /* for which its author was looking */
  bool shared;                /* else only its author sees it */
  struct id reply_to;         /* another remark on the same clip; zero */
  struct id resolved_by;      /* zero until then */
  int64_t resolved_ms;
  char tag[REMARK_TAG + 1]; /* a code (vault/tags.h); "" */
  struct bytes text;        /* owned; UTF-8, may be empty where there is a tag */
};
void remark_free(struct remark *r); /* wipes; takes any state */
#define remark_auto remark_free

/* ERR_USAGE unless there is a tag or a text, and the text is UTF-8 of at most REMARK_TEXT bytes without control characters (lines
 * and tabs may be). */
enum err remark_check(const struct remark *r);

/* Inside a transaction. The first sets id, author and times, and enters it in the audit log. */
enum err remark_add(struct vault *v, struct remark *r);
enum err remark_write(struct vault *v, const struct remark *r, const char *verb);
enum err remark_remove(struct vault *v, const struct remark *r);

/* Whatever policy says: for those who ask it (below), and for check. ERR_MISSING, ERR_DATA. */
enum err remark_load(struct vault *v, const struct id *id, struct remark *out);

/* One that the acting user may read, for some purpose. ERR_MISSING for another's private one, as if it were not there;
 * ERR_REFUSED in policy's words. */
enum err remark_find(struct vault *v, const struct id *id, struct remark *out);

/* All that the acting user may read of a clip while they look at it for this purpose, by place, then by age. ERR_REFUSED in
 * policy's words. */
struct remark_list {
  struct remark *all; /* owned */
  size_t count;
};
void remark_list_free(struct remark_list *l);
#define remark_list_auto remark_list_free
enum err remark_list(struct vault *v, const struct id *clip, enum purpose purpose, struct remark_list *out);

/* Inside a transaction: what the list says of [from, to) becomes remarks on another clip, that was cut from there; a reply whose
 * answer is left out stands by itself. *carried: how many. */
enum err remark_carry(struct vault *v, const struct remark_list *l, const struct id *to_clip, int64_t from, int64_t to,
                      size_t *carried);

#endif
