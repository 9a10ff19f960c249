/* clipvault-transcode: opens what it needs, closes its cage, then looks at one recording. Its socket is descriptor 3. */
#include "ingest/wire_marks.h"
#include "ingest/worker/input.h"
#include "ingest/worker/kind.h"
#include "ingest/worker/limits.h"
#include "ingest/worker/link.h"
#include "ingest/worker/listen.h"
#include "ingest/worker/photo.h"
#include "ingest/worker/probe.h"
#include "ingest/worker/snapshot.h"
#include "ingest/worker/still.h"
#include "ingest/worker/transcode.h"
#include "vault/base/sandbox.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>

enum { MOST_MALLOC_ARENAS = 4 };

/* A cage of 4 GiB of addresses has no room for a malloc arena (64 MiB each) per thread. */
static void prepare(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  mallopt(M_ARENA_MAX, MOST_MALLOC_ARENAS);
  listen_begin();
  kind_prepare();
  photo_prepare();
}

static enum err say_ready(const char *cage) {
  AUTO(bytes) struct bytes frame = {0};
  wire_put_text(&frame, WIRE_READY, cage);
  return link_send(&frame);
}

/* From the parent, who is trusted: how large the recording is, and what it may cost. Nothing of the recording itself. */
static enum err hear_source(uint64_t *bytes, struct wire_limits *most) {
  AUTO(bytes) struct bytes payload = {0};
  TRY(link_receive(WIRE_OPEN, &payload));
  return wire_get_open(payload.data, payload.length, bytes, most);
}

static enum err say_report(const struct wire_report *report) {
  AUTO(bytes) struct bytes frame = {0};
  wire_put_report(&frame, report);
  return link_send(&frame);
}

static enum err hear_order(struct wire_order *order) {
  AUTO(bytes) struct bytes payload = {0};
  TRY(link_receive(WIRE_ORDER, &payload));
  return wire_get_order(payload.data, payload.length, order);
}

/* There is one order in the life of a worker, and so one set of marks. */
static enum err hear_marks(struct wire_order *order) {
  static struct wire_marks marks;
  AUTO(bytes) struct bytes payload = {0};
  if ((order->marked || order->watermark[0]) && order->may_copy) return err_set(ERR_BUG, "what is drawn over cannot be copied");
  if (!order->marked) return ERR_OK;
  if (order->make != WIRE_MAKE_COPY || order->from_frame || order->to_frame != -1)
    return err_set(ERR_BUG, "marks count the frames of a whole film");
  TRY(link_receive(WIRE_MARKS, &payload));
  TRY(wire_marks_get(payload.data, payload.length, &marks));
  order->marks = &marks;
  return ERR_OK;
}

static enum err say_done(const struct wire_summary *summary) {
  AUTO(bytes) struct bytes frame = {0};
  wire_put_done(&frame, summary);
  return link_send(&frame);
}

static enum err enter_cage(uint64_t *bytes) {
  char cage[SANDBOX_TEXT];
  struct wire_limits most;
  TRY(hear_source(bytes, &most));
  TRY(sandbox_enter(most.most_seconds, cage));
  limits_set(&most);
  return say_ready(cage);
}

static enum err work(uint64_t bytes) {
  AUTO(source) struct source *source = NULL;
  TRY(source_open(bytes, &source));
  char hint[KIND_TEXT];
  TRY(kind_hint(source, hint));
  AUTO(input) struct input in = {0};
  TRY(input_open(source, hint, &in));
  struct wire_report report;
  struct cadence_rate rate;
  TRY(probe_report(&in, hint, &report, &rate));
  TRY(say_report(&report));
  struct wire_order order;
  TRY(hear_order(&order));
  TRY(hear_marks(&order));
  struct wire_summary summary;
  if (in.media == WIRE_STILL)
    TRY(still_run(&in, &order, &summary));
  else if (order.make == WIRE_MAKE_STILL)
    TRY(snapshot_run(&in, &order, rate, &summary));
  else
    TRY(transcode_run(&in, &order, rate, &summary));
  return say_done(&summary);
}

static int refuse(enum err failure) {
  AUTO(bytes) struct bytes frame = {0};
  wire_put_refused(&frame, failure, err_text());
  IGNORE(link_send(&frame)); /* the parent may be gone; the exit code then tells */
  return (int)failure;
}

int main(void) {
  uint64_t bytes;
  prepare();
  enum err failure = enter_cage(&bytes);
  if (failure == ERR_OK) failure = work(bytes);
  return failure == ERR_OK ? 0 : refuse(failure);
}
