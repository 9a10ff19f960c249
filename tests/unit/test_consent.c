/* What consent says, row by row: the specification of vault/consent.h. (When it ends: test_consent_rules.c) */
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
    {"all expired, the last one later", {YES(SELF, .expires_ms = 5), YES(PARENT, .expires_ms = 6)}, {0}, CONSENT_EXPIRED, 2, 6},
    {"all expired, the first one later", {YES(SELF, .expires_ms = 6), YES(PARENT, .expires_ms = 5)}, {0}, CONSENT_EXPIRED, 1, 6},
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

/* ---- what of a yes is not said again by renewing it */
static void refused_since(void **state) {
  (void)state;
  static const struct {
    const char *name;
    struct said said[MOST_VOICES];
    char since; /* of the first yes: - nothing, p part of it, w all of it */
  } cases[] = {
      {"nothing", {YES(SELF), YES(PARENT)}, '-'},
      {"a plain no", {YES(SELF), NO(SELF, .ident = IDENT_OBSCURED)}, 'w'},
      {"anybody's no", {YES(SELF), NO(PARENT, .ident = IDENT_OBSCURED)}, 'w'},
      {"a no that was lifted", {YES(SELF), NO(SELF, .ident = IDENT_OBSCURED), YES(SELF)}, 'w'},
      {"after its time was over", {DEAD(SELF), NO(SELF, .ident = IDENT_OBSCURED)}, 'w'},
      {"only as filmed", {YES(SELF), NO(SELF)}, 'p'},
      {"only as filmed, of an obscured one", {YES(SELF, .ident = IDENT_OBSCURED), NO(SELF)}, '-'},
      {"of some media", {YES(SELF), NO(SELF, .ident = IDENT_OBSCURED, .media = MEDIA_STILL)}, 'p'},
      {"of just its media", {YES(SELF, .media = MEDIA_STILL), NO(SELF, .ident = IDENT_OBSCURED, .media = MEDIA_STILL)}, 'w'},
      {"of other media", {YES(SELF, .media = MEDIA_AUDIO), NO(SELF, .ident = IDENT_OBSCURED, .media = MEDIA_STILL)}, '-'},
      {"in one case of all", {YES(SELF), NO(SELF, .ident = IDENT_OBSCURED, .kase = 1)}, 'p'},
      {"in the same case", {YES(SELF, .kase = 1), NO(SELF, .ident = IDENT_OBSCURED, .kase = 1)}, 'w'},
      {"in another case", {YES(SELF, .kase = 1), NO(SELF, .ident = IDENT_OBSCURED, .kase = 2)}, '-'},
      {"in a case, of a no to all", {YES(SELF, .kase = 1), NO(SELF, .ident = IDENT_OBSCURED)}, 'w'},
      {"part and then all", {YES(SELF), NO(SELF), NO(PARENT, .ident = IDENT_OBSCURED)}, 'w'},
      {"another was taken back since", {YES(SELF), WITHDRAWN(PARENT, .after = 2)}, 'w'},
      {"another was taken back before it", {WITHDRAWN(PARENT, .after = 1), YES(SELF)}, '-'},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct consent_voice voices[MOST_VOICES];
    size_t count = 0, of = cases[i].said[0].what == SAID_WITHDRAWN;
    while (count < MOST_VOICES && cases[i].said[count].what) count++;
    for (size_t n = 0; n < count; n++) voices[n] = voice(&cases[i].said[n], n + 1, count);
    char got = "-pw"[consent_refused_since(voices, count, of)];
    if (got != cases[i].since) fail_msg("%s: %c", cases[i].name, got);
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
      cmocka_unit_test(refused_since),
      cmocka_unit_test(concerns),
      cmocka_unit_test(names_what_was_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
