/* ELAN annotation files, EAFv3.0. Tiers hold no two annotations that overlap: a tier that would is continued in another, numbered
 * one. */
#include "vault/base/clock.h"
#include "vault/json.h"
#include "vault/remark_export.h"

#include <stdlib.h>
#include <string.h>

/* ---- text in XML 1.0, inside attributes as well */

static void put_escaped(struct bytes *out, const uint8_t *s, size_t length) {
  for (size_t i = 0, n; i < length; i += n) {
    n = json_sequence(s + i, length - i);
    bool known = n && (s[i] >= ' ' || s[i] == '\n' || s[i] == '\t') && s[i] != 0x7f;
    known &= !(n == 3 && s[i] == 0xef && s[i + 1] == 0xbf && s[i + 2] >= 0xbe); /* U+FFFE, U+FFFF are no characters of XML */
    if (!known) {
      bytes_put_text(out, "\xef\xbf\xbd");
      n = n ? n : 1;
    } else if (n == 1 && strchr("&<>\"'\n\t", s[i])) {
      bytes_printf(out, "&#%u;", s[i]);
    } else {
      bytes_put(out, s + i, n);
    }
  }
}

static void put_xml(struct bytes *out, const char *text) { put_escaped(out, (const uint8_t *)text, strlen(text)); }

/* ---- tiers */

struct note { /* one remark */
  size_t n;
  int64_t from_ms, to_ms;
  const char *author, *layer; /* layer "": words without a tag */
  unsigned lane;              /* 1: the tier itself; then those that continue it */
  size_t from_slot, to_slot;
};

static bool same_tier(const struct note *a, const struct note *b) {
  return strcmp(a->author, b->author) == 0 && strcmp(a->layer, b->layer) == 0;
}

static int by_tier(const void *a, const void *b) {
  const struct note *x = a, *y = b;
  int author = strcmp(x->author, y->author), layer = strcmp(x->layer, y->layer);
  if (author || layer) return author ? author : layer;
  if (x->lane != y->lane) return x->lane < y->lane ? -1 : 1;
  if (x->from_ms != y->from_ms) return x->from_ms < y->from_ms ? -1 : 1;
  return x->n < y->n ? -1 : x->n > y->n;
}

/* The first lane in which nothing is going on any more. `ends` has when each lane's last one ends. */
static void give_lane(struct note *one, struct bytes *ends) {
  int64_t *end = (int64_t *)(void *)ends->data;
  size_t lanes = ends->length / sizeof *end;
  for (size_t i = 0; i < lanes; i++) {
    if (end[i] > one->from_ms) continue;
    end[i] = one->to_ms;
    one->lane = (unsigned)i + 1;
    return;
  }
  bytes_put(ends, &one->to_ms, sizeof one->to_ms);
  one->lane = (unsigned)lanes + 1;
}

static enum err give_lanes(struct note *notes, size_t count) {
  for (size_t i = 0; i < count;) {
    AUTO(bytes) struct bytes ends = {0};
    size_t first = i;
    for (; i < count && same_tier(&notes[first], &notes[i]); i++) give_lane(&notes[i], &ends);
    TRY(bytes_check(&ends));
  }
  qsort(notes, count, sizeof *notes, by_tier);
  return ERR_OK;
}

static struct note *sorted_notes(const struct remark_export *x) {
  struct note *notes = calloc(x->count + 1, sizeof *notes);
  for (size_t i = 0; notes && i < x->count; i++) {
    const struct remark *r = &x->all[i];
    const char *layer = remark_export_layer(x, r);
    notes[i] =
        (struct note){i, remark_export_ms(x, r->from), remark_export_ms(x, r->to), x->authors[i], layer ? layer : "", 0, 0, 0};
    if (notes[i].to_ms <= notes[i].from_ms) notes[i].to_ms = notes[i].from_ms + 1; /* more than a thousand frames a second */
  }
  if (notes) qsort(notes, x->count, sizeof *notes, by_tier);
  return notes;
}

/* ---- the file */

/* A time slot; each annotation has two of its own, as ELAN makes them, and all of them stand in the order of time. */
struct slot {
  int64_t at_ms;
  size_t note; /* of which */
  bool end;
};

static int by_time(const void *a, const void *b) {
  const struct slot *x = a, *y = b;
  if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
  if (x->note != y->note) return x->note < y->note ? -1 : 1;
  return (int)x->end - (int)y->end;
}

static enum err make_slots(struct note *notes, size_t count, struct bytes *slots) {
  for (size_t i = 0; i < count; i++) {
    const struct slot two[] = {{notes[i].from_ms, i, false}, {notes[i].to_ms, i, true}};
    bytes_put(slots, two, sizeof two);
  }
  TRY(bytes_check(slots));
  struct slot *all = (struct slot *)(void *)slots->data;
  if (count) qsort(all, 2 * count, sizeof *all, by_time);
  for (size_t i = 0; i < 2 * count; i++) *(all[i].end ? &notes[all[i].note].to_slot : &notes[all[i].note].from_slot) = i + 1;
  return ERR_OK;
}

static void put_head(const struct remark_export *x, struct bytes *out) {
  char date[CLOCK_TEXT], clip[ID_TEXT];
  clock_format(x->made_ms, date);
  bytes_put_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  bytes_printf(out,
               "<ANNOTATION_DOCUMENT AUTHOR=\"clipvault\" DATE=\"%s\" FORMAT=\"3.0\" VERSION=\"3.0\" "
               "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
               "xsi:noNamespaceSchemaLocation=\"http://www.mpi.nl/tools/elan/EAFv3.0.xsd\">\n",
               date);
  bytes_printf(out,
               "  <HEADER MEDIA_FILE=\"\" TIME_UNITS=\"milliseconds\">\n    <PROPERTY NAME=\"clip\">%s</PROPERTY>\n"
               "    <PROPERTY NAME=\"lastUsedAnnotationId\">%zu</PROPERTY>\n  </HEADER>\n",
               id_format(ID_CLIP, x->clip, clip), x->count);
}

static void put_slots(const struct bytes *slots, struct bytes *out) {
  const struct slot *all = (const struct slot *)(const void *)slots->data;
  bytes_put_text(out, "  <TIME_ORDER>\n");
  for (size_t i = 0; i < slots->length / sizeof *all; i++)
    bytes_printf(out, "    <TIME_SLOT TIME_SLOT_ID=\"ts%zu\" TIME_VALUE=\"%lld\"/>\n", i + 1, (long long)all[i].at_ms);
  bytes_put_text(out, "  </TIME_ORDER>\n");
}

static void begin_tier(const struct note *one, struct bytes *out) {
  bytes_put_text(out, "  <TIER ANNOTATOR=\"");
  put_xml(out, one->author);
  bytes_put_text(out, "\" LINGUISTIC_TYPE_REF=\"remark\" TIER_ID=\"");
  put_xml(out, one->author);
  if (one->layer[0]) bytes_put_text(out, ": ");
  put_xml(out, one->layer);
  if (one->lane > 1) bytes_printf(out, " (%u)", one->lane);
  bytes_put_text(out, "\">\n");
}

static enum err put_annotation(const struct remark_export *x, const struct note *one, struct bytes *out) {
  AUTO(bytes) struct bytes words = {0};
  remark_export_words(x, &x->all[one->n], &words);
  TRY(bytes_check(&words));
  bytes_printf(out,
               "    <ANNOTATION>\n      <ALIGNABLE_ANNOTATION ANNOTATION_ID=\"a%zu\" TIME_SLOT_REF1=\"ts%zu\" "
               "TIME_SLOT_REF2=\"ts%zu\">\n        <ANNOTATION_VALUE>",
               one->n + 1, one->from_slot, one->to_slot);
  put_escaped(out, words.data, words.length);
  bytes_put_text(out, "</ANNOTATION_VALUE>\n      </ALIGNABLE_ANNOTATION>\n    </ANNOTATION>\n");
  return ERR_OK;
}

static enum err put_tiers(const struct remark_export *x, const struct note *notes, struct bytes *out) {
  for (size_t i = 0; i < x->count; i++) {
    bool first = !i || !same_tier(&notes[i - 1], &notes[i]) || notes[i - 1].lane != notes[i].lane;
    if (first && i) bytes_put_text(out, "  </TIER>\n");
    if (first) begin_tier(&notes[i], out);
    TRY(put_annotation(x, &notes[i], out));
  }
  if (x->count) bytes_put_text(out, "  </TIER>\n");
  return ERR_OK;
}

static enum err write(const struct remark_export *x, struct note *notes, struct bytes *out) {
  AUTO(bytes) struct bytes slots = {0};
  TRY(give_lanes(notes, x->count));
  TRY(make_slots(notes, x->count, &slots));
  put_head(x, out);
  put_slots(&slots, out);
  TRY(put_tiers(x, notes, out));
  bytes_put_text(out,
                 "  <LINGUISTIC_TYPE GRAPHIC_REFERENCES=\"false\" LINGUISTIC_TYPE_ID=\"remark\" TIME_ALIGNABLE=\"true\"/>\n"
                 "</ANNOTATION_DOCUMENT>\n");
  return bytes_check(out);
}

enum err remark_eaf(const struct remark_export *x, struct bytes *out) {
  struct note *notes = sorted_notes(x);
  if (!notes) return err_set(ERR_IO, "out of memory");
  enum err e = write(x, notes, out);
  free(notes);
  return e;
}
