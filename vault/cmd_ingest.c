/* ingest. */
#include "ingest/folder.h"
#include "ingest/ingest.h"
#include "ingest/report.h"
#include "ingest/wipe.h"
#include "vault/account.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/consent.h"
#include "vault/intake.h"
#include "vault/progress.h"
#include "vault/request.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LEAST_HEIGHT = 64, MOST_WORDS = 512 };

/* What holds for all files of one command. */
struct batch {
  struct ingest_order order;
  struct id people[INTAKE_MOST_PEOPLE];
  struct place at;
};

static enum err read_people(struct vault *v, const struct request *rq, struct batch *b) {
  size_t count = request_count(rq, "person");
  if (count > INTAKE_MOST_PEOPLE) return err_set(ERR_USAGE, "at most %d people can be named for one film", INTAKE_MOST_PEOPLE);
  for (size_t i = 0; i < count; i++) TRY(id_parse(ID_PERSON, request_nth(rq, "person", i), &b->people[i]));
  b->order.people = b->people;
  b->order.people_count = count;
  return intake_require_people(v, b->people, count);
}

static enum err read_dates(struct vault *v, const struct request *rq, struct batch *b) {
  const char *recorded = request_text(rq, "recorded"), *expires = request_text(rq, "expires");
  b->order.recorded_ms = CONSENT_UNKNOWN_MS;
  b->order.expires_ms = CLOCK_NEVER_MS;
  if (recorded) TRY(clock_parse_start(recorded, &b->order.recorded_ms));
  if (recorded && b->order.recorded_ms > vault_now_ms(v)) return err_set(ERR_USAGE, "--recorded lies in the future");
  if (expires) TRY(clock_parse(expires, &b->order.expires_ms));
  if (expires && b->order.expires_ms <= vault_now_ms(v))
    return err_set(ERR_USAGE, "--expires lies in the past: there would be nothing to keep");
  return ERR_OK;
}

static enum err read_height(const struct request *rq, struct batch *b) {
  uint64_t height;
  TRY(request_number(rq, "max-height", 0, UINT16_MAX, &height));
  if (request_text(rq, "max-height") && height < LEAST_HEIGHT)
    return err_set(ERR_USAGE, "--max-height is at least %d", LEAST_HEIGHT);
  b->order.most_height = (uint32_t)height;
  return ERR_OK;
}

static enum err read_batch(struct vault *v, const struct request *rq, struct batch *b) {
  enum purpose_media media;
  TRY(account_require(v, ACCOUNT_PRACTITIONER, "taking in films"));
  TRY(id_parse(ID_CASE, request_text(rq, "case"), &b->order.kase));
  TRY(intake_require_case(v, &b->order.kase));
  TRY(read_people(v, rq, b));
  TRY(read_dates(v, rq, b));
  TRY(read_height(rq, b));
  b->order.kind = request_text_or(rq, "kind", "");
  if (*b->order.kind) TRY(purpose_kind_media(b->order.kind, &media));
  if (request_text(rq, "at")) {
    TRY(place_parse("--at", request_text(rq, "at"), &b->at));
    b->order.at = &b->at;
  }
  b->order.keep_original = request_flag(rq, "keep-original") || v->config.keep_originals;
  return ERR_OK;
}

/* ---- file by file */
struct run {
  struct session *session;
  struct batch batch;
  struct report report;
  struct progress_queue queue;
};

static void run_auto(struct run *r) { report_free(&r->report); }

static bool is_of_the_file(const struct session *s, enum err e) {
  return e == ERR_DATA || e == ERR_USAGE || (e == ERR_REFUSED && !session_stopped(s));
}

static enum err wipe(struct run *r, const char *file, const struct wipe_source *source, const struct ingest_result *taken) {
  char how[WIPE_TEXT];
  enum err e = taken->original_denied ? err_set(ERR_REFUSED, "its original was to be kept, and may not be: there is more in it")
                                      : wipe_source(r->session, source, taken, how);
  if (e == ERR_OK)
    report_wiped(&r->report, file, how);
  else
    report_not_wiped(&r->report, file, err_text());
  TRY(session_check(r->session));
  return e == ERR_DATA || e == ERR_REFUSED ? ERR_OK : e;
}

/* What is wrong with the file goes on the list; what is wrong with the vault ends the command, and so does whoever asked for it.
 * (At a terminal the interruption also reaches the worker, whose death is then no finding about the file.) */
static enum err take_in(struct run *r, const char *file, const char *name, int fd) {
  struct ingest_result result;
  struct wipe_source wiped = {.fd = fd};
  struct source_file opened;
  struct source source;
  r->batch.order.source = &source;
  r->batch.order.name = name;
  r->queue.file = file;
  progress_show_queue(r->session, &r->queue, file, 0);
  if (r->report.wiping && wipe_look(fd, &wiped) != ERR_OK) {
    report_refused(&r->report, file, err_text());
    return ERR_OK;
  }
  enum err e = source_of_file(fd, &opened, &source);
  if (e == ERR_OK) e = ingest_recording(r->session, &r->batch.order, &result);
  if (e != ERR_OK) TRY(session_check(r->session));
  if (is_of_the_file(r->session, e)) {
    report_refused(&r->report, file, err_text());
    return ERR_OK;
  }
  TRY(e);
  progress_show_queue(r->session, &r->queue, file, 1000);
  report_done(&r->report, file, &result);
  return r->report.wiping ? wipe(r, file, &wiped, &result) : ERR_OK;
}

/* Before each file; `bytes` as counted. */
static enum err next_file(struct run *r, uint64_t bytes) {
  session_attend(r->session);
  TRY(session_check(r->session));
  if (report_full(&r->report))
    return err_set(ERR_DATA, "stopped after %zu files: there are too many for one answer; name parts of the folder",
                   r->report.told);
  r->queue.before_bytes += r->queue.file_bytes;
  r->queue.file_bytes = bytes;
  if (r->queue.index < r->queue.count) r->queue.index++;
  return ERR_OK;
}

static enum err take_in_folder(void *context, const struct folder_file *f) {
  struct run *r = context;
  AUTO(io) int fd = -1;
  TRY(next_file(r, f->bytes));
  if (folder_open(f, r->report.wiping, &fd) == ERR_OK) return take_in(r, f->path, f->name, fd);
  report_refused(&r->report, f->path, err_text());
  return ERR_OK;
}

static enum err leave_out(void *context, const char *path, const char *reason) {
  struct run *r = context;
  report_skipped(&r->report, path, reason);
  return session_check(r->session);
}

/* ---- what was named: files and folders */
static bool is_folder(int fd, struct stat *st) { return fd >= 0 && fstat(fd, st) == 0 && S_ISDIR(st->st_mode); }

static enum err count_one(void *context, const struct folder_file *f) {
  struct run *r = context;
  r->queue.count++;
  r->queue.all_bytes += f->bytes;
  session_attend(r->session);
  return session_check(r->session);
}

/* A folder that cannot be read is one refusal, and the rest goes on. */
static enum err walk(struct run *r, int fd, const char *name, const struct folder_visitor *visitor, bool tell) {
  enum err e = folder_walk(fd, visitor);
  if (e != ERR_DATA || report_full(&r->report)) return e;
  if (tell) report_refused(&r->report, name, err_text());
  return ERR_OK;
}

static enum err count_named(struct run *r, const struct request *rq, size_t n) {
  struct folder_visitor visitor = {r, count_one, NULL};
  struct stat st = {0};
  if (is_folder(request_fd(rq, "FILE", n), &st)) return walk(r, request_fd(rq, "FILE", n), NULL, &visitor, false);
  r->queue.count++;
  r->queue.all_bytes += st.st_size > 0 ? (uint64_t)st.st_size : 0;
  return ERR_OK;
}

static enum err take_named(struct run *r, const struct request *rq, size_t n) {
  struct folder_visitor visitor = {r, take_in_folder, leave_out};
  struct stat st = {0};
  int fd = request_fd(rq, "FILE", n);
  const char *name = request_nth(rq, "FILE", n);
  if (is_folder(fd, &st)) return walk(r, fd, name, &visitor, true);
  TRY(next_file(r, st.st_size > 0 ? (uint64_t)st.st_size : 0));
  return take_in(r, name, name, fd);
}

/* What could not even be opened; see COMMAND_UNOPENED. */
static void tell_unopened(struct run *r, const char *noted) {
  char reason[MOST_WORDS];
  size_t length = strcspn(noted, "\n");
  snprintf(reason, sizeof reason, "%.*s", (int)length, noted);
  report_refused(&r->report, noted[length] ? noted + length + 1 : noted, reason);
}

static enum err take_all(struct run *r, const struct request *rq) {
  r->queue.began_ms = clock_steady_ms();
  for (size_t i = 0; i < request_count(rq, "FILE"); i++) TRY(count_named(r, rq, i));
  for (size_t i = 0; i < request_count(rq, COMMAND_UNOPENED); i++) tell_unopened(r, request_nth(rq, COMMAND_UNOPENED, i));
  for (size_t i = 0; i < request_count(rq, "FILE"); i++) TRY(take_named(r, rq, i));
  return r->report.kept ? ERR_OK : err_set(ERR_DATA, "nothing was taken in");
}

/* What was done is told, whatever became of the rest. */
static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(run) struct run r = {.session = s};
  TRY(read_batch(s->vault, rq, &r.batch));
  report_begin(&r.report, request_flag(rq, "wipe-source"));
  r.batch.order.queue = &r.queue;
  enum err e = take_all(&r, rq);
  progress_clear(s);
  TRY(report_end(&r.report, reply));
  reply->report = true;
  return e;
}

/* Before anyone is asked for a passphrase. */
static enum err prepare(const struct session *s, struct request *rq) {
  (void)s;
  if (request_count(rq, "FILE") + request_count(rq, COMMAND_UNOPENED)) return ERR_OK;
  return err_set(ERR_USAGE, "ingest needs FILE; see clipvault help ingest");
}

static const struct command_option options[] = {
    {"FILE", NULL, OPTION_REPEAT | OPTION_FILE_IN | OPTION_FOLDER, "the recordings, and folders of them"},
    {COMMAND_UNOPENED, NULL, OPTION_PREPARED | OPTION_REPEAT, "those that cannot be opened"},
    {"--case", "CASE", OPTION_REQUIRED, "the case they belong to"},
    {"--person", "PERSON", OPTION_REPEAT, "someone in them; once for everyone"},
    {"--recorded", "DATE", 0, "when it was filmed; otherwise as the file says"},
    {"--kind", "KIND", 0, "recording, clip, still, audio or document; otherwise by content"},
    {"--expires", "DATE", 0, "the clip's own end, whatever the consents say"},
    {"--max-height", "N", 0, "the copy's shorter side gets at most N lines (otherwise 1080)"},
    {"--at", "T", 0, "of a film that becomes a still: which picture, 123 (frame) or 12.480 (seconds); else its middle"},
    {"--wipe-source", NULL, OPTION_SWITCH | OPTION_WIPES,
     "then overwrite and remove each file that is safely in the vault; read below what that is worth"},
    {"--keep-original", NULL, OPTION_SWITCH, "also keep the file as it was received, sealed in the same way"},
    {0},
};
const struct command cmd_ingest = {
    .name = "ingest",
    .group = "Films",
    .synopsis =
        "FILE|FOLDER… --case CASE --person PERSON [--person …] [--recorded DATE] [--kind KIND] [--expires DATE] [--max-height N] "
        "[--at T] "
        "[--keep-original] [--wipe-source]",
    .summary = "take films, sound or pictures into the vault, also whole folders and cards",
    .help =
        "Takes recordings in: each is checked and re-encoded in a confined process, sealed as it arrives, and may be used for "
        "exactly the purposes that everyone named with --person agreed to. If there is none it goes to quarantine and ends by "
        "itself unless consents follow. Where everyone agreed to its sound and to nothing that shows a picture, only the sound "
        "is "
        "kept; where to single pictures and nothing more, one picture of it (--at).\n\n"
        "  clipvault ingest film.mov --case cas_… --person per_ADA --person per_MIRA\n"
        "  clipvault ingest /media/card --case cas_… --person per_ADA --wipe-source\n\n"
        "A folder is taken in with everything below it, in the order of names; links are not followed, and hidden files and what "
        "a "
        "camera keeps beside its recordings are left out and listed. Everyone named is taken to be in every file.\n\n"
        "A file that is in the vault already is not taken twice. A file that is no recording is refused with the reason; the "
        "others are taken in all the same. Ctrl-C ends it (75): what was finished stays and is listed, of the file in work "
        "nothing "
        "is left.\n\n"
        "--keep-original (or keep_originals in clipvault.conf) also keeps the file as it was received, place and device "
        "included, "
        "for the same uses: export --rendition original gives it back, bit by bit. It is not kept where only a part of the film "
        "may be.\n\n"
        "--wipe-source reads every sealed byte of the new clip again, makes sure that the file is still the one that was taken "
        "in, "
        "overwrites it in place and removes it. It is left, and that is said, if anything is not as it should be: refused, in "
        "quarantine, damaged, changed, with a second name, not writable. What a memory card or SSD set aside while it was "
        "written "
        "is out of reach of any program: erase the whole card, or destroy it.",
    .options = options,
    .flags = COMMAND_LASTS,
    .prepare = prepare,
    .run = run};
