/* player-bridge/openapi.json, as it is served, against the table of routes: the same requests, with the same members. What is
 * answered is held against it by tests/flow/openapi.sh. */
#include "player-bridge/http/document.h"
#include "player-bridge/http/route.h"

#include <ctype.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT = 128, MOST_MEMBERS = 64 };
static const char *const methods[] = {"get", "put", "post", "delete", "options", "head", "patch", "trace"};

static json_t *document;

static int load(void **state) {
  (void)state;
  size_t length;
  json_error_t why;
  const char *text = document_openapi(&length);
  document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
  if (!document) print_error("openapi.json:%d: %s\n", why.line, why.text);
  return document ? 0 : -1;
}

static int drop(void **state) {
  (void)state;
  json_decref(document);
  return 0;
}

/* "/api/clips/{clip}/open" is the route's "/api/clips/" "*" "/open". */
static void path_of(const char *written, char out[TEXT]) {
  size_t n = 0;
  for (; *written && n + 1 < TEXT; written++) {
    out[n++] = *written == '{' ? '*' : *written;
    if (*written == '{') written += strcspn(written, "}");
  }
  out[n] = 0;
}

static json_t *operation_of(const struct route *r) {
  char method[16] = "", path[TEXT];
  const char *written;
  json_t *item, *found = NULL;
  for (size_t i = 0; r->method[i] && i + 1 < sizeof method; i++) method[i] = (char)tolower((unsigned char)r->method[i]);
  json_object_foreach(json_object_get(document, "paths"), written, item) {
    path_of(written, path);
    if (strcmp(path, r->path) == 0) found = json_object_get(item, method);
  }
  return found;
}

static void every_route_is_described(void **state) {
  (void)state;
  for (size_t i = 0; route_nth(i); i++)
    if (!operation_of(route_nth(i))) fail_msg("openapi.json has no %s %s", route_nth(i)->method, route_nth(i)->path);
}

static const struct route *route_of(const char *method, const char *path) {
  for (size_t i = 0; route_nth(i); i++)
    if (strcasecmp(route_nth(i)->method, method) == 0 && strcmp(route_nth(i)->path, path) == 0) return route_nth(i);
  return NULL;
}

static void every_description_is_a_route(void **state) {
  (void)state;
  char path[TEXT];
  const char *written;
  json_t *item;
  json_object_foreach(json_object_get(document, "paths"), written, item) {
    path_of(written, path);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
      if (json_object_get(item, methods[i]) && !route_of(methods[i], path))
        fail_msg("there is no such route: %s %s", methods[i], written);
  }
}

/* "#/components/schemas/opening" */
static json_t *resolved(json_t *schema) {
  const char *reference = json_string_value(json_object_get(schema, "$ref"));
  if (!reference) return schema;
  json_t *at = document;
  char text[TEXT], *rest = NULL;
  snprintf(text, sizeof text, "%s", reference);
  for (char *part = strtok_r(text, "#/", &rest); part; part = strtok_r(NULL, "#/", &rest)) at = json_object_get(at, part);
  if (!at) fail_msg("%s leads nowhere", reference);
  return at;
}

struct members {
  const char *names[MOST_MEMBERS];
  size_t count;
};

static void add(struct members *m, const char *name) {
  assert_true(m->count < MOST_MEMBERS);
  m->names[m->count++] = name;
}

static bool has(const struct members *m, const char *name) {
  bool found = false;
  for (size_t i = 0; i < m->count; i++) found |= strcmp(m->names[i], name) == 0;
  return found;
}

/* Of its JSON, or of its query. */
static struct members described(json_t *operation) {
  struct members m = {0};
  size_t i;
  const char *name;
  json_t *parameter, *body, *member;
  json_array_foreach(json_object_get(operation, "parameters"), i, parameter) {
    parameter = resolved(parameter);
    if (strcmp(json_string_value(json_object_get(parameter, "in")), "query") == 0)
      add(&m, json_string_value(json_object_get(parameter, "name")));
  }
  body = json_object_get(json_object_get(json_object_get(operation, "requestBody"), "content"), "application/json");
  json_object_foreach(json_object_get(resolved(json_object_get(body, "schema")), "properties"), name, member) add(&m, name);
  return m;
}

static void members_are_the_same(void **state) {
  (void)state;
  for (size_t i = 0; route_nth(i); i++) {
    const struct route *r = route_nth(i);
    struct members m = described(operation_of(r));
    size_t count = 0;
    for (; r->names[count]; count++)
      if (!has(&m, r->names[count]))
        fail_msg("%s %s takes \"%s\", of which openapi.json says nothing", r->method, r->path, r->names[count]);
    if (m.count != count) fail_msg("%s %s: openapi.json has %zu members, the route %zu", r->method, r->path, m.count, count);
  }
}

/* What a body may hold is written out to the end: an object that may hold more would hide what is not kept up. */
static void bodies_are_closed(void **state) {
  (void)state;
  for (size_t i = 0; route_nth(i); i++) {
    json_t *content = json_object_get(json_object_get(operation_of(route_nth(i)), "requestBody"), "content");
    json_t *json = json_object_get(content, "application/json");
    if (!json) continue;
    json_t *schema = resolved(json_object_get(json, "schema"));
    if (!json_is_false(json_object_get(schema, "additionalProperties")))
      fail_msg("%s %s", route_nth(i)->method, route_nth(i)->path);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_route_is_described), cmocka_unit_test(every_description_is_a_route),
                                     cmocka_unit_test(members_are_the_same), cmocka_unit_test(bodies_are_closed)};
  return cmocka_run_group_tests(tests, load, drop);
}
