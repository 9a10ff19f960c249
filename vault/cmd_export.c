/* export: plaintext leaves the vault. */
#include "ingest/remake.h"
#include "vault/answer.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/film.h"
#include "vault/inquiry.h"
#include "vault/object.h"
#include "vault/progress.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/shred.h"
#include "vault/transact.h"
#include "vault/uses.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 256 << 10, WAIT_MS = 250, LOOK_AGAIN_MS = 1000, LEAST_HEIGHT = 64 };

struct outlet {
  struct session *session;
  struct index_account actor; /* who exports, whoever asks for something meanwhile */
  struct id clip;
  enum purpose purpose;
  const char *rendition; /* the one that goes out */
  struct film *film;
  struct rendition made; /* for this one recipient, sealed under a key that nobody will know again */
  uint8_t *block;        /* in the arena */
  EVP_MD_CTX *sha;
  uint8_t sha256[32];
  bool stopped, regular; /* regular: the output is a file, which never makes anyone wait */
  enum err unknown;      /* why it could not be found out whether it still may: then it is stopped as well */
  int64_t until_ms;      /* the earliest end among everyone's consents and the clip's own, as it was last asked for */
  int64_t asked_ms;      /* when that was */
  struct key_user user;
};

static void outlet_auto(struct outlet *o) {
  shred_unregister(o->session->vault, &o->user);
  film_close(o->film);
  rendition_free(&o->made);
  secret_free(o->block);
  EVP_MD_CTX_free(o->sha);
}

static void stop(struct outlet *o) {
  o->stopped = true;
  film_close(o->film);
  o->film = NULL;
  if (o->made.dek) rendition_stop(&o->made);
  sodium_memzero(o->block, BLOCK);
}

/* Somebody's "no" while the film is on its way out, or an end that came nearer: the keys are let go of at once. */
static void recheck(void *context) {
  struct outlet *o = context;
  struct vault *v = o->session->vault;
  AUTO(inquiry) struct inquiry q = {0};
  struct inquiry_about about = {&o->clip, POLICY_EXPORT, o->purpose, o->rendition};
  bool kept = false;
  if (o->stopped) return;
  enum err e = inquiry_keeps_key(v, &o->clip, o->rendition, o->purpose, &kept);
  if (e == ERR_OK && kept) e = inquiry_ask(v, &o->actor, &about, &q);
  if (e == ERR_IO || e == ERR_BUSY) o->unknown = e; /* anything else is an answer */
  if (e != ERR_OK || !kept || !q.answer.allowed)
    stop(o);
  else
    o->until_ms = q.answer.until_ms;
}

/* An export may last: what was allowed when it began ends when its time is over, and when the case is closed meanwhile. */
static void look_at_clock(struct outlet *o) {
  struct vault *v = o->session->vault;
  int64_t now_ms = clock_now_ms(), began_ms = v->now_ms;
  if (o->stopped || (now_ms < o->until_ms && now_ms >= o->asked_ms && now_ms < o->asked_ms + LOOK_AGAIN_MS)) return;
  o->asked_ms = now_ms;
  v->now_ms = now_ms;
  recheck(o);
  v->now_ms = began_ms;
}

static enum err check_going(struct outlet *o) {
  session_attend(o->session);
  TRY(session_check(o->session));
  look_at_clock(o);
  if (!o->stopped) return ERR_OK;
  if (o->unknown)
    return err_set(o->unknown, "stopped: the index cannot say whether this is still allowed; what was written so far is removed");
  return err_set(ERR_REFUSED, "stopped: this is not allowed any more; what was written so far is removed");
}

/* A reader that takes its time must not keep a withdrawal waiting: a pipe gets no more than it can take at once. */
static enum err write_piece(struct outlet *o, int fd, const uint8_t *data, size_t length, size_t *wrote) {
  struct pollfd on[2] = {{.fd = fd, .events = POLLOUT}, {.fd = o->session->control_fd, .events = POLLIN}};
  TRY(check_going(o));
  *wrote = 0;
  if (poll(on, 2, WAIT_MS) < 0 && errno != EINTR) return err_set_errno(ERR_IO, "cannot wait for the reader");
  if (!on[0].revents) return ERR_OK;
  ssize_t n = write(fd, data, o->regular || length < PIPE_BUF ? length : PIPE_BUF);
  if (n < 0 && errno != EINTR && errno != EAGAIN) return err_set_errno(ERR_IO, "cannot write the export");
  *wrote = n > 0 ? (size_t)n : 0;
  return ERR_OK;
}

static enum err copy_block(struct outlet *o, int fd, uint64_t at, size_t *got) {
  TRY(film_read(o->film, at, o->block, BLOCK, got));
  if (EVP_DigestUpdate(o->sha, o->block, *got) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  for (size_t done = 0, wrote; done < *got; done += wrote) TRY(write_piece(o, fd, o->block + done, *got - done, &wrote));
  return ERR_OK;
}

static enum err copy_out(struct outlet *o, int fd) {
  uint64_t length = film_length(o->film);
  for (uint64_t at = 0; at < length;) {
    size_t got;
    TRY(check_going(o));
    TRY(copy_block(o, fd, at, &got));
    at += got;
    progress_show(o->session, "export", (unsigned)(at * 1000 / length));
  }
  return EVP_DigestFinal_ex(o->sha, o->sha256, NULL) == 1 ? ERR_OK : err_set(ERR_BUG, "libcrypto failed to hash");
}

struct entry {
  const char *verb;
  const struct outlet *outlet;
  const char *details;
};

static enum err note_in(struct vault *v, void *context, const struct request *rq) {
  (void)rq;
  const struct entry *e = context;
  struct audit_note entry = {.verb = e->verb, .kind = ID_CLIP, .subject = &e->outlet->clip, .details = e->details};
  return audit_put(v, &entry, NULL);
}

/* Entered before the first byte leaves: an export that was cut short is an export. The recipient is the exporter's word. It
 * outlives the clip: who was given something must be found, and told, when it has ended here. */
static enum err note(struct outlet *o, const char *verb, const struct request *rq) {
  AUTO(bytes) struct bytes details = {0};
  bytes_printf(&details, "for %s, %s", purpose_name(o->purpose), o->rendition);
  if (request_text(rq, "recipient")) bytes_printf(&details, "; to: %s", request_text(rq, "recipient"));
  if (request_text(rq, "watermark")) bytes_printf(&details, "; watermark: %s", request_text(rq, "watermark"));
  if (request_text(rq, "reason")) bytes_printf(&details, "; reason: %s", request_text(rq, "reason"));
  TRY(bytes_check(&details));
  struct entry e = {verb, o, bytes_text(&details)};
  TRY(transact(o->session->vault, note_in, &e, rq));
  return vault_anchor(o->session->vault);
}

/* By name, so that it outlives the request. */
static enum err read_rendition(const struct request *rq, const char **out) {
  static const char *const names[] = {USES_AS_FILMED, USES_OBSCURED, USES_ORIGINAL};
  const char *asked = request_text(rq, "rendition");
  for (size_t i = 0; asked && i < sizeof names / sizeof *names; i++)
    if (strcmp(asked, names[i]) == 0) {
      *out = names[i];
      return ERR_OK;
    }
  if (!asked) return ERR_OK;
  return err_set(ERR_USAGE, "--rendition takes as-filmed, obscured or original, not \"%.20s\"", asked);
}

/* ---- a copy for one recipient */
static enum err read_remaking(const struct outlet *o, const struct request *rq, struct wire_order *order) {
  const char *mark = request_text(rq, "watermark");
  uint64_t height;
  *order = (struct wire_order){.make = WIRE_MAKE_COPY, .keep_video = true, .keep_audio = true, .to_frame = -1};
  TRY(request_number(rq, "max-height", 0, UINT16_MAX, &height));
  order->most_height = (uint32_t)height;
  if (request_text(rq, "max-height") && height < LEAST_HEIGHT)
    return err_set(ERR_USAGE, "--max-height is at least %d", LEAST_HEIGHT);
  if (mark && (!*mark || strlen(mark) > WIRE_TEXT)) return err_set(ERR_USAGE, "--watermark takes 1 to %d letters", WIRE_TEXT);
  if (mark) snprintf(order->watermark, sizeof order->watermark, "%s", mark);
  if ((mark || height) && strcmp(o->rendition, USES_ORIGINAL) == 0)
    return err_set(ERR_USAGE, "an original leaves as it came; --watermark and --max-height are for the other renditions");
  return ERR_OK;
}

static enum err open_made(struct outlet *o) {
  static const char *const roles[FILM_PARTS] = {"head", "body"};
  struct container_reader *readers[FILM_PARTS] = {0};
  size_t count = 0;
  enum err e = ERR_OK;
  for (int i = 0; i < FILM_PARTS && e == ERR_OK; i++) {
    e = rendition_open(&o->made, roles[i], &readers[count]);
    if (e == ERR_OK) count++;
    if (e == ERR_MISSING) e = ERR_OK; /* a photograph has no head */
  }
  if (e == ERR_OK) return film_join(readers, count, &o->film);
  for (size_t i = 0; i < count; i++) container_close(readers[i]);
  return e;
}

/* The worker makes another film of this one. Its index comes last and must leave first, so it is sealed meanwhile, like any
 * object that never got a row: nothing in the clear touches the disk, and the ciphertext goes when the command ends. */
static enum err remake(struct outlet *o, const struct wire_order *order) {
  struct remake work = {o->session, &o->film, &o->made, "making the copy", NULL};
  struct wire_summary made;
  rendition_begin(&o->made, o->session->vault, &o->clip, "export");
  TRY(remake_run(&work, order, &made));
  film_close(o->film);
  o->film = NULL;
  if (order->watermark[0] && !made.width) return err_set(ERR_USAGE, "there is no picture in this clip to put a watermark on");
  return open_made(o);
}

static enum err let_out(struct outlet *o, const struct request *rq) {
  struct vault *v = o->session->vault;
  TRY(id_parse(ID_CLIP, request_text(rq, "CLIP"), &o->clip));
  TRY(purpose_parse(request_text(rq, "purpose"), &o->purpose));
  struct inquiry_about about = {&o->clip, POLICY_EXPORT, o->purpose, NULL};
  struct inquiry_leave leave;
  TRY(read_rendition(rq, &about.rendition));
  TRY(inquiry_require(v, &about, &leave));
  o->rendition = leave.rendition;
  struct wire_order order;
  TRY(read_remaking(o, rq, &order));
  TRY(film_open(v, &o->clip, o->rendition, o->purpose, NULL, &o->film));
  if (order.watermark[0] || order.most_height) TRY(remake(o, &order));
  if (!o->sha || EVP_DigestInit_ex(o->sha, EVP_sha256(), NULL) != 1) return err_set(ERR_IO, "out of memory");
  struct stat st;
  o->regular = fstat(request_fd(rq, "to", 0), &st) == 0 && S_ISREG(st.st_mode);
  TRY(note(o, "clip.exported", rq));
  return copy_out(o, request_fd(rq, "to", 0));
}

/* What was sealed for the way out goes; a failure keeps its own words. */
static enum err tidy(struct outlet *o, enum err failure) {
  char words[512];
  if (!o->made.dek) return failure;
  snprintf(words, sizeof words, "%s", err_text());
  rendition_made(&o->made);
  enum err e = object_delete_doomed(o->session->vault);
  return failure == ERR_OK ? e : err_set(failure, "%s", words);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  AUTO(outlet) struct outlet o = {.session = s, .actor = s->vault->actor, .block = secret_alloc(BLOCK), .sha = EVP_MD_CTX_new()};
  o.user = (struct key_user){.recheck = recheck, .context = &o};
  shred_register(s->vault, &o.user);
  TRY(tidy(&o, let_out(&o, rq)));
  if (strcmp(request_text(rq, "to"), "-") != 0) TRY(io_sync(request_fd(rq, "to", 0)));
  struct answer a = answer_begin(reply);
  answer_text(&a, "file", request_text(rq, "to"));
  answer_text(&a, "rendition", o.rendition);
  answer_hex(&a, "sha256", o.sha256, sizeof o.sha256);
  bytes_printf(&reply->text, "Written to %s, for %s. It is outside the vault now: destroy it when its purpose has ended.\n",
               request_text(rq, "to"), purpose_name(o.purpose));
  return answer_end(&a);
}

static const struct command_option options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the clip"},
    {"--purpose", "P", OPTION_REQUIRED, "what it is for"},
    {"--to", "FILE", OPTION_REQUIRED | OPTION_FILE_OUT, "where it goes; - is standard output"},
    {"--rendition", "R", 0, "as-filmed, obscured or original; otherwise the film as it is if that is allowed, else obscured"},
    {"--recipient", "R", 0, "who gets it; sealed in the log"},
    {"--reason", "R", 0, "why; sealed in the log"},
    {"--watermark", "TEXT", 0, "drawn all over the picture, visibly; ASCII (there is none unless asked for)"},
    {"--max-height", "N", 0, "the shorter side gets at most N lines"},
    {0}};
const struct command cmd_export = {
    .name = "export",
    .group = "Films",
    .synopsis = "CLIP --purpose P --to FILE|- [--rendition R] [--recipient R] [--reason R] [--watermark TEXT] [--max-height N]",
    .summary = "let a copy out, for a purpose everyone agreed to",
    .help =
        "Writes a clip in the clear, if you may and everyone in it agreed to the purpose; otherwise it is refused (77). It is "
        "entered in the "
        "audit log before the first byte leaves. A withdrawal while it runs stops it, and so does the end of a consent or of the "
        "clip. With --watermark or --max-height the film is made anew for this one recipient; a watermark says whose copy it is, "
        "and keeps nobody from cutting it away.\n\n"
        "  clipvault export clp_… --purpose supervision --to seen.mp4 --recipient \"the supervisor\" --reason \"Thursday\"",
    .options = options,
    .flags = COMMAND_LASTS,
    .run = run};
