/* The encoders of the playable copy. */
#ifndef CLIPVAULT_INGEST_WORKER_ENCODE_H
#define CLIPVAULT_INGEST_WORKER_ENCODE_H

#include "ingest/worker/cadence.h"
#include "vault/base/err.h"

#include <libavcodec/avcodec.h>

enum { ENCODE_CRF = 21, ENCODE_SOUND_SAMPLES = 1024 };

/* How many frames a closed group of pictures has at most: a second's. */
int encode_gop(struct cadence_rate rate);

/* H.264 High, closed GOPs of at most `gop` frames, two B-frames; size and colour as the first frame has them. */
enum err encode_open_picture(const AVFrame *first, struct cadence_rate rate, int crf, int gop, AVCodecContext **out);

/* AAC-LC, 1 or 2 channels. */
enum err encode_open_sound(int sample_rate, int channels, AVCodecContext **out);

/* JPEG of high quality; the frame must be yuvj420p or yuvj444p. */
enum err encode_open_still(const AVFrame *frame, AVCodecContext **out);

/* Frame (NULL: that was all) in; then packets out until *have is false. */
enum err encode_push(AVCodecContext *encoder, const AVFrame *frame);
enum err encode_pull(AVCodecContext *encoder, AVPacket *out, bool *have);

#endif
