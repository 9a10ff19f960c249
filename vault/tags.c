#include "vault/tags.h"

#include "vault/base/bytes.h"
#include "vault/base/io.h"
#include "vault/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As it stands in the source tree. */
__asm__(
    ".section .rodata\n"
    "tags_shipped:\n.incbin \"vault/tags.conf\"\n.byte 0\n"
    ".previous\n");
extern const char tags_shipped[] __attribute__((visibility("hidden")));

enum { PARTS = 4 };
static const char form[] = "a line must read \"layer | code | label | key\"";

struct place {
  const char *name;
  unsigned line;
};

static bool is_label(const char *text) {
  size_t length = strlen(text);
  if (!length || length > TAGS_LABEL) return false;
  for (size_t i = 0, n; i < length; i += n) {
    n = json_sequence((const uint8_t *)text + i, length - i);
    if (!n || (uint8_t)text[i] < ' ' || text[i] == 0x7f) return false;
  }
  return true;
}

static bool is_code(const char *text) {
  size_t length = strlen(text);
  return length && length <= REMARK_TAG && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static enum err split(const struct place *at, char *line, char *parts[PARTS]) {
  for (int i = 0; i < PARTS; i++) {
    char *bar = strchr(line, '|');
    if (!bar != (i == PARTS - 1)) return err_set(ERR_CONFIG, "%s:%u: %s", at->name, at->line, form);
    if (bar) *bar = 0;
    parts[i] = bytes_trim(line);
    line = bar ? bar + 1 : line;
  }
  return ERR_OK;
}

/* That of the line before, or a new one. */
static enum err take_layer(const struct place *at, const char *name, struct tags *t, unsigned *out) {
  if (!is_label(name))
    return err_set(ERR_CONFIG, "%s:%u: a layer has 1 to %d bytes of plain text", at->name, at->line, TAGS_LABEL);
  for (size_t i = 0; i < t->layer_count; i++) {
    if (strcmp(t->layers[i], name) != 0) continue;
    if (i + 1 < t->layer_count)
      return err_set(ERR_CONFIG, "%s:%u: the lines of the layer \"%s\" must stand together", at->name, at->line, name);
    *out = (unsigned)i;
    return ERR_OK;
  }
  if (t->layer_count == TAGS_LAYERS)
    return err_set(ERR_CONFIG, "%s:%u: there are at most %d layers", at->name, at->line, TAGS_LAYERS);
  *out = (unsigned)t->layer_count;
  memcpy(t->layers[t->layer_count++], name, strlen(name) + 1);
  return ERR_OK;
}

static enum err check_code(const struct place *at, const char *code, const struct tags *t) {
  if (!is_code(code))
    return err_set(ERR_CONFIG, "%s:%u: the code \"%.40s\" must be 1 to %d of a-z, 0-9 and '-'", at->name, at->line, code,
                   REMARK_TAG);
  return tags_find(t, code) ? err_set(ERR_CONFIG, "%s:%u: the code %s stands there a second time", at->name, at->line, code)
                            : ERR_OK;
}

static enum err take_key(const struct place *at, const char *key, const struct tags *t, char *out) {
  *out = 0;
  if (strcmp(key, "-") == 0) return ERR_OK;
  if (key[0] < '1' || key[0] > '9' || key[1])
    return err_set(ERR_CONFIG, "%s:%u: the key must be 1 to 9, or - for none, not \"%.20s\"", at->name, at->line, key);
  for (size_t i = 0; i < t->count; i++)
    if (t->tags[i].key == key[0])
      return err_set(ERR_CONFIG, "%s:%u: the key %s is that of %s already", at->name, at->line, key, t->tags[i].code);
  *out = key[0];
  return ERR_OK;
}

static enum err parse_line(const struct place *at, char *text, struct tags *t) {
  struct tag tag = {0};
  char *parts[PARTS], *line = bytes_trim(text);
  if (!*line || *line == '#') return ERR_OK;
  TRY(split(at, line, parts));
  if (t->count == TAGS_MOST) return err_set(ERR_CONFIG, "%s:%u: there are at most %d tags", at->name, at->line, TAGS_MOST);
  TRY(check_code(at, parts[1], t));
  if (!is_label(parts[2]))
    return err_set(ERR_CONFIG, "%s:%u: a label has 1 to %d bytes of plain text", at->name, at->line, TAGS_LABEL);
  TRY(take_key(at, parts[3], t, &tag.key));
  TRY(take_layer(at, parts[0], t, &tag.layer));
  memcpy(tag.code, parts[1], strlen(parts[1]) + 1);
  memcpy(tag.label, parts[2], strlen(parts[2]) + 1);
  t->tags[t->count++] = tag;
  return ERR_OK;
}

enum err tags_parse(const char *name, const void *text, size_t length, struct tags *out) {
  AUTO(bytes) struct bytes copy = {0};
  struct place at = {.name = name};
  if (length > TAGS_MOST_BYTES) return err_set(ERR_CONFIG, "%s is larger than %d bytes", name, TAGS_MOST_BYTES);
  if (length && memchr(text, 0, length)) return err_set(ERR_CONFIG, "%s is not a text file", name);
  bytes_put(&copy, text, length);
  TRY(bytes_check(&copy));
  *out = (struct tags){0};
  for (char *line = (char *)copy.data, *next; line; line = next) {
    next = strchr(line, '\n');
    if (next) *next++ = 0;
    at.line++;
    TRY(parse_line(&at, line, out));
  }
  return out->count ? ERR_OK : err_set(ERR_CONFIG, "%s has no tag in it; remove it, and the shipped tags are used", name);
}

enum err tags_load(int dirfd, struct tags *out, struct bytes *text) {
  AUTO(bytes) struct bytes own = {0};
  const char *name = TAGS_FILE;
  if (!faccessat(dirfd, TAGS_FILE, F_OK, AT_SYMLINK_NOFOLLOW))
    TRY(io_read_file(dirfd, TAGS_FILE, TAGS_MOST_BYTES, &own));
  else if (errno != ENOENT)
    return err_set_errno(ERR_CONFIG, "cannot look at %s", name);
  if (!own.length) bytes_put_text(&own, tags_shipped); /* a shell makes the file before `tags list` can fill it */
  TRY(bytes_check(&own));
  TRY(tags_parse(name, own.data, own.length, out));
  if (text) bytes_put(text, own.data, own.length);
  return text ? bytes_check(text) : ERR_OK;
}

const char *tags_default_text(void) { return tags_shipped; }

const struct tag *tags_find(const struct tags *t, const char *code) {
  for (size_t i = 0; i < t->count; i++)
    if (strcmp(t->tags[i].code, code) == 0) return &t->tags[i];
  return NULL;
}
