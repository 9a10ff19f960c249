#include "vault/goal.h"

#include "vault/audit.h"
#include "vault/casework.h"
#include "vault/seal.h"

#include <stdlib.h>
#include <string.h>

enum { GOAL_FORM = 1 };

void goal_free(struct goal *g) {
  bytes_free(&g->text);
  bytes_free(&g->ratings);
  *g = (struct goal){0};
}

/* u8 form, case, i64 made, field text, u16 ratings, for each: i64 at, cycle, by, u8 score */
static enum err seal_goal(struct vault *v, const struct goal *g, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(key);
  size_t count = INDEX_COUNT(struct goal_rating, g->ratings);
  bytes_put_u8(&plain, GOAL_FORM);
  bytes_put(&plain, g->row.kase.b, sizeof g->row.kase.b);
  bytes_put_u64(&plain, (uint64_t)g->made_ms);
  bytes_put_field(&plain, g->text.data, g->text.length);
  bytes_put_u16(&plain, (uint16_t)count);
  for (size_t i = 0; i < count; i++) {
    const struct goal_rating *r = &INDEX_ROWS(struct goal_rating, g->ratings)[i];
    bytes_put_u64(&plain, (uint64_t)r->at_ms);
    bytes_put(&plain, r->cycle.b, sizeof r->cycle.b);
    bytes_put(&plain, r->by.b, sizeof r->by.b);
    bytes_put_u8(&plain, r->score);
  }
  TRY(bytes_check(&plain));
  TRY(casework_key(v, &g->row.kase, key));
  return seal_put(key, "goal", &g->row.id, &plain, sealed);
}

static enum err decode(const struct bytes *plain, struct goal *g) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  struct id kase;
  size_t length;
  uint8_t form = bytes_get_u8(&r);
  bytes_get(&r, kase.b, sizeof kase.b);
  g->made_ms = (int64_t)bytes_get_u64(&r);
  const uint8_t *text = bytes_get_field(&r, GOAL_TEXT, &length);
  if (text) bytes_put(&g->text, text, length);
  unsigned count = bytes_get_u16(&r);
  for (unsigned i = 0; i < count && !r.failed; i++) {
    struct goal_rating rating = {.at_ms = (int64_t)bytes_get_u64(&r)};
    bytes_get(&r, rating.cycle.b, sizeof rating.cycle.b);
    bytes_get(&r, rating.by.b, sizeof rating.by.b);
    rating.score = bytes_get_u8(&r);
    bytes_put(&g->ratings, &rating, sizeof rating);
  }
  TRY(bytes_check(&g->text));
  TRY(bytes_check(&g->ratings));
  if (form != GOAL_FORM || !bytes_done(&r)) return err_set(ERR_DATA, "a goal's record is of an unknown form");
  return id_equal(&kase, &g->row.kase) ? ERR_OK : err_set(ERR_DATA, "a goal was moved to another case; run clipvault check");
}

enum err goal_load(struct vault *v, const struct id *id, struct goal *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  AUTO(goal) struct goal g = {0};
  SECRET_KEY(key);
  TRY(index_goal_get(v->index, id, &g.row, &sealed));
  TRY(casework_key(v, &g.row.kase, key));
  TRY(seal_get(key, "goal", id, &sealed, &plain));
  TRY(decode(&plain, &g));
  *out = g;
  g = (struct goal){0};
  return ERR_OK;
}

enum err goal_add(struct vault *v, const struct id *kase, const char *text, struct id *out) {
  AUTO(bytes) struct bytes sealed = {0};
  AUTO(goal) struct goal g = {.row = {id_new(), *kase}, .made_ms = vault_now_ms(v)};
  if (!*text || strlen(text) > GOAL_TEXT) return err_set(ERR_USAGE, "a goal's --text has 1 to %d bytes", GOAL_TEXT);
  bytes_put_text(&g.text, text);
  TRY(bytes_check(&g.text));
  TRY(seal_goal(v, &g, &sealed));
  TRY(index_goal_put(v->index, &g.row, &sealed));
  *out = g.row.id;
  return audit_append(v, "goal.added", ID_GOAL, &g.row.id, NULL);
}

static enum err check_rating(struct vault *v, const struct goal *g, const struct goal_rating *rating) {
  struct index_cycle cycle;
  if (!rating->score || rating->score > GOAL_BEST) return err_set(ERR_USAGE, "--score is 1 to %d", GOAL_BEST);
  if (INDEX_COUNT(struct goal_rating, g->ratings) >= GOAL_MOST_RATINGS)
    return err_set(ERR_REFUSED, "this goal was rated %d times, which is as often as it can be", GOAL_MOST_RATINGS);
  if (id_is_zero(&rating->cycle)) return ERR_OK;
  TRY(index_cycle_get(v->index, &rating->cycle, &cycle, NULL));
  return id_equal(&cycle.kase, &g->row.kase) ? ERR_OK : err_set(ERR_USAGE, "--cycle names a cycle of another case");
}

static int by_time(const void *a, const void *b) {
  const struct goal_rating *x = a, *y = b;
  return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

enum err goal_rate(struct vault *v, struct goal *g, const struct goal_rating *rating) {
  AUTO(bytes) struct bytes sealed = {0};
  TRY(check_rating(v, g, rating));
  bytes_put(&g->ratings, rating, sizeof *rating);
  TRY(bytes_check(&g->ratings));
  qsort(g->ratings.data, INDEX_COUNT(struct goal_rating, g->ratings), sizeof *rating, by_time);
  TRY(seal_goal(v, g, &sealed));
  TRY(index_goal_reseal(v->index, &g->row.id, &sealed));
  return audit_append(v, "goal.rated", ID_GOAL, &g->row.id, NULL);
}
