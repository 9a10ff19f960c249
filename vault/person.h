/* People who may be filmed. What describes one (name, kind, birthday) is sealed under their own leaf PK; erasing a
 * person destroys it. The index and the audit log know them by id only. */
#ifndef CLIPVAULT_PERSON_H
#define CLIPVAULT_PERSON_H

#include "vault/vault.h"

#define PERSON_UNBORN_MS INT64_MIN /* birthday unknown */

enum person_kind { PERSON_CHILD = 1, PERSON_CARER, PERSON_STAFF, PERSON_PRACTITIONER, PERSON_OTHER };
const char *person_kind_name(enum person_kind kind);
enum err person_kind_parse(const char *text, enum person_kind *out); /* ERR_USAGE lists the kinds */

struct person {
  struct id id;
  enum person_kind kind;
  int64_t born_ms, created_ms;
  struct bytes name; /* owned; empty once erased */
  bool erased;
};
void person_free(struct person *p);
#define person_auto person_free

/* Inside a transaction of the index. `p->id` is set. */
enum err person_add(struct vault *v, struct person *p);
enum err person_load(struct vault *v, const struct id *id, struct person *out);
/* Rectification: seals the corrected facts under the same key. */
enum err person_correct(struct vault *v, const struct person *p);
/* PK, for what else describes this person (consent records). ERR_MISSING once erased. */
enum err person_key(struct vault *v, const struct id *id, struct secret_key *out);

#endif
