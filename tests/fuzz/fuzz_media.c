/* The caged worker, driven with mutated films, sound and pictures: beside this program lies clipvault-transcode, built with the
 * same sanitizers. Whatever a file is, the worker makes something of it or refuses it in words; a crash of a decoder is contained
 * and counted. A finding is what may not be: our part of the worker failing (a sanitizer ends it with an exit code), the protocol
 * broken, objects that are not strictly what they should be, a process left behind. libav itself is not instrumented: this finds
 * faults in what we do around it, and in the cage. */
#include "ingest/plan.h"
#include "ingest/worker.h"
#include "vault/base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEP_MS = 1000 };
struct recording {
  const uint8_t *data;
  size_t size;
  uint64_t made;
};
static unsigned long made, refused, crashed;

static void tell(void) {
  fprintf(stderr, "media: %lu taken in, %lu refused, in %lu of them the decoder crashed or was stopped\n", made, refused,
          crashed);
}

static enum err read_source(void *context, uint64_t offset, void *out, size_t length, size_t *got) {
  const struct recording *r = context;
  *got = offset >= r->size ? 0 : r->size - offset < length ? (size_t)(r->size - offset) : length;
  if (*got) memcpy(out, r->data + offset, *got);
  return ERR_OK;
}

static enum err take(void *context, enum wire_object which, const void *data, size_t length) {
  struct recording *r = context;
  if (!data || !length || which < WIRE_HEAD || which > WIRE_PEAKS) abort();
  r->made += length;
  return ERR_OK;
}

static void progress(void *context, unsigned permille) {
  (void)context;
  if (permille > 1000) abort();
}

static enum err run(struct worker *w) {
  bool watched, done = false;
  while (!done) TRY(worker_step(w, -1, STEP_MS, &watched, &done));
  return ERR_OK;
}

static enum err transcode(struct recording *r) {
  static const struct wire_limits most = {
      .most_pixels = 1 << 20, .most_streams = 8, .most_duration_ms = 60000, .most_packets = 4000, .most_seconds = 20};
  static const struct plan_consents all = {1, 1, 1, 1, 1};
  struct worker_host host = {r, read_source, take, progress, &most};
  AUTO(worker) struct worker *w = NULL;
  struct plan plan;
  TRY(worker_start(NULL, r->size, &host, &w));
  TRY(run(w));
  TRY(plan_make(worker_report(w), "", &all, &plan));
  TRY(worker_order(w, &plan.order));
  TRY(run(w));
  if (!r->made) abort(); /* done, and nothing came */
  return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool ready;
  struct recording r = {data, size, 0};
  if (!ready && (secret_init() != ERR_OK || atexit(tell))) abort();
  ready = true;
  enum err e = transcode(&r);
  if (e == ERR_OK) {
    made++;
  } else {
    refused++;
    if (strstr(err_text(), "SIG")) crashed++;
    if ((e != ERR_DATA && e != ERR_USAGE) || strstr(err_text(), "broke the protocol")) {
      fprintf(stderr, "media: %s\n", err_text());
      abort();
    }
  }
  if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) abort(); /* a process was left behind */
  return 0;
}
