#include "vault/intake.h"

#include "vault/account.h"
#include "vault/base/clock.h"
#include "vault/reach.h"

#include <string.h>

enum err intake_require_case(struct vault *v, const struct id *kase) {
  struct index_case row;
  TRY(account_require(v, ACCOUNT_PRACTITIONER, "taking in films"));
  TRY(index_case_get(v->index, kase, &row, NULL));
  TRY(reach_require_own_case(v, kase));
  if (row.closed_ms == CLOCK_NEVER_MS) return ERR_OK;
  return err_set(ERR_REFUSED, "this case is closed; open a new one for new films");
}

enum err intake_require_people(struct vault *v, const struct id *people, size_t count) {
  struct index_person row;
  char id[ID_TEXT];
  if (count == 0)
    return err_set(
        ERR_USAGE,
        "name everyone in it with --person: a film nobody is named in can be used for nothing; see clipvault help ingest");
  if (count > INTAKE_MOST_PEOPLE) return err_set(ERR_USAGE, "at most %d people can be named for one film", INTAKE_MOST_PEOPLE);
  for (size_t i = 0; i < count; i++) {
    id_format(ID_PERSON, &people[i], id);
    TRY(index_person_get(v->index, &people[i], &row, NULL));
    TRY(reach_require_person(v, &people[i])); /* their record becomes one of the case */
    if (strcmp(row.state, "live") != 0) return err_set(ERR_MISSING, "the person %s was erased", id);
    for (size_t k = 0; k < i; k++)
      if (id_equal(&people[k], &people[i])) return err_set(ERR_USAGE, "--person %s was given twice", id);
  }
  return ERR_OK;
}
