#include "vault/request.h"

#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VERSION = 1, FLAG_JSON = 1, FLAG_PROGRESS = 2, NO_FD = 0xffff };
static const char MAGIC[4] = {'C', 'V', 'R', 'Q'};

static void field_free(struct request_field *f) {
  io_close(&f->fd);
  free(f->value);
}

void request_free(struct request *rq) {
  if (rq->progress_fd > 0) io_close(&rq->progress_fd);
  for (size_t i = 0; i < rq->count; i++) field_free(&rq->fields[i]);
  free(rq->fields);
  *rq = (struct request){0};
}

static enum err check_addable(const struct request *rq, const struct command_option *o, const char *name) {
  if (!o) return err_set(ERR_BUG, "the command %s has no option %s", rq->command->name, name);
  if (!(o->flags & OPTION_REPEAT) && request_count(rq, name))
    return err_set(ERR_USAGE, "%s can be given only once; see clipvault help %s", o->name, rq->command->name);
  if (rq->count >= REQUEST_MOST_FIELDS) return err_set(ERR_USAGE, "more than %d arguments at once", REQUEST_MOST_FIELDS);
  return ERR_OK;
}

static enum err make_room(struct request *rq) {
  if (rq->count < rq->room) return ERR_OK;
  size_t room = rq->room ? 2 * rq->room : 8;
  struct request_field *fields = reallocarray(rq->fields, room, sizeof *fields);
  if (!fields) return err_set(ERR_IO, "out of memory");
  rq->fields = fields;
  rq->room = room;
  return ERR_OK;
}

enum err request_add(struct request *rq, const char *name, const char *value, int fd) {
  AUTO(io) int held = fd;
  const struct command_option *o = command_option(rq->command, name);
  TRY(check_addable(rq, o, name));
  TRY(make_room(rq));
  char *copy = strdup(value);
  if (!copy) return err_set(ERR_IO, "out of memory");
  rq->fields[rq->count++] = (struct request_field){.name = command_option_key(o), .value = copy, .fd = held};
  held = -1;
  return ERR_OK;
}

/* The nth field of that name. Asking for an option that the command does not have can only be a slip in a handler: better
 * to find it on the first run than to treat it as "not given" for ever. */
static const struct request_field *find(const struct request *rq, const char *name, size_t n) {
  if (!command_option(rq->command, name)) {
    log_error("bug: %s asks for an option %s that it does not have", rq->command->name, name);
    secret_wipe_all();
    _exit(ERR_BUG);
  }
  for (size_t i = 0; i < rq->count; i++)
    if (!strcmp(rq->fields[i].name, name) && n-- == 0) return &rq->fields[i];
  return NULL;
}

const char *request_nth(const struct request *rq, const char *name, size_t n) {
  const struct request_field *f = find(rq, name, n);
  return f ? f->value : NULL;
}

const char *request_text(const struct request *rq, const char *name) { return request_nth(rq, name, 0); }

const char *request_text_or(const struct request *rq, const char *name, const char *otherwise) {
  const char *value = request_text(rq, name);
  return value ? value : otherwise;
}

size_t request_count(const struct request *rq, const char *name) {
  if (!find(rq, name, 0)) return 0;
  size_t n = 0;
  for (size_t i = 0; i < rq->count; i++) n += !strcmp(rq->fields[i].name, name);
  return n;
}

bool request_flag(const struct request *rq, const char *name) { return find(rq, name, 0) != NULL; }

int request_fd(const struct request *rq, const char *name, size_t n) {
  const struct request_field *f = find(rq, name, n);
  return f ? f->fd : -1;
}

enum err request_number(const struct request *rq, const char *name, uint64_t otherwise, uint64_t most, uint64_t *out) {
  const char *text = request_text(rq, name);
  uint64_t number = otherwise;
  if (text && !bytes_parse_u64(text, most, &number))
    return err_set(ERR_USAGE, "%s must be a whole number of at most %llu; see clipvault help %s",
                   command_option(rq->command, name)->name, (unsigned long long)most, rq->command->name);
  *out = number;
  return ERR_OK;
}

/* Which number a descriptor has in the message; `fds` collects them. */
struct outgoing {
  int *fds;
  size_t count;
};

static enum err number_fd(struct outgoing *o, int fd, uint16_t *number) {
  if (fd >= 0 && o->count == REQUEST_MOST_FDS)
    return err_set(ERR_USAGE, "at most %d files at once while another process holds the vault open", REQUEST_MOST_FDS);
  *number = fd >= 0 ? (uint16_t)o->count : NO_FD;
  if (fd >= 0) o->fds[o->count++] = fd;
  return ERR_OK;
}

enum err request_encode(const struct request *rq, struct bytes *out, int fds[REQUEST_MOST_FDS], size_t *fd_count) {
  struct outgoing outgoing = {.fds = fds};
  size_t start = out->length;
  uint16_t number = NO_FD;
  bytes_put(out, MAGIC, sizeof MAGIC);
  bytes_put_u8(out, VERSION);
  bytes_put_u8(out, (rq->json ? FLAG_JSON : 0) | (rq->progress ? FLAG_PROGRESS : 0));
  TRY(number_fd(&outgoing, rq->progress_fd > 0 ? rq->progress_fd : -1, &number));
  bytes_put_u16(out, number);
  bytes_put_field(out, rq->command->name, strlen(rq->command->name));
  bytes_put_u16(out, (uint16_t)rq->count);
  for (size_t i = 0; i < rq->count; i++) {
    const struct request_field *f = &rq->fields[i];
    TRY(number_fd(&outgoing, f->fd, &number));
    bytes_put_field(out, f->name, strlen(f->name));
    bytes_put_field(out, f->value, strlen(f->value));
    bytes_put_u16(out, number);
  }
  TRY(bytes_check(out));
  if (out->length - start > REQUEST_MOST_BYTES)
    return err_set(ERR_USAGE, "the arguments are longer than %d bytes together", REQUEST_MOST_BYTES);
  *fd_count = outgoing.count;
  return ERR_OK;
}

static enum err not_a_request(void) { return err_set(ERR_DATA, "this is not a request of this version of clipvault"); }

/* A borrowed field as text in `out`; false if it is too long or holds a NUL. */
static bool get_text(struct bytes_reader *r, size_t most, struct bytes *out) {
  size_t length = 0;
  const uint8_t *field = bytes_get_field(r, most, &length);
  if (r->failed || (length && memchr(field, 0, length))) return false;
  bytes_clear(out);
  if (length) bytes_put(out, field, length);
  return bytes_check(out) == ERR_OK;
}

/* A field that the command line could not have produced, or prepare could not have added, is no field. */
static bool fits_option(const struct command_option *o, const char *value, bool has_fd) {
  if (!o) return false;
  if ((o->flags & OPTION_SWITCH) && *value) return false;
  return has_fd == !!(o->flags & (OPTION_FILE_IN | OPTION_FILE_OUT)) || (o->flags & OPTION_PREPARED);
}

struct incoming {
  struct bytes_reader bytes;
  int *fds; /* -1 once taken */
  size_t fd_count;
};

/* The descriptor whose number comes next, taken; -1 for none. */
static enum err take_fd(struct incoming *in, int *fd) {
  unsigned number = bytes_get_u16(&in->bytes);
  bool none = number == NO_FD;
  if (in->bytes.failed || (!none && (number >= in->fd_count || in->fds[number] < 0))) return not_a_request();
  *fd = none ? -1 : in->fds[number];
  if (!none) in->fds[number] = -1;
  return ERR_OK;
}

static enum err decode_field(struct incoming *in, struct request *rq) {
  AUTO(bytes) struct bytes name = {0}, value = {0};
  AUTO(io) int fd = -1;
  if (!get_text(&in->bytes, 64, &name) || !get_text(&in->bytes, REQUEST_MOST_BYTES, &value)) return not_a_request();
  TRY(take_fd(in, &fd));
  if (!fits_option(command_option(rq->command, bytes_text(&name)), bytes_text(&value), fd >= 0)) return not_a_request();
  int given = fd;
  fd = -1;
  return request_add(rq, bytes_text(&name), bytes_text(&value), given) == ERR_OK ? ERR_OK : not_a_request();
}

static enum err decode_head(command_table table, struct incoming *in, struct request *rq, unsigned *count) {
  AUTO(bytes) struct bytes verb = {0};
  char magic[sizeof MAGIC];
  int progress_fd = -1;
  bytes_get(&in->bytes, magic, sizeof magic);
  unsigned version = bytes_get_u8(&in->bytes), flags = bytes_get_u8(&in->bytes);
  if (memcmp(magic, MAGIC, sizeof magic) || version != VERSION || (flags & ~(unsigned)(FLAG_JSON | FLAG_PROGRESS)))
    return not_a_request();
  TRY(take_fd(in, &progress_fd));
  rq->progress_fd = progress_fd > 0 ? progress_fd : 0;
  if (!get_text(&in->bytes, 64, &verb)) return not_a_request();
  rq->command = command_by_name(table, bytes_text(&verb));
  *count = bytes_get_u16(&in->bytes);
  if (!rq->command || in->bytes.failed || *count > REQUEST_MOST_FIELDS) return not_a_request();
  rq->json = flags & FLAG_JSON;
  rq->progress = flags & FLAG_PROGRESS;
  return ERR_OK;
}

static enum err check_required(const struct request *rq) {
  for (const struct command_option *o = rq->command->options; o && o->name; o++)
    if ((o->flags & OPTION_REQUIRED) && !request_count(rq, command_option_key(o))) return not_a_request();
  return ERR_OK;
}

enum err request_decode(command_table table, const void *data, size_t length, int fds[], size_t fd_count, struct request *out) {
  AUTO(request) struct request rq = {0};
  if (length > REQUEST_MOST_BYTES) return not_a_request();
  struct incoming in = {.bytes = bytes_reader(data, length), .fds = fds, .fd_count = fd_count};
  unsigned count = 0;
  TRY(decode_head(table, &in, &rq, &count));
  for (unsigned i = 0; i < count; i++) TRY(decode_field(&in, &rq));
  if (!bytes_done(&in.bytes)) return not_a_request();
  for (size_t i = 0; i < fd_count; i++)
    if (fds[i] >= 0) return not_a_request();
  TRY(check_required(&rq));
  *out = rq;
  rq = (struct request){0};
  return ERR_OK;
}
