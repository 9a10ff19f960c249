#include "ingest/wipe.h"

#include "ingest/wipe_proof.h"
#include "vault/audit.h"
#include "vault/base/crash.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 256 << 10 };

enum err wipe_look(int fd, struct wipe_source *out) {
  struct wipe_source w = {.fd = fd};
  if (fstat(fd, &w.before)) return err_set_errno(ERR_DATA, "it cannot be looked at");
  *out = w;
  return ERR_OK;
}

/* ---- is it still that file */
static enum err check_same(const struct wipe_source *w) {
  struct stat now;
  const struct stat *b = &w->before;
  if (fstat(w->fd, &now)) return err_set_errno(ERR_DATA, "it cannot be looked at");
  if (!S_ISREG(now.st_mode)) return err_set(ERR_DATA, "it is not a regular file");
  if (now.st_nlink == 0) return err_set(ERR_DATA, "it was removed by someone else meanwhile");
  if (now.st_nlink > 1) return err_set(ERR_DATA, "it has a second name (hard link), under which someone may still want it");
  bool same = now.st_dev == b->st_dev && now.st_ino == b->st_ino && now.st_size == b->st_size &&
              now.st_mtim.tv_sec == b->st_mtim.tv_sec && now.st_mtim.tv_nsec == b->st_mtim.tv_nsec;
  return same ? ERR_OK : err_set(ERR_DATA, "it was changed while it was taken in");
}

static enum err hash_into(struct session *s, const struct wipe_source *w, EVP_MD_CTX *sha, uint8_t *block) {
  uint64_t size = (uint64_t)w->before.st_size;
  for (uint64_t at = 0; at < size;) {
    size_t length = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
    if (io_pread_all(w->fd, block, length, at) != ERR_OK) return err_set(ERR_DATA, "it cannot be read a second time");
    if (EVP_DigestUpdate(sha, block, length) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
    at += length;
    session_attend(s);
    TRY(session_check(s));
  }
  return ERR_OK;
}

static enum err check_hash(struct session *s, const struct wipe_source *w, const uint8_t sha256[32]) {
  uint8_t got[32], *block = secret_alloc(BLOCK);
  EVP_MD_CTX *sha = EVP_MD_CTX_new();
  enum err e = sha && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 ? ERR_OK : err_set(ERR_IO, "out of memory");
  if (e == ERR_OK) e = hash_into(s, w, sha, block);
  if (e == ERR_OK && EVP_DigestFinal_ex(sha, got, NULL) != 1) e = err_set(ERR_BUG, "libcrypto failed to hash");
  secret_free(block);
  EVP_MD_CTX_free(sha);
  TRY(e);
  return memcmp(got, sha256, sizeof got) == 0 ? ERR_OK : err_set(ERR_DATA, "its bytes are not those that were taken in");
}

/* ---- its name */
struct location {
  int dir;
  char name[PATH_MAX];
};

static void location_auto(struct location *p) { io_close(&p->dir); }

static bool names_it(const struct location *p, const struct wipe_source *w) {
  struct stat st;
  return fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == w->before.st_dev &&
         st.st_ino == w->before.st_ino;
}

/* By the path behind the descriptor, wherever it was opened from. */
static enum err find_location(const struct wipe_source *w, struct location *p) {
  char own[64], path[PATH_MAX];
  snprintf(own, sizeof own, "/proc/self/fd/%d", w->fd);
  ssize_t length = readlink(own, path, sizeof path - 1);
  if (length <= 0) return err_set_errno(ERR_DATA, "its name is not known");
  path[length] = 0;
  char *slash = strrchr(path, '/');
  if (!slash) return err_set(ERR_DATA, "its name is not known");
  snprintf(p->name, sizeof p->name, "%s", slash + 1);
  *slash = 0;
  p->dir = open(*path ? path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (p->dir < 0) return err_set_errno(ERR_DATA, "the folder it lies in cannot be opened");
  return names_it(p, w) ? ERR_OK : err_set(ERR_DATA, "another file has its name now");
}

/* ---- its end */
static enum err check_writable(const struct wipe_source *w) {
  int flags = fcntl(w->fd, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) == O_RDWR) return ERR_OK;
  return err_set(ERR_DATA, "it may not be written (the card or folder is read-only, or it belongs to someone else)");
}

static enum err overwrite(const struct wipe_source *w, uint64_t *done) {
  uint8_t *block = secret_alloc(BLOCK);
  uint64_t size = (uint64_t)w->before.st_size;
  enum err e = ERR_OK;
  while (*done < size && e == ERR_OK) {
    size_t length = size - *done < BLOCK ? (size_t)(size - *done) : BLOCK;
    randombytes_buf(block, length);
    e = io_pwrite_all(w->fd, block, length, *done);
    if (e == ERR_OK) *done += length;
  }
  secret_free(block);
  return e == ERR_OK ? io_sync(w->fd) : e;
}

static enum err overwrite_or_say(const struct wipe_source *w) {
  uint64_t done = 0;
  char words[WIPE_TEXT];
  if (overwrite(w, &done) == ERR_OK) return ERR_OK;
  snprintf(words, sizeof words, "%s", err_text());
  if (!done) return err_set(ERR_DATA, "it cannot be overwritten: %s", words);
  return err_set(ERR_DATA, "it was overwritten only in part (%llu bytes), and is of no use any more: %s",
                 (unsigned long long)done, words);
}

/* The bytes are gone by now: what fails from here on is told as a part of what was done. */
static void remove_name(const struct wipe_source *w, const struct location *p, char how[WIPE_TEXT]) {
  bool emptied = ftruncate(w->fd, 0) == 0 && fsync(w->fd) == 0;
  bool removed = names_it(p, w) && unlinkat(p->dir, p->name, 0) == 0 && fsync(p->dir) == 0;
  snprintf(how, WIPE_TEXT, "overwritten once with random bytes%s%s; a card or SSD may still hold copies",
           emptied ? ", emptied" : "", removed ? ", and removed" : ", but its name could not be removed");
}

static enum err note(struct vault *v, const struct id *clip, const char *how) {
  TRY(index_begin(v->index));
  enum err e = audit_append(v, "source.wiped", ID_CLIP, clip, how);
  if (e == ERR_OK) e = index_commit(v->index);
  if (e == ERR_OK) return vault_anchor(v);
  index_rollback(v->index);
  return e;
}

/* From the last check to the last byte nothing else runs and nothing interrupts: half a wipe is worth neither. */
enum err wipe_source(struct session *s, const struct wipe_source *w, const struct ingest_result *taken, char how[WIPE_TEXT]) {
  AUTO(location) struct location p = {.dir = -1};
  TRY(check_writable(w));
  TRY(check_same(w));
  TRY(wipe_proof(s, &taken->clip, taken->sha256));
  TRY(check_hash(s, w, taken->sha256));
  TRY(find_location(w, &p));
  TRY(check_same(w));
  TRY(overwrite_or_say(w));
  crash_point("source-overwritten");
  remove_name(w, &p, how);
  return note(s->vault, &taken->clip, how);
}
