#include "player-bridge/http/route.h"

#include <stdio.h>
#include <string.h>

#define NAMES(...) \
  (const char *const[]) { __VA_ARGS__, NULL }
static const char *const none[] = {NULL};

static const struct route routes[] = {
    {"GET", "/healthz", ROUTE_ASK, "health", none},
    {"GET", "/metrics", ROUTE_ASK, "metrics", none},
    {"GET", "/api/openapi.json", ROUTE_TOLD, NULL, none},
    {"POST", "/api/session", ROUTE_ASK, "session.begin", NAMES("name", "password", "code")},
    {"POST", "/api/session/sign-on", ROUTE_ASK, "session.sign_on", none},
    {"DELETE", "/api/session", ROUTE_ASK, "session.end", none},
    {"POST", "/api/session/confirm", ROUTE_ASK, "session.confirm", NAMES("password", "code")},
    {"GET", "/api/sessions", ROUTE_ASK, "sessions.list", none},
    {"DELETE", "/api/sessions/*", ROUTE_ASK, "sessions.end", none},
    {"GET", "/api/me", ROUTE_ASK, "me", none},
    {"POST", "/api/me/app", ROUTE_ASK, "app.begin", none},
    {"POST", "/api/me/app/confirm", ROUTE_ASK, "app.confirm", NAMES("code")},
    {"GET", "/api/purposes", ROUTE_ASK, "purposes", none},

    {"GET", "/api/cases", ROUTE_ASK, "cases.list", none},
    {"POST", "/api/cases", ROUTE_ASK, "cases.open", NAMES("title", "practitioner")},
    {"GET", "/api/cases/*", ROUTE_ASK, "cases.show", none},
    {"POST", "/api/cases/*/close", ROUTE_ASK, "cases.close", NAMES("on")},
    {"POST", "/api/cases/*/accredited", ROUTE_ASK, "cases.accredited", NAMES("on")},
    {"POST", "/api/cases/*/assign", ROUTE_ASK, "cases.assign", NAMES("practitioner")},

    {"GET", "/api/persons", ROUTE_ASK, "persons.list", NAMES("case", "missing")},
    {"POST", "/api/persons", ROUTE_ASK, "persons.add", NAMES("name", "born", "kind", "case")},
    {"GET", "/api/persons/*", ROUTE_ASK, "persons.show", none},
    {"POST", "/api/persons/*/correct", ROUTE_ASK, "persons.correct", NAMES("name", "born", "kind", "dry_run")},
    {"POST", "/api/persons/*/erase", ROUTE_ASK, "persons.erase", NAMES("dry_run")},
    {"POST", "/api/persons/*/withdraw", ROUTE_ASK, "persons.withdraw", NAMES("purpose", "dry_run")},

    {"GET", "/api/consents", ROUTE_ASK, "consents.list", NAMES("person")},
    {"POST", "/api/consents", ROUTE_ASK, "consents.record",
     NAMES("person", "purpose", "refuse", "media", "identifiability", "until", "after", "signed_by", "capacity", "assent",
           "method", "case", "form")},
    {"GET", "/api/consents/*", ROUTE_ASK, "consents.show", none},
    {"POST", "/api/consents/*/renew", ROUTE_ASK, "consents.renew", NAMES("until", "after", "signed_by", "form")},
    {"POST", "/api/consents/*/withdraw", ROUTE_ASK, "consents.withdraw", NAMES("purpose", "dry_run")},

    {"GET", "/api/clips", ROUTE_ASK, "clips.list", NAMES("case", "person", "state", "expiring_before")},
    {"GET", "/api/clips/*", ROUTE_ASK, "clips.show", none},
    {"GET", "/api/clips/*/poster", ROUTE_ASK, "clips.poster", none},
    {"GET", "/api/clips/*/explain", ROUTE_ASK, "clips.explain", NAMES("purpose", "user")},
    {"POST", "/api/clips/*/open", ROUTE_ASK, "clips.open", NAMES("purpose", "rendition")},
    {"POST", "/api/clips/*/ticket", ROUTE_ASK, "clips.ticket", NAMES("purpose", "rendition")},
    {"POST", "/api/clips/*/people/add", ROUTE_ASK, "clips.people.add", NAMES("person")},
    {"POST", "/api/clips/*/people/remove", ROUTE_ASK, "clips.people.remove", NAMES("person")},
    {"POST", "/api/clips/*/cut", ROUTE_ASK, "clips.cut", NAMES("in", "out", "person")},
    {"POST", "/api/clips/*/still", ROUTE_ASK, "clips.still", NAMES("at", "person")},
    {"GET", "/api/clips/*/obscure", ROUTE_ASK, "obscure.show", none},
    {"POST", "/api/clips/*/obscure", ROUTE_ASK, "obscure.mark", NAMES("marks")},
    {"POST", "/api/clips/*/obscure/confirm", ROUTE_ASK, "obscure.confirm", NAMES("through", "purpose")},
    {"POST", "/api/clips/*/obscure/drop", ROUTE_ASK, "obscure.drop", none},
    {"POST", "/api/clips/*/shred", ROUTE_ASK, "clips.shred", NAMES("reason")},

    {"GET", "/api/cycles", ROUTE_ASK, "cycles.list", NAMES("case")},
    {"POST", "/api/cycles", ROUTE_ASK, "cycles.open", NAMES("case", "question")},
    {"GET", "/api/cycles/*", ROUTE_ASK, "cycles.show", none},
    {"POST", "/api/cycles/*/close", ROUTE_ASK, "cycles.close", none},
    {"POST", "/api/cycles/*/add", ROUTE_ASK, "cycles.add", NAMES("clip", "as")},
    {"POST", "/api/cycles/*/remove", ROUTE_ASK, "cycles.remove", NAMES("clip")},
    {"GET", "/api/goals", ROUTE_ASK, "goals.list", NAMES("case")},
    {"POST", "/api/goals", ROUTE_ASK, "goals.add", NAMES("case", "text")},
    {"POST", "/api/goals/*/rate", ROUTE_ASK, "goals.rate", NAMES("score", "cycle", "on")},

    {"GET", "/api/tags", ROUTE_ASK, "tags.list", none},
    {"GET", "/api/clips/*/remarks", ROUTE_ASK, "remarks.list", NAMES("purpose")},
    {"POST", "/api/clips/*/remarks", ROUTE_ASK, "remarks.add",
     NAMES("purpose", "at", "to", "tag", "text", "private", "shared", "reply_to")},
    {"POST", "/api/clips/*/remarks/vtt", ROUTE_ASK, "remarks.vtt", NAMES("purpose", "with_private", "recipient", "reason")},
    {"POST", "/api/clips/*/remarks/eaf", ROUTE_ASK, "remarks.eaf", NAMES("purpose", "with_private", "recipient", "reason")},
    {"POST", "/api/clips/*/remarks/boris", ROUTE_ASK, "remarks.boris", NAMES("purpose", "with_private", "recipient", "reason")},
    {"POST", "/api/clips/*/remarks/csv", ROUTE_ASK, "remarks.csv", NAMES("purpose", "with_private", "recipient", "reason")},
    {"POST", "/api/clips/*/remarks/json", ROUTE_ASK, "remarks.json", NAMES("purpose", "with_private", "recipient", "reason")},
    {"POST", "/api/remarks/*/edit", ROUTE_ASK, "remarks.edit", NAMES("at", "to", "tag", "text", "private", "shared")},
    {"POST", "/api/remarks/*/remove", ROUTE_ASK, "remarks.remove", none},
    {"POST", "/api/remarks/*/resolve", ROUTE_ASK, "remarks.resolve", NAMES("reopen")},

    {"POST", "/api/cycles/*/sign-off", ROUTE_ASK, "supervision.sign-off", NAMES("hours", "note")},
    {"GET", "/api/supervision", ROUTE_ASK, "supervision.list", NAMES("all")},
    {"POST", "/api/supervision", ROUTE_ASK, "supervision.ask", NAMES("target", "supervisor", "note")},
    {"POST", "/api/supervision/*/note", ROUTE_ASK, "supervision.note", NAMES("text")},
    {"POST", "/api/supervision/*/cancel", ROUTE_ASK, "supervision.cancel", none},
    {"GET", "/api/training", ROUTE_ASK, "training.show", NAMES("user")},
    {"POST", "/api/training/export", ROUTE_ASK, "training.export", NAMES("with_notes")},

    {"GET", "/api/grants", ROUTE_ASK, "grants.list", NAMES("user")},
    {"POST", "/api/grants", ROUTE_ASK, "grants.add", NAMES("target", "user", "purpose", "until", "views")},
    {"POST", "/api/grants/*/revoke", ROUTE_ASK, "grants.revoke", none},
    {"POST", "/api/break-glass", ROUTE_ASK, "break-glass.request", NAMES("clip", "reason")},
    {"POST", "/api/break-glass/*/confirm", ROUTE_ASK, "break-glass.confirm", none},

    {"GET", "/api/users", ROUTE_ASK, "users.list", none},
    {"POST", "/api/users", ROUTE_ASK, "users.add", NAMES("name", "role", "external", "until", "agreement", "password")},
    {"GET", "/api/users/*", ROUTE_ASK, "users.show", none},
    {"POST", "/api/users/*/disable", ROUTE_ASK, "users.disable", none},
    {"POST", "/api/users/*/enable", ROUTE_ASK, "users.enable", none},
    {"POST", "/api/users/*/password", ROUTE_ASK, "users.password", NAMES("password")},
    {"POST", "/api/users/*/reset", ROUTE_ASK, "users.reset", NAMES("password")},
    {"POST", "/api/users/*/totp", ROUTE_ASK, "users.totp", NAMES("off")},
    {"POST", "/api/links", ROUTE_ASK, "links.add", NAMES("supervisor", "practitioner")},
    {"POST", "/api/links/remove", ROUTE_ASK, "links.remove", NAMES("supervisor", "practitioner")},

    {"GET", "/api/holds", ROUTE_ASK, "holds.list", NAMES("all")},
    {"POST", "/api/holds", ROUTE_ASK, "holds.place", NAMES("clip", "case", "person", "reason", "owner", "review")},
    {"POST", "/api/holds/*/release", ROUTE_ASK, "holds.release", none},
    {"POST", "/api/restrictions", ROUTE_ASK, "restrictions.place", NAMES("clip", "case", "person", "reason", "owner", "review")},
    {"POST", "/api/restrictions/*/release", ROUTE_ASK, "restrictions.release", none},
    {"GET", "/api/sweep", ROUTE_ASK, "sweep.look", none},
    {"POST", "/api/sweep", ROUTE_ASK, "sweep.run", NAMES("max", "confirm")},
    {"POST", "/api/clock/confirm", ROUTE_ASK, "clock.confirm", none},

    {"GET", "/api/certificates", ROUTE_ASK, "certificates.list", none},
    {"GET", "/api/certificates/*", ROUTE_ASK, "certificates.show", none},
    {"GET", "/api/certificates/*/text", ROUTE_ASK, "certificates.text", none},
    {"GET", "/api/certificates/*/page", ROUTE_ASK, "certificates.page", none},
    {"GET", "/api/audit", ROUTE_ASK, "audit.list", NAMES("since", "clip", "user")},
    {"GET", "/api/audit/verify", ROUTE_ASK, "audit.verify", none},
    {"POST", "/api/audit/checkpoint", ROUTE_ASK, "audit.checkpoint", none},
    {"GET", "/api/stats", ROUTE_ASK, "stats", none},
    {"GET", "/api/stats/csv", ROUTE_ASK, "stats.csv", none},
    {"GET", "/api/check", ROUTE_ASK, "check", none},
    {"GET", "/api/slots", ROUTE_ASK, "slots.list", none},
    {"GET", "/api/replicas", ROUTE_ASK, "replicas.list", none},

    {"GET", "/api/events", ROUTE_EVENTS, "events.open", none},
    {"OPTIONS", "/api/uploads", ROUTE_TUS, "uploads.most", none},
    {"POST", "/api/uploads", ROUTE_TUS, "uploads.create", none},
    {"HEAD", "/api/uploads/*", ROUTE_TUS, "uploads.offset", none},
    {"PATCH", "/api/uploads/*", ROUTE_BODY, NULL, none},
    {"DELETE", "/api/uploads/*", ROUTE_TUS, "uploads.end", none},
    {"GET", "/api/uploads/*", ROUTE_ASK, "uploads.show", none},

    {"GET", "/film/*", ROUTE_FILM, NULL, none},
    {"GET", "/film/*/poster", ROUTE_FILM, "poster", none},
    {"GET", "/film/*/strip", ROUTE_FILM, "strip", none},
    {"GET", "/film/*/peaks", ROUTE_FILM, "peaks", none},
    {"GET", "/film/*/frames", ROUTE_FILM, "frames", none},
    {"GET", "/ticket/*", ROUTE_TICKET, NULL, none},
};
enum { ROUTES = sizeof routes / sizeof *routes };

/* Segment by segment; ids are of letters, digits and underscores, so nothing in a path can mean anything else. */
static bool fits(const char *pattern, const char *path, char id[ROUTE_MOST_ID + 1]) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  id[0] = 0;
  for (; *pattern; pattern++) {
    if (*pattern != '*') {
      if (*pattern != *path++) return false;
      continue;
    }
    size_t length = strspn(path, letters);
    if (!length || length > ROUTE_MOST_ID) return false;
    memcpy(id, path, length);
    id[length] = 0;
    path += length;
  }
  return !*path;
}

const struct route *route_find(const char *method, const char *path, char id[ROUTE_MOST_ID + 1], bool *known,
                               char allow[ROUTE_ALLOW]) {
  bool head = strcmp(method, "HEAD") == 0;
  *known = false;
  allow[0] = 0;
  for (size_t i = 0; i < ROUTES; i++) {
    if (!fits(routes[i].path, path, id)) continue;
    if (strcmp(routes[i].method, method) == 0 || (head && strcmp(routes[i].method, "GET") == 0)) return &routes[i];
    size_t length = strlen(allow);
    snprintf(allow + length, ROUTE_ALLOW - length, "%s%s", *known ? ", " : "", routes[i].method);
    *known = true;
  }
  return NULL;
}

const struct route *route_nth(size_t n) { return n < ROUTES ? &routes[n] : NULL; }
