/* A film that fits is taken over without re-encoding and sealed, as `clipvault ingest` does it but without a vault around it, so
 * that copying and sealing, verification and derived objects can be timed apart (tests/bench/copy.sh).
 *
 *   bench_copy WORKER FILM FOLDER [verify] [derive]     seals each object as FOLDER/N, SHA-256 and fsync included
 *
 * Ends with 1 if it was re-encoded after all. The key is one that everybody knows: for measuring, and for nothing else. */
#include "ingest/worker.h"
#include "vault/base/io.h"
#include "vault/container.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_OBJECTS = 16, STEP_MS = 1000 };
static const struct container_ids ids = {{{1}}, {{2}}, {{3}}};

struct sealing {
  int film;
  const char *folder;
  struct secret_key *key;
  int fd[MOST_OBJECTS];
  struct container_writer *writer[MOST_OBJECTS]; /* by wire_object */
};

static enum err read_source(void *context, uint64_t offset, void *out, size_t length, size_t *got) {
  const struct sealing *s = context;
  ssize_t n = pread(s->film, out, length, (off_t)offset);
  if (n < 0) return err_set_errno(ERR_IO, "cannot read the film");
  *got = (size_t)n;
  return ERR_OK;
}

static enum err begin(struct sealing *s, unsigned which) {
  char name[4096];
  snprintf(name, sizeof name, "%s/%u", s->folder, which);
  s->fd[which] = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (s->fd[which] < 0) return err_set_errno(ERR_CREATE, "cannot make %s", name);
  return container_create(s->fd[which], s->key, &ids, CONTAINER_LOG2_CHUNK, &s->writer[which]);
}

static enum err take(void *context, enum wire_object which, const void *data, size_t length) {
  struct sealing *s = context;
  if ((unsigned)which >= MOST_OBJECTS) return err_set(ERR_BUG, "an object that this does not know");
  if (!s->writer[which]) TRY(begin(s, which));
  return container_write(s->writer[which], data, length);
}

static enum err finish(struct sealing *s) {
  struct container_seal seal;
  for (int i = 0; i < MOST_OBJECTS; i++) {
    if (s->writer[i]) TRY(container_finish(s->writer[i], &seal));
    container_writer_free(s->writer[i]);
    if (s->fd[i]) close(s->fd[i]);
  }
  return ERR_OK;
}

static enum err until_it_rests(struct worker *w) {
  for (bool done = false, watched; !done;) TRY(worker_step(w, -1, STEP_MS, &watched, &done));
  return ERR_OK;
}

static enum err run(const char *program, const char *film, struct sealing *s, const struct wire_order *order) {
  struct worker_host host = {.context = s, .read_source = read_source, .take = take};
  AUTO(worker) struct worker *w = NULL;
  uint64_t size;
  s->film = open(film, O_RDONLY | O_CLOEXEC);
  if (s->film < 0) return err_set_errno(ERR_IO, "cannot open %s", film);
  TRY(io_file_size(s->film, &size));
  TRY(worker_start(program, size, &host, &w));
  TRY(until_it_rests(w));
  TRY(worker_order(w, order));
  TRY(until_it_rests(w));
  TRY(finish(s));
  const struct wire_summary *made = worker_summary(w);
  if (!made->picture_copied) return err_set(ERR_DATA, "not copied: %s", made->choice);
  return ERR_OK;
}

int main(int argc, char **argv) {
  if (argc < 4 || secret_init() != ERR_OK) return 64;
  struct wire_order order = {.keep_video = true, .keep_audio = true, .may_copy = true, .make = WIRE_MAKE_COPY, .to_frame = -1};
  for (int i = 4; i < argc; i++) {
    order.verify |= strcmp(argv[i], "verify") == 0;
    order.derive |= strcmp(argv[i], "derive") == 0;
  }
  struct sealing s = {.folder = argv[3], .key = secret_key_new()};
  memset(s.key->b, 0x42, sizeof s.key->b);
  enum err failure = run(argv[1], argv[2], &s, &order);
  secret_free(s.key);
  if (failure == ERR_OK) return 0;
  fprintf(stderr, "bench_copy: %s\n", err_text());
  return 1;
}
