#include "vault/arguments.h"

#include "vault/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_SECONDS = 10, MOST_WAIT_SECONDS = 24 * 60 * 60, MOST_WORDS = 64 };

struct parser {
  int argc, at;
  char *const *argv;
  struct arguments *globals;
  struct request *rq;                      /* its command is NULL until it is known */
  const struct command_option *positional; /* the next to be filled */
};

bool arguments_want_json(int argc, char *const argv[]) {
  for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
    if (!strcmp(argv[i], "--json")) return true;
  return false;
}

static const struct command_option *named(const struct command_option *table, const char *word, size_t length) {
  for (const struct command_option *o = table; o && o->name; o++)
    if (!command_is_positional(o) && !(o->flags & OPTION_PREPARED) && strlen(o->name) == length && !memcmp(o->name, word, length))
      return o;
  return NULL;
}

/* "; see clipvault help consent record" needs the command's name, or nothing before there is one. */
static const char *name_of(const struct command *c) { return c ? c->name : ""; }
static const char *space_of(const struct command *c) { return c ? " " : ""; }

static enum err unknown_option(const struct command *c, const char *word, size_t length) {
  const char *words[MOST_WORDS];
  char typed[64];
  size_t count = 0;
  for (const struct command_option *o = c ? c->options : NULL; o && o->name && count < MOST_WORDS; o++)
    if (!command_is_positional(o) && !(o->flags & OPTION_PREPARED)) words[count++] = o->name;
  for (const struct command_option *o = command_globals; o->name && count < MOST_WORDS; o++) words[count++] = o->name;
  snprintf(typed, sizeof typed, "%.*s", (int)(length < sizeof typed ? length : sizeof typed - 1), word);
  const char *near = command_near(typed, count, words);
  return err_set(ERR_USAGE, "%s has no option %s;%s%s%s see clipvault help%s%s", c ? c->name : "clipvault", typed,
                 near ? " did you mean " : "", near ? near : "", near ? "?" : "", space_of(c), name_of(c));
}

static enum err set_global(struct arguments *g, const struct command_option *o, const char *value) {
  uint64_t seconds = 0;
  if (!strcmp(o->name, "--vault")) g->vault = value;
  if (!strcmp(o->name, "--key-file")) g->key_file = value;
  if (!strcmp(o->name, "--shares")) g->shares = value;
  if (!strcmp(o->name, "--json")) g->json = true;
  if (!strcmp(o->name, "--progress")) g->progress = true;
  if (!strcmp(o->name, "--version")) g->version = true;
  if (!strcmp(o->name, "--help") || !strcmp(o->name, "-h")) g->help = true;
  if (strcmp(o->name, "--wait")) return ERR_OK;
  if (!bytes_parse_u64(value, MOST_WAIT_SECONDS, &seconds))
    return err_set(ERR_USAGE, "--wait takes a whole number of seconds, at most %d", MOST_WAIT_SECONDS);
  g->wait_seconds = (unsigned)seconds;
  return ERR_OK;
}

/* The value of option `o`, whose word stands at p->at; `equals` is what followed '=' or NULL. */
static enum err take_value(struct parser *p, const struct command_option *o, const char *equals, const char **value) {
  const struct command *c = p->rq->command;
  if (o->flags & OPTION_SWITCH) {
    if (equals) return err_set(ERR_USAGE, "%s takes no value; see clipvault help%s%s", o->name, space_of(c), name_of(c));
    *value = "";
    return ERR_OK;
  }
  const char *next = equals ? equals : p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;
  /* "--title --json" is far more often a forgotten title than a title of that name. */
  bool is_option =
      next && !equals && ((c && named(c->options, next, strcspn(next, "="))) || named(command_globals, next, strcspn(next, "=")));
  if (!next || is_option)
    return err_set(ERR_USAGE, "%s needs a value (%s); see clipvault help%s%s", o->name, o->value ? o->value : "VALUE",
                   space_of(c), name_of(c));
  if (!equals) p->at++;
  *value = next;
  return ERR_OK;
}

static enum err take_option(struct parser *p) {
  const char *word = p->argv[p->at], *value = NULL;
  size_t length = strcspn(word, "=");
  const char *equals = word[length] ? word + length + 1 : NULL;
  const struct command *c = p->rq->command;
  const struct command_option *own = c ? named(c->options, word, length) : NULL;
  const struct command_option *o = own ? own : named(command_globals, word, length);
  if (!o) return unknown_option(c, word, length);
  TRY(take_value(p, o, equals, &value));
  p->at++;
  return own ? request_add(p->rq, command_option_key(own), value, -1) : set_global(p->globals, o, value);
}

static enum err take_positional(struct parser *p) {
  const struct command *c = p->rq->command;
  const struct command_option *o = p->positional;
  while (o && o->name && (!command_is_positional(o) || (o->flags & OPTION_PREPARED))) o++;
  if (!o || !o->name)
    return err_set(ERR_USAGE, "\"%.100s\" is one argument too many; see clipvault help %s", p->argv[p->at], c->name);
  TRY(request_add(p->rq, o->name, p->argv[p->at++], -1));
  p->positional = o->flags & OPTION_REPEAT ? o : o + 1;
  return ERR_OK;
}

static enum err take_rest(struct parser *p) {
  bool only_positionals = false;
  p->positional = p->rq->command->options;
  while (p->at < p->argc) {
    const char *word = p->argv[p->at];
    if (!only_positionals && !strcmp(word, "--")) {
      only_positionals = true;
      p->at++;
    } else if (!only_positionals && word[0] == '-' && word[1]) {
      TRY(take_option(p));
    } else {
      TRY(take_positional(p));
    }
  }
  return ERR_OK;
}

static enum err check_required(const struct request *rq) {
  const struct command *c = rq->command;
  for (const struct command_option *o = c->options; o && o->name; o++) {
    if (!(o->flags & OPTION_REQUIRED) || (o->flags & OPTION_PREPARED) || request_count(rq, command_option_key(o))) continue;
    return err_set(ERR_USAGE, "%s needs %s%s%s; see clipvault help %s", c->name, o->name, o->value ? " " : "",
                   o->value ? o->value : "", c->name);
  }
  return ERR_OK;
}

static enum err take_leading_options(struct parser *p) {
  while (p->at < p->argc && p->argv[p->at][0] == '-') TRY(take_option(p));
  return ERR_OK;
}

static const char *default_vault(void) {
  const char *dir = getenv("CLIPVAULT_DIR");
  return dir && *dir ? dir : "vault";
}

enum err arguments_parse(command_table table, int argc, char *const argv[], struct arguments *globals, struct request *out) {
  AUTO(request) struct request rq = {0};
  struct arguments g = {.vault = default_vault(), .wait_seconds = WAIT_SECONDS};
  struct parser p = {.argc = argc, .argv = argv, .globals = &g, .rq = &rq};
  int used = 0;
  TRY(take_leading_options(&p));
  if (p.at < argc || !(g.help || g.version)) {
    TRY(command_find(table, argc - p.at, argv + p.at, &rq.command, &used));
    p.at += used;
    TRY(take_rest(&p));
    if (!g.help) TRY(check_required(&rq));
  }
  rq.json = g.json;
  rq.progress = g.progress;
  *globals = g;
  *out = rq;
  rq = (struct request){0};
  return ERR_OK;
}

/* ---- files */

/* A person may name a few thousand recordings at once; the usual soft limit is 1024 descriptors. */
static void allow_many_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
  IGNORE(setrlimit(RLIMIT_NOFILE, &limit));
}

/* What a path is called without what leads there: "card" for "/media/card/". */
static void keep_name(char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') path[--length] = 0;
  char *slash = strrchr(path, '/');
  if (slash && slash[1]) memmove(path, slash + 1, strlen(slash + 1) + 1);
}

/* Whether what is read is to be wiped afterwards. */
static bool wipes(const struct request *rq) {
  for (size_t i = 0; i < rq->count; i++)
    if (command_option(rq->command, rq->fields[i].name)->flags & OPTION_WIPES) return true;
  return false;
}

static enum err open_input(struct request_field *f, unsigned flags, bool to_write) {
  if (!strcmp(f->value, "-")) {
    f->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    return f->fd < 0 ? err_set_errno(io_failure(ERR_MISSING), "cannot read from standard input") : ERR_OK;
  }
  struct stat st;
  if (to_write) f->fd = open(f->value, O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (f->fd < 0) f->fd = open(f->value, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (f->fd < 0) return err_set_errno(io_failure(ERR_MISSING), "cannot open %.200s", f->value);
  if (fstat(f->fd, &st) || (S_ISDIR(st.st_mode) && !(flags & OPTION_FOLDER)))
    return err_set(ERR_DATA, "%.200s is a folder; name the files in it", f->value);
  keep_name(f->value);
  return ERR_OK;
}

/* One of many recordings that is not there must not keep the others out. */
static enum err open_or_note(const struct command *c, struct request_field *f, bool to_write) {
  const struct command_option *note = command_option(c, COMMAND_UNOPENED);
  AUTO(bytes) struct bytes value = {0};
  unsigned flags = command_option(c, f->name)->flags;
  enum err e = open_input(f, flags, to_write);
  if (e == ERR_OK || !note || !(flags & OPTION_REPEAT)) return e;
  bytes_printf(&value, "%s\n%s", err_text(), f->value);
  TRY(bytes_check(&value));
  char *copy = strdup(bytes_text(&value));
  if (!copy) return err_set(ERR_IO, "out of memory");
  io_close(&f->fd);
  free(f->value);
  f->value = copy;
  f->name = command_option_key(note);
  return ERR_OK;
}

/* Devices and pipes hold nothing that could be overwritten. */
static bool may_write_into(const char *path) {
  struct stat st;
  return !stat(path, &st) && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode));
}

/* A file without a name in the folder of `path`: whatever kills us, nothing half-written is left, least of all a film in the
 * clear. Not every file system has such files. */
static int open_nameless(const char *path) {
  struct stat st;
  if (!lstat(path, &st)) {
    errno = EEXIST;
    return -1;
  }
  const char *slash = strrchr(path, '/');
  char folder[PATH_MAX];
  size_t length = slash ? (size_t)(slash - path) : 0;
  if (length >= sizeof folder) return -1;
  memcpy(folder, path, length);
  folder[length] = 0;
  return open(slash ? (length ? folder : "/") : ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
}

static enum err open_output(struct request_field *f, bool *aside) {
  if (!strcmp(f->value, "-")) {
    f->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (f->fd < 0) return err_set_errno(ERR_CREATE, "cannot write to standard output");
    *aside = true;
    return ERR_OK;
  }
  f->fd = open_nameless(f->value);
  if (f->fd < 0 && errno != EEXIST) f->fd = open(f->value, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
  if (f->fd < 0 && errno == EEXIST && may_write_into(f->value)) f->fd = open(f->value, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (f->fd >= 0) return ERR_OK;
  if (errno == EEXIST) return err_set(ERR_CREATE, "%.200s exists already; nothing is overwritten", f->value);
  return err_set_errno(ERR_CREATE, "cannot create %.200s", f->value);
}

enum err arguments_open(struct request *rq, bool *aside) {
  bool to_stdout = false;
  if (rq->count > 200) allow_many_files();
  for (size_t i = 0; i < rq->count; i++) {
    unsigned flags = command_option(rq->command, rq->fields[i].name)->flags;
    if (flags & OPTION_FILE_IN) TRY(open_or_note(rq->command, &rq->fields[i], wipes(rq)));
  }
  /* Outputs last: a missing input must not leave an empty output behind. */
  for (size_t i = 0; i < rq->count; i++) {
    unsigned flags = command_option(rq->command, rq->fields[i].name)->flags;
    if (flags & OPTION_FILE_OUT) TRY(open_output(&rq->fields[i], &to_stdout));
  }
  *aside = to_stdout;
  return ERR_OK;
}

static enum err keep(const struct request_field *f) {
  char own[64];
  struct stat st;
  if (f->fd < 0 || fstat(f->fd, &st) || !S_ISREG(st.st_mode) || st.st_nlink) return ERR_OK; /* it has its name already */
  snprintf(own, sizeof own, "/proc/self/fd/%d", f->fd);
  if (!linkat(AT_FDCWD, own, AT_FDCWD, f->value, AT_SYMLINK_FOLLOW)) return ERR_OK;
  if (errno == EEXIST) return err_set(ERR_CREATE, "%.200s was made by someone else meanwhile; nothing is overwritten", f->value);
  return err_set_errno(ERR_CREATE, "cannot create %.200s", f->value);
}

enum err arguments_keep(const struct request *rq) {
  for (size_t i = 0; i < rq->count; i++)
    if (command_option(rq->command, rq->fields[i].name)->flags & OPTION_FILE_OUT) TRY(keep(&rq->fields[i]));
  return ERR_OK;
}

static void discard(const struct request_field *f) {
  struct stat made, there;
  if (f->fd < 0 || fstat(f->fd, &made) || !S_ISREG(made.st_mode) || lstat(f->value, &there)) return;
  if (made.st_dev == there.st_dev && made.st_ino == there.st_ino) unlink(f->value);
}

void arguments_discard(const struct request *rq) {
  for (size_t i = 0; i < rq->count; i++)
    if (command_option(rq->command, rq->fields[i].name)->flags & OPTION_FILE_OUT) discard(&rq->fields[i]);
}
