#include "vault/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char text[512];
static _Thread_local bool saw_full;

void err_describe(const char *format, ...) {
  char fresh[sizeof text]; /* the arguments may include err_text() itself */
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(fresh, sizeof fresh, format, arguments);
  va_end(arguments);
  memcpy(text, fresh, sizeof text);
}

void err_describe_errno(const char *format, ...) {
  int number = errno;
  if (number == ENOSPC || number == EDQUOT) saw_full = true;
  char fresh[sizeof text];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(fresh, sizeof fresh, format, arguments);
  va_end(arguments);
  size_t length = strlen(fresh);
  snprintf(fresh + length, sizeof fresh - length, ": %s", strerror(number));
  memcpy(text, fresh, sizeof text);
}

void err_note_full(void) { saw_full = true; }
bool err_saw_full(void) { return saw_full; }
void err_forget_full(void) { saw_full = false; }

const char *err_text(void) { return text[0] ? text : "no description"; }

const char *err_word(enum err code) {
  switch (code) {
    case ERR_OK: return "ok";
    case ERR_USAGE: return "usage";
    case ERR_DATA: return "data";
    case ERR_MISSING: return "missing";
    case ERR_UNAVAILABLE: return "unavailable";
    case ERR_BUG: return "bug";
    case ERR_CREATE: return "create";
    case ERR_IO: return "io";
    case ERR_BUSY: return "busy";
    case ERR_REFUSED: return "refused";
    case ERR_CONFIG: return "config";
  }
  return "bug";
}
