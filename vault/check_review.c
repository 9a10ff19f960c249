#include "vault/check_review.h"

#include "vault/cycle.h"
#include "vault/goal.h"
#include "vault/remark.h"
#include "vault/sign_off.h"
#include "vault/supervision.h"

#include <string.h>

static void problem(struct check *c, enum id_kind kind, const struct id *id) {
  char text[ID_TEXT];
  bytes_printf(&c->problems, "%s: %s\n", id_format(kind, id, text), err_text());
  c->count++;
}

/* What ended while it was looked at has no rows any more, and is no problem. */
static enum err check_remarks(struct vault *v, const struct id *clip, struct check *c) {
  AUTO(bytes) struct bytes rows = {0};
  TRY(index_remark_of(v->index, clip, &rows));
  for (size_t i = 0; i < INDEX_COUNT(struct index_remark, rows); i++) {
    AUTO(remark) struct remark r = {0};
    const struct id *id = &INDEX_ROWS(struct index_remark, rows)[i].id;
    enum err e = remark_load(v, id, &r);
    if (e != ERR_OK) problem(c, ID_REMARK, id);
  }
  return ERR_OK;
}

static enum err check_case(struct vault *v, const struct id *kase, struct check *c) {
  AUTO(bytes) struct bytes cycles = {0}, goals = {0};
  TRY(index_cycle_list(v->index, kase, &cycles));
  TRY(index_goal_list(v->index, kase, &goals));
  for (size_t i = 0; i < INDEX_COUNT(struct index_cycle, cycles); i++) {
    AUTO(cycle) struct cycle one = {0};
    const struct id *id = &INDEX_ROWS(struct index_cycle, cycles)[i].id;
    if (cycle_load(v, id, &one) != ERR_OK) problem(c, ID_CYCLE, id);
  }
  for (size_t i = 0; i < INDEX_COUNT(struct index_goal, goals); i++) {
    AUTO(goal) struct goal one = {0};
    const struct id *id = &INDEX_ROWS(struct index_goal, goals)[i].id;
    if (goal_load(v, id, &one) != ERR_OK) problem(c, ID_GOAL, id);
  }
  return ERR_OK;
}

static enum err check_supervision(struct vault *v, struct check *c) {
  AUTO(bytes) struct bytes waiting = {0}, signed_off = {0};
  TRY(index_supervision_list(v->index, NULL, &waiting));
  TRY(index_sign_off_list(v->index, NULL, &signed_off));
  for (size_t i = 0; i < INDEX_COUNT(struct index_supervision, waiting); i++) {
    AUTO(supervision) struct supervision s = {0};
    const struct id *id = &INDEX_ROWS(struct index_supervision, waiting)[i].id;
    if (supervision_load(v, id, &s) != ERR_OK) problem(c, ID_SUPERVISION, id);
  }
  for (size_t i = 0; i < INDEX_COUNT(struct index_sign_off, signed_off); i++) {
    AUTO(sign_off) struct sign_off s = {0};
    const struct id *cycle = &INDEX_ROWS(struct index_sign_off, signed_off)[i].cycle;
    if (sign_off_load(v, cycle, &s) != ERR_OK) problem(c, ID_CYCLE, cycle);
  }
  return ERR_OK;
}

enum err check_review(struct vault *v, struct check *c) {
  AUTO(bytes) struct bytes clips = {0}, cases = {0};
  TRY(index_clip_list(v->index, &(struct index_clip_filter){.state = NULL}, &clips));
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++)
    TRY(check_remarks(v, &INDEX_ROWS(struct index_clip, clips)[i].id, c));
  TRY(index_case_list(v->index, &cases));
  for (size_t i = 0; i < INDEX_COUNT(struct index_case, cases); i++)
    TRY(check_case(v, &INDEX_ROWS(struct index_case, cases)[i].id, c));
  return check_supervision(v, c);
}
