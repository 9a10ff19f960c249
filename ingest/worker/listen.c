#include "ingest/worker/listen.h"

#include "ingest/worker/limits.h"

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <stdarg.h>
#include <stdatomic.h>

static atomic_uint complaints[2]; /* sound, picture; decoders have threads */

/* Called by libav for every line it would log. */
static void hear(void *speaker, int level, const char *format, va_list arguments) {
  (void)arguments;
  limits_hear(format);
  if (level > AV_LOG_ERROR || !speaker) return;
  if (*(const AVClass *const *)speaker != avcodec_get_class()) return;
  const AVCodecContext *codec = speaker;
  if (codec->codec && !av_codec_is_decoder(codec->codec)) return;
  atomic_fetch_add(&complaints[codec->codec_type == AVMEDIA_TYPE_VIDEO], 1);
}

void listen_begin(void) { av_log_set_callback(hear); }

bool listen_complaints(enum AVMediaType type) { return atomic_exchange(&complaints[type == AVMEDIA_TYPE_VIDEO], 0) > 0; }
