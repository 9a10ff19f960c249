#include "ingest/worker.h"

#include "ingest/plan.h"
#include "ingest/wire_marks.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/program.h"
#include "vault/base/secret.h"
#include "vault/config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  FRAME_BYTES = WIRE_PREFIX + WIRE_MOST_PAYLOAD,
  MOST_START_MS = 30 * 1000,
  MOST_SILENCE_MS = 5 * 60 * 1000, /* without a frame from it */
  MOST_PROBE_MS = 5 * 60 * 1000,
  LEAST_MAKING_MS = 30 * 60 * 1000, /* and on top of that ... */
  MAKING_FACTOR = 20,               /* ... so many times the recording's own length */
  MOST_FAREWELL_MS = 2 * 1000,
  LONG_AWAY_MS = 2 * 1000,
};

enum stage { STARTING, PROBING, PROBED, MAKING, DONE, OVER };

struct worker {
  pid_t pid; /* 0 once it was waited for */
  int fd;
  struct worker_host host;
  enum stage stage;
  int64_t heard_ms, deadline_ms; /* monotonic; the latter of this stage */
  int64_t end_ms;                /* when it must be through, whatever the stage; counts from when its cage is closed */
  int64_t looked_ms;             /* when we last did anything with it */
  uint32_t most_seconds;
  bool host_failed; /* what ended it was a call of the host's */
  /* Both hold pieces of the recording, hence the arena. `out` has at most one frame: no further frame of the worker is
   * looked at before it has taken its answer, so a worker that only asks cannot make us hoard. */
  uint8_t *in, *out;
  size_t in_length, out_length, out_sent;
  struct wire_report report;
  struct wire_summary summary;
};

/* ---- its end ---- */

static int wait_upto(struct worker *w, int most_ms) {
  int status = 0;
  for (int waited_ms = 0; waited_ms < most_ms; waited_ms += 10) {
    pid_t got = waitpid(w->pid, &status, WNOHANG);
    if (got == w->pid) {
      w->pid = 0;
      return status;
    }
    nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000L}, NULL);
  }
  return status;
}

static void end_process(struct worker *w) {
  if (w->pid <= 0) return;
  kill(w->pid, SIGKILL);
  while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR) continue;
  w->pid = 0;
}

/* Every failure in here ends the worker: nothing can be asked of it afterwards. */
static enum err over(struct worker *w, enum err failure) {
  end_process(w);
  w->stage = OVER;
  return failure;
}

/* Signals by which a process falls over what it computes. */
static bool is_crash(int number) {
  return number == SIGSEGV || number == SIGABRT || number == SIGFPE || number == SIGBUS || number == SIGILL || number == SIGTRAP;
}

static enum err spent(const struct worker *w) {
  return err_set(ERR_DATA, "refused: the file takes longer than %u seconds (most_seconds in clipvault.conf)",
                 (unsigned)w->most_seconds);
}

/* Before its cage was closed it had seen nothing of the recording; from then on a crash is the recording's doing. */
static enum err fell(const struct worker *w, bool caged, int number) {
  const char *name = sigabbrev_np(number);
  if (!name) name = "?";
  if (caged && is_crash(number))
    return err_set(ERR_DATA,
                   "refused: the file crashed the decoder (SIG%s); it is damaged or hostile, and nothing of it was kept", name);
  if (caged && number == SIGSYS)
    return err_set(ERR_DATA, "refused: the file made the decoder try what it may not, and it was stopped by its cage (SIGSYS)");
  if (caged && number == SIGXCPU) return spent(w);
  return err_set(ERR_UNAVAILABLE, "the worker was ended by SIG%s", name);
}

static enum err died(struct worker *w) {
  bool caged = w->stage != STARTING;
  int status = wait_upto(w, MOST_FAREWELL_MS);
  bool gone = w->pid == 0;
  IGNORE(over(w, ERR_UNAVAILABLE));
  if (gone && WIFSIGNALED(status)) return fell(w, caged, WTERMSIG(status));
  if (gone && WIFEXITED(status) && WEXITSTATUS(status))
    return err_set(ERR_UNAVAILABLE, "the worker ended with exit code %d before it was done", WEXITSTATUS(status));
  return err_set(ERR_UNAVAILABLE, "the worker ended before it was done");
}

static enum err protocol(struct worker *w) {
  return over(w, err_set(ERR_DATA, "the worker broke the protocol; this recording is not trusted"));
}

/* ---- its frames ---- */

static enum err of_host(struct worker *w, enum err e) {
  w->host_failed = e != ERR_OK;
  return e;
}

static enum err answer_read(struct worker *w, const uint8_t *payload, size_t length) {
  uint64_t offset;
  uint32_t wanted;
  TRY(wire_get_read(payload, length, &offset, &wanted));
  size_t got = 0;
  TRY(of_host(w, w->host.read_source(w->host.context, offset, w->out + WIRE_PREFIX, wanted, &got)));
  if (got > wanted) return err_set(ERR_BUG, "the source gave more than was asked for");
  wire_prefix(w->out, WIRE_BYTES, got);
  w->out_length = WIRE_PREFIX + got;
  w->out_sent = 0;
  return ERR_OK;
}

static enum err take_part(struct worker *w, const uint8_t *payload, size_t length) {
  enum wire_object which;
  const uint8_t *data;
  size_t data_length;
  TRY(wire_get_part(payload, length, &which, &data, &data_length));
  return of_host(w, w->host.take(w->host.context, which, data, data_length));
}

static enum err take_progress(struct worker *w, const uint8_t *payload, size_t length) {
  uint32_t permille;
  TRY(wire_get_progress(payload, length, &permille));
  if (w->host.progress) w->host.progress(w->host.context, permille);
  return ERR_OK;
}

static enum err take_refusal(const uint8_t *payload, size_t length) {
  enum err code;
  char reason[WIRE_TEXT + 1];
  TRY(wire_get_refused(payload, length, &code, reason));
  return err_set(code, "%s", reason);
}

static void enter(struct worker *w, enum stage stage, int64_t most_ms) {
  w->stage = stage;
  w->heard_ms = clock_steady_ms();
  w->deadline_ms = w->heard_ms + most_ms;
}

/* It goes on to its report by itself. */
static enum err take_ready(struct worker *w, const uint8_t *payload, size_t length) {
  char cage[WIRE_TEXT + 1];
  TRY(wire_get_text(payload, length, cage));
  enter(w, PROBING, MOST_PROBE_MS);
  w->end_ms = w->heard_ms + (int64_t)w->most_seconds * 1000;
  return ERR_OK;
}

static enum err take_report(struct worker *w, const uint8_t *payload, size_t length) {
  TRY(wire_get_report(payload, length, &w->report));
  w->stage = PROBED;
  return ERR_OK;
}

static enum err take_summary(struct worker *w, const uint8_t *payload, size_t length) {
  TRY(wire_get_done(payload, length, &w->summary));
  w->stage = DONE;
  return ERR_OK;
}

/* Each frame has its time; one that comes at another says that the worker is no longer ours. */
static enum err handle(struct worker *w, enum wire_kind kind, const uint8_t *payload, size_t length) {
  enum stage at = w->stage;
  if (kind == WIRE_REFUSED && at != PROBED && at != DONE) return take_refusal(payload, length);
  if (kind == WIRE_READY && at == STARTING) return take_ready(w, payload, length);
  if (kind == WIRE_READ && (at == PROBING || at == MAKING)) return answer_read(w, payload, length);
  if (kind == WIRE_REPORT && at == PROBING) return take_report(w, payload, length);
  if (kind == WIRE_PROGRESS && at == MAKING) return take_progress(w, payload, length);
  if (kind == WIRE_PART && at == MAKING) return take_part(w, payload, length);
  if (kind == WIRE_DONE && at == MAKING) return take_summary(w, payload, length);
  return protocol(w);
}

static enum err handle_all(struct worker *w) {
  size_t done = 0;
  while (w->out_length == 0 && w->in_length - done >= WIRE_PREFIX) {
    enum wire_kind kind;
    uint32_t length;
    TRY(wire_get_prefix(w->in + done, &kind, &length));
    if (w->in_length - done - WIRE_PREFIX < length) break;
    TRY(handle(w, kind, w->in + done + WIRE_PREFIX, length));
    done += WIRE_PREFIX + length;
  }
  w->in_length -= done;
  if (done) memmove(w->in, w->in + done, w->in_length);
  return ERR_OK;
}

/* ---- one turn of the loop ---- */

static enum err send_some(struct worker *w) {
  ssize_t sent = send(w->fd, w->out + w->out_sent, w->out_length - w->out_sent, MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return ERR_OK;
  if (sent < 0 && errno != EPIPE && errno != ECONNRESET) return died(w);
  if (sent < 0) sent = (ssize_t)(w->out_length - w->out_sent); /* it is gone; what it said before that is still to be read */
  w->out_sent += (size_t)sent;
  if (w->out_sent == w->out_length) w->out_length = w->out_sent = 0;
  return ERR_OK;
}

static enum err receive_some(struct worker *w) {
  ssize_t got = recv(w->fd, w->in + w->in_length, FRAME_BYTES - w->in_length, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return ERR_OK;
  if (got <= 0) return died(w);
  w->in_length += (size_t)got;
  w->heard_ms = clock_steady_ms();
  return ERR_OK;
}

static enum err check_time(struct worker *w) {
  int64_t now = clock_steady_ms();
  if (now > w->end_ms) return spent(w);
  bool late = now > w->deadline_ms, silent = now - w->heard_ms > MOST_SILENCE_MS;
  if (!late && !silent) return ERR_OK;
  if (w->stage == STARTING) /* where memory is short, libseccomp may go round for ever */
    return err_set(ERR_UNAVAILABLE,
                   "the worker did not start within %d s: the machine is too busy, or short of memory; try again",
                   MOST_START_MS / 1000);
  if (silent)
    return err_set(ERR_DATA, "refused: the decoder hung on the file (nothing came for %d minutes)", MOST_SILENCE_MS / 60000);
  return err_set(ERR_DATA, "refused: the file takes longer than one file of its length may take");
}

/* Where another command kept us from it for long, that is no time that it took. */
static void forgive_absence(struct worker *w) {
  int64_t now = clock_steady_ms(), away_ms = now - w->looked_ms;
  w->looked_ms = now;
  if (away_ms < LONG_AWAY_MS) return;
  w->heard_ms += away_ms;
  w->deadline_ms += away_ms;
  if (w->end_ms != INT64_MAX) w->end_ms += away_ms;
}

/* It waits for us. */
static bool rests(const struct worker *w) { return w->stage == PROBED || w->stage == DONE; }

static enum err turn(struct worker *w) {
  forgive_absence(w);
  TRY(handle_all(w)); /* frames that waited behind an answer */
  if (rests(w)) return ERR_OK;
  TRY(w->out_length ? send_some(w) : receive_some(w));
  TRY(handle_all(w));
  return check_time(w);
}

/* `out` is empty whenever this is called: the worker has been answered. */
static enum err say(struct worker *w, const struct bytes *frame) {
  TRY(bytes_check(frame));
  if (frame->length > FRAME_BYTES || w->out_length) return err_set(ERR_BUG, "a frame to the worker does not fit");
  memcpy(w->out, frame->data, frame->length);
  w->out_length = frame->length;
  w->out_sent = 0;
  return ERR_OK;
}

/* ---- what callers see ---- */

static struct wire_limits limits_of(const struct worker_host *host) {
  if (host->most) return *host->most;
  const struct config usual = config_default();
  return plan_limits(&usual);
}

/* Its standard error is nobody's: what it says there may come from the recording, and is no way to a person's terminal. */
static enum err spawn(struct worker *w, const char *program) {
  char own[PATH_MAX];
  if (!program) TRY(program_path("clipvault-transcode", own));
  return program_start(program ? program : own, PROGRAM_MUTE, &w->pid, &w->fd);
}

enum err worker_start(const char *program, uint64_t source_bytes, const struct worker_host *host, struct worker **out) {
  AUTO(worker) struct worker *w = calloc(1, sizeof *w);
  if (!w) return err_set(ERR_IO, "out of memory");
  const struct wire_limits most = limits_of(host);
  w->fd = -1;
  w->host = *host;
  w->most_seconds = most.most_seconds;
  w->end_ms = INT64_MAX;
  w->in = secret_alloc(FRAME_BYTES);
  w->out = secret_alloc(FRAME_BYTES);
  TRY(spawn(w, program));
  AUTO(bytes) struct bytes frame = {0};
  wire_put_open(&frame, source_bytes, &most);
  TRY(say(w, &frame));
  enter(w, STARTING, MOST_START_MS);
  w->looked_ms = w->heard_ms;
  *out = w;
  w = NULL;
  return ERR_OK;
}

enum err worker_order(struct worker *w, const struct wire_order *order) {
  if (w->stage != PROBED) return err_set(ERR_BUG, "the worker takes its order once, after the report");
  AUTO(bytes) struct bytes frame = {0};
  if (order->marked != (order->marks != NULL)) return err_set(ERR_BUG, "an order to obscure without marks, or the reverse");
  wire_put_order(&frame, order);
  if (order->marks) wire_marks_put(&frame, order->marks);
  TRY(say(w, &frame));
  int64_t length_ms = w->report.duration_ms > 0 ? w->report.duration_ms : 0;
  if (length_ms > INT64_MAX / 4 / MAKING_FACTOR) length_ms = 0;
  enter(w, MAKING, LEAST_MAKING_MS + MAKING_FACTOR * length_ms);
  return ERR_OK;
}

enum err worker_turn(struct worker *w, bool *done) {
  if (w->stage == OVER) return err_set(ERR_UNAVAILABLE, "the worker is gone");
  enum err failure = turn(w);
  if (failure != ERR_OK) return over(w, failure);
  *done = rests(w);
  return ERR_OK;
}

bool worker_fell(const struct worker *w) { return w->stage == OVER && !w->host_failed; }

struct pollfd worker_wait(const struct worker *w) {
  bool nothing = rests(w) || w->stage == OVER;
  return (struct pollfd){.fd = nothing ? -1 : w->fd, .events = w->out_length ? POLLOUT : POLLIN};
}

enum err worker_step(struct worker *w, int watch, int timeout_ms, bool *watched, bool *done) {
  struct pollfd files[2] = {worker_wait(w), {.fd = watch, .events = POLLIN}};
  int ready = poll(files, 2, files[0].fd < 0 ? 0 : timeout_ms);
  if (ready < 0 && errno != EINTR) return over(w, err_set_errno(ERR_IO, "cannot wait for the worker"));
  TRY(worker_turn(w, done));
  *watched = ready > 0 && files[1].revents;
  return ERR_OK;
}

const struct wire_report *worker_report(const struct worker *w) { return &w->report; }
const struct wire_summary *worker_summary(const struct worker *w) { return &w->summary; }

void worker_free(struct worker *w) {
  if (!w) return;
  end_process(w);
  io_close(&w->fd);
  secret_free(w->in);
  secret_free(w->out);
  free(w);
}
