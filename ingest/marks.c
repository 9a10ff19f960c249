#include "ingest/marks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 6, MOST_LINE = 200, MOST_SECONDS = 1000 * 1000, MS = 1000 };

struct parsing {
  const struct marks_film *film;
  struct marks *marks;
  uint32_t line;
  bool open; /* the last region takes keys */
  char words[MOST_LINE + 1];
  char *word[MOST_WORDS + 1];
  size_t count;
};

void marks_free(struct marks *m) { free(m); }

/* ---- times */

/* A frame as it was written, or a moment in milliseconds. */
struct moment {
  bool is_frame, is_end;
  uint64_t frame;
  int64_t ms;
};

/* Digits, and at most three more behind a point. */
static bool parse_seconds(const char *text, int64_t *ms) {
  int64_t whole = 0, part = 0, unit = MS;
  const char *at = text;
  for (; *at >= '0' && *at <= '9' && whole <= MOST_SECONDS; at++) whole = whole * 10 + (*at - '0');
  if (at == text || whole > MOST_SECONDS) return false;
  if (*at == '.') {
    const char *point = at++;
    for (; *at >= '0' && *at <= '9' && unit > 1; at++) part += (*at - '0') * (unit /= 10);
    if (at == point + 1) return false;
  }
  *ms = whole * MS + part;
  return *at == 0;
}

static bool parse_moment(const char *text, struct moment *out) {
  struct moment m = {.is_frame = text[0] == 'f', .is_end = strcmp(text, "end") == 0};
  bool good = m.is_end || (m.is_frame ? bytes_parse_u64(text + 1, INT32_MAX - 1, &m.frame) : parse_seconds(text, &m.ms));
  if (good) *out = m;
  return good;
}

static struct marks_film rated(const struct marks_film *f) {
  struct marks_film r = *f;
  if (!r.rate_num || !r.rate_den) r.rate_num = 25, r.rate_den = 1; /* a photograph: its one frame begins at 0 */
  return r;
}

static int64_t ms_of(const struct marks_film *film, uint64_t frame) {
  struct marks_film f = rated(film);
  return (int64_t)(frame * MS * f.rate_den / f.rate_num);
}

/* The frame that is shown at a moment. Players round down to a millisecond: a frame that begins within that one is meant. */
static uint64_t frame_at(const struct marks_film *film, int64_t ms) {
  struct marks_film f = rated(film);
  uint64_t frame = (uint64_t)(ms * f.rate_num / ((int64_t)MS * f.rate_den));
  return ms_of(film, frame + 1) <= ms ? frame + 1 : frame;
}

/* The first frame that begins at the moment or later. */
static uint64_t frame_from(const struct marks_film *film, int64_t ms) {
  uint64_t frame = frame_at(film, ms);
  return ms_of(film, frame) < ms ? frame + 1 : frame;
}

/* ---- lines */

static enum err wrong(const struct parsing *p, const char *what) {
  return err_set(ERR_DATA, "line %u of the marks: %s", p->line, what);
}

static enum err end_region(struct parsing *p) {
  struct wire_marks *w = &p->marks->wire;
  bool empty = p->open && w->regions[w->region_count - 1].count == 0;
  p->open = false;
  return empty ? err_set(ERR_DATA, "line %u of the marks: this person has no place; add a line \"TIME X Y WIDTH HEIGHT\"",
                         p->marks->line[w->region_count - 1])
               : ERR_OK;
}

static enum err take_heard(struct parsing *p, const struct id *person) {
  struct marks *m = p->marks;
  if (m->heard_count == WIRE_MOST_REGIONS) return wrong(p, "there are too many people");
  m->heard[m->heard_count] = *person;
  m->heard_line[m->heard_count++] = p->line;
  return ERR_OK;
}

static enum err take_person(struct parsing *p) {
  static const char *const methods[] = {[WIRE_BLUR] = "blur", [WIRE_FILL] = "fill", [WIRE_PIXELATE] = "pixelate"};
  struct wire_marks *w = &p->marks->wire;
  struct id person;
  int method = 0;
  TRY(end_region(p));
  if (p->count != 3 || id_parse(ID_PERSON, p->word[1], &person) != ERR_OK)
    return wrong(p, "say \"person per_… blur\", or fill, pixelate, voice");
  if (strcmp(p->word[2], "voice") == 0) return take_heard(p, &person);
  for (int i = WIRE_BLUR; i <= WIRE_PIXELATE; i++)
    if (strcmp(p->word[2], methods[i]) == 0) method = i;
  if (!method) return wrong(p, "a person is obscured by blur, fill, pixelate or voice");
  if (!p->film->width) return wrong(p, "there is no picture in this clip; say \"person per_… voice\"");
  if (w->region_count == WIRE_MOST_REGIONS) return wrong(p, "there are too many regions");
  p->marks->person[w->region_count] = person;
  p->marks->line[w->region_count] = p->line;
  w->regions[w->region_count++] = (struct wire_region){(enum wire_method)method, w->key_count, 0, MARKS_TO_THE_END};
  p->open = true;
  return ERR_OK;
}

static enum err take_end(struct parsing *p) {
  struct wire_marks *w = &p->marks->wire;
  struct moment m;
  if (!p->open || p->count != 2 || !parse_moment(p->word[1], &m)) return wrong(p, "say \"end TIME\" after a person's places");
  struct wire_region *r = &w->regions[w->region_count - 1];
  uint64_t end = m.is_frame ? m.frame : frame_from(p->film, m.ms);
  TRY(end_region(p));
  if (m.is_end) return ERR_OK;
  if (end > p->film->frames) return wrong(p, "this is later than the film's end");
  if (end <= w->keys[r->first + r->count - 1].frame) return wrong(p, "a region ends after its last place");
  r->end = end == p->film->frames ? MARKS_TO_THE_END : (uint32_t)end;
  return ERR_OK;
}

static bool take_moment(struct parsing *p, const char *word, bool is_end, int64_t *ms) {
  struct moment m;
  if (!parse_moment(word, &m) || (m.is_end && !is_end) || (m.is_frame && m.frame > p->film->frames)) return false;
  /* a frame is heard from the millisecond in which it begins until the one in which it has ended */
  int64_t at = m.is_frame ? ms_of(p->film, m.frame) + (is_end ? 1 : 0) : m.ms;
  *ms = m.is_end ? INT64_MAX : at;
  return true;
}

static enum err take_voice(struct parsing *p) {
  struct wire_marks *w = &p->marks->wire;
  struct wire_voice v = {.to_ms = INT64_MAX};
  TRY(end_region(p));
  bool all = p->count == 3 && strcmp(p->word[2], "all") == 0, known = all || p->count == 4;
  if (known) v.hush = strcmp(p->word[1], "mute") == 0 ? WIRE_MUTE : strcmp(p->word[1], "alter") == 0 ? WIRE_ALTER : 0;
  if (known && !all) known = take_moment(p, p->word[2], false, &v.from_ms) && take_moment(p, p->word[3], true, &v.to_ms);
  if (!known || !v.hush) return wrong(p, "say \"voice mute FROM TO\", \"voice alter FROM TO\", or all instead of times");
  if (v.to_ms <= v.from_ms) return wrong(p, "this stretch ends before it begins");
  if (p->film->duration_ms >= 0 && v.from_ms >= p->film->duration_ms) return wrong(p, "this is later than the film's end");
  if (w->voice_count == WIRE_MOST_VOICES) return wrong(p, "there are too many lines about voices");
  w->voices[w->voice_count++] = v;
  return ERR_OK;
}

static bool parse_number(const char *text, int64_t least, int64_t *out) {
  uint64_t size;
  bool minus = *text == '-';
  if (!bytes_parse_u64(text + minus, WIRE_MOST_SIDE, &size)) return false;
  *out = minus ? -(int64_t)size : (int64_t)size;
  return *out >= least;
}

static enum err take_box(struct parsing *p, struct wire_key *k) {
  int64_t x, y, width, height;
  bool good = parse_number(p->word[1], -WIRE_MOST_SIDE, &x) && parse_number(p->word[2], -WIRE_MOST_SIDE, &y) &&
              parse_number(p->word[3], 1, &width) && parse_number(p->word[4], 1, &height);
  if (!good) return wrong(p, "a place is \"TIME X Y WIDTH HEIGHT\", in whole pixels");
  bool inside = x < p->film->width && y < p->film->height && x + width > 0 && y + height > 0;
  if (!inside)
    return err_set(ERR_DATA, "line %u of the marks: this box lies outside the picture, which is %u x %u", p->line, p->film->width,
                   p->film->height);
  *k = (struct wire_key){k->frame, (int32_t)x, (int32_t)y, (uint32_t)width, (uint32_t)height};
  return ERR_OK;
}

static enum err take_key(struct parsing *p) {
  struct wire_marks *w = &p->marks->wire;
  struct moment m;
  if (!p->open) return wrong(p, "a place belongs to a person: begin with \"person per_… blur\"");
  if (p->count != 5 || !parse_moment(p->word[0], &m) || m.is_end)
    return wrong(p, "a place is \"TIME X Y WIDTH HEIGHT\", TIME as 3.2 or f80");
  struct wire_region *r = &w->regions[w->region_count - 1];
  uint64_t frame = m.is_frame ? m.frame : frame_at(p->film, m.ms);
  if (frame >= p->film->frames) return wrong(p, "this is later than the film's last frame");
  if (r->count && frame <= w->keys[w->key_count - 1].frame) return wrong(p, "this is not later than the place before it");
  if (w->key_count == WIRE_MOST_KEYS) return wrong(p, "there are too many places");
  struct wire_key k = {.frame = (uint32_t)frame};
  TRY(take_box(p, &k));
  w->keys[w->key_count++] = k;
  r->count++;
  return ERR_OK;
}

/* The words of a line, without its remark. */
static enum err split(struct parsing *p, const char *line, size_t length) {
  size_t kept = 0;
  p->count = 0;
  for (; kept < length && line[kept] != '#'; kept++)
    if (line[kept] != '\t' && (line[kept] < 0x20 || line[kept] > 0x7e)) return wrong(p, "only plain ASCII may stand here");
  if (kept > MOST_LINE) return wrong(p, "this line is too long");
  memcpy(p->words, line, kept);
  p->words[kept] = 0;
  char *rest = NULL;
  for (char *word = strtok_r(p->words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
    if (p->count == MOST_WORDS) return wrong(p, "this line says too much");
    p->word[p->count++] = word;
  }
  return ERR_OK;
}

static enum err take_line(struct parsing *p, const char *line, size_t length) {
  if (length && line[length - 1] == '\r') length--;
  TRY(split(p, line, length));
  if (!p->count) return ERR_OK;
  if (strcmp(p->word[0], "person") == 0) return take_person(p);
  if (strcmp(p->word[0], "voice") == 0) return take_voice(p);
  if (strcmp(p->word[0], "end") == 0) return take_end(p);
  return take_key(p);
}

static enum err take_all(struct parsing *p, const char *text, size_t length) {
  if (length > MARKS_MOST_BYTES) return err_set(ERR_DATA, "the marks are longer than %d KiB", MARKS_MOST_BYTES / 1024);
  for (size_t at = 0, next; at < length; at = next + 1) {
    const char *newline = memchr(text + at, '\n', length - at);
    next = newline ? (size_t)(newline - text) : length;
    p->line++;
    TRY(take_line(p, text + at, next - at));
  }
  TRY(end_region(p));
  struct marks *m = p->marks;
  if (m->heard_count && !m->wire.voice_count)
    return err_set(ERR_DATA, "line %u of the marks: who is only heard is covered by lines about voices, and there are none",
                   m->heard_line[0]);
  if (!m->wire.region_count && !m->wire.voice_count) return err_set(ERR_DATA, "the marks say nothing");
  return ERR_OK;
}

enum err marks_parse(const char *text, size_t length, const struct marks_film *film, struct marks **out) {
  AUTO(marks) struct marks *m = calloc(1, sizeof *m);
  if (!m) return err_set(ERR_IO, "out of memory");
  struct parsing p = {.film = film, .marks = m};
  TRY(take_all(&p, text, length));
  m->wire.width = m->wire.region_count ? film->width : 0;
  m->wire.height = m->wire.region_count ? film->height : 0;
  *out = m;
  m = NULL;
  return ERR_OK;
}

/* ---- back to text */

static void put_region(struct bytes *out, const struct marks *m, uint32_t n) {
  static const char *const methods[] = {[WIRE_BLUR] = "blur", [WIRE_FILL] = "fill", [WIRE_PIXELATE] = "pixelate"};
  const struct wire_region *r = &m->wire.regions[n];
  char person[ID_TEXT];
  bytes_printf(out, "person %s %s\n", id_format(ID_PERSON, &m->person[n], person), methods[r->method]);
  for (uint32_t i = r->first; i < r->first + r->count; i++) {
    const struct wire_key *k = &m->wire.keys[i];
    bytes_printf(out, "  f%u %d %d %u %u\n", k->frame, k->x, k->y, k->width, k->height);
  }
  if (r->end != MARKS_TO_THE_END) bytes_printf(out, "end f%u\n", r->end);
}

static void put_voice(struct bytes *out, const struct wire_voice *v) {
  bytes_printf(out, "voice %s", v->hush == WIRE_MUTE ? "mute" : "alter");
  if (v->from_ms == 0 && v->to_ms == INT64_MAX) {
    bytes_put_text(out, " all\n");
    return;
  }
  bytes_printf(out, " %" PRId64 ".%03" PRId64, v->from_ms / MS, v->from_ms % MS);
  if (v->to_ms == INT64_MAX)
    bytes_put_text(out, " end\n");
  else
    bytes_printf(out, " %" PRId64 ".%03" PRId64 "\n", v->to_ms / MS, v->to_ms % MS);
}

enum err marks_format(const struct marks *m, struct bytes *out) {
  size_t before = out->length;
  char person[ID_TEXT];
  for (uint32_t i = 0; i < m->wire.region_count; i++) put_region(out, m, i);
  for (uint32_t i = 0; i < m->heard_count; i++)
    bytes_printf(out, "person %s voice\n", id_format(ID_PERSON, &m->heard[i], person));
  for (uint32_t i = 0; i < m->wire.voice_count; i++) put_voice(out, &m->wire.voices[i]);
  TRY(bytes_check(out));
  if (out->length - before <= MARKS_MOST_BYTES) return ERR_OK;
  return err_set(ERR_DATA, "the marks are longer than %d KiB", MARKS_MOST_BYTES / 1024);
}

/* ---- what they say */

enum err marks_covered(const struct marks *m, struct bytes *out) {
  AUTO(bytes) struct bytes all = {0};
  bytes_put(&all, m->person, m->wire.region_count * sizeof *m->person);
  bytes_put(&all, m->heard, m->heard_count * sizeof *m->heard);
  TRY(bytes_check(&all));
  size_t count = all.length / sizeof(struct id);
  struct id *ids = (struct id *)(void *)all.data;
  if (count) qsort(ids, count, sizeof *ids, id_compare);
  for (size_t i = 0; i < count; i++)
    if (i == 0 || !id_equal(&ids[i], &ids[i - 1])) bytes_put(out, &ids[i], sizeof *ids);
  return bytes_check(out);
}

/* Without frames, a sound: to a twentieth of a second. */
static bool is_length(const struct moment *m, const struct marks_film *film) {
  int64_t ms = m->is_frame ? ms_of(film, m->frame) : m->ms;
  if (!film->frames) return !m->is_frame && llabs(ms - film->duration_ms) <= 50;
  struct marks_film f = rated(film);
  if (m->is_frame) return m->frame + 1 >= film->frames && m->frame <= film->frames + 1;
  int64_t length = (int64_t)film->frames * MS * f.rate_den, at = ms * f.rate_num; /* both in ms times the rate */
  return llabs(at - length) <= (int64_t)MS * f.rate_den;
}

enum err marks_whole(const char *text, const struct marks_film *film) {
  struct moment m;
  if (!parse_moment(text, &m))
    return err_set(ERR_USAGE, "\"%.20s\" is no time: say end, seconds as 12.480, or a frame as f312", text);
  if (m.is_end || is_length(&m, film)) return ERR_OK;
  int64_t length = film->frames ? ms_of(film, film->frames) : film->duration_ms;
  return err_set(ERR_REFUSED,
                 "you looked through to %.20s, but the film is %" PRId64 ".%03" PRId64 " s long (%" PRIu64
                 " frames): what was not looked at cannot be confirmed",
                 text, length / MS, length % MS, film->frames);
}
