#include "ingest/report.h"

#include "vault/plain.h"
#include "vault/purpose.h"

enum { DONE, DUPLICATES, REFUSED, SKIPPED, WIPED, NOT_WIPED };
static const char *const names[REPORT_LISTS] = {"ingested", "duplicates", "refused", "skipped", "wiped", "not_wiped"};

/* Said once, below what was wiped. */
static const char media[] =
    "Overwriting reaches what the file system shows. A memory card or SSD may still hold copies in blocks it has set aside: "
    "erase the whole card, or destroy it, before it leaves your hands.\n";

void report_begin(struct report *r, bool wiping) {
  *r = (struct report){.wiping = wiping};
  for (int i = 0; i < REPORT_LISTS; i++) r->lists[i] = answer_begin_list(&r->parts[i]);
}

void report_free(struct report *r) {
  for (int i = 0; i < REPORT_LISTS; i++) reply_free(&r->parts[i]);
}

static struct bytes *text_of(struct report *r, int list, const char *file) {
  plain_put(&r->parts[list].text, file, PLAIN_ANY);
  return &r->parts[list].text;
}

/* ---- one entry */
static void write_made(struct answer *a, const struct ingest_result *r) {
  if (r->made.width) answer_number(a, "width", r->made.width);
  if (r->made.height) answer_number(a, "height", r->made.height);
  if (r->made.rate_den) {
    char rate[32];
    snprintf(rate, sizeof rate, "%u/%u", r->made.rate_num, r->made.rate_den);
    answer_text(a, "frame_rate", rate);
  }
  if (r->made.duration_ms >= 0) answer_number(a, "duration_ms", r->made.duration_ms);
  answer_number(a, "frames", (int64_t)r->made.frames);
  answer_number(a, "frames_damaged", (int64_t)(r->made.frames_damaged + r->made.packets_damaged));
}

static void write_words(struct bytes *text, const struct ingest_result *r) {
  char clip[ID_TEXT];
  id_format(ID_CLIP, &r->clip, clip);
  if (r->quarantined) {
    bytes_printf(text, " → %s, in quarantine: not everyone in it has agreed to any use of it.\n", clip);
  } else {
    bytes_printf(text, " → %s, for ", clip);
    purpose_put_set(text, r->purposes);
    bytes_put_text(text, ".\n");
  }
  if (r->picture_dropped) bytes_put_text(text, "  Only its sound was kept: nobody agreed to more.\n");
  if (r->stilled) bytes_put_text(text, "  One picture of it was kept, and nothing else.\n");
  if (r->original_kept) bytes_put_text(text, "  The file as it was received is kept as well.\n");
  if (r->original_denied) bytes_put_text(text, "  The file as it was received is not kept: there is more in it than may be.\n");
  uint64_t damaged = r->made.frames_damaged + r->made.packets_damaged;
  if (damaged)
    bytes_printf(text, "  The file is damaged: %llu frames or packets were lost or patched.\n", (unsigned long long)damaged);
}

static void write_taken(struct report *rep, const char *file, const struct ingest_result *r) {
  struct answer *a = &rep->lists[DONE];
  answer_object(a, NULL);
  answer_id(a, "clip", ID_CLIP, &r->clip);
  answer_text(a, "file", file);
  answer_hex(a, "sha256", r->sha256, sizeof r->sha256);
  answer_text(a, "state", r->quarantined ? "quarantined" : "live");
  answer_array(a, "purposes");
  for (enum purpose p = 0; p < PURPOSE_COUNT; p++)
    if (r->purposes >> p & 1) answer_text(a, NULL, purpose_name(p));
  answer_array_end(a);
  write_made(a, r);
  answer_bool(a, "original_kept", r->original_kept);
  answer_object_end(a);
  write_words(text_of(rep, DONE, file), r);
}

static void write_duplicate(struct report *rep, const char *file, const struct ingest_result *r) {
  struct answer *a = &rep->lists[DUPLICATES];
  char clip[ID_TEXT];
  answer_object(a, NULL);
  answer_text(a, "file", file);
  answer_id(a, "clip", ID_CLIP, &r->clip);
  answer_object_end(a);
  bytes_printf(text_of(rep, DUPLICATES, file), " is %s already.\n", id_format(ID_CLIP, &r->clip, clip));
}

void report_done(struct report *r, const char *file, const struct ingest_result *result) {
  r->kept++;
  r->told++;
  if (result->duplicate)
    write_duplicate(r, file, result);
  else
    write_taken(r, file, result);
}

static void write_reason(struct report *r, int list, const char *file, const char *key, const char *reason, const char *verb) {
  struct answer *a = &r->lists[list];
  answer_object(a, NULL);
  answer_text(a, "file", file);
  answer_text(a, key, reason);
  answer_object_end(a);
  bytes_printf(text_of(r, list, file), " %s: ", verb);
  plain_put(&r->parts[list].text, reason, PLAIN_ANY);
  bytes_put_text(&r->parts[list].text, "\n");
  r->told++;
}

void report_refused(struct report *r, const char *file, const char *reason) {
  write_reason(r, REFUSED, file, "reason", reason, "was refused");
}
void report_skipped(struct report *r, const char *file, const char *reason) {
  write_reason(r, SKIPPED, file, "reason", reason, "was left out");
}
void report_wiped(struct report *r, const char *file, const char *how) { write_reason(r, WIPED, file, "how", how, "was wiped"); }
void report_not_wiped(struct report *r, const char *file, const char *reason) {
  write_reason(r, NOT_WIPED, file, "reason", reason, "was NOT wiped");
}

/* ---- all of them */
bool report_full(const struct report *r) {
  size_t length = 0;
  for (int i = 0; i < REPORT_LISTS; i++) length += r->parts[i].json.length + r->parts[i].text.length;
  return length > REPLY_MOST_BYTES / 2;
}

enum err report_end(struct report *r, struct reply *reply) {
  int count = r->wiping ? REPORT_LISTS : WIPED;
  for (int i = 0; i < count; i++) {
    TRY(answer_end(&r->lists[i]));
    bytes_printf(&reply->json, "%s\"%s\":", i ? "," : "{", names[i]);
    bytes_put(&reply->json, r->parts[i].json.data, r->parts[i].json.length);
    bytes_put(&reply->text, r->parts[i].text.data, r->parts[i].text.length);
    if (i == WIPED && r->parts[i].text.length) bytes_put_text(&reply->text, media);
  }
  bytes_put_text(&reply->json, "}");
  TRY(bytes_check(&reply->text));
  return bytes_check(&reply->json);
}
