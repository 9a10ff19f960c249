#include "ingest/rendition.h"

#include "vault/base/io.h"
#include "vault/object.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { STEP_MS = 250, BODY = 0, ORIGINAL = RENDITION_OBJECTS - 1 };

/* Which object of the worker becomes which role. */
static const struct {
  enum wire_object which;
  const char *role;
} roles[RENDITION_OBJECTS] = {
    [BODY] = {WIRE_BODY, "body"}, {WIRE_HEAD, "head"},     {WIRE_POSTER, "poster"},      {WIRE_STRIP, "strip"},
    {WIRE_PEAKS, "peaks"},        {WIRE_FRAMES, "frames"}, [ORIGINAL] = {0, "original"},
};

void rendition_begin(struct rendition *r, struct vault *v, const struct id *clip, const char *name) {
  *r = (struct rendition){.vault = v, .clip = *clip, .name = name, .dek = secret_key_new()};
  for (int i = 0; i < RENDITION_OBJECTS; i++) r->objects[i].fd = -1;
  randombytes_buf(r->dek->b, sizeof r->dek->b);
}

static void drop_writers(struct rendition *r) {
  for (int i = 0; i < RENDITION_OBJECTS; i++) {
    container_writer_free(r->objects[i].writer);
    r->objects[i].writer = NULL;
  }
}

void rendition_free(struct rendition *r) {
  drop_writers(r);
  for (int i = 0; r->dek && i < RENDITION_OBJECTS; i++) io_close(&r->objects[i].fd);
  secret_free(r->dek);
  r->dek = NULL;
}

void rendition_made(const struct rendition *r) {
  for (int i = 0; r->vault && i < RENDITION_OBJECTS; i++) object_made(r->vault, &r->objects[i].id);
}

void rendition_stop(struct rendition *r) {
  r->stopped = true;
  drop_writers(r);
  sodium_memzero(r->dek->b, sizeof r->dek->b);
}

static enum err take(struct rendition *r, int n, const void *data, size_t length) {
  if (r->stopped) return err_set(ERR_REFUSED, "stopped");
  if (!r->objects[n].writer) {
    TRY(object_create(r->vault, &r->objects[n].id, &r->objects[n].fd));
    struct container_ids ids = {r->vault->id, r->clip, r->objects[n].id};
    TRY(container_create(r->objects[n].fd, r->dek, &ids, CONTAINER_LOG2_CHUNK, &r->objects[n].writer));
  }
  return container_write(r->objects[n].writer, data, length);
}

enum err rendition_take(struct rendition *r, enum wire_object which, const void *data, size_t length) {
  for (int i = 0; i < ORIGINAL; i++)
    if (roles[i].which == which) return take(r, i, data, length);
  return err_set(ERR_DATA, "the worker sent something that was not ordered");
}

enum err rendition_take_original(struct rendition *r, const void *data, size_t length) { return take(r, ORIGINAL, data, length); }

enum err rendition_going(const struct rendition *r) {
  if (!r->stopped) return ERR_OK;
  return err_set(ERR_REFUSED, "stopped: while this was made, someone in it withdrew, and no use is left; nothing of it was kept");
}

enum err rendition_run(struct rendition *r, struct session *s, struct worker *w) {
  for (bool done = false; !done;) {
    bool watched;
    TRY(worker_step(w, s->control_fd, STEP_MS, &watched, &done));
    if (watched) session_attend(s);
    TRY(session_check(s));
    TRY(rendition_going(r));
  }
  return ERR_OK;
}

enum err rendition_seal(struct rendition *r) {
  if (!r->objects[BODY].writer && !r->objects[ORIGINAL].writer) return err_set(ERR_DATA, "The worker made nothing of this file.");
  for (int i = 0; i < RENDITION_OBJECTS; i++)
    if (r->objects[i].writer) TRY(container_finish(r->objects[i].writer, &r->objects[i].seal));
  return io_sync_dir(r->vault->objects);
}

static enum err put_object(struct rendition *r, int n) {
  const struct container_seal *seal = &r->objects[n].seal;
  struct index_object row = {
      .id = r->objects[n].id, .clip = r->clip, .plain_bytes = seal->plain_bytes, .file_bytes = seal->file_bytes};
  snprintf(row.rendition, sizeof row.rendition, "%s", r->name);
  snprintf(row.role, sizeof row.role, "%s", roles[n].role);
  memcpy(row.binding, seal->binding, sizeof row.binding);
  memcpy(row.sha256, seal->sha256, sizeof row.sha256);
  TRY(index_object_put(r->vault->index, &row));
  return object_adopt(r->vault, &row.id);
}

const struct id *rendition_body(const struct rendition *r) { return &r->objects[BODY].id; }

enum err rendition_open(const struct rendition *r, const char *role, struct container_reader **out) {
  for (int i = 0; i < RENDITION_OBJECTS; i++) {
    struct container_ids ids = {r->vault->id, r->clip, r->objects[i].id};
    if (r->objects[i].writer && strcmp(roles[i].role, role) == 0)
      return container_open(r->objects[i].fd, r->dek, &ids, r->objects[i].seal.binding, out);
  }
  return err_set(ERR_MISSING, "nothing was made as %s", role);
}

enum err rendition_put(struct rendition *r) {
  if (r->stopped) return err_set(ERR_BUG, "a rendition was stopped and is kept all the same");
  for (int i = 0; i < RENDITION_OBJECTS; i++)
    if (r->objects[i].writer) TRY(put_object(r, i));
  return ERR_OK;
}
