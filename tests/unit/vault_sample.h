/* What tests of an open vault share: one in a folder of its own, with the caller as its practitioner and officer. */
#ifndef CLIPVAULT_TEST_VAULT_SAMPLE_H
#define CLIPVAULT_TEST_VAULT_SAMPLE_H

#include "vault/account.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/vault.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct vault_sample {
  char folder[256], path[300];
  int fd;
  struct slot_secret secret;
  struct vault *v; /* begun as the caller, outside a transaction */
};

#define OK(expression)                                                                                  \
  do {                                                                                                  \
    if ((expression) != ERR_OK) fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #expression, err_text()); \
  } while (0)

static inline int vault_sample_make(void **state) {
  static const uint8_t key[32] = {7};
  struct vault_sample *s = calloc(1, sizeof *s);
  const char *where = getenv("TMPDIR");
  struct id id;
  if (!s || secret_init() != ERR_OK) return 1;
  snprintf(s->folder, sizeof s->folder, "%s/clipvault-test-XXXXXX", where ? where : "/tmp");
  if (!mkdtemp(s->folder)) return 1;
  snprintf(s->path, sizeof s->path, "%s/vault", s->folder);
  s->secret = (struct slot_secret){.kind = SLOT_SECRET_KEY_FILE, .bytes = key, .length = sizeof key};
  *state = s;
  if (vault_create(s->path, &s->secret, NULL, &id) != ERR_OK) return 1;
  s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return vault_open(s->fd, &s->secret, &s->v) != ERR_OK || vault_begin(s->v, geteuid(), 0) != ERR_OK;
}

static inline int vault_sample_end(void **state) {
  static const char *const files[] = {"index.db",    "index.db-wal", "index.db-shm",   "keys.db", "keys.db-wal",
                                      "keys.db-shm", "effaceable",   "clipvault.conf", "lock"};
  struct vault_sample *s = *state;
  vault_close(s->v);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlinkat(s->fd, files[i], 0);
  unlinkat(s->fd, "objects", AT_REMOVEDIR);
  unlinkat(s->fd, "spool", AT_REMOVEDIR);
  close(s->fd);
  int failed = rmdir(s->path) || rmdir(s->folder);
  free(s);
  return failed;
}

/* A user of this name and these roles. */
static inline struct id vault_sample_user(struct vault *v, const char *name, uint32_t roles) {
  struct account a = {.row = {.uid = -1, .roles = roles}, .until_ms = CLOCK_NEVER_MS};
  bytes_put_text(&a.name, name);
  OK(index_begin(v->index));
  OK(account_add(v, &a));
  OK(index_commit(v->index));
  struct id id = a.row.id;
  account_free(&a);
  return id;
}

#endif
