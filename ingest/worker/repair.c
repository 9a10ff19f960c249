#include "ingest/worker/repair.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void repair_add(struct repair *r, const char *format, ...) {
  static const char between[] = "; ";
  char phrase[sizeof r->text];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(phrase, sizeof phrase, format, arguments);
  va_end(arguments);
  size_t length = strlen(r->text), joint = length ? strlen(between) : 0, more = strlen(phrase);
  if (strstr(r->text, phrase) || length + joint + more >= sizeof r->text) return;
  memcpy(r->text + length, between, joint);
  memcpy(r->text + length + joint, phrase, more + 1);
}
