/* What grows with the number of clips, and with the people in one, measured by the functions that the commands call
 * (tests/bench/growth.sh).
 *
 *   bench_growth clips VAULT KEY-FILE CASE REST COUNT TIMES PERSON…    fills CASE with a page of clips and REST with all others,
 * COUNT in all, each showing these people; then lists CASE, decides, looks for what is due, ends what is, and ends clips one by
 * one bench_growth people VAULT KEY-FILE CASE TIMES PERSON…              clips with 1, 2, 4 … of these people: making their
 * wraps, deciding, opening their keys
 *
 * Prints a line for each: what, how many clips or people, then median, lowest and highest of the wall time, and the median of
 * CPU, all in µs, and how often. Clips have rows and keys and no ciphertext: fill and sweep find none to write or to delete. */
#include "tests/bench/fill.h"
#include "vault/cmd.h"
#include "vault/inquiry.h"
#include "vault/reply.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/shred.h"
#include "vault/sweep.h"
#include "vault/transact.h"

#include <stdbool.h>

enum { PAGE = 100, AT_ONCE = 500, DUE = 10, ENDED_A_SWEEP = 2, MOST_CLIPS = 2000000 };

struct growth {
  struct vault *v;
  size_t times, number; /* of clips, or of people */
  struct id *clips;     /* of the case that is listed; what is ended is taken off its end */
  size_t count;
  struct sample sample;
};

static void put_line(struct growth *g, const char *what) {
  struct sample *s = &g->sample;
  double cpu = sample_at(s->cpu_us, s->count, 50), wall = sample_at(s->wall_ms, s->count, 50) * 1e3;
  printf("%s %zu %.1f %.1f %.1f %.1f %zu\n", what, g->number, wall, s->wall_ms[0] * 1e3, s->wall_ms[s->count - 1] * 1e3, cpu,
         s->count);
  s->count = 0;
}

static void measure(struct growth *g, const char *what, size_t times, void (*step)(struct growth *g)) {
  for (size_t i = 0; i < times; i++) {
    sample_begin(&g->sample);
    step(g);
    sample_end(&g->sample);
  }
  put_line(g, what);
}

static const struct id *any_clip(const struct growth *g) { return &g->clips[randombytes_uniform((uint32_t)g->count)]; }

/* ---- steps */
static void decide(struct growth *g) {
  AUTO(inquiry) struct inquiry q = {0};
  must(inquiry_ask(g->v, &g->v->actor, &(struct inquiry_about){any_clip(g), POLICY_VIEW, PURPOSE_SUPERVISION, NULL}, &q));
  if (!q.answer.allowed) must(err_set(ERR_BUG, "a clip that everyone agreed to is not allowed"));
}

static void open_keys(struct growth *g) {
  SECRET_KEY(dek);
  must(uses_open(g->v, any_clip(g), USES_AS_FILMED, PURPOSE_SUPERVISION, dek));
}

static void list(struct growth *g) {
  AUTO(request) struct request rq = {.command = &cmd_ls};
  AUTO(reply) struct reply reply = {0};
  struct session s = {.vault = g->v};
  struct index_clip clip;
  char text[ID_TEXT];
  must(index_clip_get(g->v->index, &g->clips[0], &clip, NULL));
  must(request_add(&rq, "case", id_format(ID_CASE, &clip.kase, text), -1));
  must(cmd_ls.run(&s, &rq, &reply));
}

static void find_due(struct growth *g) {
  AUTO(sweep_due) struct sweep_due due = {0};
  must(sweep_find(g->v, &due));
}

static void sweep(struct growth *g) {
  AUTO(sweep_due) struct sweep_due due = {0};
  struct sweep_result result;
  must(sweep_find(g->v, &due));
  must(sweep_run(g->v, &due, ENDED_A_SWEEP, &result));
  if (result.ended != ENDED_A_SWEEP) must(err_set(ERR_BUG, "a sweep ended %zu clips", result.ended));
}

static void end_one(struct growth *g) {
  AUTO(request) struct request rq = {.command = &cmd_shred};
  AUTO(reply) struct reply reply = {0};
  struct session s = {.vault = g->v};
  char text[ID_TEXT];
  must(request_add(&rq, "CLIP", id_format(ID_CLIP, &g->clips[--g->count], text), -1));
  must(request_add(&rq, "reason", "measured", -1));
  must(cmd_shred.run(&s, &rq, &reply));
}

/* ---- clips */
static void fill_rows(struct vault *v, const struct fill *f, size_t count, struct id *out) {
  for (size_t done = 0; done < count;) {
    must(index_begin(v->index));
    do {
      struct id id = fill_row(v, f);
      if (out) out[done] = id;
    } while (++done < count && done % AT_ONCE);
    must(index_commit(v->index));
  }
}

static size_t number(const char *text, size_t least, size_t most) {
  char *end;
  unsigned long long n = strtoull(text, &end, 10);
  if (*end || n < least || n > most) must(err_set(ERR_USAGE, "bench_growth: %s is not between %zu and %zu", text, least, most));
  return (size_t)n;
}

/* What is due is so when the next command begins, which is what a vault has one time for. */
static void fill_all(struct growth *g, struct fill *f, const struct id *rest) {
  double start = sample_clock(CLOCK_MONOTONIC, 1e6), cpu = sample_clock(CLOCK_PROCESS_CPUTIME_ID, 1e6);
  fill_rows(g->v, f, PAGE + g->times, g->clips);
  f->kase = *rest;
  f->expires_ms = vault_now_ms(g->v) + 1;
  fill_rows(g->v, f, DUE, NULL);
  f->expires_ms = CLOCK_NEVER_MS;
  fill_rows(g->v, f, g->number - PAGE - g->times - DUE, NULL);
  double each = (sample_clock(CLOCK_MONOTONIC, 1e6) - start) / (double)g->number;
  double cpu_each = (sample_clock(CLOCK_PROCESS_CPUTIME_ID, 1e6) - cpu) / (double)g->number;
  printf("fill %zu %.1f %.1f %.1f %.1f 1\n", g->number, each, each, each, cpu_each);
}

static void measure_clips(struct growth *g, const char *folder, const char *key_file, struct fill *f, const struct id *rest) {
  int dir;
  g->v = fill_open(folder, key_file, &dir);
  fill_all(g, f, rest);
  fill_close(g->v, dir);
  sample_begin(&g->sample);
  g->v = fill_open(folder, key_file, &dir);
  sample_end(&g->sample);
  put_line(g, "open");
  measure(g, "sweep", DUE / ENDED_A_SWEEP, sweep);
  measure(g, "nothing-due", g->times, find_due);
  measure(g, "decision", SAMPLE_MOST, decide);
  measure(g, "shred", g->times, end_one);
  measure(g, "list", g->times, list);
  fill_close(g->v, dir);
}

/* ---- people */
static void measure_people(struct growth *g, const char *folder, const char *key_file, struct fill *f) {
  int dir;
  size_t all = f->count;
  g->v = fill_open(folder, key_file, &dir);
  for (f->count = 1; f->count <= all; f->count *= 2) {
    g->number = f->count;
    for (g->count = 0; g->count < g->times; g->count++) {
      must(index_begin(g->v->index));
      sample_begin(&g->sample);
      g->clips[g->count] = fill_row(g->v, f);
      sample_end(&g->sample);
      must(index_commit(g->v->index));
    }
    put_line(g, "made");
    measure(g, "decision", SAMPLE_MOST, decide);
    measure(g, "keys", SAMPLE_MOST, open_keys);
  }
  fill_close(g->v, dir);
}

int main(int argc, char **argv) {
  static struct growth g;
  struct fill f = {.expires_ms = CLOCK_NEVER_MS};
  struct id rest;
  bool clips = argc > 1 && strcmp(argv[1], "clips") == 0;
  int first = clips ? 8 : 6;
  must(secret_init());
  if (argc <= first || argc - first > FILL_MOST_PEOPLE)
    must(err_set(ERR_USAGE,
                 "usage: bench_growth clips VAULT KEY-FILE CASE REST COUNT TIMES PERSON… | people VAULT KEY-FILE CASE "
                 "TIMES PERSON…"));
  must(id_parse(ID_CASE, argv[4], &f.kase));
  g.times = number(argv[first - 1], 1, SAMPLE_MOST);
  for (int i = first; i < argc; i++) must(id_parse(ID_PERSON, argv[i], &f.people[f.count++]));
  g.count = PAGE + g.times;
  g.clips = calloc(g.count, sizeof *g.clips);
  if (!g.clips) return ERR_IO;
  if (clips) {
    must(id_parse(ID_CASE, argv[5], &rest));
    g.number = number(argv[6], PAGE + g.times + DUE, MOST_CLIPS);
    measure_clips(&g, argv[2], argv[3], &f, &rest);
  } else {
    measure_people(&g, argv[2], argv[3], &f);
  }
  free(g.clips);
  return 0;
}
