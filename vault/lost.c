#include "vault/lost.h"

#include "vault/reach.h"

#include <string.h>

void lost_free(struct lost *l) {
  bytes_free(&l->uses);
  *l = (struct lost){0};
}

/* A use that had keys of several renditions (the film and its original) is one use. */
static bool is_listed(const struct bytes *uses, const struct index_wrap *wrap) {
  for (size_t i = INDEX_COUNT(struct index_wrap, *uses); i-- > 0;) {
    const struct index_wrap *l = &INDEX_ROWS(struct index_wrap, *uses)[i];
    if (!id_equal(&l->clip, &wrap->clip)) return false; /* a clip's wraps come together */
    if (strcmp(l->purpose, wrap->purpose) == 0) return true;
  }
  return false;
}

enum err lost_add(struct lost *l, const struct index_wrap *use) {
  if (use->purpose[0] && !is_listed(&l->uses, use)) bytes_put(&l->uses, use, sizeof *use);
  return bytes_check(&l->uses);
}

enum err lost_find(struct vault *v, const struct shred_job *job, struct lost *l) {
  AUTO(bytes) struct bytes dying = {0};
  if (!job->decided) return ERR_OK;
  TRY(index_job_wraps(v->index, &job->id, &dying));
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, dying); i++) TRY(lost_add(l, &INDEX_ROWS(struct index_wrap, dying)[i]));
  return ERR_OK;
}

enum err lost_hide_others(struct vault *v, struct lost *l) {
  AUTO(reach) struct reach reach = {0};
  struct index_wrap *rows = (struct index_wrap *)(void *)l->uses.data;
  size_t all = INDEX_COUNT(struct index_wrap, l->uses), kept = 0;
  TRY(reach_of(v, &reach));
  if (reach.all) return ERR_OK;
  for (size_t i = 0; i < all; i++) {
    struct index_clip clip;
    TRY(index_clip_get(v->index, &rows[i].clip, &clip, NULL));
    if (reach_has_clip(&reach, &clip)) rows[kept++] = rows[i];
  }
  l->elsewhere += all - kept;
  l->uses.length = kept * sizeof *rows;
  return ERR_OK;
}

void lost_put(struct answer *a, const struct lost *l, struct bytes *text) {
  answer_array(a, "clips_lost");
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, l->uses); i++) {
    const struct index_wrap *use = &INDEX_ROWS(struct index_wrap, l->uses)[i];
    char clip[ID_TEXT];
    answer_object(a, NULL);
    answer_id(a, "clip", ID_CLIP, &use->clip);
    answer_text(a, "purpose", use->purpose);
    answer_object_end(a);
    bytes_printf(text, "  %s for %s\n", id_format(ID_CLIP, &use->clip, clip), use->purpose);
  }
  answer_array_end(a);
  answer_number(a, "lost_elsewhere", (int64_t)l->elsewhere);
  if (l->elsewhere) bytes_printf(text, "  %zu of clips in cases that are not yours\n", l->elsewhere);
}
