/* What consent says. Pure: facts in, verdicts out; the tables of tests/unit/test_consent.c are its specification.
 *
 * A person may have several consents, recorded one after another, each with a yes or a no for single purposes, for one case
 * or for all, for some media, as filmed or only obscured. For one use of one clip:
 *   - a "no" beats every "yes" that was said before it, whoever said that, and for good. A no is a refusal, a withdrawal (which
 *     was said when it was withdrawn), or a child's assent "no" (which refuses all it was asked about).
 *   - it stands until the *same voice* says yes later, and only as long as that yes lives: a parent's yes does not lift a
 *     child's no, nor the other parent's. A voice is the person's own, or a capacity and a name; who gave no name cannot
 *     be told from others, and lifts nothing.
 *   - of the yeses that are left, one that has not expired is enough ("only when a consent merely expires do that person's
 *     other consents still stand"), and the latest of them tells how long, but no longer than every no stays lifted.
 *   - within one consent the earliest of all its rules wins.
 * Silence is not consent. */
#ifndef CLIPVAULT_CONSENT_H
#define CLIPVAULT_CONSENT_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/purpose.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSENT_UNKNOWN_MS INT64_MIN /* a birthday or an end of involvement that is not known (yet) */

/* Who signed, and as what. */
enum consent_capacity {
  CONSENT_SELF = 1,                /* an adult, or a competent child, for themselves */
  CONSENT_PARENTAL_RESPONSIBILITY, /* a holder of parental responsibility */
  CONSENT_STAFF,
  CONSENT_FOSTER_CARER,   /* usually has no parental responsibility: warned of */
  CONSENT_REPRESENTATIVE, /* attorney, deputy, interpreter's witness */
};
const char *consent_capacity_name(enum consent_capacity c);
enum err consent_capacity_parse(const char *text, enum consent_capacity *out);

enum consent_assent { CONSENT_ASSENT_NONE, CONSENT_ASSENT_YES, CONSENT_ASSENT_NO, CONSENT_ASSENT_NOT_SOUGHT };
const char *consent_assent_name(enum consent_assent a);
enum err consent_assent_parse(const char *text, enum consent_assent *out);

/* When a consent ends by itself: a period after an event. */
enum consent_event {
  CONSENT_AFTER_GIVEN = 1,     /* "given:12m" */
  CONSENT_AFTER_RECORDING,     /* "recording:30d": depends on the clip */
  CONSENT_AFTER_INVOLVEMENT,   /* "end-of-involvement:2m": does not run until the case is closed */
  CONSENT_AFTER_BIRTH,         /* "born:25y": needs a birthday */
  CONSENT_UNTIL,               /* a fixed moment, until_ms */
  CONSENT_AFTER_ACCREDITATION, /* "accreditation:1m": does not run until the case's training has come to that */
};
struct consent_rule {
  enum consent_event event;
  int years, months, days;
  int64_t until_ms;
};
/* "recording:30d", N d, w, m or y. ERR_USAGE says what is accepted. */
enum err consent_rule_parse(const char *text, struct consent_rule *out);
void consent_rule_put(struct bytes *out, const struct consent_rule *rule);

struct consent_events {
  int64_t given_ms, recorded_ms, closed_ms, born_ms, accredited_ms; /* CONSENT_UNKNOWN_MS where there is none */
};
/* The earliest of all rules whose event has a date; CLOCK_NEVER_MS if none binds, INT64_MIN if one is of no event above. Leave
 * recorded_ms, closed_ms and accredited_ms unknown for what holds whatever the clip. */
int64_t consent_expiry_ms(const struct consent_rule rules[], size_t count, const struct consent_events *events);

/* What runs from a day that has not come yet could run for ever: where nothing known ends the consent earlier, a rule "given:Nm"
 * joins the others, for everybody to see. *count: how many rules there are now; ERR_USAGE if there is no room for it. */
enum err consent_cap(struct consent_rule rules[], size_t *count, size_t most, const struct consent_events *events, int months);

/* One purpose of one consent, as it stands. */
struct consent_voice {
  struct id consent, kase; /* kase zero: all cases */
  enum consent_capacity capacity;
  const char *signer; /* "" unnamed; of no matter where the person speaks for themselves */
  uint64_t said;      /* its place in the order in which everything was said about this person */
  uint64_t no_after;  /* of a no: it was said after everything up to this place. A refusal's is its own place */
  bool yes;           /* what was said */
  bool withdrawn;     /* a yes that was taken back: from then on a no */
  bool dead;          /* a yes whose key is gone without its own no: expired and swept, or overridden by someone's no */
  uint32_t media;     /* bits */
  enum purpose_ident ident;
  int64_t expires_ms; /* for this clip */
};
struct consent_use {
  struct id kase;
  enum purpose_media media;
  enum purpose_ident ident;
  int64_t now_ms;
};
enum consent_code { CONSENT_YES, CONSENT_SILENT, CONSENT_NO, CONSENT_EXPIRED };
struct consent_verdict {
  enum consent_code code;
  struct id consent;  /* the one that decides; zero when silent */
  int64_t expires_ms; /* of a yes, and when it was for an expired one */
};
/* All that one person ever said about one purpose. */
struct consent_verdict consent_decide(const struct consent_voice voices[], size_t count, const struct consent_use *use);

/* Whether voice n is a yes that lives and stands against every no: only such a one may hold a key. */
bool consent_counts(const struct consent_voice voices[], size_t count, size_t n, const struct consent_use *use);

/* What of voice n, a yes, was refused or taken back after it was said, by anyone, and whether or not somebody said yes again:
 * that much is not said anew by renewing it. */
enum consent_since { CONSENT_UNTOUCHED, CONSENT_PARTLY_REFUSED, CONSENT_WHOLLY_REFUSED };
enum consent_since consent_refused_since(const struct consent_voice voices[], size_t count, size_t n);

/* Whether a yes or no recorded with these bounds speaks about this use at all. */
bool consent_concerns(const struct consent_voice *voice, const struct consent_use *use);

#endif
