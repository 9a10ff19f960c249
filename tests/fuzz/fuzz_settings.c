/* What people write: clipvault.conf, tags.conf, rules of consent, dates, places, ids, lists of purposes, passwords; and names of
 * files on their way to a terminal. The first byte chooses. Nothing crashes; what is taken lies within its documented bounds;
 * what can be written again is read as the same. */
#include "ingest/place.h"
#include "vault/base/clock.h"
#include "vault/base/id.h"
#include "vault/config.h"
#include "vault/consent.h"
#include "vault/password.h"
#include "vault/plain.h"
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

/* The second line is where a cut ends. */
static void try_place(char *text) {
  static const struct place_film films[] = {{.frames = 1000, .num = 30000, .den = 1001},
                                            {.frames = 9000, .num = 1000, .den = 1, .sound = true}};
  struct place at, to = {.value = 900, .name = "--out"};
  int64_t frame, end;
  char *line = strchr(text, '\n');
  if (line) *line = 0;
  if (place_parse("--at", text, &at) != ERR_OK || (line && place_parse("--out", line + 1, &to) != ERR_OK)) return;
  if (at.value < 0 || to.value < 0) abort();
  for (size_t i = 0; i < sizeof films / sizeof *films; i++) {
    if (place_frame(&films[i], &at, &frame) == ERR_OK && (frame < 0 || frame >= films[i].frames)) abort();
    if (place_range(&films[i], &at, &to, &frame, &end) == ERR_OK && (frame < 0 || frame >= end || end > films[i].frames)) abort();
  }
}

static void try_word(const char *text) {
  char again[ID_TEXT];
  struct id id;
  uint32_t set;
  enum purpose_ident ident;
  enum purpose_media media;
  enum consent_capacity capacity;
  enum consent_assent assent;
  if (id_parse(ID_CLIP, text, &id) == ERR_OK && strcmp(id_format(ID_CLIP, &id, again), text) != 0) abort();
  if (purpose_parse_set(text, &set) == ERR_OK && (!set || set >> PURPOSE_COUNT)) abort();
  if (purpose_parse_media(text, &set) == ERR_OK && (!set || (set & ~(uint32_t)MEDIA_ALL))) abort();
  if (purpose_parse_ident(text, &ident) == ERR_OK && strcmp(purpose_ident_name(ident), text) != 0) abort();
  if (consent_capacity_parse(text, &capacity) == ERR_OK && strcmp(consent_capacity_name(capacity), text) != 0) abort();
  if (consent_assent_parse(text, &assent) == ERR_OK && strcmp(consent_assent_name(assent), text) != 0) abort();
  IGNORE(purpose_kind_media(text, &media));
}

/* Nothing that steers a terminal is left, nor more than there is room for. */
static void try_name(const uint8_t *data, const char *text) {
  AUTO(bytes) struct bytes out = {0};
  size_t most = 1 + data[0] % 90;
  if (plain_put(&out, text, most) > most) abort();
  for (size_t i = 0; i < out.length; i++)
    if (out.data[i] < 0x20 || out.data[i] == 0x7f) abort();
}

/* The first line is the name of whose it is. */
static void try_password(const uint8_t *data, size_t size) {
  char name[80] = "";
  const uint8_t *line = memchr(data, '\n', size);
  size_t length = line ? (size_t)(line - data) : 0;
  if (length >= sizeof name) return;
  memcpy(name, data, length);
  const uint8_t *password = line ? line + 1 : data;
  size_t left = size - (size_t)(password - data);
  enum err e = password_check_choice(password, left, name);
  if (e == ERR_OK && (left < PASSWORD_LEAST || left > PASSWORD_MOST)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes text = {0};
  if (!size) return 0;
  bytes_put(&text, data + 1, size - 1);
  if (text.failed) abort();
  switch (data[0] % 8) {
    case 0: try_config(data + 1, size - 1); break;
    case 1: try_tags(data + 1, size - 1); break;
    case 2: try_rule(bytes_text(&text)); break;
    case 3: try_date(bytes_text(&text)); break;
    case 4: try_place((char *)text.data); break;
    case 5: try_word(bytes_text(&text)); break;
    case 6: try_name(data, bytes_text(&text)); break;
    default: try_password(data + 1, size - 1);
  }
  return 0;
}
