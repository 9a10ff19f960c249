#include "ingest/worker/mux.h"

#include "ingest/worker/fault.h"
#include "ingest/worker/sink.h"

#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <stdlib.h>

enum { TRACKS = 2, MOST_WAITING = 20000 };

struct track {
  bool awaited;             /* neither added nor given up yet */
  AVCodecParameters *coded; /* NULL: not added */
  AVRational frame_rate;
  AVStream *stream; /* from the header on */
  AVRational time_base;
  AVBSFContext *clean; /* pictures only */
  int64_t end_ms;
};

struct waiting {
  AVPacket *packet;
  enum mux_track track;
};

struct mux {
  struct sink *sink;
  AVFormatContext *format;
  struct track tracks[TRACKS];
  struct waiting *waiting;
  size_t waiting_count, waiting_room;
  bool started;
  AVPacket *cleaned;
};

enum err mux_open(bool picture, bool sound, struct mux **out) {
  AUTO(mux) struct mux *m = calloc(1, sizeof *m);
  if (!m) return err_set(ERR_IO, "out of memory");
  m->tracks[MUX_PICTURE].awaited = picture;
  m->tracks[MUX_SOUND].awaited = sound;
  m->cleaned = av_packet_alloc();
  TRY(sink_open(&m->sink));
  if (!m->cleaned || avformat_alloc_output_context2(&m->format, NULL, "mp4", NULL) < 0) return err_set(ERR_IO, "out of memory");
  m->format->pb = sink_writer(m->sink);
  m->format->flags |= AVFMT_FLAG_BITEXACT;
  *out = m;
  m = NULL;
  return ERR_OK;
}

/* x264 writes its version and settings into the stream as a message; nothing but picture shall be in it. */
static enum err open_cleaner(struct track *t, const AVCodecContext *encoder) {
  int result = av_bsf_list_parse_str("filter_units=remove_types=6", &t->clean);
  if (result >= 0) result = avcodec_parameters_from_context(t->clean->par_in, encoder);
  if (result < 0) return fault_set(result, "The copy cannot be cleaned");
  t->clean->time_base_in = encoder->time_base;
  result = av_bsf_init(t->clean);
  return result < 0 ? fault_set(result, "The copy cannot be cleaned") : ERR_OK;
}

static enum err write_packet(struct mux *m, enum mux_track track, AVPacket *packet) {
  struct track *t = &m->tracks[track];
  int64_t end = packet->pts + packet->duration;
  int64_t end_ms = av_rescale_q(end, t->time_base, (AVRational){1, 1000});
  if (end_ms > t->end_ms) t->end_ms = end_ms;
  packet->stream_index = t->stream->index;
  av_packet_rescale_ts(packet, t->time_base, t->stream->time_base);
  int result = av_interleaved_write_frame(m->format, packet);
  return result < 0 ? fault_set(result, "The copy cannot be written") : ERR_OK;
}

static enum err write_cleaned(struct mux *m, enum mux_track track, AVPacket *packet) {
  struct track *t = &m->tracks[track];
  if (!t->clean) return write_packet(m, track, packet);
  int result = av_bsf_send_packet(t->clean, packet);
  while (result >= 0) {
    result = av_bsf_receive_packet(t->clean, m->cleaned);
    if (result >= 0) TRY(write_packet(m, track, m->cleaned));
  }
  if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return ERR_OK;
  return fault_set(result, "The copy cannot be cleaned");
}

static enum err write_waiting(struct mux *m) {
  for (size_t i = 0; i < m->waiting_count; i++) {
    TRY(write_cleaned(m, m->waiting[i].track, m->waiting[i].packet));
    av_packet_free(&m->waiting[i].packet);
  }
  m->waiting_count = 0;
  return ERR_OK;
}

/* In this order: players take the first track for the main one. */
static enum err make_streams(struct mux *m) {
  for (int i = 0; i < TRACKS; i++) {
    struct track *t = &m->tracks[i];
    if (!t->coded) continue;
    t->stream = avformat_new_stream(m->format, NULL);
    if (!t->stream || avcodec_parameters_copy(t->stream->codecpar, t->coded) < 0) return err_set(ERR_IO, "out of memory");
    t->stream->time_base = t->time_base;
    t->stream->avg_frame_rate = t->frame_rate;
  }
  if (m->format->nb_streams == 0) return err_set(ERR_DATA, "There is no picture or sound in this file that can be read.");
  return ERR_OK;
}

static enum err start_if_complete(struct mux *m) {
  if (m->started || m->tracks[MUX_PICTURE].awaited || m->tracks[MUX_SOUND].awaited) return ERR_OK;
  TRY(make_streams(m));
  int result = avformat_write_header(m->format, NULL);
  if (result < 0) return fault_set(result, "The copy cannot be begun");
  TRY(sink_begin_payload(m->sink));
  m->started = true;
  return write_waiting(m);
}

enum err mux_add(struct mux *m, enum mux_track track, const AVCodecContext *encoder) {
  struct track *t = &m->tracks[track];
  t->coded = avcodec_parameters_alloc();
  if (!t->coded) return err_set(ERR_IO, "out of memory");
  if (track == MUX_PICTURE) TRY(open_cleaner(t, encoder));
  int result = track == MUX_PICTURE ? avcodec_parameters_copy(t->coded, t->clean->par_out)
                                    : avcodec_parameters_from_context(t->coded, encoder);
  if (result < 0) return err_set(ERR_IO, "out of memory");
  t->time_base = encoder->time_base;
  t->frame_rate = encoder->framerate;
  t->awaited = false;
  return start_if_complete(m);
}

enum err mux_add_copied(struct mux *m, enum mux_track track, const AVCodecParameters *coded, AVRational time_base,
                        AVRational frame_rate) {
  struct track *t = &m->tracks[track];
  t->coded = avcodec_parameters_alloc();
  if (!t->coded || avcodec_parameters_copy(t->coded, coded) < 0) return err_set(ERR_IO, "out of memory");
  t->time_base = time_base;
  t->frame_rate = frame_rate;
  t->awaited = false;
  return start_if_complete(m);
}

enum err mux_give_up(struct mux *m, enum mux_track track) {
  m->tracks[track].awaited = false;
  return start_if_complete(m);
}

static enum err keep(struct mux *m, enum mux_track track, AVPacket *packet) {
  if (m->waiting_count == MOST_WAITING) return err_set(ERR_DATA, "Picture and sound of this recording lie too far apart.");
  if (m->waiting_count == m->waiting_room) {
    size_t room = m->waiting_room ? 2 * m->waiting_room : 64;
    struct waiting *more = reallocarray(m->waiting, room, sizeof *more);
    if (!more) return err_set(ERR_IO, "out of memory");
    m->waiting = more;
    m->waiting_room = room;
  }
  AVPacket *kept = av_packet_alloc();
  if (!kept) return err_set(ERR_IO, "out of memory");
  av_packet_move_ref(kept, packet);
  m->waiting[m->waiting_count++] = (struct waiting){kept, track};
  return ERR_OK;
}

enum err mux_packet(struct mux *m, enum mux_track track, AVPacket *packet) {
  return m->started ? write_cleaned(m, track, packet) : keep(m, track, packet);
}

int64_t mux_duration_ms(const struct mux *m) {
  int64_t picture = m->tracks[MUX_PICTURE].end_ms, sound = m->tracks[MUX_SOUND].end_ms;
  return picture > sound ? picture : sound;
}

enum err mux_finish(struct mux *m) {
  if (!m->started) return err_set(ERR_DATA, "There is no picture or sound in this file that can be read.");
  int result = av_interleaved_write_frame(m->format, NULL);
  if (result < 0) return fault_set(result, "The copy cannot be written");
  TRY(sink_begin_trailer(m->sink));
  result = av_write_trailer(m->format);
  if (result < 0) return fault_set(result, "The copy cannot be finished");
  return sink_finish(m->sink);
}

void mux_free(struct mux *m) {
  if (!m) return;
  for (size_t i = 0; i < m->waiting_count; i++) av_packet_free(&m->waiting[i].packet);
  free(m->waiting);
  for (int i = 0; i < TRACKS; i++) {
    av_bsf_free(&m->tracks[i].clean);
    avcodec_parameters_free(&m->tracks[i].coded);
  }
  av_packet_free(&m->cleaned);
  if (m->format) m->format->pb = NULL;
  avformat_free_context(m->format);
  sink_free(m->sink);
  free(m);
}
