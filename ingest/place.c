#include "ingest/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DIGITS = 9, LENGTH_TEXT = 64 };

static size_t digits(const char *text) { return strspn(text, "0123456789"); }

static int64_t number(const char *text, size_t length) {
  int64_t n = 0;
  for (size_t i = 0; i < length; i++) n = 10 * n + (text[i] - '0');
  return n;
}

enum err place_parse(const char *option, const char *text, struct place *out) {
  size_t whole = digits(text), fraction = text[whole] == '.' ? digits(text + whole + 1) : 0;
  bool timed = text[whole] == '.';
  size_t length = whole + (timed ? 1 + fraction : 0);
  if (!whole || (timed && !fraction) || text[length] || whole > MOST_DIGITS || fraction > MOST_DIGITS)
    return err_set(ERR_USAGE, "%s takes a frame's number (123) or seconds with a point (12.480), not \"%.40s\"", option, text);
  struct place p = {.timed = timed, .value = number(text, whole), .name = option};
  if (timed) {
    int64_t nanoseconds = number(text + whole + 1, fraction);
    for (size_t i = fraction; i < MOST_DIGITS; i++) nanoseconds *= 10;
    p.value = p.value * 1000000000 + nanoseconds;
  }
  *out = p;
  return ERR_OK;
}

static enum err resolve(const struct place_film *film, const struct place *p, int64_t *frame) {
  if (!p->timed && film->sound)
    return err_set(ERR_USAGE, "%s: this is sound without a picture and has no frames; give seconds, like 12.480", p->name);
  *frame = p->timed ? (int64_t)((unsigned __int128)p->value * film->num / film->den / 1000000000) : p->value;
  return ERR_OK;
}

static const char *length_of(const struct place_film *film, char out[LENGTH_TEXT]) {
  int64_t ms = (int64_t)((unsigned __int128)film->frames * 1000 * film->den / film->num);
  if (film->sound)
    snprintf(out, LENGTH_TEXT, "it is %" PRId64 ".%03d s long", ms / 1000, (int)(ms % 1000));
  else
    snprintf(out, LENGTH_TEXT, "the film has %" PRId64 " frames (%" PRId64 ".%03d s)", film->frames, ms / 1000, (int)(ms % 1000));
  return out;
}

static enum err beyond(const struct place_film *film, const struct place *p) {
  char length[LENGTH_TEXT];
  return err_set(ERR_USAGE, "%s lies beyond the end: %s", p->name, length_of(film, length));
}

enum err place_range(const struct place_film *film, const struct place *in, const struct place *out, int64_t *from, int64_t *to) {
  int64_t first, end;
  TRY(resolve(film, in, &first));
  TRY(resolve(film, out, &end));
  if (first >= film->frames) return beyond(film, in);
  if (end > film->frames) return beyond(film, out);
  if (first >= end)
    return err_set(ERR_USAGE, "nothing lies between %s and %s: %s itself is not part of the cut", in->name, out->name, out->name);
  *from = first;
  *to = end;
  return ERR_OK;
}

enum err place_frame(const struct place_film *film, const struct place *at, int64_t *frame) {
  int64_t n;
  TRY(resolve(film, at, &n));
  if (n >= film->frames) return beyond(film, at);
  *frame = n;
  return ERR_OK;
}
