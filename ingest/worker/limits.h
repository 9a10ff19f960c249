/* What one file may cost, as the parent said when it opened it. Set once, before anything of the recording is looked at;
 * until then nothing at all is allowed. Every refusal is ERR_DATA and names the limit and its key in clipvault.conf. */
#ifndef CLIPVAULT_INGEST_WORKER_LIMITS_H
#define CLIPVAULT_INGEST_WORKER_LIMITS_H

#include "ingest/wire.h"
#include "vault/base/err.h"

enum { LIMITS_MOST_SIDE = 16384 }; /* what encoders and players take, whatever the number of pixels */

void limits_set(const struct wire_limits *most);

/* For options of libav, which then does not even begin. */
int64_t limits_pixels(void);
int64_t limits_streams(void);

enum err limits_check_pixels(uint64_t width, uint64_t height);
enum err limits_check_duration(int64_t duration_ms); /* -1, unknown, is no refusal */
/* Counts one more packet that was read. */
enum err limits_count_packet(void);

/* That there are too many streams, and that a decoder would not begin with a picture because of its size, libav says in one
 * place only: its log. Give it the format of every line that is logged (from any thread), then ask. */
void limits_hear(const char *format);
enum err limits_check_streams(void);
/* For when nothing at all could be decoded: whether size was the reason. */
enum err limits_check_decoded(void);

#endif
