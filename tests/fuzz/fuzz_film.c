/* What the worker reads of a recording by itself, beside libav: what kind of file it is, whether it is whole, units of H.264,
 * elements of AAC, colour profiles. The first byte chooses. Nothing crashes; what is cleaned is clean when it is looked at again.
 * (The worker as a whole is fuzz_media's: without feedback, therefore, of what a film reaches in here.) */
#include "ingest/worker/elements.h"
#include "ingest/worker/icc.h"
#include "ingest/worker/kind.h"
#include "ingest/worker/link.h"
#include "ingest/worker/nal.h"
#include "ingest/worker/structure.h"
#include "ingest/worker/units.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *file;
static size_t file_bytes;

/* In place of the wire. */
enum err link_read_source(uint64_t offset, void *out, size_t length, size_t *got) {
  *got = offset >= file_bytes ? 0 : file_bytes - offset < length ? (size_t)(file_bytes - offset) : length;
  if (*got) memcpy(out, file + offset, *got);
  return ERR_OK;
}

static void try_file(const uint8_t *data, size_t size) {
  static const char *const hints[] = {"",          "text/plain",      "application/json", "image/svg+xml",
                                      "video/mp4", "application/zip", "image/png"};
  AUTO(source) struct source *s = NULL;
  struct structure_film film;
  struct repair repairs = {0};
  enum kind_photo photo;
  file = data + 1, file_bytes = size - 1;
  if (source_open(file_bytes, &s) != ERR_OK) return;
  if (kind_check(s) == ERR_OK && kind_photo(s, &photo) != ERR_OK) abort(); /* the source never fails */
  if (structure_look(s, &repairs) != ERR_OK || structure_look_for_film(s, &film, &repairs) != ERR_OK) abort();
  if (film.end > file_bytes || strnlen(repairs.text, sizeof repairs.text) > WIRE_TEXT) abort();
  if (kind_refuse(s, hints[data[0] % (sizeof hints / sizeof *hints)]) == ERR_OK) abort();
}

/* A record of so many bytes, then a packet. */
static void try_units(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes packet = {0}, record = {0};
  size_t length = data[0] < size - 1 ? data[0] : size - 1;
  const uint8_t *rest = data + 1 + length;
  struct units u, clean;
  struct units_seen seen, again;
  if (!units_open(data + 1, length, &u) || !units_look(&u, rest, size - 1 - length, &seen)) return;
  if (units_clean(&u, rest, size - 1 - length, &packet) != ERR_OK || units_record(&u, &record) != ERR_OK) abort();
  if (!units_open(record.data, record.length, &clean) || clean.length_bytes != 4) abort();
  if (!units_look(&clean, packet.data, packet.length, &again) || again.changes || again.picture != seen.picture) abort();
  if (seen.picture && (!again.plain || again.idr != seen.idr)) abort();
}

static void try_nal(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes packet = {0};
  size_t length = data[0] < size - 1 ? data[0] : size - 1;
  bool same, idr;
  if (nal_same_sets(data + 1, length, data + 1 + length, size - 1 - length, &same) != ERR_OK) abort();
  bytes_put(&packet, data + 1, size - 1);
  if (packet.failed || !nal_look(packet.data, packet.length, &idr)) return;
  nal_to_stream(packet.data, packet.length);
  if (packet.length < 5 || memcmp(packet.data, "\0\0\0\1", 4) != 0) abort();
}

static void try_elements(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes packet = {0};
  int channels = 1 + data[0] % 2;
  bytes_put(&packet, data + 1, size - 1);
  size_t length = packet.length;
  if (packet.failed || !elements_clean(packet.data, &length, channels)) return;
  if (!length || length > packet.length || packet.data[0] >> 5 != (channels == 2)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  switch (data[0] % 5) {
    case 0: try_file(data + 1, size - 1); break;
    case 1: try_units(data + 1, size - 1); break;
    case 2: try_nal(data + 1, size - 1); break;
    case 3: try_elements(data + 1, size - 1); break;
    default: IGNORE((enum err)icc_is_display_p3(data + 1, size - 1));
  }
  return 0;
}
