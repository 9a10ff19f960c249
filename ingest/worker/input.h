/* The recording, opened: only formats and decoders on our lists, nothing opened beside it, streams chosen. */
#ifndef CLIPVAULT_INGEST_WORKER_INPUT_H
#define CLIPVAULT_INGEST_WORKER_INPUT_H

#include "ingest/wire.h"
#include "ingest/worker/photo.h"
#include "ingest/worker/repair.h"
#include "ingest/worker/source.h"
#include "vault/base/err.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

struct input {
  struct source *source;   /* borrowed */
  AVFormatContext *format; /* NULL: it is a photograph that libheif reads ... */
  struct photo *photo;     /* ... this one */
  int video, audio;        /* index of the stream chosen, -1 none */
  enum wire_media media;
  int64_t stated_ms;     /* its length, as far as it is to be believed; set by probe_report, -1 unknown */
  struct repair repairs; /* what its container needed */
};

/* ERR_DATA with the reason in a sentence if this is nothing we take. `hint` is libmagic's. Close it with input_close,
 * whatever the result. */
enum err input_open(struct source *source, const char *hint, struct input *out);
void input_close(struct input *in);
#define input_auto input_close

/* A decoder for the stream, opened; ERR_DATA if it cannot be. */
enum err input_decoder(const struct input *in, int stream, AVCodecContext **out);

#endif
