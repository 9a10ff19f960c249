/* A test tool, never shipped: runs the caged worker on one file as ingest would, and writes the playable result in plain.
 *   worker_drive PROGRAM SOURCE RESULT|- [most_height] [OPTION…]
 *     --may-copy --no-verify --derive      as struct wire_order says
 *     --no-picture --no-sound              keep only the other
 *     --marks FILE                         obscures (ingest/marks.h)
 *     --from N --to M, --from N --still    frames [N, M), or one
 *     --objects DIR                        writes poster, strip, peaks, frames there
 * Prints the report and the summary as key=value lines; ends with the exit code of the failure. */
#include "ingest/marks.h"
#include "ingest/worker.h"
#include "vault/base/io.h"
#include "vault/base/secret.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { DERIVED = 4 };

static const struct {
  enum wire_object which;
  const char *name;
} derived[DERIVED] = {{WIRE_POSTER, "poster"}, {WIRE_STRIP, "strip"}, {WIRE_PEAKS, "peaks"}, {WIRE_FRAMES, "frames"}};

struct drive {
  const char *program, *result, *objects, *marks;
  struct wire_order order;
  int source, body;
  bool keep;
  struct bytes head, derived[DERIVED];
  uint64_t body_bytes, read_bytes;
};

static enum err read_source(void *context, uint64_t offset, void *out, size_t length, size_t *got) {
  struct drive *d = context;
  ssize_t n = pread(d->source, out, length, (off_t)offset);
  if (n < 0) return err_set_errno(ERR_IO, "cannot read the source");
  *got = (size_t)n;
  d->read_bytes += (uint64_t)n;
  return ERR_OK;
}

static enum err take(void *context, enum wire_object which, const void *data, size_t length) {
  struct drive *d = context;
  struct bytes *kept = which == WIRE_HEAD ? &d->head : NULL;
  for (int i = 0; i < DERIVED; i++)
    if (derived[i].which == which) kept = &d->derived[i];
  if (kept) {
    bytes_put(kept, data, length);
    return bytes_check(kept);
  }
  d->body_bytes += length;
  return d->keep ? io_write_all(d->body, data, length) : ERR_OK;
}

static void print_report(const struct wire_report *r) {
  printf("media=%d container=%s video=%s audio=%s mime=%s size=%ux%u rate=%u/%u vfr=%d interlaced=%d hdr=%d duration_ms=%" PRId64
         " recorded_ms=%" PRId64 "\n",
         (int)r->media, r->container, r->video_codec, r->audio_codec, r->mime, r->width, r->height, r->rate_num, r->rate_den,
         r->variable_rate, r->interlaced, r->hdr, r->duration_ms, r->recorded_ms);
}

static void print_summary(const struct drive *d, const struct wire_summary *s) {
  printf("made size=%ux%u rate=%u/%u duration_ms=%" PRId64 " frames=%" PRIu64 " frames_damaged=%" PRIu64
         " packets_damaged=%" PRIu64 " mime=%s head=%zu body=%" PRIu64 " read=%" PRIu64 "\nsettings=%s\ntools=%s\n",
         s->width, s->height, s->rate_num, s->rate_den, s->duration_ms, s->frames, s->frames_damaged, s->packets_damaged, s->mime,
         d->head.length, d->body_bytes, d->read_bytes, s->settings, s->tools);
  printf("choice=%s\nrepairs=%s\ncopied picture_copied=%d sound_copied=%d\n", s->choice, s->repairs, s->picture_copied,
         s->sound_copied);
  printf("places=");
  for (uint32_t i = 0; i < s->places; i++) printf("%s%" PRId64, i ? "," : "", s->damaged_ms[i]);
  printf("\n");
}

static enum err write_file(const char *path, const struct bytes *content, int *out) {
  *out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (*out < 0) return err_set_errno(ERR_CREATE, "cannot make the result");
  return io_write_all(*out, content->data, content->length);
}

static enum err write_result(struct drive *d) {
  AUTO(io) int out = -1;
  TRY(write_file(d->result, &d->head, &out));
  char block[65536];
  for (uint64_t at = 0; at < d->body_bytes;) {
    ssize_t n = pread(d->body, block, sizeof block, (off_t)at);
    if (n <= 0) return err_set_errno(ERR_IO, "cannot read the body");
    TRY(io_write_all(out, block, (size_t)n));
    at += (uint64_t)n;
  }
  return ERR_OK;
}

static enum err write_objects(struct drive *d) {
  for (int i = 0; i < DERIVED; i++) {
    char path[4096];
    AUTO(io) int out = -1;
    snprintf(path, sizeof path, "%s/%s", d->objects, derived[i].name);
    unlink(path);
    if (d->derived[i].length) TRY(write_file(path, &d->derived[i], &out));
  }
  return ERR_OK;
}

static enum err read_marks(struct drive *d, const struct wire_report *r, struct marks **out) {
  AUTO(bytes) struct bytes text = {0};
  struct marks_film film = {r->width, r->height, r->rate_num, r->rate_den, INT32_MAX, r->duration_ms};
  TRY(io_read_file(AT_FDCWD, d->marks, MARKS_MOST_BYTES, &text));
  TRY(marks_parse(bytes_text(&text), text.length, &film, out));
  d->order.marked = true;
  d->order.marks = &(*out)->wire;
  return ERR_OK;
}

static enum err until_it_rests(struct worker *w) {
  for (bool done = false, watched; !done;) TRY(worker_step(w, -1, 1000, &watched, &done));
  return ERR_OK;
}

static enum err run(struct drive *d) {
  struct worker_host host = {.context = d, .read_source = read_source, .take = take};
  uint64_t size;
  TRY(io_file_size(d->source, &size));
  AUTO(worker) struct worker *w = NULL;
  TRY(worker_start(d->program, size, &host, &w));
  TRY(until_it_rests(w));
  print_report(worker_report(w));
  AUTO(marks) struct marks *marks = NULL;
  if (d->marks) TRY(read_marks(d, worker_report(w), &marks));
  TRY(worker_order(w, &d->order));
  TRY(until_it_rests(w));
  print_summary(d, worker_summary(w));
  if (d->objects) TRY(write_objects(d));
  return d->keep ? write_result(d) : ERR_OK;
}

static bool option(struct drive *d, char **argv, int *i) {
  const char *word = argv[*i];
  struct wire_order *o = &d->order;
  if (strcmp(word, "--may-copy") == 0) return o->may_copy = true;
  if (strcmp(word, "--no-verify") == 0) return !(o->verify = false);
  if (strcmp(word, "--derive") == 0) return o->derive = true;
  if (strcmp(word, "--no-picture") == 0) return !(o->keep_video = false);
  if (strcmp(word, "--no-sound") == 0) return !(o->keep_audio = false);
  if (strcmp(word, "--marks") == 0) return (d->marks = argv[++*i]) != NULL;
  if (strcmp(word, "--still") == 0) return o->make = WIRE_MAKE_STILL, true;
  if (strcmp(word, "--from") == 0 && argv[*i + 1]) return o->from_frame = strtoll(argv[++*i], NULL, 10), true;
  if (strcmp(word, "--to") == 0 && argv[*i + 1]) return o->to_frame = strtoll(argv[++*i], NULL, 10), true;
  if (strcmp(word, "--objects") == 0) return (d->objects = argv[++*i]) != NULL;
  if (*word == '-') return false;
  o->most_height = (uint32_t)strtoul(word, NULL, 10);
  return true;
}

static bool arguments(struct drive *d, int argc, char **argv) {
  if (argc < 4) return false;
  d->program = argv[1];
  d->source = open(argv[2], O_RDONLY | O_CLOEXEC);
  d->result = argv[3];
  d->keep = strcmp(d->result, "-") != 0;
  d->order = (struct wire_order){.make = WIRE_MAKE_COPY, .keep_video = true, .keep_audio = true, .verify = true, .to_frame = -1};
  for (int i = 4; i < argc; i++)
    if (!option(d, argv, &i)) return false;
  return true;
}

int main(int argc, char **argv) {
  struct drive d = {.body = memfd_create("body", MFD_CLOEXEC)};
  if (!arguments(&d, argc, argv) || secret_init() != ERR_OK) return ERR_USAGE;
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  enum err failure = run(&d);
  clock_gettime(CLOCK_MONOTONIC, &after);
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  if (failure != ERR_OK) printf("refused (%d): %s\n", (int)failure, err_text());
  printf("seconds=%.3f worker_peak_kib=%ld secret_left=%zu\n",
         (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9, usage.ru_maxrss,
         secret_in_use());
  bytes_free(&d.head);
  for (int i = 0; i < DERIVED; i++) bytes_free(&d.derived[i]);
  return (int)failure;
}
