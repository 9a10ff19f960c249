#include "vault/spool.h"

#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/container.h"
#include "vault/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of plaintext: so much may be lost when the machine stops, and is verified when it starts again. */
enum { SEGMENT = 64 << 20 };

static enum err open_folder(struct vault *v, int *out) {
  int fd = openat(v->dir, "spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT && mkdirat(v->dir, "spool", 0700) == 0)
    fd = openat(v->dir, "spool", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return err_set_errno(ERR_IO, "the vault's folder for uploads cannot be opened");
  *out = fd;
  return ERR_OK;
}

static enum err open_segment(struct vault *v, const struct id *object, int flags, int *out) {
  AUTO(io) int folder = -1;
  char name[ID_TEXT];
  TRY(open_folder(v, &folder));
  int fd = openat(folder, id_format(ID_OBJECT, object, name), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return err_set_errno(errno == ENOENT ? ERR_DATA : ERR_IO, "a part of an upload cannot be opened");
  *out = fd;
  return flags & O_CREAT ? io_sync_dir(folder) : ERR_OK;
}

static enum err segment_key(struct vault *v, const struct upload *u, struct secret_key *out) {
  SECRET_KEY(uk);
  TRY(upload_key(v, u, uk));
  seal_derive(uk, "spool", out);
  return ERR_OK;
}

enum err spool_offset(struct vault *v, const struct id *upload, uint64_t *out) {
  AUTO(bytes) struct bytes segments = {0};
  TRY(index_segment_of(v->index, upload, &segments));
  *out = 0;
  for (size_t i = 0; i < INDEX_COUNT(struct index_segment, segments); i++) {
    int64_t bytes = INDEX_ROWS(struct index_segment, segments)[i].bytes;
    if (bytes < 0) break;
    *out += (uint64_t)bytes;
  }
  return ERR_OK;
}

static enum err commit_or_not(struct vault *v, enum err e) {
  if (e == ERR_OK) return index_commit(v->index);
  index_rollback(v->index);
  return e;
}

/* Once the last byte is there. */
static enum err note_whole(struct vault *v, const struct upload *u, uint64_t *offset) {
  TRY(spool_offset(v, &u->row.id, offset));
  return *offset == (uint64_t)u->row.length ? index_upload_set_state(v->index, &u->row.id, "waiting") : ERR_OK;
}

/* ---- after a crash */

static enum err recover_segment(struct vault *v, const struct upload *u, const struct index_segment *s, int64_t *bytes) {
  AUTO(io) int fd = -1;
  SECRET_KEY(key);
  struct container_ids ids = {v->id, u->row.id, s->object};
  struct container_seal seal;
  TRY(segment_key(v, u, key));
  TRY(open_segment(v, &s->object, O_RDWR, &fd));
  TRY(container_recover(fd, key, &ids, &seal));
  *bytes = (int64_t)seal.plain_bytes;
  return ERR_OK;
}

static enum err note_recovered(struct vault *v, const struct upload *u, const struct index_segment *s, int64_t bytes) {
  uint64_t offset;
  TRY(index_begin(v->index));
  enum err e = bytes < 0 ? index_segment_drop(v->index, &u->row.id, s->n) : index_segment_set_bytes(v->index, &s->object, bytes);
  if (e == ERR_OK) e = note_whole(v, u, &offset);
  return commit_or_not(v, e);
}

/* A finished segment was synced before it was called so: only whether it is there is looked at, its chunks when they are read. */
static bool is_there(struct vault *v, const struct id *object) {
  int fd = -1;
  bool there = open_segment(v, object, O_RDONLY, &fd) == ERR_OK;
  io_close(&fd);
  return there;
}

static enum err recover_upload(struct vault *v, const struct id *id) {
  AUTO(upload) struct upload u = {0};
  AUTO(bytes) struct bytes segments = {0};
  TRY(upload_load(v, id, &u));
  TRY(index_segment_of(v->index, id, &segments));
  for (size_t i = 0; i < INDEX_COUNT(struct index_segment, segments); i++) {
    const struct index_segment *s = &INDEX_ROWS(struct index_segment, segments)[i];
    int64_t bytes = -1;
    if (s->bytes >= 0 && is_there(v, &s->object)) continue;
    if (s->bytes < 0 && recover_segment(v, &u, s, &bytes) != ERR_OK) bytes = -1;
    TRY(note_recovered(v, &u, s, bytes));
    if (bytes < 0) break;
  }
  return ERR_OK;
}

enum err spool_recover(struct vault *v) {
  AUTO(bytes) struct bytes all = {0};
  TRY(index_upload_list(v->index, "arriving", &all));
  for (size_t i = 0; i < INDEX_COUNT(struct index_upload, all); i++)
    if (recover_upload(v, &INDEX_ROWS(struct index_upload, all)[i].id) != ERR_OK)
      log_warn("an upload cannot go on: %s", err_text());
  return spool_tidy(v);
}

static enum err tidy_one(struct vault *v, int folder, const char *name) {
  struct id object;
  bool known;
  if (id_parse(ID_OBJECT, name, &object) != ERR_OK) return ERR_OK; /* somebody else's */
  TRY(index_segment_known(v->index, &object, &known));
  if (!known && unlinkat(folder, name, 0) && errno != ENOENT) return err_set_errno(ERR_IO, "cannot delete a part of an upload");
  return ERR_OK;
}

enum err spool_tidy(struct vault *v) {
  int folder = -1;
  TRY(open_folder(v, &folder));
  DIR *d = fdopendir(folder);
  if (!d) {
    io_close(&folder);
    return err_set_errno(ERR_IO, "cannot read the folder for uploads");
  }
  enum err e = ERR_OK;
  for (struct dirent *entry; e == ERR_OK && (entry = readdir(d));) e = tidy_one(v, dirfd(d), entry->d_name);
  closedir(d);
  return e;
}

/* ---- writing */

struct spool_writer {
  struct vault *vault;
  struct upload upload;
  struct secret_key *key; /* in the arena */
  struct index_segment segment;
  int fd;
  struct container_writer *container; /* of the segment that is being written; NULL: none */
  uint64_t offset;                    /* of all that came, with what is not sealed yet */
  uint64_t begun;                     /* where this segment began */
  int64_t first_n;                    /* of the segments that this writer made */
  EVP_MD_CTX *sum;                    /* NULL: no checksum */
};

const struct id *spool_upload(const struct spool_writer *w) { return &w->upload.row.id; }

void spool_writer_free(struct spool_writer *w) {
  if (!w) return;
  container_writer_free(w->container);
  io_close(&w->fd);
  EVP_MD_CTX_free(w->sum);
  secret_free(w->key);
  upload_free(&w->upload);
  free(w);
}

static enum err begin_sum(struct spool_writer *w, const char *algorithm) {
  const EVP_MD *kind = strcmp(algorithm, "sha1") == 0 ? EVP_sha1() : EVP_sha256();
  if (!*algorithm) return ERR_OK;
  w->sum = EVP_MD_CTX_new();
  return w->sum && EVP_DigestInit_ex(w->sum, kind, NULL) == 1 ? ERR_OK : err_set(ERR_IO, "out of memory");
}

static enum err prepare_writer(struct spool_writer *w, uint64_t offset, const char *algorithm) {
  AUTO(bytes) struct bytes segments = {0};
  struct upload *u = &w->upload;
  TRY(recover_upload(w->vault, &u->row.id));
  TRY(upload_load(w->vault, &u->row.id, u));
  if (strcmp(u->row.state, "arriving") != 0) return err_set(ERR_USAGE, "all of this upload is here already");
  TRY(spool_offset(w->vault, &u->row.id, &w->offset));
  if (w->offset != offset)
    return err_set(ERR_USAGE, "%llu bytes of this upload are here: go on from there", (unsigned long long)w->offset);
  TRY(index_segment_of(w->vault->index, &u->row.id, &segments));
  size_t count = INDEX_COUNT(struct index_segment, segments);
  w->first_n = w->segment.n = count ? INDEX_ROWS(struct index_segment, segments)[count - 1].n + 1 : 0;
  TRY(begin_sum(w, algorithm));
  return segment_key(w->vault, u, w->key);
}

enum err spool_write_on(struct vault *v, const struct upload *u, uint64_t offset, const char *algorithm,
                        struct spool_writer **out) {
  struct spool_writer *w = calloc(1, sizeof *w);
  if (!w) return err_set(ERR_IO, "out of memory");
  w->vault = v;
  w->fd = -1;
  w->upload.row.id = u->row.id;
  w->key = secret_alloc(sizeof *w->key);
  enum err e = prepare_writer(w, offset, algorithm);
  if (e == ERR_OK)
    *out = w;
  else
    spool_writer_free(w);
  return e;
}

/* Its row first: a file that has none is deleted by whoever tidies up. */
static enum err begin_segment(struct spool_writer *w) {
  struct vault *v = w->vault;
  w->segment = (struct index_segment){.object = id_new(), .upload = w->upload.row.id, .n = w->segment.n, .bytes = -1};
  TRY(index_begin(v->index));
  TRY(commit_or_not(v, index_segment_put(v->index, &w->segment)));
  TRY(open_segment(v, &w->segment.object, O_RDWR | O_CREAT | O_EXCL, &w->fd));
  struct container_ids ids = {v->id, w->upload.row.id, w->segment.object};
  w->begun = w->offset;
  return container_create_unnamed(w->fd, w->key, &ids, CONTAINER_LOG2_CHUNK, &w->container);
}

static enum err end_segment(struct spool_writer *w) {
  struct container_seal seal;
  struct vault *v = w->vault;
  if (!w->container) return ERR_OK;
  TRY(container_finish(w->container, &seal));
  container_writer_free(w->container);
  w->container = NULL;
  io_close(&w->fd);
  TRY(index_begin(v->index));
  enum err e = index_segment_set_bytes(v->index, &w->segment.object, (int64_t)seal.plain_bytes);
  w->segment.n++;
  return commit_or_not(v, e);
}

enum err spool_take(struct spool_writer *w, const void *data, size_t length) {
  const uint8_t *next = data;
  if (length > (uint64_t)w->upload.row.length - w->offset)
    return err_set(ERR_DATA, "more came than this upload was said to have");
  if (w->sum && EVP_DigestUpdate(w->sum, data, length) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  while (length) {
    if (!w->container) TRY(begin_segment(w));
    uint64_t room = SEGMENT - (w->offset - w->begun);
    size_t part = length < room ? length : (size_t)room;
    TRY(container_write(w->container, next, part));
    next += part, length -= part, w->offset += part;
    if (part == room) TRY(end_segment(w));
  }
  return ERR_OK;
}

static enum err is_right(struct spool_writer *w, const uint8_t *digest, size_t length) {
  uint8_t got[EVP_MAX_MD_SIZE];
  unsigned got_length = 0;
  if (!w->sum || EVP_DigestFinal_ex(w->sum, got, &got_length) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  if (got_length == length && sodium_memcmp(got, digest, length) == 0) return ERR_OK;
  return err_set(ERR_DATA, "what came does not have the checksum that was sent with it; send it again");
}

/* What it called whole before it failed is not: nobody may take in what is left. */
static enum err drop_all(struct spool_writer *w) {
  struct vault *v = w->vault;
  TRY(index_begin(v->index));
  enum err e = index_segment_drop(v->index, &w->upload.row.id, w->first_n);
  if (e == ERR_OK) e = index_upload_set_state(v->index, &w->upload.row.id, "arriving");
  TRY(commit_or_not(v, e));
  return spool_tidy(v);
}

void spool_discard(struct spool_writer *w) {
  container_writer_free(w->container);
  w->container = NULL;
  if (drop_all(w) != ERR_OK) log_warn("a part of an upload stays until the next start: %s", err_text());
  spool_writer_free(w);
}

enum err spool_seal(struct spool_writer *w, const uint8_t *digest, size_t length, uint64_t *offset) {
  struct vault *v = w->vault;
  TRY(end_segment(w));
  enum err right = digest ? is_right(w, digest, length) : ERR_OK;
  if (right == ERR_DATA) {
    TRY(drop_all(w));
    return err_set(ERR_DATA, "what came does not have the checksum that was sent with it; send it again");
  }
  TRY(right);
  uint64_t there;
  TRY(index_begin(v->index));
  TRY(commit_or_not(v, note_whole(v, &w->upload, &there)));
  *offset = there; /* nothing can fail once it is called whole */
  return ERR_OK;
}

/* ---- reading */

struct spool_reader {
  struct vault *vault;
  struct id upload;
  struct secret_key *key; /* in the arena */
  struct bytes segments;  /* struct index_segment */
  uint64_t length;
  size_t open; /* which is open, if `container` is not NULL */
  int fd;
  struct container_reader *container;
};

static void close_segment(struct spool_reader *r) {
  container_close(r->container);
  r->container = NULL;
  io_close(&r->fd);
}

void spool_close(struct spool_reader *r) {
  if (!r) return;
  close_segment(r);
  secret_free(r->key);
  bytes_free(&r->segments);
  free(r);
}

uint64_t spool_length(const struct spool_reader *r) { return r->length; }

static enum err prepare_reader(struct spool_reader *r, const struct upload *u) {
  TRY(segment_key(r->vault, u, r->key));
  TRY(index_segment_of(r->vault->index, &r->upload, &r->segments));
  return spool_offset(r->vault, &r->upload, &r->length);
}

enum err spool_open(struct vault *v, const struct upload *u, struct spool_reader **out) {
  struct spool_reader *r = calloc(1, sizeof *r);
  if (!r) return err_set(ERR_IO, "out of memory");
  r->vault = v;
  r->upload = u->row.id;
  r->fd = -1;
  r->key = secret_alloc(sizeof *r->key);
  enum err e = prepare_reader(r, u);
  if (e == ERR_OK)
    *out = r;
  else
    spool_close(r);
  return e;
}

static enum err go_to(struct spool_reader *r, size_t n) {
  const struct index_segment *s = &INDEX_ROWS(struct index_segment, r->segments)[n];
  struct container_ids ids = {r->vault->id, r->upload, s->object};
  if (r->container && r->open == n) return ERR_OK;
  close_segment(r);
  TRY(open_segment(r->vault, &s->object, O_RDONLY, &r->fd));
  TRY(container_open(r->fd, r->key, &ids, NULL, &r->container));
  r->open = n;
  if (container_length(r->container) == (uint64_t)s->bytes) return ERR_OK;
  close_segment(r);
  return err_set(ERR_DATA, "a part of an upload is not what was sealed");
}

enum err spool_read(struct spool_reader *r, uint64_t offset, void *out, size_t length) {
  uint8_t *to = out;
  uint64_t start = 0;
  for (size_t i = 0; i < INDEX_COUNT(struct index_segment, r->segments) && length; i++) {
    int64_t bytes = INDEX_ROWS(struct index_segment, r->segments)[i].bytes;
    if (bytes < 0) break;
    uint64_t end = start + (uint64_t)bytes;
    size_t got = 0;
    if (offset >= start && offset < end) {
      TRY(go_to(r, i));
      TRY(container_read(r->container, offset - start, to, length, &got));
    }
    to += got, offset += got, length -= got;
    start = end;
  }
  return length ? err_set(ERR_DATA, "an upload is shorter than it was") : ERR_OK;
}
