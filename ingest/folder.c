#include "ingest/folder.h"

#include "vault/base/bytes.h"
#include "vault/base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- by name */

/* What cameras and computers put beside recordings. */
static const char *const indexes[] = {"thm", "cpi", "mpl", "bdm", "bdmv", "xml", "log", "ctg", "bim",
                                      "smi", "ppn", "ifo", "bup", "inf",  "aae", "idx", "sidx"};
static const char *const leftovers[] = {"thumbs.db", "desktop.ini", "system volume information", "$recycle.bin", "lost+found"};

static bool among(const char *word, const char *const list[], size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcasecmp(word, list[i]) == 0) return true;
  return false;
}

const char *folder_unwanted(const char *name) {
  const char *dot = strrchr(name, '.');
  if (name[0] == '.') return "it is hidden";
  if (among(name, leftovers, sizeof leftovers / sizeof *leftovers)) return "a computer keeps its own notes in it";
  if (dot && among(dot + 1, indexes, sizeof indexes / sizeof *indexes)) return "it is a camera's index, not a recording";
  return NULL;
}

/* ---- one folder's names */
struct names {
  struct bytes text; /* each ended by NUL */
  const char **of;
  size_t count;
};

static void names_auto(struct names *n) {
  bytes_free(&n->text);
  free(n->of);
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static enum err sort(struct names *n) {
  n->of = calloc(n->count + 1, sizeof *n->of);
  if (!n->of) return err_set(ERR_IO, "out of memory");
  const char *next = bytes_text(&n->text);
  for (size_t i = 0; i < n->count; i++, next += strlen(next) + 1) n->of[i] = next;
  qsort(n->of, n->count, sizeof *n->of, by_bytes);
  return ERR_OK;
}

/* *too_many: there are more than may be kept in memory. */
static enum err list(int fd, struct names *n, bool *too_many) {
  int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = own < 0 ? NULL : fdopendir(own);
  if (!folder) {
    enum err e = err_set_errno(ERR_DATA, "the folder cannot be read");
    io_close(&own);
    return e;
  }
  *too_many = false;
  errno = 0;
  for (struct dirent *entry; !*too_many && (entry = readdir(folder));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    bytes_put(&n->text, entry->d_name, strlen(entry->d_name) + 1);
    *too_many = ++n->count > FOLDER_MOST_NAMES;
  }
  enum err e = errno ? err_set_errno(ERR_DATA, "the folder cannot be read") : ERR_OK;
  closedir(folder);
  TRY(e);
  TRY(bytes_check(&n->text));
  return sort(n);
}

/* ---- the walk */
struct walk {
  const struct folder_visitor *visitor;
  char path[FOLDER_MOST_PATH + 1];
  size_t length;
  unsigned depth;
};

static enum err skip(const struct walk *w, const char *reason) {
  return w->visitor->skipped ? w->visitor->skipped(w->visitor->context, w->path, reason) : ERR_OK;
}

static enum err visit(struct walk *w, int dir, const char *name);

static enum err visit_folder(struct walk *w, int dir) {
  AUTO(names) struct names n = {0};
  bool too_many;
  if (list(dir, &n, &too_many) != ERR_OK) return skip(w, "it cannot be read");
  if (too_many) return skip(w, "it holds more files than one folder may");
  for (size_t i = 0; i < n.count; i++) TRY(visit(w, dir, n.of[i]));
  return ERR_OK;
}

static enum err descend(struct walk *w, int dir, const char *name) {
  if (w->depth == FOLDER_MOST_DEPTH) return skip(w, "folders lie too deep in each other");
  AUTO(io) int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return skip(w, "it cannot be opened");
  w->depth++;
  enum err e = visit_folder(w, fd);
  w->depth--;
  return e;
}

static enum err look(struct walk *w, int dir, const char *name) {
  struct stat st;
  const char *unwanted = folder_unwanted(name);
  if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) return skip(w, "it cannot be looked at");
  if (S_ISLNK(st.st_mode)) return skip(w, "it is a link, and links are not followed");
  if (unwanted) return skip(w, unwanted);
  if (S_ISDIR(st.st_mode)) return descend(w, dir, name);
  if (!S_ISREG(st.st_mode)) return skip(w, "it is not a file");
  struct folder_file f = {w->path, dir, name, st.st_size > 0 ? (uint64_t)st.st_size : 0};
  return w->visitor->file(w->visitor->context, &f);
}

static enum err visit(struct walk *w, int dir, const char *name) {
  size_t before = w->length, length = strlen(name);
  if (before + 1 + length > FOLDER_MOST_PATH) return skip(w, "it holds something whose path is too long");
  w->length += (size_t)snprintf(w->path + before, sizeof w->path - before, "%s%s", before ? "/" : "", name);
  enum err e = look(w, dir, name);
  w->length = before;
  w->path[before] = 0;
  return e;
}

enum err folder_walk(int fd, const struct folder_visitor *visitor) {
  struct walk w = {.visitor = visitor};
  AUTO(names) struct names n = {0};
  bool too_many;
  TRY(list(fd, &n, &too_many));
  if (too_many) return err_set(ERR_DATA, "the folder holds more than %d files; name parts of it", FOLDER_MOST_NAMES);
  for (size_t i = 0; i < n.count; i++) TRY(visit(&w, fd, n.of[i]));
  return ERR_OK;
}

/* It may have been replaced since it was looked at, by a pipe that would make us wait, or a link. */
enum err folder_open(const struct folder_file *f, bool to_write, int *fd) {
  const int how = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  struct stat st;
  AUTO(io) int opened = to_write ? openat(f->dir, f->name, O_RDWR | how) : -1;
  if (opened < 0) opened = openat(f->dir, f->name, O_RDONLY | how);
  if (opened < 0) return err_set_errno(ERR_DATA, "The file cannot be opened");
  if (fstat(opened, &st) || !S_ISREG(st.st_mode)) return err_set(ERR_DATA, "This is not a file.");
  *fd = opened;
  opened = -1;
  return ERR_OK;
}
