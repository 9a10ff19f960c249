/* A certificate on a terminal. */
#include "vault/statement.h"

#include <string.h>

/* Our own bytes, one line of JSON: a line per member is enough of a rendering, and no parser is needed for it. A line is begun
 * only when something is to stand on it. */
enum err statement_text(const struct bytes *statement, struct bytes *out) {
  unsigned depth = 0;
  bool quoted = false, fresh = false;
  for (size_t i = 0; i < statement->length; i++) {
    char c = (char)statement->data[i];
    if (c == '"') {
      quoted = !quoted;
      continue;
    }
    if (!quoted && strchr("{}[],", c)) {
      depth = c == '{' || c == '[' ? depth + 1 : c == ',' || !depth ? depth : depth - 1;
      fresh = true;
      continue;
    }
    if (fresh && c != '\n') {
      bytes_put_text(out, out->length ? "\n" : "");
      for (unsigned k = 1; k < depth; k++) bytes_put_text(out, "  ");
      fresh = false;
    }
    if (quoted && c == '\\' && i + 1 < statement->length) c = (char)statement->data[++i];
    bytes_put(out, &c, 1);
    if (!quoted && c == ':') bytes_put_text(out, " ");
  }
  return bytes_check(out);
}
