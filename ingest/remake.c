#include "ingest/remake.h"

#include "ingest/plan.h"
#include "vault/progress.h"

static enum err read_film(void *context, uint64_t offset, void *out, size_t length, size_t *got) {
  struct remake *m = context;
  *got = 0;
  if (!*m->film) return err_set(ERR_REFUSED, "stopped: this is not allowed any more");
  if (offset >= film_length(*m->film)) return ERR_OK;
  return film_read(*m->film, offset, out, length, got);
}

static enum err take(void *context, enum wire_object which, const void *data, size_t length) {
  struct remake *m = context;
  return rendition_take(m->into, which, data, length);
}

static void progress(void *context, unsigned permille) {
  struct remake *m = context;
  progress_show(m->session, m->what, permille);
}

/* Frames are counted by the rate that the copy was made with; the worker counts by what it reads in the file. */
static enum err check_count(const struct clip_facts *counted, const struct wire_report *r) {
  if (!counted || !counted->rate_den) return ERR_OK;
  bool agrees = r->has_video && (uint64_t)r->rate_num * counted->rate_den == (uint64_t)counted->rate_num * r->rate_den;
  if (agrees) return ERR_OK;
  return err_set(ERR_DATA, "the film has another frame rate than its record says; run clipvault check --deep");
}

enum err remake_run(struct remake *m, const struct wire_order *order, struct wire_summary *out) {
  AUTO(worker) struct worker *w = NULL;
  const struct wire_limits most = plan_limits(&m->session->vault->config);
  TRY(rendition_going(m->into)); /* it may have been stopped before its turn came */
  struct worker_host host = {m, read_film, take, progress, &most};
  TRY(worker_start(NULL, film_length(*m->film), &host, &w));
  TRY(rendition_run(m->into, m->session, w));
  TRY(check_count(m->counted, worker_report(w)));
  TRY(worker_order(w, order));
  TRY(rendition_run(m->into, m->session, w));
  const struct wire_summary *made = worker_summary(w);
  if (made->frames_damaged || made->packets_damaged)
    return err_set(ERR_DATA,
                   "the sealed film could not be read without errors, so nothing was made of it; run clipvault check --deep");
  TRY(rendition_seal(m->into));
  *out = *made;
  return ERR_OK;
}
