/* Headers of uploads as strangers send them: what is taken stays within its bounds. */
#include "player-bridge/http/tus.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes text = {0}, value = {0};
  struct tus_checksum c;
  uint64_t number;
  bool found;
  bytes_put(&text, data, size);
  if (tus_metadata(bytes_text(&text), "filename", &value, &found) &&
      (value.length > TUS_MOST_VALUE || strlen(bytes_text(&value)) != value.length))
    abort();
  if (tus_checksum(bytes_text(&text), &c) && c.length != 20 && c.length != 32) abort();
  if (tus_number(bytes_text(&text), &number) && number > INT64_MAX) abort();
  return 0;
}
