/* One libavfilter chain with one entrance and one exit. */
#ifndef CLIPVAULT_INGEST_WORKER_FILTER_H
#define CLIPVAULT_INGEST_WORKER_FILTER_H

#include "vault/base/err.h"

#include <libavfilter/avfilter.h>
#include <libavutil/frame.h>
#include <stdbool.h>

struct filter {
  AVFilterGraph *graph; /* NULL: not open */
  AVFilterContext *entrance, *exit;
  AVFrame *like; /* format and size it was opened for */
};

/* Opens it for frames like `first`, whose timestamps count `time_base`; `chain` is libavfilter's notation. Closes what
 * was open before. */
enum err filter_open(struct filter *f, const AVFrame *first, AVRational time_base, const char *chain);

/* Whether a frame can go in as it is open now. */
bool filter_fits(const struct filter *f, const AVFrame *frame);

/* NULL says that no more will come. The content of `frame` moves in and leaves it empty. */
enum err filter_push(struct filter *f, AVFrame *frame);

/* *have is false when it wants more (or has ended). */
enum err filter_pull(struct filter *f, AVFrame *out, bool *have);

/* One frame through a chain of its own: what comes out of it is in `out`. As filter_push, it leaves `frame` empty. ERR_DATA if
 * nothing comes out. */
enum err filter_once(AVFrame *frame, const char *chain, AVFrame *out);

/* What the timestamps of what comes out count. */
AVRational filter_time_base(const struct filter *f);

void filter_close(struct filter *f);
static inline void filter_auto(struct filter *f) { filter_close(f); }

#endif
