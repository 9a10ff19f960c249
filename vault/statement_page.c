/* A certificate as a page: for whoever asked for the destruction, to be read or printed. It loads nothing and runs nothing. */
#include "vault/statement.h"

#include <string.h>

/* Our own bytes, one line of JSON that was well formed when it was signed: objects become lists of terms, arrays lists. */
struct page {
  struct bytes_reader in;
  struct bytes *out;
  unsigned depth;
};
enum { MOST_DEPTH = 12 };

static const char top[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>clipvault certificate</title>\n<style>\n"
    "body{font:11pt/1.45 Georgia,serif;max-width:46em;margin:2em auto;padding:0 1em;color:#111;background:#fff}\n"
    "h1{font-size:1.5em}dt{font-weight:bold;margin-top:.5em}dd{margin:0 0 0 1.5em;overflow-wrap:anywhere}\n"
    "li{margin:.4em 0}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:8pt;border:1px solid #888;padding:.6em}\n"
    "@media print{body{margin:0;max-width:none}dt{break-after:avoid}}\n"
    "</style></head><body>\n<h1>Certificate</h1>\n"
    "<p>What this vault ended, and no more than that. The line at the end is what was signed: kept in a file, "
    "<code>clipvault certificate verify</code> checks it with the vault's public key.</p>\n";

static void put_escaped(struct bytes *out, uint8_t c) {
  switch (c) {
    case '<': bytes_put_text(out, "&lt;"); return;
    case '>': bytes_put_text(out, "&gt;"); return;
    case '&': bytes_put_text(out, "&amp;"); return;
    case '"': bytes_put_text(out, "&quot;"); return;
    case '\'': bytes_put_text(out, "&#39;"); return;
    default: bytes_put_u8(out, c < ' ' || c == 0x7f ? ' ' : c);
  }
}

static uint8_t next(struct page *p) { return bytes_get_u8(&p->in); }
static uint8_t peek(const struct page *p) { return p->in.next < p->in.end ? *p->in.next : 0; }

/* After its opening quote. A control character, which JSON spells out, is no more than a space here. */
static void put_string(struct page *p) {
  for (uint8_t c = next(p); c != '"' && !p->in.failed; c = next(p)) {
    if (c == '\\')
      c = next(p);
    else if (c) {
      put_escaped(p->out, c);
      continue;
    }
    if (c == 'u') bytes_get_view(&p->in, 4);
    put_escaped(p->out, strchr("\"\\/", c) ? c : ' ');
  }
}

static void put_value(struct page *p);

static void put_members(struct page *p) {
  bytes_put_text(p->out, "<dl>\n");
  for (uint8_t c = next(p); c != '}' && !p->in.failed; c = next(p)) {
    if (c != '"') continue; /* a comma */
    bytes_put_text(p->out, "<dt>");
    put_string(p);
    bytes_put_text(p->out, "</dt><dd>");
    if (next(p) != ':') p->in.failed = true;
    put_value(p);
    bytes_put_text(p->out, "</dd>\n");
  }
  bytes_put_text(p->out, "</dl>");
}

static void put_elements(struct page *p) {
  if (peek(p) == ']') {
    next(p);
    bytes_put_text(p->out, "none");
    return;
  }
  bytes_put_text(p->out, "<ul>\n");
  for (uint8_t c = ','; c == ',' && !p->in.failed; c = next(p)) {
    bytes_put_text(p->out, "<li>");
    put_value(p);
    bytes_put_text(p->out, "</li>\n");
  }
  bytes_put_text(p->out, "</ul>");
}

static void put_value(struct page *p) {
  if (++p->depth > MOST_DEPTH) p->in.failed = true;
  uint8_t c = next(p);
  if (c == '{')
    put_members(p);
  else if (c == '[')
    put_elements(p);
  else if (c == '"')
    put_string(p);
  else
    for (put_escaped(p->out, c); peek(p) && !strchr(",]}", peek(p));) put_escaped(p->out, next(p));
  p->depth--;
}

enum err statement_page(const struct bytes *statement, struct bytes *out) {
  struct page p = {.in = bytes_reader(statement->data, statement->length), .out = out};
  bytes_put_text(out, top);
  put_value(&p);
  if (p.in.failed) return err_set(ERR_DATA, "this certificate has no form that a page could show; see --format json");
  bytes_put_text(out, "\n<pre>");
  for (size_t i = 0; i < statement->length; i++) put_escaped(out, statement->data[i]);
  bytes_put_text(out, "</pre>\n</body></html>\n");
  return bytes_check(out);
}
