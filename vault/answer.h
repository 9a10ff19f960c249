/* What a handler answers, written once for programs (JSON members) and, where it says so, for people (text).
 * A thin layer over vault/json.h with the vault's own types: ids, times, purposes. `key` is NULL inside an array.
 *
 *   struct answer a = answer_begin(reply);   → {
 *   answer_id(&a, "clip", ID_CLIP, &clip);
 *   return answer_end(&a);                   → }, and any failure on the way
 */
#ifndef CLIPVAULT_ANSWER_H
#define CLIPVAULT_ANSWER_H

#include "vault/base/id.h"
#include "vault/json.h"
#include "vault/reply.h"

#include <stdbool.h>
#include <stdint.h>

struct answer {
  struct json json;
  struct reply *reply;
};

struct answer answer_begin(struct reply *reply);      /* one object */
struct answer answer_begin_list(struct reply *reply); /* one array */
enum err answer_end(struct answer *a);

void answer_object(struct answer *a, const char *key);
void answer_object_end(struct answer *a);
void answer_array(struct answer *a, const char *key);
void answer_array_end(struct answer *a);

void answer_text(struct answer *a, const char *key, const char *text);
void answer_bytes(struct answer *a, const char *key, const struct bytes *text);
void answer_number(struct answer *a, const char *key, int64_t value);
void answer_bool(struct answer *a, const char *key, bool value);
void answer_null(struct answer *a, const char *key);
void answer_id(struct answer *a, const char *key, enum id_kind kind, const struct id *id);
/* RFC 3339, or null for CLOCK_NEVER_MS. */
void answer_time(struct answer *a, const char *key, int64_t at_ms);
void answer_hex(struct answer *a, const char *key, const uint8_t *data, size_t length);

#endif
