/* What consent says, row by row: the specification of vault/consent.h. */
#include "vault/consent.h"

#include "vault/base/clock.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_VOICES = 6 };
#define SELF CONSENT_SELF
#define PARENT CONSENT_PARENTAL_RESPONSIBILITY
#define STAFF CONSENT_STAFF
#define OTHER CONSENT_REPRESENTATIVE
enum what { SAID_NOTHING, SAID_YES, SAID_NO, SAID_WITHDRAWN, SAID_DEAD };

/* What somebody said, in the order of the row. Zero means: in all cases, of all media, as filmed, for ever, unnamed; and
 * what was withdrawn was withdrawn after everything else in the row. */
struct said {
  enum consent_capacity capacity;
  enum what what;
  int kase;
  uint32_t media;
  enum purpose_ident ident;
  int64_t expires_ms;
  const char *by; /* who signed */
  uint64_t after; /* how much had been said when it was withdrawn */
};
#define MIRA .by = "Mira"
#define TOM .by = "Tom"
#define YES(who, ...) \
  { .capacity = who, .what = SAID_YES __VA_OPT__(, ) __VA_ARGS__ }
#define NO(who, ...) \
  { .capacity = who, .what = SAID_NO __VA_OPT__(, ) __VA_ARGS__ }
#define WITHDRAWN(who, ...) \
  { .capacity = who, .what = SAID_WITHDRAWN __VA_OPT__(, ) __VA_ARGS__ }
#define DEAD(who, ...) \
  { .capacity = who, .what = SAID_DEAD __VA_OPT__(, ) __VA_ARGS__ }

/* What is asked. Zero means: in case 1, a clip, as filmed. It is always 1000 ms. */
struct asked {
  int kase;
  enum purpose_media media;
  enum purpose_ident ident;
};

static const struct {
  const char *name;
  struct said said[MOST_VOICES];
  struct asked asked;
  enum consent_code code;
  int by;           /* the voice that decides, from 1; 0: none */
  int64_t until_ms; /* 0: never for a yes, else 0 */
} rows[] = {
    /* silence */
    {"nobody said anything", {{0}}, {0}, CONSENT_SILENT, 0, 0},
    {"a yes for another case only", {YES(SELF, .kase = 2)}, {0}, CONSENT_SILENT, 0, 0},
    {"a no for another case only", {NO(SELF, .kase = 2)}, {0}, CONSENT_SILENT, 0, 0},
    {"a yes for stills only", {YES(SELF, .media = MEDIA_STILL)}, {0}, CONSENT_SILENT, 0, 0},
    {"an expired yes for another case", {YES(SELF, .kase = 2, .expires_ms = 1)}, {0}, CONSENT_SILENT, 0, 0},
    /* cases */
    {"a yes for all cases", {YES(SELF)}, {0}, CONSENT_YES, 1, 0},
    {"a yes for this case", {YES(SELF, .kase = 1)}, {0}, CONSENT_YES, 1, 0},
    {"a yes for all, a no for this case", {YES(SELF), NO(SELF, .kase = 1)}, {0}, CONSENT_NO, 2, 0},
    {"a yes for all, a no for another case", {YES(SELF), NO(SELF, .kase = 2)}, {0}, CONSENT_YES, 1, 0},
    {"a no for all, a later yes for this case", {NO(SELF), YES(SELF, .kase = 1)}, {0}, CONSENT_YES, 2, 0},
    {"a no for all, a later yes for another case", {NO(SELF), YES(SELF, .kase = 2)}, {0}, CONSENT_NO, 1, 0},
    {"a yes for a case that is neither", {YES(SELF, .kase = 2)}, {.kase = 3}, CONSENT_SILENT, 0, 0},
    /* a no beats a yes, whoever says it */
    {"a no alone", {NO(SELF)}, {0}, CONSENT_NO, 1, 0},
    {"the child's no, the parent's yes", {NO(SELF), YES(PARENT)}, {0}, CONSENT_NO, 1, 0},
    {"the parent's yes, the child's no", {YES(PARENT), NO(SELF)}, {0}, CONSENT_NO, 2, 0},
    {"the parent's no, the child's yes", {NO(PARENT), YES(SELF)}, {0}, CONSENT_NO, 1, 0},
    {"the child's no, three yeses of others", {NO(SELF), YES(PARENT), YES(OTHER), YES(PARENT)}, {0}, CONSENT_NO, 1, 0},
    {"a no, and a yes that had expired", {NO(SELF), YES(PARENT, .expires_ms = 1)}, {0}, CONSENT_NO, 1, 0},
    {"two noes: the last one is named", {NO(SELF), NO(PARENT)}, {0}, CONSENT_NO, 2, 0},
    /* the same voice lifts its own no, and only later */
    {"the same voice says yes later", {NO(SELF), YES(SELF)}, {0}, CONSENT_YES, 2, 0},
    {"the same voice said yes before", {YES(SELF), NO(SELF)}, {0}, CONSENT_NO, 2, 0},
    {"yes, no, yes", {YES(SELF), NO(SELF), YES(SELF)}, {0}, CONSENT_YES, 3, 0},
    {"no, yes, no", {NO(SELF), YES(SELF), NO(SELF)}, {0}, CONSENT_NO, 3, 0},
    {"two noes, one yes lifts both", {NO(PARENT, MIRA), NO(PARENT, MIRA), YES(PARENT, MIRA)}, {0}, CONSENT_YES, 3, 0},
    {"two voices said no, one takes it back", {NO(SELF), NO(PARENT, MIRA), YES(SELF)}, {0}, CONSENT_NO, 2, 0},
    {"two voices said no, both take it back", {NO(SELF), NO(PARENT, MIRA), YES(SELF), YES(PARENT, MIRA)}, {0}, CONSENT_YES, 3, 0},
    {"a later yes that was withdrawn lifts nothing", {NO(SELF), WITHDRAWN(SELF)}, {0}, CONSENT_NO, 2, 0},
    {"a later yes of other media lifts nothing", {NO(SELF), YES(SELF, .media = MEDIA_STILL)}, {0}, CONSENT_NO, 1, 0},
    {"a later no to this medium and another", {YES(SELF), NO(SELF, .media = MEDIA_CLIP | MEDIA_STILL)}, {0}, CONSENT_NO, 2, 0},
    /* a yes from before a no never counts again; what lifts a no must live */
    {"an older yes of another does not come back",
     {YES(PARENT), NO(SELF), YES(SELF, .expires_ms = 2000)},
     {0},
     CONSENT_YES,
     3,
     2000},
    {"an older yes of the same voice does not come back",
     {YES(SELF), NO(SELF), YES(SELF, .expires_ms = 2000)},
     {0},
     CONSENT_YES,
     3,
     2000},
    {"a yes between two noes does not come back",
     {NO(SELF), YES(SELF), NO(PARENT, MIRA), YES(PARENT, MIRA, .expires_ms = 2000), YES(SELF, .expires_ms = 1500)},
     {0},
     CONSENT_YES,
     4,
     2000},
    {"what lifted it has expired", {NO(SELF), YES(SELF, .expires_ms = 1000), YES(PARENT)}, {0}, CONSENT_NO, 1, 0},
    {"what lifted it expires before the others",
     {NO(SELF), YES(SELF, .expires_ms = 1001), YES(PARENT)},
     {0},
     CONSENT_YES,
     3,
     1001},
    {"the longest of what lifts it",
     {NO(SELF), YES(SELF, .expires_ms = 1500), YES(SELF, .expires_ms = 1200), YES(PARENT)},
     {0},
     CONSENT_YES,
     4,
     1500},
    {"the shortest of two that are lifted",
     {NO(SELF), NO(PARENT, MIRA), YES(SELF, .expires_ms = 1500), YES(PARENT, MIRA, .expires_ms = 1200), YES(OTHER)},
     {0},
     CONSENT_YES,
     5,
     1200},
    {"the shortest, whichever no was said first",
     {NO(PARENT, MIRA), NO(SELF), YES(SELF, .expires_ms = 1500), YES(PARENT, MIRA, .expires_ms = 1200), YES(OTHER)},
     {0},
     CONSENT_YES,
     5,
     1200},
    {"what was withdrawn late overrides more than a refusal in between",
     {WITHDRAWN(SELF, .after = 3), NO(PARENT, MIRA), YES(OTHER), YES(SELF, .expires_ms = 2000),
      YES(PARENT, MIRA, .expires_ms = 2000)},
     {0},
     CONSENT_YES,
     4,
     2000},
    {"only expiry brings others back", {YES(PARENT), YES(SELF, .expires_ms = 5)}, {0}, CONSENT_YES, 1, 0},
    /* whose voice it is */
    {"one parent's no, the other's yes", {NO(PARENT, MIRA), YES(PARENT, TOM)}, {0}, CONSENT_NO, 1, 0},
    {"one parent's yes, the other's no", {YES(PARENT, MIRA), NO(PARENT, TOM)}, {0}, CONSENT_NO, 2, 0},
    {"one parent withdrew, the other agrees", {WITHDRAWN(PARENT, MIRA, .after = 1), YES(PARENT, TOM)}, {0}, CONSENT_NO, 1, 0},
    {"the same parent thinks again", {NO(PARENT, MIRA), YES(PARENT, .by = "mira")}, {0}, CONSENT_YES, 2, 0},
    {"the same name in another capacity", {NO(PARENT, MIRA), YES(OTHER, MIRA)}, {0}, CONSENT_NO, 1, 0},
    {"who signs for others does not speak for themselves", {NO(PARENT, MIRA), YES(STAFF, MIRA)}, {0}, CONSENT_NO, 1, 0},
    {"nor the other way round", {NO(STAFF, MIRA), YES(PARENT, MIRA)}, {0}, CONSENT_NO, 1, 0},
    {"an unnamed signer does not lift a named one's no", {NO(PARENT, MIRA), YES(PARENT)}, {0}, CONSENT_NO, 1, 0},
    {"a named signer does not lift an unnamed one's no", {NO(PARENT), YES(PARENT, MIRA)}, {0}, CONSENT_NO, 1, 0},
    {"an unnamed signer lifts nothing", {NO(PARENT), YES(PARENT)}, {0}, CONSENT_NO, 1, 0},
    {"the person is one voice whoever held the pen", {NO(SELF, MIRA), YES(SELF, TOM)}, {0}, CONSENT_YES, 2, 0},
    {"staff are themselves, too", {NO(STAFF), YES(SELF)}, {0}, CONSENT_YES, 2, 0},
    /* withdrawing makes a no of it */
    {"withdrawn", {WITHDRAWN(SELF)}, {0}, CONSENT_NO, 1, 0},
    {"withdrawn, the other's yes stands no chance", {WITHDRAWN(SELF), YES(PARENT)}, {0}, CONSENT_NO, 1, 0},
    {"withdrawn, although another yes came first", {YES(PARENT), WITHDRAWN(SELF)}, {0}, CONSENT_NO, 2, 0},
    {"withdrawn, and given anew", {WITHDRAWN(SELF, .after = 1), YES(SELF)}, {0}, CONSENT_YES, 2, 0},
    {"withdrawn only when another had been given", {WITHDRAWN(SELF), YES(SELF)}, {0}, CONSENT_NO, 1, 0},
    {"withdrawn after another's yes, given anew",
     {WITHDRAWN(SELF, .after = 2), YES(PARENT), YES(SELF, .expires_ms = 2000)},
     {0},
     CONSENT_YES,
     3,
     2000},
    {"withdrawn for another case", {YES(SELF), WITHDRAWN(SELF, .kase = 2)}, {0}, CONSENT_YES, 1, 0},
    {"withdrawn after its time", {WITHDRAWN(SELF, .expires_ms = 1)}, {0}, CONSENT_NO, 1, 0},
    {"what was obscured only and is withdrawn ends as filmed too",
     {WITHDRAWN(SELF, .ident = IDENT_OBSCURED)},
     {0},
     CONSENT_NO,
     1,
     0},
    {"what was as filmed and is withdrawn ends obscured too",
     {WITHDRAWN(SELF, .ident = IDENT_AS_FILMED)},
     {.ident = IDENT_OBSCURED},
     CONSENT_NO,
     1,
     0},
    /* expiry */
    {"not yet over", {YES(SELF, .expires_ms = 1001)}, {0}, CONSENT_YES, 1, 1001},
    {"over now", {YES(SELF, .expires_ms = 1000)}, {0}, CONSENT_EXPIRED, 1, 1000},
    {"over before", {YES(SELF, .expires_ms = 999)}, {0}, CONSENT_EXPIRED, 1, 999},
    {"one expired, another stands", {YES(SELF, .expires_ms = 5), YES(PARENT, .expires_ms = 2000)}, {0}, CONSENT_YES, 2, 2000},
    {"one stands, a later one expired", {YES(SELF, .expires_ms = 2000), YES(SELF, .expires_ms = 5)}, {0}, CONSENT_YES, 1, 2000},
    {"all expired", {YES(SELF, .expires_ms = 5), YES(PARENT, .expires_ms = 6)}, {0}, CONSENT_EXPIRED, 1, 5},
    {"the latest of several, first", {YES(SELF, .expires_ms = 9000), YES(SELF, .expires_ms = 2000)}, {0}, CONSENT_YES, 1, 9000},
    {"the latest of several, last", {YES(SELF, .expires_ms = 2000), YES(SELF, .expires_ms = 9000)}, {0}, CONSENT_YES, 2, 9000},
    {"the latest of several, in the middle",
     {YES(SELF, .expires_ms = 2000), YES(PARENT, .expires_ms = 9000), YES(SELF, .expires_ms = 8000)},
     {0},
     CONSENT_YES,
     2,
     9000},
    {"for ever is later than any date", {YES(SELF, .expires_ms = 9000), YES(SELF)}, {0}, CONSENT_YES, 2, 0},
    /* dead: overridden, or expired and swept */
    {"its key is gone", {DEAD(SELF, .expires_ms = 2000)}, {0}, CONSENT_EXPIRED, 1, 2000},
    {"its key is gone, another stands", {DEAD(SELF), YES(PARENT)}, {0}, CONSENT_YES, 2, 0},
    {"overridden by a no that was taken back", {DEAD(PARENT), NO(SELF), YES(SELF)}, {0}, CONSENT_YES, 3, 0},
    {"overridden by a no that stands", {DEAD(PARENT), NO(SELF)}, {0}, CONSENT_NO, 2, 0},
    {"a dead yes lifts nothing", {NO(SELF), DEAD(SELF)}, {0}, CONSENT_NO, 1, 0},
    /* media */
    {"clips do not imply the recording", {YES(SELF, .media = MEDIA_CLIP)}, {.media = MEDIA_RECORDING}, CONSENT_SILENT, 0, 0},
    {"the recording does not imply clips", {YES(SELF, .media = MEDIA_RECORDING)}, {0}, CONSENT_SILENT, 0, 0},
    {"the recording does not imply its sound",
     {YES(SELF, .media = MEDIA_RECORDING)},
     {.media = MEDIA_AUDIO},
     CONSENT_SILENT,
     0,
     0},
    {"one of several media", {YES(SELF, .media = MEDIA_CLIP | MEDIA_NOTES)}, {.media = MEDIA_NOTES}, CONSENT_YES, 1, 0},
    {"a no to stills leaves clips alone", {YES(SELF), NO(SELF, .media = MEDIA_STILL)}, {0}, CONSENT_YES, 1, 0},
    {"a no to clips leaves stills alone",
     {YES(SELF), NO(PARENT, .media = MEDIA_CLIP)},
     {.media = MEDIA_STILL},
     CONSENT_YES,
     1,
     0},
    /* how recognisable */
    {"as filmed implies obscured", {YES(SELF)}, {.ident = IDENT_OBSCURED}, CONSENT_YES, 1, 0},
    {"obscured does not imply as filmed", {YES(SELF, .ident = IDENT_OBSCURED)}, {0}, CONSENT_SILENT, 0, 0},
    {"obscured means obscured", {YES(SELF, .ident = IDENT_OBSCURED)}, {.ident = IDENT_OBSCURED}, CONSENT_YES, 1, 0},
    {"a no to obscured is a no to as filmed", {YES(SELF), NO(SELF, .ident = IDENT_OBSCURED)}, {0}, CONSENT_NO, 2, 0},
    {"a no to obscured", {YES(SELF), NO(SELF, .ident = IDENT_OBSCURED)}, {.ident = IDENT_OBSCURED}, CONSENT_NO, 2, 0},
    {"a no to as filmed leaves obscured", {YES(SELF), NO(SELF)}, {.ident = IDENT_OBSCURED}, CONSENT_YES, 1, 0},
    {"a yes to obscured does not lift a no to as filmed", {NO(SELF), YES(SELF, .ident = IDENT_OBSCURED)}, {0}, CONSENT_NO, 1, 0},
    {"a yes to as filmed lifts a no to obscured",
     {NO(SELF, .ident = IDENT_OBSCURED), YES(SELF)},
     {.ident = IDENT_OBSCURED},
     CONSENT_YES,
     2,
     0},
};

static struct id number(int n) { return (struct id){{(uint8_t)n}}; }

static struct consent_voice voice(const struct said *s, size_t n, size_t count) {
  uint64_t withdrawn_after = s->after ? s->after : count;
  return (struct consent_voice){.consent = number((int)n),
                                .kase = number(s->kase),
                                .capacity = s->capacity,
                                .signer = s->by ? s->by : "",
                                .said = n,
                                .no_after = s->what == SAID_WITHDRAWN ? withdrawn_after : n,
                                .yes = s->what != SAID_NO,
                                .withdrawn = s->what == SAID_WITHDRAWN,
                                .dead = s->what == SAID_DEAD || s->what == SAID_WITHDRAWN,
                                .media = s->media ? s->media : MEDIA_ALL,
                                .ident = s->ident ? s->ident : IDENT_AS_FILMED,
                                .expires_ms = s->expires_ms ? s->expires_ms : CLOCK_NEVER_MS};
}

static size_t voices_of(size_t row, struct consent_voice out[MOST_VOICES]) {
  size_t count = 0;
  while (count < MOST_VOICES && rows[row].said[count].what != SAID_NOTHING) count++;
  for (size_t i = 0; i < count; i++) out[i] = voice(&rows[row].said[i], i + 1, count);
  return count;
}

static struct consent_use use_of(const struct asked *a) {
  return (struct consent_use){.kase = number(a->kase ? a->kase : 1),
                              .media = a->media ? a->media : MEDIA_CLIP,
                              .ident = a->ident ? a->ident : IDENT_AS_FILMED,
                              .now_ms = 1000};
}

static void decides(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct consent_voice voices[MOST_VOICES];
    size_t count = voices_of(i, voices);
    struct consent_use use = use_of(&rows[i].asked);
    struct consent_verdict v = consent_decide(voices, count, &use);
    struct id by = number(rows[i].by);
    bool timed = rows[i].code == CONSENT_YES || rows[i].code == CONSENT_EXPIRED;
    int64_t until_ms = timed && !rows[i].until_ms ? CLOCK_NEVER_MS : rows[i].until_ms;
    if (v.code != rows[i].code) fail_msg("%s: the verdict is %d, not %d", rows[i].name, v.code, rows[i].code);
    if (!id_equal(&v.consent, &by)) fail_msg("%s: voice %d decides, not %d", rows[i].name, v.consent.b[0], rows[i].by);
    if (v.expires_ms != until_ms) fail_msg("%s: it ends at %lld ms", rows[i].name, (long long)v.expires_ms);
  }
}

/* Whatever was said before, a new voice's no to all of it ends it; and what speaks of another case changes nothing. */
static void a_last_no_beats_every_row(void **state) {
  (void)state;
  static const struct said no = NO(OTHER, .ident = IDENT_OBSCURED), elsewhere = NO(SELF, .kase = 99);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct consent_voice voices[MOST_VOICES + 1];
    size_t count = voices_of(i, voices);
    struct consent_use use = use_of(&rows[i].asked);
    voices[count] = voice(&elsewhere, count + 1, count + 1);
    if (consent_decide(voices, count + 1, &use).code != rows[i].code) fail_msg("%s: a no elsewhere changed it", rows[i].name);
    voices[count] = voice(&no, count + 1, count + 1);
    if (consent_decide(voices, count + 1, &use).code != CONSENT_NO) fail_msg("%s: a last no did not end it", rows[i].name);
  }
}

/* Only a yes that counts may hold a key: the one that decides is among them, and without a yes there is none. */
static void what_counts_agrees_with_what_is_decided(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct consent_voice voices[MOST_VOICES];
    size_t count = voices_of(i, voices), counting = 0;
    struct consent_use use = use_of(&rows[i].asked);
    for (size_t n = 0; n < count; n++) {
      bool counts = consent_counts(voices, count, n, &use), decides_it = rows[i].code == CONSENT_YES && rows[i].by == (int)n + 1;
      if (decides_it && !counts) fail_msg("%s: the yes that decides does not count", rows[i].name);
      if (counts && (!voices[n].yes || voices[n].withdrawn || voices[n].dead))
        fail_msg("%s: voice %zu counts", rows[i].name, n + 1);
      counting += counts;
    }
    if (rows[i].code != CONSENT_YES && counting) fail_msg("%s: is no yes, and %zu voices count", rows[i].name, counting);
  }
}

static void only_some_yeses_count(void **state) {
  (void)state;
  static const struct {
    const char *name;
    struct said said[MOST_VOICES];
    const char *count; /* a digit for each voice */
  } cases[] = {
      {"both of two", {YES(SELF), YES(PARENT)}, "11"},
      {"not the expired one", {YES(SELF, .expires_ms = 1000), YES(PARENT)}, "01"},
      {"not the dead one", {YES(SELF), DEAD(PARENT)}, "10"},
      {"not the ones before the no", {YES(SELF), YES(PARENT), NO(SELF), YES(SELF), YES(PARENT)}, "00011"},
      {"none, if the no stands", {YES(SELF), NO(PARENT), YES(SELF)}, "000"},
      {"not the one of another case", {YES(SELF), YES(PARENT, .kase = 2)}, "10"},
      {"not the one of other media", {YES(SELF, .media = MEDIA_AUDIO), YES(PARENT)}, "01"},
      {"not the obscured one", {YES(SELF, .ident = IDENT_OBSCURED), YES(PARENT)}, "01"},
      {"those before a no of another case", {YES(SELF), NO(SELF, .kase = 2)}, "10"},
      {"not those before a withdrawal", {WITHDRAWN(SELF, .after = 2), YES(PARENT), YES(SELF)}, "001"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct consent_voice voices[MOST_VOICES];
    struct consent_use use = use_of(&(struct asked){0});
    char got[MOST_VOICES + 1] = "";
    size_t count = strlen(cases[i].count);
    for (size_t n = 0; n < count; n++) voices[n] = voice(&cases[i].said[n], n + 1, count);
    for (size_t n = 0; n < count; n++) got[n] = consent_counts(voices, count, n, &use) ? '1' : '0';
    if (strcmp(got, cases[i].count) != 0) fail_msg("%s: %s", cases[i].name, got);
  }
}

/* ---- which scope speaks about which use */
static void concerns(void **state) {
  (void)state;
  static const struct {
    const char *name;
    struct said said;
    struct asked asked;
    bool expected;
  } cases[] = {
      {"yes as filmed, asked as filmed", YES(SELF, .ident = IDENT_AS_FILMED), {.ident = IDENT_AS_FILMED}, true},
      {"yes as filmed, asked obscured", YES(SELF, .ident = IDENT_AS_FILMED), {.ident = IDENT_OBSCURED}, true},
      {"yes obscured, asked as filmed", YES(SELF, .ident = IDENT_OBSCURED), {.ident = IDENT_AS_FILMED}, false},
      {"yes obscured, asked obscured", YES(SELF, .ident = IDENT_OBSCURED), {.ident = IDENT_OBSCURED}, true},
      {"no as filmed, asked as filmed", NO(SELF, .ident = IDENT_AS_FILMED), {.ident = IDENT_AS_FILMED}, true},
      {"no as filmed, asked obscured", NO(SELF, .ident = IDENT_AS_FILMED), {.ident = IDENT_OBSCURED}, false},
      {"no obscured, asked as filmed", NO(SELF, .ident = IDENT_OBSCURED), {.ident = IDENT_AS_FILMED}, true},
      {"no obscured, asked obscured", NO(SELF, .ident = IDENT_OBSCURED), {.ident = IDENT_OBSCURED}, true},
      {"withdrawn as filmed, asked obscured", WITHDRAWN(SELF, .ident = IDENT_AS_FILMED), {.ident = IDENT_OBSCURED}, true},
      {"withdrawn obscured, asked as filmed", WITHDRAWN(SELF, .ident = IDENT_OBSCURED), {.ident = IDENT_AS_FILMED}, true},
      {"dead yes obscured, asked as filmed", DEAD(SELF, .ident = IDENT_OBSCURED), {.ident = IDENT_AS_FILMED}, false},
      {"withdrawn of another case", WITHDRAWN(SELF, .kase = 2), {0}, false},
      {"withdrawn of other media", WITHDRAWN(SELF, .media = MEDIA_NOTES), {0}, false},
      {"another case", YES(SELF, .kase = 2), {.kase = 1}, false},
      {"the same case", YES(SELF, .kase = 2), {.kase = 2}, true},
      {"every other medium", YES(SELF, .media = MEDIA_ALL & ~MEDIA_AUDIO), {.media = MEDIA_AUDIO}, false},
      {"an expired yes still speaks of it", YES(SELF, .expires_ms = 1), {0}, true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct consent_voice v = voice(&cases[i].said, 1, 1);
    struct consent_use use = use_of(&cases[i].asked);
    if (consent_concerns(&v, &use) != cases[i].expected) fail_msg("%s: should be %d", cases[i].name, cases[i].expected);
  }
}

/* ---- rules: how they are written */
static void understands_rules(void **state) {
  (void)state;
  static const struct {
    const char *text, *again; /* NULL: as it was written */
    struct consent_rule rule;
  } cases[] = {
      {"recording:30d", NULL, {CONSENT_AFTER_RECORDING, .days = 30}},
      {"recording:2w", "recording:14d", {CONSENT_AFTER_RECORDING, .days = 14}},
      {"end-of-involvement:2m", NULL, {CONSENT_AFTER_INVOLVEMENT, .months = 2}},
      {"given:12m", NULL, {CONSENT_AFTER_GIVEN, .months = 12}},
      {"given:1d", NULL, {CONSENT_AFTER_GIVEN, .days = 1}},
      {"given:0007d", "given:7d", {CONSENT_AFTER_GIVEN, .days = 7}},
      {"born:25y", NULL, {CONSENT_AFTER_BIRTH, .years = 25}},
      {"born:150y", NULL, {CONSENT_AFTER_BIRTH, .years = 150}},
      {"given:1800m", NULL, {CONSENT_AFTER_GIVEN, .months = 1800}},
      {"given:9999d", NULL, {CONSENT_AFTER_GIVEN, .days = 9999}},
      {"given:7826w", "given:54782d", {CONSENT_AFTER_GIVEN, .days = 54782}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    AUTO(bytes) struct bytes again = {0};
    struct consent_rule r;
    const struct consent_rule *e = &cases[i].rule;
    if (consent_rule_parse(cases[i].text, &r) != ERR_OK) fail_msg("%s: %s", cases[i].text, err_text());
    if (r.event != e->event || r.years != e->years || r.months != e->months || r.days != e->days || r.until_ms)
      fail_msg("%s: read as event %d, %d y, %d m, %d d", cases[i].text, r.event, r.years, r.months, r.days);
    consent_rule_put(&again, &r);
    assert_string_equal(bytes_text(&again), cases[i].again ? cases[i].again : cases[i].text);
  }
  AUTO(bytes) struct bytes until = {0};
  consent_rule_put(&until, &(struct consent_rule){.event = CONSENT_UNTIL, .until_ms = 86399999});
  assert_string_equal(bytes_text(&until), "until:1970-01-01T23:59:59Z");
}

static void refuses_rules(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "30d",
      ":30d",
      "recording",
      "recording:",
      "recording:d",
      "recording:30",
      "recording:30h",
      "given:0d",
      "given:-1d",
      "given:+1d",
      "given: 1d",
      "given:1d ",
      " given:1d",
      "given:1.5m",
      "given:1dd",
      "Given:1d",
      "givin:1d",
      "given:1D",
      "given:10000d",
      "given:99999d",
      "given:00001d1",
      "given:1234567",
      "born:9999y",
      "born:151y",
      "given:1801m",
      "given:7827w",
      "until:2026-01-01",
      "given::1d",
      "given:1d,2d",
      "recordin:1d",
      "recordings:1d",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct consent_rule r = {.days = 77};
    if (consent_rule_parse(texts[i], &r) != ERR_USAGE) fail_msg("the rule \"%s\" was accepted", texts[i]);
    if (r.days != 77 || r.event) fail_msg("the rule \"%s\" was refused and yet written", texts[i]);
    const char *says = i && strstr(err_text(), "150 years") ? "150 years" : "is not a rule: write an event and a period";
    if (!strstr(err_text(), says)) fail_msg("the rule \"%s\": %s", texts[i], err_text());
  }
}

/* ---- rules: when they end a consent */
#define DAYS(e, n) \
  { CONSENT_AFTER_##e, .days = n }
#define MONTHS(e, n) \
  { CONSENT_AFTER_##e, .months = n }
#define YEARS(e, n) \
  { CONSENT_AFTER_##e, .years = n }

static void the_earliest_rule_wins(void **state) {
  (void)state;
  static const struct {
    const char *name;
    struct consent_rule rules[3];
    const char *given, *recorded, *closed, *born; /* NULL: unknown */
    const char *ends;                             /* NULL: never; else the end of that day */
  } cases[] = {
      {"no rule", {{0}}, "2026-01-10", "2026-01-10", NULL, NULL, NULL},
      {"days after recording", {DAYS(RECORDING, 30)}, "2026-01-01", "2026-01-10", NULL, NULL, "2026-02-09"},
      {"recording not known", {DAYS(RECORDING, 30)}, "2026-01-01", NULL, NULL, NULL, NULL},
      {"months after giving", {MONTHS(GIVEN, 12)}, "2026-01-10", NULL, NULL, NULL, "2027-01-10"},
      {"the case is still open", {MONTHS(INVOLVEMENT, 2)}, "2026-01-10", "2026-01-10", NULL, NULL, NULL},
      {"the case was closed", {MONTHS(INVOLVEMENT, 2)}, "2026-01-10", "2026-01-10", "2026-06-30", NULL, "2026-08-30"},
      {"birthday not known", {YEARS(BIRTH, 25)}, "2026-01-10", NULL, NULL, NULL, NULL},
      {"after birth", {YEARS(BIRTH, 25)}, "2026-01-10", NULL, NULL, "2019-05-04", "2044-05-04"},
      {"born before 1970", {YEARS(BIRTH, 70)}, "2026-01-10", NULL, NULL, "1961-05-04", "2031-05-04"},
      {"earliest first", {DAYS(RECORDING, 10), MONTHS(GIVEN, 12)}, "2026-01-01", "2026-02-01", NULL, NULL, "2026-02-11"},
      {"earliest last",
       {YEARS(BIRTH, 25), MONTHS(GIVEN, 12), DAYS(RECORDING, 10)},
       "2026-01-01",
       "2026-02-01",
       NULL,
       "2019-05-04",
       "2026-02-11"},
      {"an unknown event does not bind, the other does",
       {MONTHS(INVOLVEMENT, 1), DAYS(GIVEN, 90)},
       "2026-01-01",
       NULL,
       NULL,
       NULL,
       "2026-04-01"},
      {"born on a leap day, in a year without one", {YEARS(BIRTH, 1)}, NULL, NULL, NULL, "2024-02-29", "2025-02-28"},
      {"born on a leap day, in a leap year", {YEARS(BIRTH, 4)}, NULL, NULL, NULL, "2024-02-29", "2028-02-29"},
      {"a leap day counted in days", {DAYS(GIVEN, 1)}, "2024-02-28", NULL, NULL, NULL, "2024-02-29"},
      {"no leap day counted in days", {DAYS(GIVEN, 1)}, "2025-02-28", NULL, NULL, NULL, "2025-03-01"},
      {"2100 is no leap year", {YEARS(GIVEN, 4)}, "2096-02-29", NULL, NULL, NULL, "2100-02-28"},
      {"2000 was one", {YEARS(BIRTH, 4)}, NULL, NULL, NULL, "1996-02-29", "2000-02-29"},
      {"31 January and a month", {MONTHS(GIVEN, 1)}, "2026-01-31", NULL, NULL, NULL, "2026-02-28"},
      {"31 January and a month, leap year", {MONTHS(GIVEN, 1)}, "2028-01-31", NULL, NULL, NULL, "2028-02-29"},
      {"31 March and a month", {MONTHS(GIVEN, 1)}, "2026-03-31", NULL, NULL, NULL, "2026-04-30"},
      {"31 October and four months", {MONTHS(GIVEN, 4)}, "2026-10-31", NULL, NULL, NULL, "2027-02-28"},
      {"30 November and a month stays the 30th", {MONTHS(GIVEN, 1)}, "2026-11-30", NULL, NULL, NULL, "2026-12-30"},
      {"over the turn of the year", {DAYS(GIVEN, 1)}, "2026-12-31", NULL, NULL, NULL, "2027-01-01"},
      {"two weeks", {DAYS(GIVEN, 14)}, "2026-02-20", NULL, NULL, NULL, "2026-03-06"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *const texts[] = {cases[i].given, cases[i].recorded, cases[i].closed, cases[i].born};
    int64_t at[4], ends = CLOCK_NEVER_MS;
    char shown[CLOCK_TEXT];
    size_t count = 0;
    for (size_t k = 0; k < 4; k++) {
      at[k] = CONSENT_UNKNOWN_MS;
      if (texts[k]) assert_int_equal(clock_parse_start(texts[k], &at[k]), ERR_OK);
    }
    if (cases[i].ends) assert_int_equal(clock_parse(cases[i].ends, &ends), ERR_OK);
    while (count < 3 && cases[i].rules[count].event) count++;
    struct consent_events events = {at[0], at[1], at[2], at[3], CONSENT_UNKNOWN_MS};
    int64_t got = consent_expiry_ms(cases[i].rules, count, &events);
    if (got != ends) fail_msg("%s: ends %s", cases[i].name, clock_format(got, shown));
  }
}

static void a_fixed_moment_binds_among_the_others(void **state) {
  (void)state;
  struct consent_events events = {.given_ms = 0,
                                  .recorded_ms = CONSENT_UNKNOWN_MS,
                                  .closed_ms = CLOCK_NEVER_MS, /* open, as the index says it */
                                  .born_ms = CONSENT_UNKNOWN_MS};
  struct consent_rule rules[] = {DAYS(GIVEN, 1), {CONSENT_UNTIL, .until_ms = 4711}, MONTHS(INVOLVEMENT, 1)};
  assert_int_equal(consent_expiry_ms(rules, 3, &events), 4711);
  rules[1].until_ms = 10 * CLOCK_DAY_MS;
  assert_int_equal(consent_expiry_ms(rules, 3, &events), 2 * CLOCK_DAY_MS - 1);
  assert_int_equal(consent_expiry_ms(rules + 2, 1, &events), CLOCK_NEVER_MS);
}

/* What waits for a day that has not come: where nothing known ends it earlier, the service's own end joins the rules. */
static void what_could_run_for_ever_is_capped(void **state) {
  (void)state;
  enum { MOST = 3, CAP = 24 };
  static const struct {
    const char *name;
    struct consent_rule rules[MOST];
    int64_t closed, accredited;
    size_t count;
    enum err result;
  } cases[] = {
      {"no rule", {{0}}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 0, ERR_OK},
      {"a rule that runs", {MONTHS(GIVEN, 60)}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 1, ERR_OK},
      {"an open case", {MONTHS(INVOLVEMENT, 2)}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 2, ERR_OK},
      {"an open case, as the index says it", {MONTHS(INVOLVEMENT, 2)}, CLOCK_NEVER_MS, CONSENT_UNKNOWN_MS, 2, ERR_OK},
      {"a closed case", {MONTHS(INVOLVEMENT, 2)}, 1000, CONSENT_UNKNOWN_MS, 1, ERR_OK},
      {"a training that goes on", {MONTHS(ACCREDITATION, 1)}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 2, ERR_OK},
      {"an accreditation", {MONTHS(ACCREDITATION, 1)}, CONSENT_UNKNOWN_MS, 1000, 1, ERR_OK},
      {"open, and another ends earlier",
       {MONTHS(INVOLVEMENT, 2), DAYS(GIVEN, 5)},
       CONSENT_UNKNOWN_MS,
       CONSENT_UNKNOWN_MS,
       2,
       ERR_OK},
      {"open, and another ends with the cap",
       {MONTHS(INVOLVEMENT, 2), MONTHS(GIVEN, CAP)},
       CONSENT_UNKNOWN_MS,
       CONSENT_UNKNOWN_MS,
       2,
       ERR_OK},
      {"open, and another ends later",
       {MONTHS(INVOLVEMENT, 2), YEARS(GIVEN, 5)},
       CONSENT_UNKNOWN_MS,
       CONSENT_UNKNOWN_MS,
       3,
       ERR_OK},
      {"a birthday that nobody knows", {YEARS(BIRTH, 25)}, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, 1, ERR_OK},
      {"no room for it",
       {MONTHS(INVOLVEMENT, 2), MONTHS(ACCREDITATION, 1), YEARS(GIVEN, 5)},
       CONSENT_UNKNOWN_MS,
       CONSENT_UNKNOWN_MS,
       3,
       ERR_USAGE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct consent_rule rules[MOST];
    size_t before = 0;
    memcpy(rules, cases[i].rules, sizeof rules);
    while (before < MOST && rules[before].event) before++;
    size_t count = before;
    struct consent_events events = {0, CONSENT_UNKNOWN_MS, cases[i].closed, CONSENT_UNKNOWN_MS, cases[i].accredited};
    enum err e = consent_cap(rules, &count, MOST, &events, CAP);
    if (e != cases[i].result || count != cases[i].count) fail_msg("%s: %d, %zu rules", cases[i].name, e, count);
    if (count > before && (rules[before].event != CONSENT_AFTER_GIVEN || rules[before].months != CAP))
      fail_msg("%s: another rule than the cap", cases[i].name);
    if (memcmp(rules, cases[i].rules, before * sizeof *rules) != 0) fail_msg("%s: a rule was changed", cases[i].name);
  }
}

static void training_that_comes_to_its_end_ends_it(void **state) {
  (void)state;
  const struct consent_rule rules[] = {MONTHS(ACCREDITATION, 1), {(enum consent_event)99, .days = 1}};
  struct consent_events events = {0, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS, CONSENT_UNKNOWN_MS};
  int64_t ends;
  assert_int_equal(consent_expiry_ms(rules, 1, &events), CLOCK_NEVER_MS);
  assert_int_equal(clock_parse_start("2026-01-31", &events.accredited_ms), ERR_OK);
  assert_int_equal(clock_parse("2026-02-28", &ends), ERR_OK);
  assert_int_equal(consent_expiry_ms(rules, 1, &events), ends);
  assert_int_equal(consent_expiry_ms(rules, 2, &events), INT64_MIN); /* a rule that nobody can read does not run for ever */
}

/* ---- words */
static void names_what_was_said(void **state) {
  (void)state;
  static const char *const capacities[] = {"self", "parental-responsibility", "staff", "foster-carer", "representative"};
  static const char *const assents[] = {"yes", "no", "not-sought"};
  static const char *const no_words[] = {"", "Self", "parent", "self ", "unknown"};
  enum consent_capacity c = 0;
  enum consent_assent a = 0;
  for (unsigned i = 0; i < 5; i++) {
    if (consent_capacity_parse(capacities[i], &c) != ERR_OK || c != i + 1) fail_msg("%s was not understood", capacities[i]);
    assert_string_equal(consent_capacity_name(c), capacities[i]);
  }
  for (unsigned i = 0; i < 3; i++) {
    if (consent_assent_parse(assents[i], &a) != ERR_OK || a != i + 1) fail_msg("%s was not understood", assents[i]);
    assert_string_equal(consent_assent_name(a), assents[i]);
  }
  for (size_t i = 0; i < sizeof no_words / sizeof *no_words; i++) {
    if (consent_capacity_parse(no_words[i], &c) != ERR_USAGE) fail_msg("\"%s\" is a capacity", no_words[i]);
    if (consent_assent_parse(no_words[i], &a) != ERR_USAGE) fail_msg("\"%s\" is an assent", no_words[i]);
  }
  assert_int_equal(consent_assent_parse("none", &a), ERR_USAGE); /* it is what nobody says */
  assert_int_equal(c, CONSENT_REPRESENTATIVE);
  assert_int_equal(a, CONSENT_ASSENT_NOT_SOUGHT);
  assert_string_equal(consent_capacity_name(0), "unknown");
  assert_string_equal(consent_capacity_name(6), "unknown");
  assert_string_equal(consent_assent_name(9), "unknown");
}

int main(void) {
  if (clock_set_zone("UTC") != ERR_OK) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decides),
      cmocka_unit_test(a_last_no_beats_every_row),
      cmocka_unit_test(what_counts_agrees_with_what_is_decided),
      cmocka_unit_test(only_some_yeses_count),
      cmocka_unit_test(concerns),
      cmocka_unit_test(understands_rules),
      cmocka_unit_test(refuses_rules),
      cmocka_unit_test(the_earliest_rule_wins),
      cmocka_unit_test(a_fixed_moment_binds_among_the_others),
      cmocka_unit_test(what_could_run_for_ever_is_capped),
      cmocka_unit_test(training_that_comes_to_its_end_ends_it),
      cmocka_unit_test(names_what_was_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
