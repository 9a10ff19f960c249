#include "ingest/worker/limits.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

static struct wire_limits limits;
static uint64_t packets;
static atomic_bool too_many_streams, too_many_pixels;

void limits_set(const struct wire_limits *most) {
  limits = *most;
  packets = 0;
  atomic_store(&too_many_streams, false);
  atomic_store(&too_many_pixels, false);
}

int64_t limits_pixels(void) { return (int64_t)limits.most_pixels; }
int64_t limits_streams(void) { return limits.most_streams; }

enum err limits_check_pixels(uint64_t width, uint64_t height) {
  uint64_t pixels;
  bool overflow = __builtin_mul_overflow(width, height, &pixels);
  if (overflow || pixels > limits.most_pixels)
    return err_set(ERR_DATA, "This picture has too many pixels (%" PRIu64 " x %" PRIu64 "; most_pixels in clipvault.conf).",
                   width, height);
  if (width > LIMITS_MOST_SIDE || height > LIMITS_MOST_SIDE)
    return err_set(ERR_DATA, "This picture has too many pixels on one side (%" PRIu64 " x %" PRIu64 "; %d are possible).", width,
                   height, (int)LIMITS_MOST_SIDE);
  return ERR_OK;
}

enum err limits_check_duration(int64_t duration_ms) {
  if (duration_ms < 0 || (uint64_t)duration_ms <= limits.most_duration_ms) return ERR_OK;
  return err_set(ERR_DATA, "This recording is longer than %" PRIu64 " seconds (most_duration_seconds in clipvault.conf).",
                 limits.most_duration_ms / 1000);
}

enum err limits_count_packet(void) {
  if (++packets <= limits.most_packets) return ERR_OK;
  return err_set(ERR_DATA, "This recording has more than %" PRIu64 " packets (most_packets in clipvault.conf).",
                 limits.most_packets);
}

void limits_hear(const char *format) {
  if (strstr(format, "exceeds max_streams")) atomic_store(&too_many_streams, true);
  if (strstr(format, "exceeds specified max pixel count")) atomic_store(&too_many_pixels, true);
}

enum err limits_check_streams(void) {
  if (!atomic_load(&too_many_streams)) return ERR_OK;
  return err_set(ERR_DATA, "This recording has more than %" PRIu32 " streams (most_streams in clipvault.conf).",
                 limits.most_streams);
}

enum err limits_check_decoded(void) {
  if (!atomic_load(&too_many_pixels)) return ERR_OK;
  return err_set(ERR_DATA, "This picture has too many pixels (more than %" PRIu64 "; most_pixels in clipvault.conf).",
                 limits.most_pixels);
}
