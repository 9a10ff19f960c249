/* Lines on standard error for whoever runs the machine. They carry ids, never names, file names or secrets. */
#ifndef CLIPVAULT_BASE_LOG_H
#define CLIPVAULT_BASE_LOG_H

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
