/* A certificate as a page: for whoever asked for the destruction, to be read or printed. It loads nothing and runs nothing. */
#include "vault/statement.h"
#include "vault/statement_read.h"
#include "vault/statement_words.h"

#include <string.h>

struct page {
  struct statement_read read;
  const struct statement_node *root;
  struct bytes *out;
  size_t of[5]; /* how many items of each kind, in the order of `kinds` */
};
enum { USE_ENDED, SUSPENDED, DESTROYED, DEFERRED, ERASED };
static const char *const kinds[] = {"use-ended", "suspended", "destroyed", "deferred", "erased"};

static void page_auto(struct page *p) { statement_read_free(&p->read); }

static const char top[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>";
static const char style[] =
    "</title>\n<style>\n"
    "@page{size:A4;margin:16mm 18mm}\n"
    "body{font:16px/1.5 \"Helvetica Neue\",Arial,\"Liberation Sans\",sans-serif;max-width:44em;margin:2em auto;padding:0 1.2em;"
    "color:#1a1a1a;background:#fff}\n"
    "h1{font-size:1.75em;line-height:1.2;margin:0 0 .3em}\n"
    "h2{font-size:1.1em;margin:1.4em 0 .3em;padding-top:.6em;border-top:1px solid #bbb}\n"
    "p,ul{margin:.4em 0}ul{padding-left:1.3em}li{margin:.35em 0}.lead{font-size:1.1em}\n"
    ".id{font:.82em/1.3 \"DejaVu Sans Mono\",Menlo,monospace;overflow-wrap:anywhere}\n"
    ".note{border-left:4px solid #1d5f8a;background:#eef5fa;padding:.5em .9em;margin:.8em 0}\n"
    "table{border-collapse:collapse;width:100%;margin:.5em 0}th,td{text-align:left;vertical-align:top;padding:.2em 1em .2em 0}"
    "th{font-weight:normal;color:#444;white-space:nowrap}\n"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.7em;border:1px solid #bbb;padding:.6em}\n"
    "summary{cursor:pointer;margin-top:1em}\n"
    "@media print{body{font-size:9.6pt;line-height:1.38;margin:0;padding:0;max-width:none}h2{margin-top:.8em;padding-top:.4em;"
    "break-after:avoid}li,tr{break-inside:avoid}details{display:none}.note{background:none}}\n"
    "</style></head><body>\n";

static void put(struct page *p, const char *html) { bytes_put_text(p->out, html); }
static void put_id(struct page *p, const char *id) {
  put(p, "<span class=\"id\">");
  statement_words_text(p->out, id);
  put(p, "</span>");
}
static const char *of(const struct page *p, const struct statement_node *n, const char *name) {
  return statement_read_text(&p->read, n, name);
}
static const struct statement_node *list(const struct page *p, const struct statement_node *n, const char *name) {
  return statement_read_first(&p->read, statement_read_member(&p->read, n, name));
}
static const struct statement_node *after(const struct page *p, const struct statement_node *n) {
  return statement_read_next(&p->read, n);
}
/* Of form 1 there is one time for all. */
static const char *when(const struct page *p, const struct statement_node *item, const char *name) {
  const char *own = of(p, item, name);
  return *own ? own : of(p, p->root, name);
}

static void count_kinds(struct page *p) {
  for (const struct statement_node *i = list(p, p->root, "items"); i; i = after(p, i))
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) p->of[k] += strcmp(of(p, i, "kind"), kinds[k]) == 0;
}

/* ---- what kind of page it is */
static bool is_withdrawal(const struct page *p) { return strcmp(of(p, p->root, "reason"), "consent was withdrawn") == 0; }

static const char *title_of(const struct page *p) {
  if (is_withdrawal(p)) return "Receipt: a consent was taken back";
  if (p->of[ERASED]) return "Certificate: personal details were erased";
  if (p->of[DESTROYED]) return "Certificate of destruction";
  if (p->of[DEFERRED] && !p->of[USE_ENDED] && !p->of[SUSPENDED]) return "Notice: kept for now";
  return "Certificate: a use has ended";
}

static void put_lead(struct page *p) {
  put(p, "<p class=\"lead\">");
  if (is_withdrawal(p)) {
    put(p, "A consent was taken back on ");
    statement_words_day(p->out, of(p, p->root, "decided_at"));
    put(p, ". This page says what that changed, and what it could not change.</p>\n");
    return;
  }
  put(p, "This page says what happened on ");
  statement_words_day(p->out, of(p, p->root, "decided_at"));
  put(p, ", and no more than that. The reason given: ");
  statement_words_text(p->out, of(p, p->root, "reason"));
  put(p, ".</p>\n");
}

static void put_explanation(struct page *p) {
  put(p, "<p>Recordings are kept locked here. ");
  if (p->of[DESTROYED] || p->of[ERASED])
    put(p, "What has lost every key cannot be opened again by anybody, within the limits that are named below. ");
  put(p,
      "Codes such as <span class=\"id\">clp_…</span> stand for recordings and people, so that this page can be shown without "
      "naming "
      "anyone.</p>\n");
}

/* ---- what happened */
static void put_when(struct page *p, const struct statement_node *item) {
  const char *due = when(p, item, "due_at"), *gone = when(p, item, "destroyed_at");
  if (!*gone) return;
  put(p, " on ");
  statement_words_day(p->out, gone);
  statement_words_hour(p->out, gone);
  if (!statement_words_earlier(due, gone)) return;
  put(p, "; it was due on ");
  statement_words_day(p->out, due);
}

/* Each thing once, in the order in which it comes: "the recording, preview pictures". */
static void put_roles(struct page *p, const struct statement_node *item) {
  const char *said[8] = {0};
  size_t count = 0;
  for (const struct statement_node *f = list(p, item, "ciphertext"); f; f = after(p, f)) {
    const char *word = statement_words_role(of(p, f, "role"));
    bool again = !word;
    for (size_t i = 0; i < count; i++) again |= said[i] == word;
    if (again || count == sizeof said / sizeof *said) continue;
    put(p, count ? ", " : ": ");
    put(p, word);
    said[count++] = word;
  }
}

static void put_files(struct page *p, const struct statement_node *item) {
  size_t count = 0;
  uint64_t size_bytes = 0;
  for (const struct statement_node *f = list(p, item, "ciphertext"); f; f = after(p, f), count++)
    size_bytes += statement_read_number(&p->read, f, "bytes");
  if (!count) return;
  put(p, " What is left of it is unreadable and is being deleted (");
  statement_words_files(p->out, count, size_bytes);
  put_roles(p, item);
  put(p, ").");
}

static void put_destroyed(struct page *p, const struct statement_node *item) {
  const char *consent = of(p, item, "consent");
  put(p, *consent ? "<li>The signed form of consent " : "<li>Recording ");
  put_id(p, *consent ? consent : of(p, item, "clip"));
  put(p, statement_words_rendition(of(p, item, "rendition")));
  put(p, ": every key that could open it was destroyed");
  put_when(p, item);
  put(p, ".");
  put_files(p, item);
  put(p, "</li>\n");
}

static void put_erased(struct page *p, const struct statement_node *item) {
  put(p, "<li>The details of person ");
  put_id(p, of(p, item, "person"));
  put(p, " (name, date of birth, what was written down with their consents): the key that could read them was destroyed");
  put_when(p, item);
  put(p, ".</li>\n");
}

static void put_purposes(struct page *p, const struct statement_node *first) {
  for (const struct statement_node *n = first; n; n = after(p, n)) {
    if (n != first) put(p, ", ");
    statement_words_purpose(p->out, statement_read_value(&p->read, n));
  }
}

static void put_use(struct page *p, const struct statement_node *item) {
  const struct statement_node *others = list(p, item, "still_open_for");
  put(p, "<li>Recording ");
  put_id(p, of(p, item, "clip"));
  put(p, statement_words_rendition(of(p, item, "rendition")));
  put(p, " can no longer be shown for <strong>");
  statement_words_purpose(p->out, of(p, item, "purpose"));
  put(p, "</strong>; the key for that was destroyed");
  put_when(p, item);
  if (strcmp(of(p, item, "kind"), kinds[SUSPENDED]) == 0)
    put(p,
        ". <strong>The recording itself still exists</strong>, locked away: nobody may watch it. It opens again only if everyone "
        "in it agrees, and is destroyed if they do not in time");
  else
    put(p, ". <strong>The recording itself still exists</strong>");
  if (others) put(p, " and may still be used for: ");
  put_purposes(p, others);
  put(p, ".</li>\n");
}

static void put_deferred(struct page *p, const struct statement_node *item) {
  const char *purpose = of(p, item, "purpose");
  put(p, "<li>Recording ");
  put_id(p, of(p, item, "clip"));
  put(p, *purpose ? " should have stopped being used for <strong>" : " should have been destroyed");
  if (*purpose) statement_words_purpose(p->out, purpose);
  put(p, *purpose ? "</strong> on " : " on ");
  statement_words_day(p->out, of(p, item, "due_at"));
  put(p,
      ". <strong>It is kept for now</strong>, because somebody with the duty to do so has asked for it to be held (for "
      "example for an inquiry). That does not let anyone watch it. Responsible: the ");
  statement_words_text(p->out, of(p, item, "owner"));
  put(p, ", who must look at this again by ");
  statement_words_day(p->out, of(p, item, "review_at"));
  put(p, " (hold ");
  put_id(p, of(p, item, "hold"));
  put(p, ").</li>\n");
}

static void put_items(struct page *p, const char *heading, unsigned which,
                      void (*write)(struct page *p, const struct statement_node *item)) {
  bool any = false;
  for (const struct statement_node *i = list(p, p->root, "items"); i; i = after(p, i))
    for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
      if (!(which >> k & 1) || strcmp(of(p, i, "kind"), kinds[k]) != 0) continue;
      if (!any) bytes_printf(p->out, "<h2>%s</h2>\n<ul>\n", heading);
      any = true;
      write(p, i);
    }
  if (any) put(p, "</ul>\n");
}

static void put_consents(struct page *p) {
  static const struct {
    const char *state, *words;
  } ended[] = {{"withdrawn", "taken back"},
               {"overridden", "ended, because somebody said no"},
               {"expired", "over, because its time had come"},
               {"erased", "ended with the person’s details"}};
  const struct statement_node *first = list(p, p->root, "consents");
  if (first) put(p, "<h2>Consents that ended</h2>\n<ul>\n");
  for (const struct statement_node *c = first; c; c = after(p, c)) {
    const char *words = of(p, c, "ended_as");
    for (size_t i = 0; i < sizeof ended / sizeof *ended; i++)
      if (strcmp(ended[i].state, words) == 0) words = ended[i].words;
    put(p, "<li>Consent to <strong>");
    statement_words_purpose(p->out, of(p, c, "purpose"));
    put(p, "</strong>: ");
    statement_words_text(p->out, words);
    put(p, ". <span class=\"id\">");
    statement_words_text(p->out, of(p, c, "consent"));
    put(p, "</span></li>\n");
  }
  if (first) put(p, "</ul>\n");
  if (first && !list(p, p->root, "items"))
    put(p, "<p class=\"note\">No recording was affected: there is none that was used under these consents.</p>\n");
}

/* ---- how far it goes */
static void put_backups(struct page *p) {
  const char *until = of(p, p->root, "backups_until");
  if (!*until || strcmp(until, "none") == 0) {
    put(p, "<li>No backup is known from which this could be brought back.</li>\n");
  } else if (strcmp(until, "unknown") == 0) {
    put(p, "<li>Whether an old backup could bring it back depends on the machine named below.</li>\n");
  } else {
    put(p, "<li>Backups may still hold a locked copy. From ");
    statement_words_day(p->out, until);
    put(p, " on none of them can bring it back.</li>\n");
  }
  for (const struct statement_node *h = list(p, p->root, "holders_outstanding"); h; h = after(p, h)) {
    put(p, "<li><strong>Not confirmed yet:</strong> another machine that helps to keep this system’s keys, called ");
    statement_words_text(p->out, statement_read_value(&p->read, h));
    put(p, ", has not yet said that it let go of its part.</li>\n");
  }
}

static void put_limits(struct page *p) {
  bool tpm = strcmp(of(p, p->root, "assurance"), "tpm") == 0;
  put(p,
      "<h2>What we cannot promise</h2>\n<ul>\n"
      "<li>Copies that left this system before, because they were allowed to: given to somebody, filmed from a screen, or still "
      "on "
      "the camera or phone. Ask the service who was given one.</li>\n");
  put(p,
      tpm ? "<li>The keys were kept with the help of a security chip, which has replaced its secret. Somebody who had copied the "
            "inside of that chip, if it is of a kind that can be copied, could still undo this.</li>\n"
          : "<li>The keys were overwritten on a disk. Somebody who had secretly copied that disk before, or takes its chips "
            "apart in a laboratory, might still find an old key.</li>\n");
  put_backups(p);
  put(p, "</ul>\n");
}

/* ---- how to check it */
static void put_row(struct page *p, const char *name, const char *value) {
  if (!*value) return;
  put(p, "<tr><th>");
  put(p, name);
  put(p, "</th><td>");
  put_id(p, value);
  put(p, "</td></tr>\n");
}

static void put_log_row(struct page *p, const struct statement_verdict *v) {
  char fingerprint[AUDIT_CHECKPOINT_FINGERPRINT];
  if (!v->logged) return;
  audit_checkpoint_fingerprint(&v->checkpoint, fingerprint);
  bytes_printf(p->out, "<tr><th>Place in the log</th><td>entry %llu of %llu</td></tr>\n<tr><th>Fingerprint of the log</th><td>",
               (unsigned long long)v->entry + 1, (unsigned long long)v->checkpoint.entries);
  put_id(p, fingerprint);
  put(p, "</td></tr>\n");
}

static void put_check(struct page *p, const struct statement_verdict *v) {
  put(p,
      "<h2>How to check this</h2>\n"
      "<p>You need not take our word for it. This page is made from a signed certificate. Ask the service for the certificate as "
      "a "
      "file and for its public key; anybody who is good with computers can then check both, with a small program that is "
      "published with this system and was written apart from it, and that the certificate stands in the service’s log, which "
      "cannot be rewritten unnoticed. The fingerprint is for comparing with one that was kept outside the "
      "service.</p>\n<table>\n");
  put_row(p, "Certificate", of(p, p->root, "certificate"));
  put_row(p, "This system", of(p, p->root, "vault"));
  put_row(p, "Entered by (staff code)", of(p, p->root, "decided_by"));
  put_log_row(p, v);
  put(p, "</table>\n");
}

static void put_signed(struct page *p, const struct bytes *statement) {
  put(p,
      "<details><summary>The signed certificate, for whoever checks it</summary>\n"
      "<p>Saved as a file of one line, this is what is checked.</p>\n<pre>");
  statement_words_text(p->out, bytes_text(statement));
  put(p, "</pre></details>\n</body></html>\n");
}

enum err statement_page(const uint8_t public_key[32], const struct bytes *statement, struct bytes *out) {
  AUTO(page) struct page p = {.out = out};
  struct statement_verdict verdict;
  TRY(statement_verify(public_key, statement, &verdict));
  if (!verdict.valid)
    return err_set(ERR_DATA, "this certificate is not what was signed (%s): run clipvault check", verdict.problem);
  TRY(statement_read_parse(statement->data, statement->length, &p.read));
  p.root = statement_read_root(&p.read);
  count_kinds(&p);
  put(&p, top);
  put(&p, title_of(&p));
  put(&p, style);
  bytes_printf(out, "<h1>%s</h1>\n", title_of(&p));
  put_lead(&p);
  put_explanation(&p);
  put_items(&p, "What was destroyed", 1u << DESTROYED, put_destroyed);
  put_items(&p, "Whose details were erased", 1u << ERASED, put_erased);
  put_items(&p, "What can no longer be done, and what still exists", 1u << USE_ENDED | 1u << SUSPENDED, put_use);
  put_items(&p, "What is kept for now", 1u << DEFERRED, put_deferred);
  put_consents(&p);
  put_limits(&p);
  put_check(&p, &verdict);
  put_signed(&p, statement);
  return bytes_check(out);
}
