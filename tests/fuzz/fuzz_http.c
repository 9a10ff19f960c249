/* What strangers say over HTTP and is read by us, not by the library: paths, Range and If-Range, and JSON bodies. The first byte
 * chooses. A path leads to a route or nowhere; a range lies within the film; a body becomes fields of the names that the route
 * has, and nothing else. */
#include "player-bridge/http/range.h"
#include "player-bridge/http/route.h"
#include "player-bridge/http/values.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line is Range, the second If-Range. */
static void try_range(const char *text) {
  static const uint64_t sizes[] = {0, 1, 1000, UINT64_C(1) << 40, UINT64_MAX};
  char range[600];
  const char *line = strchr(text, '\n');
  size_t length = line ? (size_t)(line - text) : strlen(text);
  if (length >= sizeof range) return;
  memcpy(range, text, length);
  range[length] = 0;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct range r = range_of(range, line ? line + 1 : NULL, "\"film\"", sizes[i]);
    if (r.kind == RANGE_NOTHING && (r.first || r.length)) abort();
    if (r.kind == RANGE_WHOLE && (r.first || r.length != sizes[i])) abort();
    if (r.kind == RANGE_PART && (!r.length || r.first >= sizes[i] || r.length > sizes[i] - r.first)) abort();
  }
}

static void try_body(const uint8_t *data, size_t size) {
  static const char *const names[] = {"name", "persons", "form", "purpose", NULL};
  AUTO(bytes) struct bytes message = {0};
  struct wire_message m;
  char why[VALUES_WHY] = "";
  wire_message_begin(&message, WIRE_ASK, 1, NULL);
  if (!values_from_json(&message, names, (const char *)data, size, why)) {
    if (!why[0] || strlen(why) >= VALUES_WHY) abort(); /* whoever asked hears why */
    return;
  }
  if (wire_message_end(&message) != ERR_OK) return; /* too much for one message */
  if (wire_message_get(message.data, message.length, &m) != ERR_OK) abort();
  for (size_t i = 0; i < m.count; i++) {
    bool known = false;
    for (const char *const *name = names; *name; name++)
      known |= strlen(*name) == m.fields[i].name_length && memcmp(*name, m.fields[i].name, m.fields[i].name_length) == 0;
    if (!known) abort();
  }
}

static void try_path(const char *path) {
  static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  char id[ROUTE_MOST_ID + 1], allow[ROUTE_ALLOW];
  bool known;
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    const struct route *r = route_find(methods[i], path, id, &known, allow);
    if (strlen(allow) + 1 >= ROUTE_ALLOW || (!r && known && !allow[0])) abort(); /* there is room for all of them */
    if (r && strchr(r->path, '*') && (!id[0] || !strstr(path, id) || strpbrk(id, "/.%?"))) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes text = {0};
  if (!size) return 0;
  bytes_put(&text, data + 1, size - 1);
  if (text.failed) abort();
  if (data[0] % 2)
    try_range(bytes_text(&text));
  else if (data[0] % 4)
    try_path(bytes_text(&text));
  else
    try_body(data + 1, size - 1);
  return 0;
}
