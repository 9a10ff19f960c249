#include "vault/base/log.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 0))) static void line(const char *level, const char *format, va_list arguments) {
  char text[600];
  vsnprintf(text, sizeof text, format, arguments);
  fprintf(stderr, "clipvault: %s%s\n", level, text);
}

void log_error(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line("", format, arguments);
  va_end(arguments);
}

void log_warn(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  line("warning: ", format, arguments);
  va_end(arguments);
}
