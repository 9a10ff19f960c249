#include "player-bridge/wire_message.h"

#include <stddef.h>
#include <string.h>

enum { VERSION = 1, HEAD = 1 + 1 + 8 + 1 };

static bool known_verb(unsigned verb) {
  return (verb >= WIRE_SETUP && verb <= WIRE_TAKEN) || (verb >= WIRE_READY && verb <= WIRE_LEFT);
}

static bool known_name(const char *name, size_t length) {
  if (!length || length > WIRE_MESSAGE_MOST_NAME) return false;
  for (size_t i = 0; i < length; i++)
    if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9') && name[i] != '_') return false;
  return true;
}

/* ---- writing */

void wire_message_begin(struct bytes *out, enum wire_message_verb verb, uint64_t number,
                        const uint8_t session[WIRE_MESSAGE_SESSION]) {
  bytes_clear(out);
  bytes_put_u8(out, VERSION);
  bytes_put_u8(out, (uint8_t)verb);
  bytes_put_u64(out, number);
  bytes_put_u8(out, session != NULL);
  if (session) bytes_put(out, session, WIRE_MESSAGE_SESSION);
  bytes_put_u16(out, 0);
}

/* Where the count stands: nothing of a message is known but its bytes. */
static size_t count_at(const struct bytes *out) {
  return HEAD + (out->length > HEAD && out->data[HEAD - 1] ? WIRE_MESSAGE_SESSION : 0);
}

void wire_message_put(struct bytes *out, const char *name, const void *value, size_t length) {
  size_t at = count_at(out), name_length = strlen(name);
  if (out->failed || out->length < at + 2) return;
  unsigned count = out->data[at] | (unsigned)out->data[at + 1] << 8;
  bytes_put_u8(out, (uint8_t)name_length);
  bytes_put(out, name, name_length);
  bytes_put_field(out, value, length);
  if (out->failed || count == UINT16_MAX) return;
  out->data[at] = (uint8_t)(count + 1);
  out->data[at + 1] = (uint8_t)((count + 1) >> 8);
}

void wire_message_put_text(struct bytes *out, const char *name, const char *text) {
  wire_message_put(out, name, text, strlen(text));
}

void wire_message_put_number(struct bytes *out, const char *name, uint64_t number) {
  uint8_t raw[8];
  for (size_t i = 0; i < sizeof raw; i++) raw[i] = (uint8_t)(number >> (8 * i));
  wire_message_put(out, name, raw, sizeof raw);
}

enum err wire_message_end(struct bytes *out) {
  struct wire_message m;
  TRY(bytes_check(out));
  if (wire_message_get(out->data, out->length, &m) != ERR_OK)
    return err_set(ERR_BUG, "a message of %zu bytes to or from the bridge breaks its bounds", out->length);
  return ERR_OK;
}

/* ---- reading */

static enum err not_a_message(void) { return err_set(ERR_DATA, "this is no message of the bridge"); }

static bool get_field(struct bytes_reader *r, struct wire_message_field *f) {
  f->name_length = bytes_get_u8(r);
  f->name = (const char *)bytes_get_view(r, f->name_length);
  f->value = bytes_get_field(r, WIRE_MESSAGE_MOST_BYTES, &f->length);
  return !r->failed && known_name(f->name, f->name_length);
}

enum err wire_message_get(const void *data, size_t length, struct wire_message *out) {
  if (length > WIRE_MESSAGE_MOST_BYTES) return not_a_message();
  struct bytes_reader r = bytes_reader(data, length);
  unsigned version = bytes_get_u8(&r), verb = bytes_get_u8(&r);
  struct wire_message
      m; /* most of its fields are not used: neither zeroed nor copied, as there is one for each piece of an upload */
  m.verb = (enum wire_message_verb)verb;
  m.number = bytes_get_u64(&r);
  unsigned has_session = bytes_get_u8(&r);
  if (r.failed || version != VERSION || !known_verb(verb) || has_session > 1) return not_a_message();
  m.has_session = has_session;
  memset(m.session, 0, sizeof m.session);
  if (m.has_session) bytes_get(&r, m.session, sizeof m.session);
  m.count = bytes_get_u16(&r);
  if (r.failed || m.count > WIRE_MESSAGE_MOST_FIELDS) return not_a_message();
  for (size_t i = 0; i < m.count; i++)
    if (!get_field(&r, &m.fields[i])) return not_a_message();
  if (!bytes_done(&r)) return not_a_message();
  memcpy(out, &m, offsetof(struct wire_message, fields) + m.count * sizeof *m.fields);
  return ERR_OK;
}

const struct wire_message_field *wire_message_find(const struct wire_message *m, const char *name, size_t n) {
  size_t length = strlen(name);
  for (size_t i = 0; i < m->count; i++)
    if (m->fields[i].name_length == length && memcmp(m->fields[i].name, name, length) == 0 && n-- == 0) return &m->fields[i];
  return NULL;
}

bool wire_message_text(const struct wire_message *m, const char *name, size_t n, size_t most, struct bytes *out) {
  const struct wire_message_field *f = wire_message_find(m, name, n);
  bytes_clear(out);
  if (!f || f->length > most || (f->length && memchr(f->value, 0, f->length))) return false;
  bytes_put(out, f->value, f->length);
  return !out->failed;
}

bool wire_message_bytes(const struct wire_message *m, const char *name, void *out, size_t length) {
  const struct wire_message_field *f = wire_message_find(m, name, 0);
  bool there = f && f->length == length;
  memset(out, 0, length);
  if (there) memcpy(out, f->value, length);
  return there;
}

bool wire_message_number(const struct wire_message *m, const char *name, size_t n, uint64_t *out) {
  const struct wire_message_field *f = wire_message_find(m, name, n);
  *out = 0;
  if (!f || f->length != 8) return false;
  struct bytes_reader r = bytes_reader(f->value, f->length);
  *out = bytes_get_u64(&r);
  return true;
}
