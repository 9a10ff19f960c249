#include "player-bridge/http/document.h"

#include <string.h>

__asm__(
    ".section .rodata\n"
    "document_text:\n.incbin \"player-bridge/openapi.json\"\n.byte 0\n"
    ".previous\n");
extern const char document_text[] __attribute__((visibility("hidden")));

const char *document_openapi(size_t *length) {
  *length = strlen(document_text);
  return document_text;
}
