#include "vault/paper.h"

#include <string.h>

/* As they stand in the source tree. */
__asm__(
    ".section .rodata\n"
    "paper_dpia:\n.incbin \"vault/papers/dpia.md\"\n.byte 0\n"
    "paper_processing:\n.incbin \"vault/papers/processing.md\"\n.byte 0\n"
    ".previous\n");
extern const char paper_dpia[] __attribute__((visibility("hidden")));
extern const char paper_processing[] __attribute__((visibility("hidden")));

const char *paper_text(const char *name) {
  if (strcmp(name, "dpia") == 0) return paper_dpia;
  return strcmp(name, "processing") == 0 ? paper_processing : NULL;
}

static const struct paper_fact *find(const char *name, size_t length, size_t count, const struct paper_fact facts[]) {
  for (size_t i = 0; i < count; i++)
    if (strlen(facts[i].name) == length && memcmp(facts[i].name, name, length) == 0) return &facts[i];
  return NULL;
}

enum err paper_fill(const char *text, size_t count, const struct paper_fact facts[], struct bytes *out) {
  for (const char *open; (open = strstr(text, "{{")) != NULL;) {
    const char *name = open + 2, *close = strstr(name, "}}");
    const struct paper_fact *fact = close ? find(name, (size_t)(close - name), count, facts) : NULL;
    if (!fact) return err_set(ERR_BUG, "a paper asks for {{%.*s}}, which is no fact", (int)strcspn(name, "}\n"), name);
    bytes_put(out, text, (size_t)(open - text));
    bytes_put_text(out, fact->text);
    text = close + 2;
  }
  bytes_put_text(out, text);
  return bytes_check(out);
}
