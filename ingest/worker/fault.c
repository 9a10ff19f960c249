#include "ingest/worker/fault.h"

#include <libavutil/error.h>

enum err fault_set(int libav_error, const char *sentence) {
  if (libav_error == AVERROR(ENOMEM)) return err_set(ERR_DATA, "This recording needs more memory than is allowed for one file.");
  char text[AV_ERROR_MAX_STRING_SIZE] = "";
  av_strerror(libav_error, text, sizeof text);
  return err_set(ERR_DATA, "%s (%s)", sentence, text);
}
