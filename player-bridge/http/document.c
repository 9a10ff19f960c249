#include "player-bridge/http/document.h"

__asm__(
    ".section .rodata\n"
    "document_text:\n.incbin \"player-bridge/openapi.json\"\n"
    "document_text_end:\n.byte 0\n"
    ".previous\n");
extern const char document_text[] __attribute__((visibility("hidden")));
extern const char document_text_end[] __attribute__((visibility("hidden")));

const char *document_openapi(size_t *length) {
  *length = (size_t)(document_text_end - document_text);
  return document_text;
}
