/* Where libav 5.1 (Debian 12) and 7.1 (Debian 13) differ. Nothing else in this folder asks for a version. */
#ifndef CLIPVAULT_INGEST_WORKER_COMPAT_H
#define CLIPVAULT_INGEST_WORKER_COMPAT_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/dovi_meta.h>
#include <stdbool.h>
#include <stddef.h>

static inline bool compat_interlaced(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame->flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return frame->interlaced_frame != 0;
#endif
}

/* What the container says beside the stream, or NULL. */
static inline const void *compat_side_data(const AVStream *stream, enum AVPacketSideDataType type, size_t *length) {
  *length = 0;
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 100)
  const AVPacketSideData *side =
      av_packet_side_data_get(stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data, type);
  if (side) *length = side->size;
  return side ? side->data : NULL;
#else
  return av_stream_get_side_data(stream, type, length);
#endif
}

/* The stream's display matrix (nine numbers), or NULL. */
static inline const int32_t *compat_display_matrix(const AVStream *stream) {
  size_t length;
  const int32_t *matrix = compat_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &length);
  return length >= 9 * sizeof *matrix ? matrix : NULL;
}

/* The profile of a Dolby Vision stream, -1 if it is none. */
static inline int compat_dolby_profile(const AVStream *stream) {
  size_t length;
  const AVDOVIDecoderConfigurationRecord *record = compat_side_data(stream, AV_PKT_DATA_DOVI_CONF, &length);
  return record && length >= sizeof *record ? record->dv_profile : -1;
}

/* Where parameters carry what a container said about them (matrices, names of masters), that goes. */
static inline void compat_drop_side_data(AVCodecParameters *p) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 30, 100)
  av_packet_side_data_free(&p->coded_side_data, &p->nb_coded_side_data);
#else
  (void)p;
#endif
}

#endif
