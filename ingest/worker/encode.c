#include "ingest/worker/encode.h"

#include "ingest/worker/fault.h"

#include <libavutil/channel_layout.h>
#include <libavutil/cpu.h>
#include <libavutil/opt.h>
#include <math.h>
#include <stdio.h>

enum { MOST_THREADS = 16, MONO_BITS = 96000, STEREO_BITS = 160000, STILL_QUALITY = 2 };

static enum err alloc(const char *name, AVCodecContext **out) {
  const AVCodec *codec = avcodec_find_encoder_by_name(name);
  if (!codec) return err_set(ERR_UNAVAILABLE, "this machine's libavcodec has no encoder %s", name);
  AVCodecContext *encoder = avcodec_alloc_context3(codec);
  if (!encoder) return err_set(ERR_IO, "out of memory");
  /* No names of programs, no times: nothing in the copy that is not picture or sound. */
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  *out = encoder;
  return ERR_OK;
}

static enum err open_encoder(AVCodecContext *encoder, AVDictionary **options, AVCodecContext **out) {
  int result = avcodec_open2(encoder, encoder->codec, options);
  av_dict_free(options);
  if (result < 0) {
    avcodec_free_context(&encoder);
    return fault_set(result, "The copy's encoder does not take this recording");
  }
  *out = encoder;
  return ERR_OK;
}

static void set_colour(AVCodecContext *encoder, const AVFrame *like) {
  encoder->color_primaries = like->color_primaries;
  encoder->color_trc = like->color_trc;
  encoder->colorspace = like->colorspace == AVCOL_SPC_RGB ? AVCOL_SPC_BT709 : like->colorspace;
  encoder->color_range = AVCOL_RANGE_MPEG;
}

int encode_gop(struct cadence_rate rate) {
  int second = (int)lround((double)rate.num / rate.den);
  return second < 1 ? 1 : second;
}

enum err encode_open_picture(const AVFrame *first, struct cadence_rate rate, int crf, int gop, AVCodecContext **out) {
  AVCodecContext *encoder;
  TRY(alloc("libx264", &encoder));
  encoder->width = first->width;
  encoder->height = first->height;
  encoder->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder->sample_aspect_ratio = (AVRational){1, 1};
  encoder->framerate = (AVRational){rate.num, rate.den};
  encoder->time_base = (AVRational){rate.den, rate.num};
  encoder->gop_size = gop;
  encoder->keyint_min = encoder->gop_size / 2 < 1 ? 1 : encoder->gop_size / 2;
  encoder->max_b_frames = 2;
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP;
  int threads = av_cpu_count() * 3 / 2;
  encoder->thread_count = threads > MOST_THREADS ? MOST_THREADS : threads;
  set_colour(encoder, first);
  AVDictionary *options = NULL;
  av_dict_set(&options, "preset", "veryfast", 0);
  av_dict_set(&options, "profile", "high", 0);
  av_dict_set_int(&options, "crf", crf, 0);
  return open_encoder(encoder, &options, out);
}

enum err encode_open_sound(int sample_rate, int channels, AVCodecContext **out) {
  AVCodecContext *encoder;
  TRY(alloc("aac", &encoder));
  encoder->sample_rate = sample_rate;
  encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
  encoder->time_base = (AVRational){1, sample_rate};
  encoder->bit_rate = channels == 1 ? MONO_BITS : STEREO_BITS;
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  av_channel_layout_default(&encoder->ch_layout, channels);
  AVDictionary *options = NULL;
  return open_encoder(encoder, &options, out);
}

enum err encode_open_still(const AVFrame *frame, AVCodecContext **out) {
  AVCodecContext *encoder;
  TRY(alloc("mjpeg", &encoder));
  encoder->width = frame->width;
  encoder->height = frame->height;
  encoder->pix_fmt = frame->format;
  encoder->color_range = AVCOL_RANGE_JPEG;
  encoder->time_base = (AVRational){1, 1};
  encoder->flags |= AV_CODEC_FLAG_QSCALE;
  encoder->global_quality = STILL_QUALITY * FF_QP2LAMBDA;
  encoder->thread_count = 1; /* slices would put restart markers in */
  AVDictionary *options = NULL;
  return open_encoder(encoder, &options, out);
}

enum err encode_push(AVCodecContext *encoder, const AVFrame *frame) {
  int result = avcodec_send_frame(encoder, frame);
  return result < 0 && result != AVERROR_EOF ? fault_set(result, "The copy cannot be encoded") : ERR_OK;
}

enum err encode_pull(AVCodecContext *encoder, AVPacket *out, bool *have) {
  int result = avcodec_receive_packet(encoder, out);
  *have = result >= 0;
  if (result >= 0 || result == AVERROR(EAGAIN) || result == AVERROR_EOF) return ERR_OK;
  return fault_set(result, "The copy cannot be encoded");
}
