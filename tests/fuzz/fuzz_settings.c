/* What people write: clipvault.conf, tags.conf, rules of consent, dates, places, ids, lists of purposes. The first byte chooses.
 * Nothing crashes; what is taken lies within its documented bounds; what can be written again is read as the same. */
#include "ingest/place.h"
#include "vault/base/clock.h"
#include "vault/base/id.h"
#include "vault/config.h"
#include "vault/consent.h"
#include "vault/purpose.h"
#include "vault/tags.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_config(const uint8_t *data, size_t size) {
  struct config c;
  if (config_parse("clipvault.conf", data, size, &c) != ERR_OK) return;
  if (!c.quarantine_days || c.quarantine_days > 365 || !c.open_end_months || c.open_end_months > 1200) abort();
  if (!c.most_file_bytes || !c.most_pixels || c.most_pixels > 1 << 30 || !c.most_streams || c.most_streams > 1000) abort();
  if (!c.most_duration_seconds || !c.most_packets || !c.most_seconds) abort();
  if (c.alarm_command[0] && c.alarm_command[0] != '/') abort();
}

static void try_tags(const uint8_t *data, size_t size) {
  static struct tags t;
  unsigned layer = 0;
  if (tags_parse("tags.conf", data, size, &t) != ERR_OK) return;
  if (!t.count || t.count > TAGS_MOST || !t.layer_count || t.layer_count > TAGS_LAYERS) abort();
  for (size_t i = 0; i < t.count; i++) {
    if (t.tags[i].layer < layer || t.tags[i].layer >= t.layer_count || tags_find(&t, t.tags[i].code) != &t.tags[i]) abort();
    layer = t.tags[i].layer;
  }
}

static void try_rule(const char *text) {
  AUTO(bytes) struct bytes once = {0}, twice = {0};
  struct consent_rule rule, same = {0};
  if (consent_rule_parse(text, &rule) != ERR_OK) return;
  const struct consent_events events = {0, 0, 0, 0, 0};
  if (consent_expiry_ms(&rule, 1, &events) < 0) abort(); /* before the event itself */
  consent_rule_put(&once, &rule);
  if (consent_rule_parse(bytes_text(&once), &same) != ERR_OK) abort();
  consent_rule_put(&twice, &same);
  if (strcmp(bytes_text(&once), bytes_text(&twice)) != 0) abort();
}

static void try_date(const char *text) {
  char written[CLOCK_TEXT];
  int64_t at_ms, again_ms;
  if (clock_parse_start(text, &at_ms) == ERR_OK && clock_parse(text, &again_ms) == ERR_OK && again_ms < at_ms) abort();
  if (clock_parse(text, &at_ms) != ERR_OK) return;
  /* Written to the second. */
  if (clock_parse(clock_format(at_ms, written), &again_ms) != ERR_OK || again_ms > at_ms || at_ms - again_ms >= 1000) abort();
}

static void try_place(const char *text) {
  const struct place_film film = {.frames = 1000, .num = 30000, .den = 1001};
  struct place at;
  int64_t frame, to;
  if (place_parse("--at", text, &at) != ERR_OK) return;
  if (at.value < 0) abort();
  if (place_frame(&film, &at, &frame) == ERR_OK && (frame < 0 || frame >= film.frames)) abort();
  const struct place end = {.value = film.frames, .name = "--out"};
  if (place_range(&film, &at, &end, &frame, &to) == ERR_OK && (frame < 0 || frame >= to || to > film.frames)) abort();
}

static void try_word(const char *text) {
  char again[ID_TEXT];
  struct id id;
  uint32_t set;
  enum purpose_ident ident;
  enum purpose_media media;
  if (id_parse(ID_CLIP, text, &id) == ERR_OK && strcmp(id_format(ID_CLIP, &id, again), text) != 0) abort();
  if (purpose_parse_set(text, &set) == ERR_OK && (!set || set >> PURPOSE_COUNT)) abort();
  if (purpose_parse_media(text, &set) == ERR_OK && (!set || (set & ~(uint32_t)MEDIA_ALL))) abort();
  IGNORE(purpose_parse_ident(text, &ident));
  IGNORE(purpose_kind_media(text, &media));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes text = {0};
  if (!size) return 0;
  bytes_put(&text, data + 1, size - 1);
  switch (data[0] % 6) {
    case 0: try_config(data + 1, size - 1); break;
    case 1: try_tags(data + 1, size - 1); break;
    case 2: try_rule(bytes_text(&text)); break;
    case 3: try_date(bytes_text(&text)); break;
    case 4: try_place(bytes_text(&text)); break;
    default: try_word(bytes_text(&text));
  }
  return 0;
}
