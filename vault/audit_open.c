#include "vault/audit_open.h"

#include <string.h>

static const char magic[] = "CLIPVOP1";
enum { MAGIC = sizeof magic - 1 };

void audit_open_put(struct bytes *out, const struct audit_open *open) {
  if (open->kind == AUDIT_OPEN_NONE) return;
  bytes_put_text(out, magic);
  bytes_put_u8(out, open->kind);
  bytes_put_u16(out, (uint16_t)open->length);
  bytes_put(out, open->data, open->length);
}

void audit_open_split(const uint8_t *entry, size_t length, struct audit_open *open, const uint8_t **sealed,
                      size_t *sealed_length) {
  struct bytes_reader r = bytes_reader(entry, length);
  const uint8_t *begins = bytes_get_view(&r, MAGIC);
  struct audit_open found = {.kind = bytes_get_u8(&r)};
  found.length = bytes_get_u16(&r);
  found.data = bytes_get_view(&r, found.length);
  bool there = begins && !r.failed && memcmp(begins, magic, MAGIC) == 0;
  *open = there ? found : (struct audit_open){0};
  *sealed = there ? r.next : entry;
  *sealed_length = there ? bytes_left(&r) : length;
}
