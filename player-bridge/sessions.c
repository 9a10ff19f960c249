#include "player-bridge/sessions.h"

#include "player-bridge/viewing.h"
#include "vault/base/clock.h"
#include "vault/json.h"

#include <inttypes.h>
#include <stdio.h>

enum { NUMBER = 24 };

static bool is_theirs(const struct visit *one, const struct visit *whose) {
  return one->number && id_equal(&one->visitor.account, &whose->visitor.account);
}

/* Visits know a steady clock alone. */
static void put_time(struct json *j, const char *key, int64_t steady_ms) {
  char at[CLOCK_TEXT];
  json_key(j, key);
  json_text(j, clock_format(clock_now_ms() + steady_ms - clock_steady_ms(), at));
}

static void put_session(struct json *j, const struct visit *one, bool current) {
  char number[NUMBER];
  snprintf(number, sizeof number, "%" PRIu64, one->number);
  json_object(j);
  json_key(j, "session");
  json_text(j, number);
  put_time(j, "began_at", one->began_ms);
  put_time(j, "used_at", one->used_ms);
  put_time(j, "expires_at", one->began_ms + VISIT_MOST_MS);
  json_key(j, "current");
  json_bool(j, current);
  json_close(j);
}

void sessions_list(struct monitor *m, const struct wire_message *ask, const struct visit *visit) {
  AUTO(bytes) struct bytes json = {0};
  struct json j = json_begin(&json);
  json_object(&j);
  json_key(&j, "sessions");
  json_array(&j);
  for (size_t i = 0; i < VISIT_MOST; i++) {
    const struct visit *one = &m->visits.all[i];
    if (is_theirs(one, visit) && !visit_is_over(one, clock_steady_ms())) put_session(&j, one, one == visit);
  }
  json_close(&j);
  json_close(&j);
  enum err e = json_end(&j);
  if (e == ERR_OK)
    monitor_answer(m, ask->number, 200, &json);
  else
    monitor_fail(m, ask->number, monitor_status(e), e);
}

void sessions_end(struct monitor *m, const struct wire_message *ask, const struct visit *visit) {
  AUTO(bytes) struct bytes text = {0}, message = {0};
  uint64_t number = 0;
  bool named =
      wire_message_text(ask, "id", 0, NUMBER, &text) && bytes_parse_u64(bytes_text(&text), UINT64_MAX, &number) && number;
  struct visit *one = named ? visit_by_number(&m->visits, number) : NULL;
  if (!one || !is_theirs(one, visit)) {
    monitor_fail(m, ask->number, 404, err_set(ERR_MISSING, "you have no such session, or not any more"));
    return;
  }
  bool current = one == visit;
  viewing_end_visit(m, one);
  wire_message_begin(&message, WIRE_ANSWER, ask->number, NULL);
  wire_message_put_number(&message, "status", 204);
  if (current) wire_message_put_number(&message, "cookie_ends", 1);
  monitor_say(m, &message);
}
