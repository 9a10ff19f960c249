#include "ingest/worker/filter.h"

#include "ingest/worker/fault.h"

#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <libavutil/cpu.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>

enum { MOST_THREADS = 8 };

void filter_close(struct filter *f) {
  avfilter_graph_free(&f->graph);
  av_frame_free(&f->like);
  f->entrance = f->exit = NULL;
}

static int make_entrance(struct filter *f, const AVFrame *first, AVRational time_base) {
  bool picture = first->width > 0;
  f->entrance = avfilter_graph_alloc_filter(f->graph, avfilter_get_by_name(picture ? "buffer" : "abuffer"), "in");
  AVBufferSrcParameters *p = av_buffersrc_parameters_alloc();
  if (!f->entrance || !p) {
    av_free(p);
    return AVERROR(ENOMEM);
  }
  p->format = first->format;
  p->time_base = time_base;
  p->width = first->width;
  p->height = first->height;
  p->sample_aspect_ratio = first->sample_aspect_ratio;
#if LIBAVFILTER_VERSION_MAJOR >= 10
  p->color_space = first->colorspace;
  p->color_range = first->color_range;
#endif
  p->sample_rate = first->sample_rate;
  int result = picture ? 0 : av_channel_layout_copy(&p->ch_layout, &first->ch_layout);
  if (result >= 0) result = av_buffersrc_parameters_set(f->entrance, p);
  av_channel_layout_uninit(&p->ch_layout);
  av_free(p);
  return result >= 0 ? avfilter_init_str(f->entrance, NULL) : result;
}

static int make_exit(struct filter *f, const AVFrame *first) {
  const char *name = first->width > 0 ? "buffersink" : "abuffersink";
  return avfilter_graph_create_filter(&f->exit, avfilter_get_by_name(name), "out", NULL, NULL, f->graph);
}

static AVFilterInOut *joint(const char *name, AVFilterContext *context) {
  AVFilterInOut *end = avfilter_inout_alloc();
  if (!end) return NULL;
  end->name = av_strdup(name);
  end->filter_ctx = context;
  return end;
}

/* libavfilter names the ends from the chain's own view: its input hangs on our entrance's output. */
static int make_chain(struct filter *f, const char *chain) {
  AVFilterInOut *outputs = joint("in", f->entrance), *inputs = joint("out", f->exit);
  int result = outputs && inputs ? avfilter_graph_parse_ptr(f->graph, chain, &inputs, &outputs, NULL) : AVERROR(ENOMEM);
  avfilter_inout_free(&outputs);
  avfilter_inout_free(&inputs);
  return result;
}

enum err filter_open(struct filter *f, const AVFrame *first, AVRational time_base, const char *chain) {
  filter_close(f);
  f->graph = avfilter_graph_alloc();
  f->like = av_frame_clone(first);
  if (!f->graph || !f->like) return err_set(ERR_IO, "out of memory");
  /* Each thread takes eight MiB of the cage's addresses for its stack. */
  int cpus = av_cpu_count();
  f->graph->nb_threads = cpus > MOST_THREADS ? MOST_THREADS : cpus;
  int result = make_entrance(f, first, time_base);
  if (result >= 0) result = make_exit(f, first);
  if (result >= 0) result = make_chain(f, chain);
  if (result >= 0) result = avfilter_graph_config(f->graph, NULL);
  return result < 0 ? fault_set(result, "This recording's form cannot be converted") : ERR_OK;
}

bool filter_fits(const struct filter *f, const AVFrame *frame) {
  const AVFrame *like = f->like;
  if (!like || like->format != frame->format) return false;
  if (frame->width > 0)
    return like->width == frame->width && like->height == frame->height && like->colorspace == frame->colorspace &&
           like->color_range == frame->color_range;
  return like->sample_rate == frame->sample_rate && av_channel_layout_compare(&like->ch_layout, &frame->ch_layout) == 0;
}

enum err filter_push(struct filter *f, AVFrame *frame) {
  int result = av_buffersrc_add_frame(f->entrance, frame);
  return result < 0 ? fault_set(result, "This recording cannot be converted") : ERR_OK;
}

enum err filter_pull(struct filter *f, AVFrame *out, bool *have) {
  int result = av_buffersink_get_frame(f->exit, out);
  *have = result >= 0;
  if (result >= 0 || result == AVERROR(EAGAIN) || result == AVERROR_EOF) return ERR_OK;
  return fault_set(result, "This recording cannot be converted");
}

enum err filter_once(AVFrame *frame, const char *chain, AVFrame *out) {
  AUTO(filter) struct filter f = {0};
  bool have;
  frame->pts = 0;
  TRY(filter_open(&f, frame, (AVRational){1, 25}, chain));
  TRY(filter_push(&f, frame));
  TRY(filter_push(&f, NULL));
  TRY(filter_pull(&f, out, &have));
  return have ? ERR_OK : err_set(ERR_DATA, "This picture cannot be converted.");
}

AVRational filter_time_base(const struct filter *f) { return av_buffersink_get_time_base(f->exit); }
