#include "vault/consent_shelf.h"

void consent_shelf_free(struct consent_shelf *s) {
  for (size_t i = 0; i < s->count; i++) consent_book_free(&s->books[i]);
  *s = (struct consent_shelf){0};
}

static const struct consent_book *find(const struct consent_shelf *s, const struct id *person) {
  for (size_t i = 0; i < s->count; i++)
    if (id_equal(&s->books[i].person, person)) return &s->books[i];
  return NULL;
}

enum err consent_shelf_take(struct consent_shelf *s, struct vault *v, const struct id *person, const struct consent_book **out) {
  *out = find(s, person);
  if (*out) return ERR_OK;
  struct consent_book fresh = {0};
  TRY(consent_book_load(v, person, &fresh));
  struct consent_book *place = &s->books[s->next];
  s->next = (s->next + 1) % CONSENT_SHELF_BOOKS;
  if (s->count < CONSENT_SHELF_BOOKS) s->count++;
  consent_book_free(place);
  *place = fresh;
  *out = place;
  return ERR_OK;
}
