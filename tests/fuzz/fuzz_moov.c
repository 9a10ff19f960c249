/* The head of the playable file is made from what a muxer wrote inside the cage; still, no bytes may upset it. The input's
 * first byte says how long the header is; the payload's length is taken from the header as it states it. */
#include "ingest/worker/exif.h"
#include "ingest/worker/moov.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t stated_payload(const uint8_t *header, size_t length) {
  struct bytes_reader r = bytes_reader(header, length);
  uint64_t last = 0;
  while (bytes_left(&r) >= 8) {
    uint32_t size = bytes_get_u32be(&r);
    bytes_get_u32be(&r);
    last = size == 1 ? bytes_get_u64be(&r) - 16 : size - 8;
    if (bytes_left(&r) && size >= 8) bytes_get_view(&r, size - 8);
  }
  return last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int orientation = exif_orientation(data, size);
  if (orientation < 1 || orientation > 8) abort();
  if (size < 1 || data[0] > size - 1) return 0;
  const uint8_t *header = data + 1, *trailer = header + data[0];
  size_t header_length = data[0], trailer_length = size - 1 - header_length;
  uint64_t payload = stated_payload(header, header_length);
  AUTO(bytes) struct bytes head = {0};
  if (moov_make_head(header, header_length, trailer, trailer_length, payload, &head) != ERR_OK) return 0;
  if (head.length < header_length + trailer_length) abort();
  return 0;
}
