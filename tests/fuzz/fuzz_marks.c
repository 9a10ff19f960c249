/* The text that says whom to obscure, for a film, a photograph and a sound: it is taken or refused, and what was taken is
 * written, read and written as the same. */
#include "ingest/marks.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct marks *m, const struct marks_film *film) {
  AUTO(bytes) struct bytes first = {0}, second = {0};
  AUTO(marks) struct marks *again = NULL;
  if (marks_format(m, &first) != ERR_OK) return; /* longer than what it came from */
  if (marks_parse(bytes_text(&first), first.length, film, &again) != ERR_OK) abort();
  if (marks_format(again, &second) != ERR_OK) abort();
  if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0) abort();
  AUTO(bytes) struct bytes covered = {0};
  if (marks_covered(m, &covered) == ERR_OK && covered.length % sizeof(struct id)) abort();
  if (memcmp(&m->wire, &again->wire, sizeof m->wire) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const struct marks_film films[] = {
      {.width = 640, .height = 360, .rate_num = 30000, .rate_den = 1001, .frames = 500, .duration_ms = 16683},
      {.width = 4000, .height = 3000, .frames = 1, .duration_ms = -1},
      {.duration_ms = 9000},
  };
  for (size_t i = 0; i < sizeof films / sizeof *films; i++) {
    AUTO(marks) struct marks *m = NULL;
    if (marks_parse((const char *)data, size, &films[i], &m) == ERR_OK) check(m, &films[i]);
  }
  char word[64] = {0};
  memcpy(word, data, size < sizeof word ? size : sizeof word - 1);
  for (size_t i = 0; i < sizeof films / sizeof *films; i++) IGNORE(marks_whole(word, &films[i]));
  return 0;
}
