/* Inside the statement only: the part of a certificate that says what happened, read from the job's rows before they go. */
#ifndef CLIPVAULT_STATEMENT_ITEMS_H
#define CLIPVAULT_STATEMENT_ITEMS_H

#include "vault/answer.h"
#include "vault/vault.h"

struct statement_items {
  struct vault *vault;
  const struct index_job *job;
  struct bytes clips;  /* struct index_clip that the job destroys */
  struct bytes leaves; /* keystore_leaf that it destroyed, sorted */
  size_t count;        /* what was written: with 0 there is nothing to certify */
};

enum err statement_items_load(struct vault *v, const struct index_job *job, struct statement_items *out);
void statement_items_free(struct statement_items *it);
#define statement_items_auto statement_items_free

/* The members "consents" and "items". */
enum err statement_items_consents(struct statement_items *it, struct answer *a);
enum err statement_items_write(struct statement_items *it, struct answer *a);

#endif
