/* A person's consents as they are kept: the index's rows with what was sealed in them, as facts for vault/consent.h. */
#ifndef CLIPVAULT_CONSENT_BOOK_H
#define CLIPVAULT_CONSENT_BOOK_H

#include "vault/consent.h"
#include "vault/vault.h"

enum { CONSENT_BOOK_MOST_RULES = 8, CONSENT_BOOK_TEXT = 256 };

/* What is sealed under PK with each consent. The sets vouch for the rows of verdicts: one that was dropped or turned round
 * on the disk is noticed when the book is loaded. */
struct consent_details {
  uint32_t granted, refused; /* bits of purposes, as they were said */
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
  int64_t born_ms;               /* PERSON_UNBORN_MS if unknown */
  struct consent_entry *entries; /* owned, oldest first */
  size_t count;
};

void consent_book_free(struct consent_book *b);
#define consent_book_auto consent_book_free

/* All consents ever recorded of a person. ERR_MISSING once the person was erased. */
enum err consent_book_load(struct vault *v, const struct id *person, struct consent_book *out);

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
};
/* What the person says to one purpose for such a clip, now. */
enum err consent_book_ask(const struct consent_book *b, const struct consent_clip *clip, enum purpose purpose, int64_t now_ms,
                          struct consent_verdict *out);
/* The same of one entry: whether it says a living yes by itself, and its verdict row. NULL if not. */
const struct index_verdict *consent_book_yes(const struct consent_book *b, const struct consent_entry *e,
                                             const struct consent_clip *clip, enum purpose purpose, int64_t now_ms);
/* Hash of what the rules say, as grants bind it. */
enum err consent_book_rules_hash(const struct consent_entry *e, uint8_t hash[32]);

#endif
