#include "vault/person.h"

#include "vault/commitment.h"
#include "vault/consent_shelf.h"
#include "vault/seal.h"

#include <string.h>

enum { PERSON_FORM = 1, PERSON_MOST_NAME = 1000 };

static const char *const kinds[] = {[PERSON_CHILD] = "child",
                                    [PERSON_CARER] = "carer",
                                    [PERSON_STAFF] = "staff",
                                    [PERSON_PRACTITIONER] = "practitioner",
                                    [PERSON_OTHER] = "other"};

const char *person_kind_name(enum person_kind kind) {
  return kind >= PERSON_CHILD && kind <= PERSON_OTHER ? kinds[kind] : "other";
}

enum err person_kind_parse(const char *text, enum person_kind *out) {
  for (enum person_kind k = PERSON_CHILD; k <= PERSON_OTHER; k++)
    if (strcmp(text, kinds[k]) == 0) {
      *out = k;
      return ERR_OK;
    }
  return err_set(ERR_USAGE, "\"%.40s\" is not a kind of person: write child, carer, staff, practitioner or other", text);
}

void person_free(struct person *p) { bytes_free(&p->name); }

/* u8 form, u8 kind, i64 born_ms, field name */
static enum err encode(const struct person *p, struct bytes *out) {
  bytes_put_u8(out, PERSON_FORM);
  bytes_put_u8(out, (uint8_t)p->kind);
  bytes_put_u64(out, (uint64_t)p->born_ms);
  bytes_put_field(out, p->name.data, p->name.length);
  return bytes_check(out);
}

static enum err decode(const struct bytes *plain, struct person *out) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  size_t length;
  bool known = bytes_get_u8(&r) == PERSON_FORM;
  out->kind = bytes_get_u8(&r);
  out->born_ms = (int64_t)bytes_get_u64(&r);
  const uint8_t *name = bytes_get_field(&r, PERSON_MOST_NAME, &length);
  if (!known || !bytes_done(&r)) return err_set(ERR_DATA, "a person's record is of an unknown form");
  bytes_put(&out->name, name, length);
  return bytes_check(&out->name);
}

static enum err seal(struct vault *v, const struct person *p, keystore_leaf leaf, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(pk);
  if (!p->name.length || p->name.length > PERSON_MOST_NAME)
    return err_set(ERR_USAGE, "a person's name must have 1 to %d characters", PERSON_MOST_NAME);
  TRY(encode(p, &plain));
  TRY(keystore_get(v->keys, leaf, pk));
  return seal_put(pk, "person", &p->id, &plain, sealed);
}

enum err person_add(struct vault *v, struct person *p) {
  AUTO(bytes) struct bytes sealed = {0};
  keystore_leaf leaf;
  p->id = id_new();
  p->created_ms = vault_now_ms(v);
  TRY(keystore_new_leaves(v->keys, 1, &leaf));
  TRY(seal(v, p, leaf, &sealed));
  TRY(commitment_make(v, leaf, ID_PERSON, &p->id));
  struct index_person row = {.id = p->id, .leaf = leaf, .created_ms = p->created_ms, .state = "live"};
  return index_person_put(v->index, &row, &sealed);
}

enum err person_load(struct vault *v, const struct id *id, struct person *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  SECRET_KEY(pk);
  struct index_person row;
  AUTO(person) struct person p = {.born_ms = PERSON_UNBORN_MS};
  TRY(index_person_get(v->index, id, &row, &sealed));
  p.id = row.id;
  p.created_ms = row.created_ms;
  p.erased = strcmp(row.state, "live") != 0;
  if (!p.erased) {
    TRY(keystore_get(v->keys, row.leaf, pk));
    TRY(seal_get(pk, "person", id, &sealed, &plain));
    TRY(decode(&plain, &p));
  }
  *out = p;
  p.name = (struct bytes){0};
  return ERR_OK;
}

enum err person_correct(struct vault *v, const struct person *p) {
  AUTO(bytes) struct bytes sealed = {0};
  struct index_person row;
  TRY(index_person_get(v->index, &p->id, &row, NULL));
  TRY(seal(v, p, row.leaf, &sealed));
  consent_shelf_clear(v->shelf);
  return index_person_reseal(v->index, &p->id, &sealed);
}

enum err person_key(struct vault *v, const struct id *id, struct secret_key *out) {
  struct index_person row;
  TRY(index_person_get(v->index, id, &row, NULL));
  if (!row.leaf) return err_set(ERR_MISSING, "this person was erased");
  return keystore_get(v->keys, row.leaf, out);
}
