/* Fills a vault with clips without a worker (tests/bench/fill.h).
 *
 *   bench_clips VAULT KEY-FILE CASE COUNT PERSON…    COUNT clips that show all these people
 *
 * So a vault of a thousand clips is made in seconds, and what a withdrawal costs can be measured on it. The vault must not be
 * in use. */
#include "tests/bench/fill.h"

int main(int argc, char **argv) {
  struct fill f = {.expires_ms = CLOCK_NEVER_MS};
  int dir;
  must(secret_init());
  if (argc < 6 || argc > 5 + FILL_MOST_PEOPLE) must(err_set(ERR_USAGE, "usage: bench_clips VAULT KEY-FILE CASE COUNT PERSON…"));
  must(id_parse(ID_CASE, argv[3], &f.kase));
  for (int i = 5; i < argc; i++) must(id_parse(ID_PERSON, argv[i], &f.people[f.count++]));
  struct vault *v = fill_open(argv[1], argv[2], &dir);
  for (long left = strtol(argv[4], NULL, 10); left > 0; left--) fill_film(v, &f);
  fill_close(v, dir);
  return 0;
}
