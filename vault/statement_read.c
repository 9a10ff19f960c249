#include "vault/statement_read.h"

#include "vault/json.h"

#include <string.h>

enum { MOST_DEPTH = 12, MOST_MEMBERS = 64, MOST_NUMBER = 20 };

struct parse {
  struct bytes_reader in;
  struct statement_read *out;
  unsigned depth;
};

void statement_read_free(struct statement_read *r) {
  bytes_free(&r->nodes);
  bytes_free(&r->texts);
}

static uint8_t peek(const struct parse *p) { return p->in.next < p->in.end ? *p->in.next : 0; }

static bool take(struct parse *p, char wanted) {
  if (peek(p) != (uint8_t)wanted) return false;
  bytes_get_u8(&p->in);
  return true;
}

static struct statement_node *node(const struct parse *p, size_t n) {
  return (struct statement_node *)(void *)p->out->nodes.data + n;
}

static size_t add_node(struct parse *p, char kind, size_t key) {
  struct statement_node fresh = {.kind = kind, .key = key};
  bytes_put(&p->out->nodes, &fresh, sizeof fresh);
  return p->out->nodes.length / sizeof fresh - 1;
}

static void hang(struct parse *p, size_t parent, size_t child) {
  if (node(p, parent)->last)
    node(p, node(p, parent)->last)->next = child;
  else
    node(p, parent)->first = child;
  node(p, parent)->last = child;
}

static int hex_value(uint8_t c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \u00XX of a control character, which is all that our writer spells out; NUL would end the text. */
static bool take_control(struct parse *p, uint8_t *out) {
  const uint8_t *digits = bytes_get_view(&p->in, 4);
  if (!digits || digits[0] != '0' || digits[1] != '0') return false;
  int high = hex_value(digits[2]), low = hex_value(digits[3]);
  *out = (uint8_t)(high * 16 + low);
  return high >= 0 && low >= 0 && *out && *out < 0x80;
}

static bool take_escape(struct parse *p, uint8_t *out) {
  static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  uint8_t c = bytes_get_u8(&p->in);
  if (c == 'u') return take_control(p, out);
  const char *found = c ? strchr(names, c) : NULL;
  if (found) *out = (uint8_t)meant[found - names];
  return found != NULL;
}

/* After its opening quote: where it stands among the texts. */
static bool take_text(struct parse *p, size_t *at) {
  *at = p->out->texts.length;
  for (;;) {
    uint8_t c = peek(p);
    if (c == '"') break;
    size_t left = bytes_left(&p->in), length = left ? json_sequence(p->in.next, left) : 0;
    const uint8_t *letter = length ? bytes_get_view(&p->in, length) : NULL;
    if (!letter || c < ' ') return false;
    if (c != '\\')
      bytes_put(&p->out->texts, letter, length);
    else if (take_escape(p, &c))
      bytes_put_u8(&p->out->texts, c);
    else
      return false;
  }
  bytes_put_u8(&p->out->texts, 0);
  return take(p, '"');
}

static bool take_bare(struct parse *p, size_t *at) {
  *at = p->out->texts.length;
  for (size_t n = 0; peek(p) && strchr("-0123456789abcdefghijklmnopqrstuvwxyz", peek(p)); n++) {
    if (n == MOST_NUMBER) return false;
    bytes_put_u8(&p->out->texts, bytes_get_u8(&p->in));
  }
  bool some = p->out->texts.length > *at;
  bytes_put_u8(&p->out->texts, 0);
  return some;
}

static bool is_bare(const char *text, char *kind) {
  const char *digits = text + (*text == '-');
  *kind = strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strcmp(text, "null") == 0 ? 'w' : '0';
  if (*kind == 'w') return true;
  if (!*digits || (digits[0] == '0' && digits[1])) return false;
  return strspn(digits, "0123456789") == strlen(digits);
}

static bool take_value(struct parse *p, size_t key, size_t *out);

static bool has_member(const struct parse *p, size_t parent, size_t key, size_t count) {
  const char *wanted = bytes_text(&p->out->texts) + key;
  size_t n = node(p, parent)->first;
  for (size_t i = 0; i < count; i++, n = node(p, n)->next)
    if (strcmp(bytes_text(&p->out->texts) + node(p, n)->key, wanted) == 0) return true;
  return false;
}

/* Behind the bracket that opens it. */
static bool take_children(struct parse *p, size_t parent, bool named) {
  char end = named ? '}' : ']';
  if (take(p, end)) return true;
  for (size_t count = 0;; count++) {
    size_t key = 0, child;
    if (named && (count == MOST_MEMBERS || !take(p, '"') || !take_text(p, &key) || !take(p, ':'))) return false;
    if (named && (bytes_check(&p->out->texts) != ERR_OK || has_member(p, parent, key, count))) return false;
    if (!take_value(p, key, &child)) return false;
    hang(p, parent, child);
    if (take(p, end)) return true;
    if (!take(p, ',')) return false;
  }
}

static bool take_value(struct parse *p, size_t key, size_t *out) {
  size_t text = 0;
  char kind = (char)peek(p);
  bool container = kind == '{' || kind == '[', right;
  if (container || kind == '"')
    take(p, kind);
  else if (!take_bare(p, &text) || p->out->texts.failed || !is_bare(bytes_text(&p->out->texts) + text, &kind))
    return false;
  if (kind == '"' && !take_text(p, &text)) return false;
  *out = add_node(p, kind, key);
  if (p->out->nodes.failed || p->out->texts.failed) return false;
  node(p, *out)->text = text;
  if (!container) return true;
  if (++p->depth > MOST_DEPTH) return false;
  right = take_children(p, *out, kind == '{');
  p->depth--;
  return right;
}

enum err statement_read_parse(const void *data, size_t length, struct statement_read *out) {
  size_t root;
  const char *text = data;
  if (length && text[length - 1] == '\n') length--;
  struct parse p = {.in = bytes_reader(data, length), .out = out};
  bytes_put_u8(&out->texts, 0);
  bool right = take_value(&p, 0, &root) && bytes_done(&p.in) && node(&p, 0)->kind == '{';
  TRY(bytes_check(&out->nodes));
  TRY(bytes_check(&out->texts));
  return right ? ERR_OK : err_set(ERR_DATA, "this certificate is not of the form in which a vault writes it");
}

/* ---- looking */
static const struct statement_node *at(const struct statement_read *r, size_t n) {
  return (const struct statement_node *)(const void *)r->nodes.data + n;
}

const struct statement_node *statement_read_root(const struct statement_read *r) { return at(r, 0); }

const struct statement_node *statement_read_first(const struct statement_read *r, const struct statement_node *of) {
  return of && of->first ? at(r, of->first) : NULL;
}

const struct statement_node *statement_read_next(const struct statement_read *r, const struct statement_node *of) {
  return of && of->next ? at(r, of->next) : NULL;
}

const struct statement_node *statement_read_member(const struct statement_read *r, const struct statement_node *of,
                                                   const char *name) {
  if (!of || of->kind != '{') return NULL;
  const struct statement_node *n = statement_read_first(r, of);
  while (n && strcmp(bytes_text(&r->texts) + n->key, name) != 0) n = statement_read_next(r, n);
  return n;
}

const char *statement_read_value(const struct statement_read *r, const struct statement_node *of) {
  return of ? bytes_text(&r->texts) + of->text : "";
}

const char *statement_read_text(const struct statement_read *r, const struct statement_node *of, const char *name) {
  return statement_read_value(r, statement_read_member(r, of, name));
}

uint64_t statement_read_number(const struct statement_read *r, const struct statement_node *of, const char *name) {
  uint64_t n = 0;
  return bytes_parse_u64(statement_read_text(r, of, name), INT64_MAX, &n) ? n : 0;
}
