#include "vault/consent.h"

#include "vault/base/clock.h"

#include <string.h>
#include <strings.h>

static const char *const capacities[] = {[CONSENT_SELF] = "self",
                                         [CONSENT_PARENTAL_RESPONSIBILITY] = "parental-responsibility",
                                         [CONSENT_STAFF] = "staff",
                                         [CONSENT_FOSTER_CARER] = "foster-carer",
                                         [CONSENT_REPRESENTATIVE] = "representative"};
static const char *const assents[] = {[CONSENT_ASSENT_NONE] = "none",
                                      [CONSENT_ASSENT_YES] = "yes",
                                      [CONSENT_ASSENT_NO] = "no",
                                      [CONSENT_ASSENT_NOT_SOUGHT] = "not-sought"};
static const char *const events[] = {[CONSENT_AFTER_GIVEN] = "given",
                                     [CONSENT_AFTER_RECORDING] = "recording",
                                     [CONSENT_AFTER_INVOLVEMENT] = "end-of-involvement",
                                     [CONSENT_AFTER_BIRTH] = "born",
                                     [CONSENT_UNTIL] = "", /* written with a date: --until */
                                     [CONSENT_AFTER_ACCREDITATION] = "accreditation"};

/* The number of `text` in words[from..to], or 0 with nothing found. */
static unsigned find(const char *const words[], unsigned from, unsigned to, const char *text, size_t length) {
  for (unsigned i = from; i <= to; i++)
    if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0) return i;
  return 0;
}

const char *consent_capacity_name(enum consent_capacity c) {
  return c >= CONSENT_SELF && c <= CONSENT_REPRESENTATIVE ? capacities[c] : "unknown";
}

enum err consent_capacity_parse(const char *text, enum consent_capacity *out) {
  unsigned found = find(capacities, CONSENT_SELF, CONSENT_REPRESENTATIVE, text, strlen(text));
  if (!found)
    return err_set(ERR_USAGE,
                   "\"%.40s\" is not a capacity; they are self, parental-responsibility, staff, foster-carer, representative",
                   text);
  *out = found;
  return ERR_OK;
}

const char *consent_assent_name(enum consent_assent a) { return a <= CONSENT_ASSENT_NOT_SOUGHT ? assents[a] : "unknown"; }

enum err consent_assent_parse(const char *text, enum consent_assent *out) {
  unsigned found = find(assents, CONSENT_ASSENT_YES, CONSENT_ASSENT_NOT_SOUGHT, text, strlen(text));
  if (!found) return err_set(ERR_USAGE, "--assent takes yes, no or not-sought, not \"%.20s\"", text);
  *out = found;
  return ERR_OK;
}

static enum err bad_rule(const char *text) {
  return err_set(ERR_USAGE,
                 "\"%.60s\" is not a rule: write an event and a period, as in recording:30d, end-of-involvement:2m, "
                 "accreditation:1m, given:12m, "
                 "born:25y "
                 "(d days, w weeks, m months, y years)",
                 text);
}

enum { MOST_YEARS = 150, MOST_MONTHS = 12 * MOST_YEARS, MOST_DAYS = 365 * MOST_YEARS + MOST_YEARS / 4 };

enum err consent_rule_parse(const char *text, struct consent_rule *out) {
  const char *colon = strchr(text, ':');
  unsigned event = colon ? find(events, CONSENT_AFTER_GIVEN, CONSENT_AFTER_ACCREDITATION, text, (size_t)(colon - text)) : 0;
  if (!event || event == CONSENT_UNTIL || strlen(colon) < 3 || strlen(colon) > 7) return bad_rule(text);
  char number[8] = {0};
  size_t digits = strlen(colon + 1) - 1;
  uint64_t n;
  memcpy(number, colon + 1, digits);
  if (!bytes_parse_u64(number, 9999, &n) || n == 0) return bad_rule(text);
  struct consent_rule rule = {.event = event};
  switch (colon[1 + digits]) {
    case 'd': rule.days = (int)n; break;
    case 'w': rule.days = (int)n * 7; break;
    case 'm': rule.months = (int)n; break;
    case 'y': rule.years = (int)n; break;
    default: return bad_rule(text);
  }
  if (rule.years > MOST_YEARS || rule.months > MOST_MONTHS || rule.days > MOST_DAYS)
    return err_set(ERR_USAGE, "\"%.60s\" reaches further than %d years", text, MOST_YEARS);
  *out = rule;
  return ERR_OK;
}

void consent_rule_put(struct bytes *out, const struct consent_rule *r) {
  char until[CLOCK_TEXT];
  if (r->event == CONSENT_UNTIL)
    bytes_printf(out, "until:%s", clock_format(r->until_ms, until));
  else if (r->years)
    bytes_printf(out, "%s:%dy", events[r->event], r->years);
  else if (r->months)
    bytes_printf(out, "%s:%dm", events[r->event], r->months);
  else
    bytes_printf(out, "%s:%dd", events[r->event], r->days);
}

static int64_t rule_expiry_ms(const struct consent_rule *r, const struct consent_events *e) {
  int64_t from = CONSENT_UNKNOWN_MS;
  switch (r->event) {
    case CONSENT_UNTIL: return r->until_ms;
    case CONSENT_AFTER_GIVEN: from = e->given_ms; break;
    case CONSENT_AFTER_RECORDING: from = e->recorded_ms; break;
    case CONSENT_AFTER_INVOLVEMENT: from = e->closed_ms; break;
    case CONSENT_AFTER_BIRTH: from = e->born_ms; break;
    case CONSENT_AFTER_ACCREDITATION: from = e->accredited_ms; break;
    default: return INT64_MIN; /* none of ours: how long it was to run nobody knows, so it is over */
  }
  if (from == CONSENT_UNKNOWN_MS || from == CLOCK_NEVER_MS) return CLOCK_NEVER_MS;
  return clock_add_ms(from, r->years, r->months, r->days);
}

int64_t consent_expiry_ms(const struct consent_rule rules[], size_t count, const struct consent_events *e) {
  int64_t earliest = CLOCK_NEVER_MS;
  for (size_t i = 0; i < count; i++) {
    int64_t at = rule_expiry_ms(&rules[i], e);
    if (at < earliest) earliest = at;
  }
  return earliest;
}

static bool waits(const struct consent_rule *r, const struct consent_events *e) {
  bool late = r->event == CONSENT_AFTER_INVOLVEMENT || r->event == CONSENT_AFTER_ACCREDITATION;
  return late && rule_expiry_ms(r, e) == CLOCK_NEVER_MS;
}

enum err consent_cap(struct consent_rule rules[], size_t *count, size_t most, const struct consent_events *at, int months) {
  const struct consent_rule cap = {.event = CONSENT_AFTER_GIVEN, .months = months};
  bool any = false;
  for (size_t i = 0; i < *count; i++) any |= waits(&rules[i], at);
  if (!any || consent_expiry_ms(rules, *count, at) <= rule_expiry_ms(&cap, at)) return ERR_OK;
  if (*count == most) return err_set(ERR_USAGE, "a consent can have at most %zu rules for its end", most - 1);
  rules[(*count)++] = cap;
  return ERR_OK;
}

bool consent_concerns(const struct consent_voice *v, const struct consent_use *use) {
  if (!id_is_zero(&v->kase) && !id_equal(&v->kase, &use->kase)) return false;
  if (!(v->media & (uint32_t)use->media)) return false;
  /* A yes to "as filmed" includes obscured. A no to "obscured" includes as filmed: who refuses the milder refuses both. */
  bool says_yes = v->yes && !v->withdrawn;
  if (says_yes) return v->ident == IDENT_AS_FILMED || use->ident == IDENT_OBSCURED;
  if (v->withdrawn) return true; /* what was taken back was one decision, whole */
  return v->ident == IDENT_OBSCURED || use->ident == IDENT_AS_FILMED;
}

static bool is_no(const struct consent_voice *v) { return !v->yes || v->withdrawn; }

static bool lives(const struct consent_voice *v, const struct consent_use *use) {
  return !is_no(v) && !v->dead && v->expires_ms > use->now_ms && consent_concerns(v, use);
}

static bool speaks_for_themselves(const struct consent_voice *v) {
  return v->capacity == CONSENT_SELF || v->capacity == CONSENT_STAFF;
}

static bool same_voice(const struct consent_voice *a, const struct consent_voice *b) {
  if (speaks_for_themselves(a) || speaks_for_themselves(b)) return speaks_for_themselves(a) && speaks_for_themselves(b);
  return a->capacity == b->capacity && *a->signer && strcasecmp(a->signer, b->signer) == 0;
}

/* Until when a no is lifted: as long as one later yes of the same voice lives. It stands if that is over now. */
static int64_t lifted_until_ms(const struct consent_voice voices[], size_t count, const struct consent_voice *no,
                               const struct consent_use *use) {
  int64_t until = use->now_ms;
  for (size_t i = 0; i < count; i++) {
    bool lifts = voices[i].said > no->no_after && same_voice(&voices[i], no) && lives(&voices[i], use);
    if (lifts && voices[i].expires_ms > until) until = voices[i].expires_ms;
  }
  return until;
}

/* What all the noes come to. */
struct noes {
  uint64_t last;                      /* the place up to which a yes is overridden; 0 if nobody ever said no */
  const struct consent_voice *stands; /* one that is not lifted, or NULL */
  int64_t until_ms;                   /* when the first of them stands again */
};

static struct noes hear_noes(const struct consent_voice voices[], size_t count, const struct consent_use *use) {
  struct noes n = {.until_ms = CLOCK_NEVER_MS};
  for (size_t i = 0; i < count; i++) {
    const struct consent_voice *v = &voices[i];
    if (!is_no(v) || !consent_concerns(v, use)) continue;
    int64_t until_ms = lifted_until_ms(voices, count, v, use);
    if (v->no_after > n.last) n.last = v->no_after;
    if (until_ms <= use->now_ms) n.stands = v;
    if (until_ms < n.until_ms) n.until_ms = until_ms;
  }
  return n;
}

bool consent_counts(const struct consent_voice voices[], size_t count, size_t n, const struct consent_use *use) {
  struct noes noes = hear_noes(voices, count, use);
  return !noes.stands && voices[n].said > noes.last && lives(&voices[n], use);
}

static bool refuses_some(const struct consent_voice *no, const struct consent_voice *yes) {
  bool meet = id_is_zero(&no->kase) || id_is_zero(&yes->kase) || id_equal(&no->kase, &yes->kase);
  bool ident = no->withdrawn || no->ident == IDENT_OBSCURED || yes->ident == IDENT_AS_FILMED;
  return meet && ident && (no->media & yes->media);
}

static bool refuses_all(const struct consent_voice *no, const struct consent_voice *yes) {
  bool every_case = id_is_zero(&no->kase) || id_equal(&no->kase, &yes->kase);
  return every_case && (no->withdrawn || no->ident == IDENT_OBSCURED) && !(yes->media & ~no->media);
}

enum consent_since consent_refused_since(const struct consent_voice voices[], size_t count, size_t n) {
  enum consent_since since = CONSENT_UNTOUCHED;
  for (size_t i = 0; i < count; i++) {
    const struct consent_voice *no = &voices[i], *yes = &voices[n];
    if (i == n || !is_no(no) || no->no_after <= yes->said || !refuses_some(no, yes)) continue;
    if (refuses_all(no, yes)) return CONSENT_WHOLLY_REFUSED;
    since = CONSENT_PARTLY_REFUSED;
  }
  return since;
}

struct consent_verdict consent_decide(const struct consent_voice voices[], size_t count, const struct consent_use *use) {
  struct consent_verdict best = {.code = CONSENT_SILENT};
  struct noes noes = hear_noes(voices, count, use);
  if (noes.stands) return (struct consent_verdict){.code = CONSENT_NO, .consent = noes.stands->consent};
  for (size_t i = 0; i < count; i++) {
    const struct consent_voice *v = &voices[i];
    if (is_no(v) || !consent_concerns(v, use)) continue;
    bool living = v->said > noes.last && lives(v, use);
    bool later = best.code == CONSENT_SILENT || v->expires_ms > best.expires_ms;
    bool better = living ? best.code != CONSENT_YES || later : best.code != CONSENT_YES && later;
    if (better) best = (struct consent_verdict){living ? CONSENT_YES : CONSENT_EXPIRED, v->consent, v->expires_ms};
  }
  if (best.code == CONSENT_YES && noes.until_ms < best.expires_ms) best.expires_ms = noes.until_ms;
  return best;
}
