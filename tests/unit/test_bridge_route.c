/* Which requests there are. */
#include "player-bridge/http/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
  const char *method, *path, *ask, *id, *allow; /* ask NULL: none */
} rows[] = {
    {"GET", "/healthz", "health", "", ""},
    {"HEAD", "/healthz", "health", "", ""},
    {"GET", "/api/clips", "clips.list", "", ""},
    {"GET", "/api/clips/", NULL, "", ""},
    {"GET", "/api/clips/clp_a2", "clips.show", "clp_a2", ""},
    {"POST", "/api/clips/clp_a2/open", "clips.open", "clp_a2", ""},
    {"GET", "/api/clips/clp_a2/open", NULL, "", "POST"},
    {"GET", "/api/clips/clp_a2/explain", "clips.explain", "clp_a2", ""},
    {"POST", "/api/clips/clp_a2/people/add", "clips.people.add", "clp_a2", ""},
    {"GET", "/api/clips/clp_a2/people/add", NULL, "", "POST"},
    {"POST", "/api/clips/clp_a2/people", NULL, "", ""},
    {"GET", "/api/cases", "cases.list", "", ""},
    {"POST", "/api/cases", "cases.open", "", ""},
    {"DELETE", "/api/cases/cas_a2", NULL, "", "GET"},
    {"GET", "/api/persons/per_a2", "persons.show", "per_a2", ""},
    {"GET", "/api/clips/clp_a2/poster", "clips.poster", "clp_a2", ""},
    {"POST", "/api/clips/clp_a2/cut", "clips.cut", "clp_a2", ""},
    {"GET", "/api/clips/clp_a2/obscure", "obscure.show", "clp_a2", ""},
    {"PUT", "/api/clips/clp_a2/obscure", NULL, "", "GET, POST"},
    {"POST", "/api/me/app/confirm", "app.confirm", "", ""},
    {"GET", "/film/ab/strip", "strip", "ab", ""},
    {"GET", "/film/ab/body", NULL, "", ""},
    {"GET", "/ticket/ab/strip", NULL, "", ""},
    {"GET", "/api/grants", "grants.list", "", ""},
    {"POST", "/api/links/remove", "links.remove", "", ""},
    {"GET", "/api/certificates/crt_a2/page", "certificates.page", "crt_a2", ""},
    {"GET", "/api/audit/verify", "audit.verify", "", ""},
    {"POST", "/api/break-glass/grn_a2/confirm", "break-glass.confirm", "grn_a2", ""},
    {"DELETE", "/api/session", "session.end", "", ""},
    {"PUT", "/api/session", NULL, "", "POST, DELETE"},
    {"GET", "/api/clips/../session", NULL, "", ""},
    {"GET", "/api/clips/clp_a2/../../session", NULL, "", ""},
    {"GET", "/api/clips//open", NULL, "", ""},
    {"GET", "//api/clips", NULL, "", ""},
    {"GET", "/api/clips/a%2f", NULL, "", ""},
    {"GET", "/api/clips/a b", NULL, "", ""},
    {"GET", "/API/clips", NULL, "", ""},
    {"GET", "", NULL, "", ""},
    {"", "/api/clips", NULL, "", "GET"},
};

static void every_row(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char id[ROUTE_MOST_ID + 1], allow[ROUTE_ALLOW];
    bool known;
    const struct route *r = route_find(rows[i].method, rows[i].path, id, &known, allow);
    if (!r != !rows[i].ask || (r && strcmp(r->ask, rows[i].ask) != 0)) fail_msg("%s %s", rows[i].method, rows[i].path);
    if (r) assert_string_equal(id, rows[i].id);
    if (!r) assert_string_equal(allow, rows[i].allow);
  }
}

static void an_id_is_bounded(void **state) {
  (void)state;
  char path[256] = "/api/clips/", id[ROUTE_MOST_ID + 1], allow[ROUTE_ALLOW];
  bool known;
  memset(path + strlen(path), 'a', ROUTE_MOST_ID);
  assert_non_null(route_find("GET", path, id, &known, allow));
  path[strlen(path)] = 'a';
  assert_null(route_find("GET", path, id, &known, allow));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_row), cmocka_unit_test(an_id_is_bounded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
