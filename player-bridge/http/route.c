#include "player-bridge/http/route.h"

#include <stdio.h>
#include <string.h>

static const char *const none[] = {NULL}, *const signing_in[] = {"name", "password", "code", NULL},
                         *const listing[] = {"case", "person", "state", "expiring_before", NULL},
                         *const opening[] = {"purpose", "rendition", NULL}, *const of_person[] = {"person", NULL},
                         *const withdrawing[] = {"purpose", "dry_run", NULL},
                         *const consenting[] = {"person", "purpose", "refuse",    "media",    "identifiability",
                                                "until",  "after",   "signed_by", "capacity", "assent",
                                                "method", "case",    NULL};

static const struct route routes[] = {
    {"GET", "/healthz", ROUTE_ASK, "health", none},
    {"GET", "/metrics", ROUTE_ASK, "metrics", none},
    {"POST", "/api/session", ROUTE_ASK, "session.begin", signing_in},
    {"DELETE", "/api/session", ROUTE_ASK, "session.end", none},
    {"GET", "/api/me", ROUTE_ASK, "me", none},
    {"GET", "/api/clips", ROUTE_ASK, "clips.list", listing},
    {"GET", "/api/clips/*", ROUTE_ASK, "clips.show", none},
    {"POST", "/api/clips/*/open", ROUTE_ASK, "clips.open", opening},
    {"POST", "/api/clips/*/ticket", ROUTE_ASK, "clips.ticket", opening},
    {"GET", "/api/consents", ROUTE_ASK, "consents.list", of_person},
    {"POST", "/api/consents", ROUTE_ASK, "consents.record", consenting},
    {"POST", "/api/consents/*/withdraw", ROUTE_ASK, "consents.withdraw", withdrawing},
    {"OPTIONS", "/api/uploads", ROUTE_TUS, "uploads.most", none},
    {"POST", "/api/uploads", ROUTE_TUS, "uploads.create", none},
    {"HEAD", "/api/uploads/*", ROUTE_TUS, "uploads.offset", none},
    {"PATCH", "/api/uploads/*", ROUTE_BODY, NULL, none},
    {"DELETE", "/api/uploads/*", ROUTE_TUS, "uploads.end", none},
    {"GET", "/api/uploads/*", ROUTE_ASK, "uploads.show", none},
    {"GET", "/film/*", ROUTE_FILM, NULL, none},
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
