#include "vault/remark_export.h"

#include "vault/base/clock.h"
#include "vault/json.h"

#include <stdio.h>
#include <string.h>

static const char *const forms[] = {"vtt", "eaf", "boris", "csv", "json"};

enum err remark_export_parse(const char *text, enum remark_export_form *out) {
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (strcmp(text, forms[i]) == 0) {
      *out = (enum remark_export_form)i;
      return ERR_OK;
    }
  return err_set(ERR_USAGE, "--format takes vtt, eaf, boris, csv or json, not \"%.20s\"", text);
}

/* ---- times */

int64_t remark_export_ms(const struct remark_export *x, int64_t frame) {
  unsigned __int128 scaled = (unsigned __int128)frame * 1000 * x->den;
  return (int64_t)((scaled + x->num - 1) / x->num);
}

static uint64_t common(uint64_t a, uint64_t b) { return b ? common(b, a % b) : a; }

/* The frame's beginning in seconds, exactly: "1001/1000". */
static void put_fraction(const struct remark_export *x, int64_t frame, char out[64]) {
  uint64_t over = (uint64_t)frame * x->den, divisor = common(over, x->num);
  snprintf(out, 64, "%llu/%llu", (unsigned long long)(over / divisor), (unsigned long long)(x->num / divisor));
}

/* ---- words */

const char *remark_export_layer(const struct remark_export *x, const struct remark *r) {
  const struct tag *tag = tags_find(x->tags, r->tag);
  return tag ? x->tags->layers[tag->layer] : NULL;
}

void remark_export_words(const struct remark_export *x, const struct remark *r, struct bytes *out) {
  const struct tag *tag = tags_find(x->tags, r->tag);
  bytes_put_text(out, tag ? tag->label : r->tag);
  if (r->tag[0] && r->text.length) bytes_put_text(out, ": ");
  bytes_put(out, r->text.data, r->text.length);
}

/* ---- JSON, and the cues of WebVTT */

static void put_id(struct json *j, const char *key, enum id_kind kind, const struct id *id) {
  char text[ID_TEXT];
  json_key(j, key);
  if (id_is_zero(id))
    json_null(j);
  else
    json_text(j, id_format(kind, id, text));
}

static void put_text(struct json *j, const char *key, const char *text) {
  json_key(j, key);
  if (text && *text)
    json_text(j, text);
  else
    json_null(j);
}

static void put_time(struct json *j, const char *key, int64_t at_ms) {
  char text[CLOCK_TEXT];
  put_text(j, key, at_ms == CLOCK_NEVER_MS ? NULL : clock_format(at_ms, text));
}

static void put_place(struct json *j, const struct remark_export *x, const char *key, int64_t frame) {
  char fraction[64];
  put_fraction(x, frame, fraction);
  json_key(j, key);
  json_object(j);
  json_key(j, "frame");
  json_number(j, frame);
  put_text(j, "seconds", fraction);
  json_close(j);
}

static void put_remark(struct json *j, const struct remark_export *x, size_t n) {
  const struct remark *r = &x->all[n];
  const struct tag *tag = tags_find(x->tags, r->tag);
  json_object(j);
  put_id(j, "remark", ID_REMARK, &r->id);
  put_place(j, x, "from", r->from);
  put_place(j, x, "to", r->to);
  put_text(j, "author", x->authors[n]);
  put_text(j, "layer", remark_export_layer(x, r));
  put_text(j, "tag", r->tag);
  put_text(j, "label", tag ? tag->label : NULL);
  json_key(j, "text");
  json_text_bytes(j, r->text.data, r->text.length);
  json_key(j, "shared");
  json_bool(j, r->shared);
  put_id(j, "reply_to", ID_REMARK, &r->reply_to);
  put_time(j, "made_at", r->made_ms);
  put_time(j, "resolved_at", r->resolved_ms);
  json_close(j);
}

static enum err write_json(const struct remark_export *x, struct bytes *out) {
  struct json j = json_begin(out);
  char rate[32];
  snprintf(rate, sizeof rate, "%u/%u", x->num, x->den);
  json_object(&j);
  put_text(&j, "form", "clipvault remarks 1");
  put_id(&j, "clip", ID_CLIP, x->clip);
  put_text(&j, "frame_rate", rate);
  json_key(&j, "frames");
  json_number(&j, x->frames);
  put_time(&j, "made_at", x->made_ms);
  json_key(&j, "remarks");
  json_array(&j);
  for (size_t i = 0; i < x->count; i++) put_remark(&j, x, i);
  json_close(&j);
  json_close(&j);
  TRY(json_end(&j));
  bytes_put_text(out, "\n");
  return bytes_check(out);
}

static void put_clock(struct bytes *out, int64_t ms) {
  bytes_printf(out, "%02lld:%02d:%02d.%03d", (long long)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
               (int)(ms % 1000));
}

/* Within a cue an arrow would begin another one; in JSON it can only stand inside a string. */
static void put_payload(struct bytes *out, const struct bytes *line) {
  const char *text = bytes_text(line);
  for (const char *arrow; (arrow = strstr(text, "-->")); text = arrow + 3) {
    bytes_put(out, text, (size_t)(arrow - text));
    bytes_put_text(out, "--\\u003e");
  }
  bytes_put_text(out, text);
}

static enum err write_vtt(const struct remark_export *x, struct bytes *out) {
  char id[ID_TEXT];
  bytes_printf(out, "WEBVTT\n\nNOTE remarks on %s, %u/%u frames a second; a track of kind metadata\n",
               id_format(ID_CLIP, x->clip, id), x->num, x->den);
  for (size_t i = 0; i < x->count; i++) {
    AUTO(bytes) struct bytes line = {0};
    struct json j = json_begin(&line);
    put_remark(&j, x, i);
    TRY(json_end(&j));
    bytes_printf(out, "\n%s\n", id_format(ID_REMARK, &x->all[i].id, id));
    put_clock(out, remark_export_ms(x, x->all[i].from));
    bytes_put_text(out, " --> ");
    put_clock(out, remark_export_ms(x, x->all[i].to));
    bytes_put_text(out, "\n");
    put_payload(out, &line);
    bytes_put_text(out, "\n");
  }
  return bytes_check(out);
}

/* ---- CSV, RFC 4180. What a spreadsheet would take for a formula is made words. */

static void put_cell(struct bytes *out, const char *text) {
  bytes_put_text(out, "\"");
  if (*text && strchr("=+-@\t\r", *text)) bytes_put_text(out, "'");
  for (; *text; text++) bytes_printf(out, *text == '"' ? "\"\"" : "%c", *text);
  bytes_put_text(out, "\"");
}

static void put_cells(struct bytes *out, const char *const cells[], size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (i) bytes_put_text(out, ",");
    put_cell(out, cells[i] ? cells[i] : "");
  }
  bytes_put_text(out, "\r\n");
}

static const char *number(char out[32], int64_t n) {
  snprintf(out, 32, "%lld", (long long)n);
  return out;
}

static const char *seconds(char out[32], int64_t ms) {
  snprintf(out, 32, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
  return out;
}

static const char *time_or_none(char out[CLOCK_TEXT], int64_t at_ms) {
  return at_ms == CLOCK_NEVER_MS ? "" : clock_format(at_ms, out);
}

static void put_csv(const struct remark_export *x, size_t n, struct bytes *out) {
  const struct remark *r = &x->all[n];
  const struct tag *tag = tags_find(x->tags, r->tag);
  char clip[ID_TEXT], id[ID_TEXT], answers[ID_TEXT], made[CLOCK_TEXT], resolved[CLOCK_TEXT];
  char from[32], to[32], from_ms[32], to_ms[32], exact_from[64], exact_to[64];
  put_fraction(x, r->from, exact_from);
  put_fraction(x, r->to, exact_to);
  const char *const cells[] = {id_format(ID_REMARK, &r->id, id),
                               id_format(ID_CLIP, x->clip, clip),
                               number(from, r->from),
                               number(to, r->to),
                               exact_from,
                               exact_to,
                               number(from_ms, remark_export_ms(x, r->from)),
                               number(to_ms, remark_export_ms(x, r->to)),
                               x->authors[n],
                               remark_export_layer(x, r),
                               r->tag,
                               tag ? tag->label : "",
                               bytes_text(&r->text),
                               r->shared ? "shared" : "private",
                               id_is_zero(&r->reply_to) ? "" : id_format(ID_REMARK, &r->reply_to, answers),
                               clock_format(r->made_ms, made),
                               time_or_none(resolved, r->resolved_ms)};
  put_cells(out, cells, sizeof cells / sizeof *cells);
}

static enum err write_csv(const struct remark_export *x, struct bytes *out) {
  static const char *const heads[] = {"remark",  "clip",  "from_frame", "to_frame", "from_seconds", "to_seconds",
                                      "from_ms", "to_ms", "author",     "layer",    "tag",          "label",
                                      "text",    "seen",  "reply_to",   "made_at",  "resolved_at"};
  put_cells(out, heads, sizeof heads / sizeof *heads);
  for (size_t i = 0; i < x->count; i++) put_csv(x, i, out);
  return bytes_check(out);
}

/* ---- BORIS: an observation is one author's; what lasts one frame is an event at a point */

static const char *const boris_heads[] = {"Observation id",
                                          "Observation date",
                                          "Description",
                                          "Observation type",
                                          "Source",
                                          "Time offset (s)",
                                          "Coding duration",
                                          "Media duration (s)",
                                          "FPS (frame/s)",
                                          "Subject",
                                          "Observation duration by subject by observation",
                                          "Behavior",
                                          "Behavioral category",
                                          "Behavior type",
                                          "Start (s)",
                                          "Stop (s)",
                                          "Duration (s)",
                                          "Media file name",
                                          "Image index start",
                                          "Image index stop",
                                          "Image file path start",
                                          "Image file path stop",
                                          "Comment start",
                                          "Comment stop"};
enum { BORIS_COLUMNS = sizeof boris_heads / sizeof *boris_heads };

static enum err put_boris(const struct remark_export *x, size_t n, struct bytes *out) {
  const struct remark *r = &x->all[n];
  AUTO(bytes) struct bytes observation = {0};
  bool point = r->to == r->from + 1;
  int64_t from_ms = remark_export_ms(x, r->from), to_ms = point ? from_ms : remark_export_ms(x, r->to);
  char clip[ID_TEXT], date[CLOCK_TEXT], whole[32], rate[32], start[32], stop[32], lasts[32], from[32], to[32];
  id_format(ID_CLIP, x->clip, clip);
  bytes_printf(&observation, "%s %s", clip, x->authors[n]);
  TRY(bytes_check(&observation));
  seconds(whole, remark_export_ms(x, x->frames));
  snprintf(rate, sizeof rate, "%u.%03u", x->num / x->den, (unsigned)((uint64_t)x->num % x->den * 1000 / x->den));
  const char *const cells[BORIS_COLUMNS] = {bytes_text(&observation),
                                            clock_format(r->made_ms, date),
                                            "",
                                            "Media file",
                                            clip,
                                            "0.000",
                                            whole,
                                            whole,
                                            rate,
                                            "No focal subject",
                                            whole,
                                            r->tag[0] ? r->tag : "comment",
                                            remark_export_layer(x, r),
                                            point ? "POINT" : "STATE",
                                            seconds(start, from_ms),
                                            seconds(stop, to_ms),
                                            point ? "NA" : seconds(lasts, to_ms - from_ms),
                                            clip,
                                            number(from, r->from),
                                            number(to, point ? r->from : r->to),
                                            "",
                                            "",
                                            bytes_text(&r->text),
                                            ""};
  put_cells(out, cells, BORIS_COLUMNS);
  return ERR_OK;
}

static enum err write_boris(const struct remark_export *x, struct bytes *out) {
  put_cells(out, boris_heads, BORIS_COLUMNS);
  for (size_t i = 0; i < x->count; i++) TRY(put_boris(x, i, out));
  return bytes_check(out);
}

enum err remark_export(enum remark_export_form form, const struct remark_export *x, struct bytes *out) {
  switch (form) {
    case REMARK_EXPORT_VTT: return write_vtt(x, out);
    case REMARK_EXPORT_EAF: return remark_eaf(x, out);
    case REMARK_EXPORT_BORIS: return write_boris(x, out);
    case REMARK_EXPORT_CSV: return write_csv(x, out);
    case REMARK_EXPORT_JSON: return write_json(x, out);
  }
  return err_set(ERR_BUG, "an unknown form");
}
