#include "vault/consent_shelf.h"

#include <stdlib.h>

enum { BOOKS = 32 };

struct consent_shelf {
  struct consent_book books[BOOKS];
  size_t count, next; /* when it is full, the oldest book makes room */
};

struct consent_shelf *consent_shelf_new(void) {
  return calloc(1, sizeof(struct consent_shelf));
}

void consent_shelf_clear(struct consent_shelf *s) {
  for (size_t i = 0; i < s->count; i++) consent_book_free(&s->books[i]);
  s->count = s->next = 0;
}

void consent_shelf_free(struct consent_shelf *s) {
  if (s) consent_shelf_clear(s);
  free(s);
}

static const struct consent_book *find(const struct consent_shelf *s, const struct id *person) {
  for (size_t i = 0; i < s->count; i++)
    if (id_equal(&s->books[i].person, person)) return &s->books[i];
  return NULL;
}

enum err consent_shelf_take(struct vault *v, const struct id *person, const struct consent_book **out) {
  struct consent_shelf *s = v->shelf;
  *out = find(s, person);
  if (*out) return ERR_OK;
  struct consent_book fresh = {0};
  TRY(consent_book_load(v, person, &fresh));
  struct consent_book *place = &s->books[s->next];
  s->next = (s->next + 1) % BOOKS;
  if (s->count < BOOKS) s->count++;
  consent_book_free(place);
  *place = fresh;
  *out = place;
  return ERR_OK;
}
