/* A person's consents as they are kept: the index's rows with what was sealed in them, as facts for vault/consent.h. */
#ifndef CLIPVAULT_CONSENT_BOOK_H
#define CLIPVAULT_CONSENT_BOOK_H

#include "vault/consent.h"
#include "vault/vault.h"

enum { CONSENT_BOOK_MOST_RULES = 8, CONSENT_BOOK_TEXT = 256 };

/* What is sealed under PK with each consent. The same record holds what stands in clear about it (scope, times, and each
 * verdict's state, leaf and order): a row that was dropped, widened or turned round on the disk is noticed when the book is
 * loaded. */
struct consent_details {
  uint32_t granted, refused;     /* bits of purposes, as they were said */
  enum purpose_ident refused_as; /* IDENT_OBSCURED: not even unrecognisable; IDENT_AS_FILMED: only not as filmed */
  enum consent_capacity capacity;
  enum consent_assent assent;
  char method[INDEX_WORD];
  char signed_by[CONSENT_BOOK_TEXT];
  struct consent_rule rules[CONSENT_BOOK_MOST_RULES];
  size_t rule_count;
  struct id form; /* the sealed scan, zero if none */
  uint8_t form_sha256[32];
};

struct consent_entry {
  struct index_consent row;
  struct consent_details details;
  struct index_verdict *verdicts; /* owned, one a purpose */
  size_t verdict_count;
};

struct consent_book {
  struct id person;
  int64_t born_ms; /* PERSON_UNBORN_MS if unknown */
  bool child;
  struct consent_entry *entries; /* owned, oldest first */
  size_t count;
};

void consent_book_free(struct consent_book *b);
#define consent_book_auto consent_book_free

/* All consents ever recorded of a person. ERR_MISSING once the person was erased. */
enum err consent_book_load(struct vault *v, const struct id *person, struct consent_book *out);

/* The entry of a consent, NULL if it is none of this person's. */
const struct consent_entry *consent_book_entry(const struct consent_book *b, const struct id *consent);

/* Inside a transaction: one verdict of a consent is from now on as `verdict` says (its order of end is set here); what is sealed
 * changes with it. A book that was loaded before is stale afterwards. */
enum err consent_book_set(struct vault *v, const struct id *person, const struct index_verdict *verdict);

/* Inside a transaction: when each living consent of the person ends by its own rules is looked at anew, because a case was
 * closed or a birthday corrected. */
enum err consent_book_reckon(struct vault *v, const struct id *person);

/* Inside a transaction: stores a new consent and its verdicts (whose leaves exist already). */
enum err consent_book_add(struct vault *v, const struct index_consent *row, const struct consent_details *details,
                          const struct index_verdict *verdicts, size_t count);

/* What a clip brings to the question of consent. */
struct consent_clip {
  struct id kase;
  enum purpose_media media;
  enum purpose_ident ident;
  int64_t recorded_ms; /* CONSENT_UNKNOWN_MS if unknown */
  int64_t closed_ms;   /* end of involvement of its case, CONSENT_UNKNOWN_MS while open */
  int64_t accredited_ms;
};
/* What the person says to one purpose for such a clip, now. */
enum err consent_book_ask(const struct consent_book *b, const struct consent_clip *clip, enum purpose purpose, int64_t now_ms,
                          struct consent_verdict *out);
/* The verdict of one entry if it is a yes that lives and stands against every no of anyone: only such a one may hold a grant.
 * *out is NULL if not. */
enum err consent_book_yes(const struct consent_book *b, const struct consent_entry *e, const struct consent_clip *clip,
                          enum purpose purpose, int64_t now_ms, const struct index_verdict **out);
/* What of the entry's yes to this purpose was refused since. */
enum err consent_book_refused_since(const struct consent_book *b, const struct consent_entry *e, enum purpose purpose,
                                    enum consent_since *out);
/* Hash of what the rules say, as grants bind it. */
enum err consent_book_rules_hash(const struct consent_entry *e, uint8_t hash[32]);

#endif
