#include "vault/counts.h"

#include <string.h>

enum { HIDDEN = -1 };

void counts_free(struct counts *c) { bytes_free(&c->rows); }

size_t counts_number(const struct counts *c) { return INDEX_COUNT(struct index_counted, c->rows); }
const struct index_counted *counts_row(const struct counts *c, size_t n) { return &INDEX_ROWS(struct index_counted, c->rows)[n]; }

static bool is_in(const struct index_counted *row, const char *group) { return strcmp(row->group, group) == 0; }

/* What stands of films that have ended is in no kind. */
static struct few_sum sum(const struct counts *c, const char *group, const char *except) {
  struct few_sum s = {0};
  for (size_t i = 0; i < counts_number(c); i++) {
    const struct index_counted *row = counts_row(c, i);
    if (is_in(row, group) && (!except || strcmp(row->name, except) != 0)) few_add(&s, row->count);
  }
  return s;
}

/* Not even which kinds there are: each is at least one film. */
static void hide_kinds(struct bytes *rows) {
  AUTO(bytes) struct bytes others = {0};
  struct index_counted kinds = {.group = "kinds", .name = "all", .count = HIDDEN};
  for (size_t i = 0; i < INDEX_COUNT(struct index_counted, *rows); i++) {
    const struct index_counted *row = &INDEX_ROWS(struct index_counted, *rows)[i];
    if (!is_in(row, kinds.group)) bytes_put(&others, row, sizeof *row);
  }
  bytes_put(&others, &kinds, sizeof kinds);
  struct bytes before = *rows;
  *rows = others;
  others = before;
}

enum err counts_of(struct bytes *rows, struct counts *out) {
  struct counts c = {.rows = *rows};
  if (sum(&c, "clips", "shredded").few || sum(&c, "kinds", NULL).few) hide_kinds(rows);
  TRY(bytes_check(rows));
  out->rows = *rows;
  *rows = (struct bytes){0};
  return ERR_OK;
}

enum err counts_read(struct index *ix, struct counts *out) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_counts(ix, &rows));
  return counts_of(&rows, out);
}

bool counts_is_told(const struct counts *c, size_t n) {
  int64_t count = counts_row(c, n)->count;
  return count != HIDDEN && !few_is(count);
}

const char *counts_text(const struct counts *c, size_t n, char room[FEW_ROOM]) {
  int64_t count = counts_row(c, n)->count;
  return count == HIDDEN ? COUNTS_UNTOLD : few_text(count, room);
}

const char *counts_one(const struct counts *c, const char *group, const char *name, char room[FEW_ROOM]) {
  for (size_t i = 0; i < counts_number(c); i++)
    if (is_in(counts_row(c, i), group) && strcmp(counts_row(c, i)->name, name) == 0) return counts_text(c, i, room);
  return "0";
}

const char *counts_all(const struct counts *c, const char *group, const char *except, char room[FEW_ROOM]) {
  const struct few_sum s = sum(c, group, except);
  return few_sum_text(&s, room);
}
