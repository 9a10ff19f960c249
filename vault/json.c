#include "vault/json.h"

#include <stdio.h>
#include <string.h>

struct json json_begin(struct bytes *out) {
  return (struct json){.out = out};
}

enum err json_end(struct json *j) {
  if (j->wrong || j->depth || j->after_key || !j->filled[0]) return err_set(ERR_BUG, "an answer in JSON was not well formed");
  return bytes_check(j->out);
}

/* Before any value: a comma where one is due, and a note that this level has a value now. */
static void value(struct json *j) {
  bool in_object = j->depth && j->closing[j->depth - 1] == '}';
  if (in_object != j->after_key || (!j->depth && j->filled[0])) j->wrong = true;
  if (!in_object && j->filled[j->depth]) bytes_put_text(j->out, ",");
  j->filled[j->depth] = true;
  j->after_key = false;
}

static void enter(struct json *j, const char *opening, char closing) {
  value(j);
  bytes_put_text(j->out, opening);
  if (j->depth + 1 >= JSON_MOST_DEPTH) {
    j->wrong = true;
    return;
  }
  j->closing[j->depth++] = closing;
  j->filled[j->depth] = false;
}

void json_object(struct json *j) { enter(j, "{", '}'); }
void json_array(struct json *j) { enter(j, "[", ']'); }

void json_close(struct json *j) {
  if (!j->depth || j->after_key) {
    j->wrong = true;
    return;
  }
  bytes_put(j->out, &j->closing[--j->depth], 1);
}

size_t json_sequence(const uint8_t *s, size_t left) {
  if (s[0] < 0x80) return 1;
  size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
  if (s[0] < 0xc2 || s[0] > 0xf4 || length > left) return 0;
  for (size_t i = 1; i < length; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
      (s[0] == 0xf4 && s[1] > 0x8f))
    return 0;
  return length;
}

static void quoted(struct bytes *out, const uint8_t *s, size_t length) {
  bytes_put_text(out, "\"");
  for (size_t i = 0; i < length;) {
    size_t n = json_sequence(s + i, length - i);
    if (n == 0)
      bytes_put_text(out, "\xef\xbf\xbd");
    else if (s[i] == '"' || s[i] == '\\')
      bytes_printf(out, "\\%c", s[i]);
    else if (s[i] == '\n')
      bytes_put_text(out, "\\n");
    else if (s[i] < 0x20 || s[i] == 0x7f)
      bytes_printf(out, "\\u%04x", s[i]);
    else
      bytes_put(out, s + i, n);
    i += n ? n : 1;
  }
  bytes_put_text(out, "\"");
}

void json_key(struct json *j, const char *key) {
  if (!j->depth || j->closing[j->depth - 1] != '}' || j->after_key) j->wrong = true;
  if (j->filled[j->depth]) bytes_put_text(j->out, ",");
  quoted(j->out, (const uint8_t *)key, strlen(key));
  bytes_put_text(j->out, ":");
  j->after_key = true;
}

void json_text_bytes(struct json *j, const void *text, size_t length) {
  value(j);
  quoted(j->out, text, length);
}

void json_text(struct json *j, const char *text) { json_text_bytes(j, text, strlen(text)); }

void json_number(struct json *j, int64_t v) {
  value(j);
  bytes_printf(j->out, "%lld", (long long)v);
}

void json_bool(struct json *j, bool v) {
  value(j);
  bytes_put_text(j->out, v ? "true" : "false");
}

void json_null(struct json *j) {
  value(j);
  bytes_put_text(j->out, "null");
}
