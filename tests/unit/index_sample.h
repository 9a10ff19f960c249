/* What the tests of the index share: an index in a folder of its own, and rows to put into it. */
#ifndef CLIPVAULT_TEST_INDEX_SAMPLE_H
#define CLIPVAULT_TEST_INDEX_SAMPLE_H

#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/index.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct sample {
  char folder[256];
  int fd;
  struct id vault;
  struct index *ix; /* open, outside a transaction */
};

#define OK(expression)                                                                                  \
  do {                                                                                                  \
    if ((expression) != ERR_OK) fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #expression, err_text()); \
  } while (0)

static inline struct id number(uint8_t n) { return (struct id){{n, 0x42}}; }

static inline int sample_make(void **state) {
  struct sample *s = calloc(1, sizeof *s);
  const char *where = getenv("TMPDIR");
  if (!s || secret_init() != ERR_OK) return 1;
  snprintf(s->folder, sizeof s->folder, "%s/clipvault-test-XXXXXX", where ? where : "/tmp");
  if (!mkdtemp(s->folder)) return 1;
  s->fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  s->vault = number(0xee);
  *state = s;
  return index_create(s->fd, &s->vault) != ERR_OK || index_open(s->fd, &s->vault, &s->ix) != ERR_OK;
}

static inline int sample_end(void **state) {
  static const char *const files[] = {"index.db", "index.db-wal", "index.db-shm"};
  struct sample *s = *state;
  index_close(s->ix);
  for (size_t i = 0; i < 3; i++) unlinkat(s->fd, files[i], 0);
  close(s->fd);
  int failed = rmdir(s->folder);
  free(s);
  return failed;
}

static inline struct bytes sealed_text(const char *text) {
  struct bytes b = {0};
  bytes_put_text(&b, text);
  return b;
}

static inline struct index_clip sample_clip(uint8_t n, const char *state) {
  struct index_clip c = {.id = number(n),
                         .kase = number(200),
                         .kind = "clip",
                         .leaf = 1000u + n,
                         .recorded_ms = 10,
                         .ingested_ms = 20,
                         .expires_ms = CLOCK_NEVER_MS};
  snprintf(c.state, sizeof c.state, "%s", state);
  return c;
}

static inline void put_clip(struct index *ix, const struct index_clip *c) {
  AUTO(bytes) struct bytes sealed = sealed_text("title");
  uint8_t mac[32];
  memset(mac, c->id.b[0], sizeof mac);
  OK(index_clip_put(ix, c, mac, &sealed));
}

static inline struct index_wrap sample_wrap(uint8_t clip, const char *purpose, uint8_t leaf, const char *state) {
  struct index_wrap w = {.clip = number(clip), .rendition = "as-filmed", .leaf = leaf, .expires_ms = CLOCK_NEVER_MS};
  snprintf(w.purpose, sizeof w.purpose, "%s", purpose);
  snprintf(w.state, sizeof w.state, "%s", state);
  memset(w.ct, leaf, sizeof w.ct);
  return w;
}

#endif
