/* A request: which command, with which fields and descriptors. The command line and the control socket both end in this
 * one form, and a handler cannot tell them apart (but for session->remote).
 *
 * Wire form, little endian: "CVRQ" u8 version=1, u8 flags (1 json, 2 progress), u16 descriptor for
 * progress (0xffff: none), field verb, u16 count, then per field: field name, field value, u16 descriptor. Whatever is not in the
 * command table is refused. */
#ifndef CLIPVAULT_REQUEST_H
#define CLIPVAULT_REQUEST_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  REQUEST_MOST_BYTES = 1 << 20,
  REQUEST_MOST_FIELDS = 4096,
  REQUEST_MOST_FDS = 250, /* over the socket: what one SCM_RIGHTS message carries (253) */
};

struct request_field {
  const char *name; /* borrowed from the command table, without dashes */
  char *value;      /* owned, NUL-terminated; never contains another NUL */
  int fd;           /* owned; -1 if none */
};

struct request {
  const struct command *command;
  struct request_field *fields;
  size_t count, room;
  bool json, progress;
  int progress_fd; /* owned; where the one who asks wants to see progress; 0 if nowhere */
};

/* Closes the descriptors; takes any state. */
void request_free(struct request *rq);
#define request_auto request_free

/* Adds a field. `name` must be in the command's table, without dashes (ERR_BUG otherwise); `fd` is taken over, also on
 * failure. ERR_USAGE if there are too many or a second one of an option that cannot be repeated. */
enum err request_add(struct request *rq, const char *name, const char *value, int fd);

/* The first value of an option, NULL if it was not given. A name the command does not have is a bug: the process ends. */
const char *request_text(const struct request *rq, const char *name);
/* As above, `otherwise` instead of NULL. */
const char *request_text_or(const struct request *rq, const char *name, const char *otherwise);
size_t request_count(const struct request *rq, const char *name);
/* The nth value, 0 the first; NULL past the end. */
const char *request_nth(const struct request *rq, const char *name, size_t n);
bool request_flag(const struct request *rq, const char *name);
/* The nth descriptor of a file option, borrowed (dup it to keep it); -1 if there is none. */
int request_fd(const struct request *rq, const char *name, size_t n);
/* A whole decimal number; `otherwise` if not given; ERR_USAGE naming the option unless it is at most `most`. */
enum err request_number(const struct request *rq, const char *name, uint64_t otherwise, uint64_t most, uint64_t *out);

/* Appends the wire form; the descriptors, borrowed and in the order of their numbers, go to fds[0..*fd_count).
 * ERR_USAGE if it is larger than the bounds above. */
enum err request_encode(const struct request *rq, struct bytes *out, int fds[REQUEST_MOST_FDS], size_t *fd_count);
/* Takes the descriptors it uses (making them -1 in fds); the caller closes the rest. ERR_DATA for anything that is not
 * exactly what request_encode writes for a command of `table`; each descriptor is used exactly once. */
enum err request_decode(command_table table, const void *data, size_t length, int fds[], size_t fd_count, struct request *out);

#endif
