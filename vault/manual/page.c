#include "vault/manual/page.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void page_name(const char *command, char out[PAGE_NAME]) {
  snprintf(out, PAGE_NAME, "%s", command);
  for (char *c = out; *c; c++)
    if (*c == ' ') *c = '-';
}

/* ---- words: what mdoc takes for itself is written so that it stays what it is */

static void put_char(struct bytes *out, char c, bool first) {
  if (first && (c == '.' || c == '\'')) bytes_put_text(out, "\\&");
  if (c == '\\')
    bytes_put_text(out, "\\e");
  else if (c == '-')
    bytes_put_text(out, "\\-");
  else if (c == '"')
    bytes_put_text(out, "\\(dq");
  else
    bytes_put(out, &c, 1);
}

static void put_text(struct bytes *out, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) put_char(out, text[i], i == 0);
}

/* A word behind a macro: "No" would be one as well, and a lone full stop is punctuation. */
static void put_argument(struct bytes *out, const char *word, size_t length) {
  bytes_put_text(out, length <= 3 ? " \\&" : " ");
  put_text(out, word, length);
}

/* Whether a sentence ended before the blank at `i`. */
static bool ends_sentence(const char *text, size_t i) {
  return i > 1 && strchr(".?!", text[i - 1]) && text[i - 2] != '.' && text[i - 2] != ' ';
}

/* Running text; mdoc wants each sentence to begin a line, and no line to be long. */
static void put_sentences(struct bytes *out, const char *text, size_t length) {
  enum { MOST = 72 };
  size_t begun = out->length;
  for (size_t i = 0; i < length; i++) {
    bool blank = text[i] == ' ' || text[i] == '\n';
    bool starts = out->length == begun;
    if (blank && (text[i] == '\n' || ends_sentence(text, i) || out->length - begun + strcspn(text + i + 1, " \n") > MOST)) {
      if (!starts) bytes_put_text(out, "\n");
      begun = out->length;
    } else if (!(blank && starts)) {
      put_char(out, text[i], starts);
    }
  }
  bytes_put_text(out, "\n");
}

static void put_head(struct bytes *out, const char *title, const char *section, const char *about, const char *date) {
  char upper[PAGE_NAME + 16];
  snprintf(upper, sizeof upper, "%s", title);
  for (char *c = upper; *c; c++) *c = (char)toupper((unsigned char)*c);
  bytes_printf(out, ".Dd %s\n.Dt %s %s\n.Os clipvault\n.Sh NAME\n.Nm %s\n.Nd ", date, upper, section, title);
  put_text(out, about, strlen(about));
  bytes_put_text(out, "\n");
}

/* ---- how a command is written: "CLIP --purpose P [--at T [--to T]] (--a | --b)" */

/* One word without brackets. Options are flags, what is in capitals stands for something, the rest is typed as it is. */
static void put_word(struct bytes *out, const char *word, size_t length) {
  if (length > 2 && word[0] == '-' && word[1] == '-') {
    bytes_put_text(out, ".Fl ");
    put_text(out, word + 1, length - 1);
  } else {
    bytes_put_text(out, isupper((unsigned char)word[0]) ? ".Ar" : ".Cm");
    put_argument(out, word, length);
  }
  bytes_put_text(out, "\n");
}

static size_t count(const char *word, size_t length, char c) {
  size_t n = 0;
  for (size_t i = 0; i < length; i++) n += word[i] == c;
  return n;
}

/* "[--to", "T]]", "file[:PATH]|tpm": brackets at an end that have no partner inside become macros. */
static void put_token(struct bytes *out, const char *token, size_t length) {
  size_t closes = 0;
  for (; length && token[0] == '['; token++, length--) bytes_put_text(out, ".Oo\n");
  for (; length && token[length - 1] == ']' && count(token, length, ']') > count(token, length, '['); length--) closes++;
  const char *bar = memchr(token, '|', length);
  while (length > 1 && token[0] == '-' && token[1] == '-' && bar) { /* "--private|--shared" */
    size_t part = (size_t)(bar - token);
    put_word(out, token, part);
    bytes_put_text(out, "|\n");
    token += part + 1, length -= part + 1;
    bar = memchr(token, '|', length);
  }
  if (length == 1 && strchr("|()", token[0]))
    bytes_printf(out, "%c\n", token[0]);
  else if (length)
    put_word(out, token, length);
  while (closes--) bytes_put_text(out, ".Oc\n");
}

static void put_usage(struct bytes *out, const struct command *c) {
  const char *text = c->synopsis ? c->synopsis : "";
  bytes_printf(out, ".Nm clipvault\n.Cm %s\n", c->name);
  while (*text) {
    size_t length = strcspn(text, " ");
    bool opens = length > 1 && text[0] == '(', shuts = length > 1 && text[length - 1] == ')';
    if (opens) bytes_put_text(out, "(\n");
    if (length) put_token(out, text + opens, length - opens - shuts);
    if (shuts) bytes_put_text(out, ")\n");
    text += length + (text[length] == ' ');
  }
}

/* ---- what it says */

/* The length of a paragraph at `text`: up to an empty line or one that stands as it is. */
static size_t paragraph(const char *text) {
  size_t length = strcspn(text, "\n");
  while (text[length] == '\n' && text[length + 1] && text[length + 1] != '\n' && strncmp(text + length + 1, "  ", 2) != 0)
    length += 1 + strcspn(text + length + 1, "\n");
  return length;
}

static const char *put_display(struct bytes *out, const char *text) {
  bytes_put_text(out, ".Bd -literal -offset indent\n");
  while (strncmp(text, "  ", 2) == 0) {
    size_t length = strcspn(text, "\n");
    put_text(out, text + 2, length - 2);
    bytes_put_text(out, "\n");
    text += length + (text[length] == '\n');
  }
  bytes_put_text(out, ".Ed\n");
  return text;
}

static void put_prose(struct bytes *out, const char *text) {
  bool first = true;
  for (; *text == '\n'; text++) continue;
  while (*text) {
    if (strncmp(text, "  ", 2) == 0) {
      text = put_display(out, text);
    } else {
      size_t length = paragraph(text);
      if (!first) bytes_put_text(out, ".Pp\n");
      put_sentences(out, text, length);
      text += length;
    }
    first = false;
    for (; *text == '\n'; text++) continue;
  }
}

static void put_option(struct bytes *out, const struct command_option *o) {
  if (command_is_positional(o)) {
    bytes_put_text(out, ".It Ar");
    put_argument(out, o->name, strlen(o->name));
  } else {
    bytes_put_text(out, ".It Fl ");
    put_text(out, o->name + 1, strlen(o->name + 1));
    if (o->value) bytes_put_text(out, " Ar");
    if (o->value) put_argument(out, o->value, strlen(o->value));
  }
  bytes_put_text(out, "\n");
  AUTO(bytes) struct bytes help = {0};
  bytes_printf(&help, "%s%s%s", o->help ? o->help : "", o->flags & OPTION_REPEAT ? " (may be repeated)" : "",
               o->flags & OPTION_REQUIRED ? " (required)" : "");
  if (help.length) put_sentences(out, bytes_text(&help), help.length);
}

static void put_options(struct bytes *out, const struct command_option *o) {
  bool any = false;
  for (; o && o->name; o++) {
    if (o->flags & OPTION_PREPARED) continue;
    if (!any) bytes_put_text(out, ".Pp\nArguments and options:\n.Bl -tag -width Ds\n");
    any = true;
    put_option(out, o);
  }
  if (any) bytes_put_text(out, ".El\n");
}

void page_command(const struct command *c, const char *date, struct bytes *out) {
  char name[PAGE_NAME], title[PAGE_NAME + 16];
  page_name(c->name, name);
  snprintf(title, sizeof title, "clipvault-%s", name);
  put_head(out, title, "1", c->summary, date);
  bytes_put_text(out, ".Sh SYNOPSIS\n");
  put_usage(out, c);
  bytes_put_text(out, ".Sh DESCRIPTION\n");
  put_prose(out, c->help ? c->help : c->summary);
  put_options(out, c->options);
  bytes_put_text(out,
                 ".Pp\nOptions that every command takes, and exit codes, stand in\n.Xr clipvault 1 .\n"
                 ".Sh SEE ALSO\n.Xr clipvault 1\n");
}

static void put_line(struct bytes *out, const struct command *c) {
  char name[PAGE_NAME];
  page_name(c->name, name);
  bytes_printf(out, ".It Xr clipvault-%s 1\n", name);
  put_sentences(out, c->summary, strlen(c->summary));
}

void page_family(command_table table, const char *word, const char *date, struct bytes *out) {
  char title[PAGE_NAME + 16], about[PAGE_NAME + 32];
  snprintf(title, sizeof title, "clipvault-%s", word);
  snprintf(about, sizeof about, "the commands of clipvault %s", word);
  put_head(out, title, "1", about, date);
  bytes_put_text(out, ".Sh SYNOPSIS\n");
  size_t length = strlen(word);
  for (command_table t = table; *t; t++)
    if (strncmp((*t)->name, word, length) == 0 && (*t)->name[length] == ' ') put_usage(out, *t);
  bytes_put_text(out, ".Sh DESCRIPTION\nEach has a page of its own:\n.Bl -tag -width Ds\n");
  for (command_table t = table; *t; t++)
    if (strncmp((*t)->name, word, length) == 0 && (*t)->name[length] == ' ') put_line(out, *t);
  bytes_put_text(out, ".El\n.Sh SEE ALSO\n.Xr clipvault 1\n");
}

static const char BEHIND[] =
    ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
    ".It Ev CLIPVAULT_DIR\nThe vault's folder, where\n.Fl \\-vault\nis not given.\n"
    ".It Ev CLIPVAULT_KEY_FILE\nThe key file, where\n.Fl \\-key\\-file\nis not given.\n"
    ".It Ev CLIPVAULT_TPM2_TCTI\nHow the TPM is reached.\n.El\n"
    ".Sh FILES\n.Bl -tag -width Ds\n"
    ".It Pa clipvault.conf\nIn the vault's folder: what the vault does by itself, see\n.Xr clipvault.conf 5 .\n"
    ".It Pa /var/lib/clipvault/vault\nThe vault that the service\n.Pa clipvault.service\nserves.\n"
    ".It Pa /etc/clipvault/clipvault.key\nThe key file that opens it for the service.\n.El\n"
    ".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n"
    ".It 0\ndone\n.It 64\nused wrongly\n.It 65\nbad data\n.It 66\nno such thing\n.It 69\nunavailable\n"
    ".It 70\na fault of this program\n.It 73\ncannot create\n.It 74\ninput or output failed\n.It 75\ntry again\n.It 77\nrefused\n"
    ".It 78\nconfiguration\n.El\n"
    ".Sh SEE ALSO\n.Xr clipvault.conf 5 ,\n.Pa /usr/share/doc/clipvault\n";

void page_overview(command_table table, const char *date, struct bytes *out) {
  const char *group = "";
  put_head(out, "clipvault", "1", "a vault for films whose use everyone filmed decides", date);
  bytes_put_text(out,
                 ".Sh SYNOPSIS\n.Nm\n.Op Fl \\-vault Ar DIR\n.Op Fl \\-json\n.Ar COMMAND ...\n.Sh DESCRIPTION\n"
                 ".Nm\nkeeps films sealed, each for the purposes that everyone in it agreed to.\n"
                 "A withdrawal destroys keys, and with them that use of every film.\n");
  for (; *table; table++) {
    if ((*table)->group && strcmp(group, (*table)->group) != 0) {
      bytes_printf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", *group ? ".El\n" : "", (*table)->group);
      group = (*table)->group;
    }
    put_line(out, *table);
  }
  bytes_put_text(out, ".El\n.Ss For every command\n.Bl -tag -width Ds\n");
  for (const struct command_option *o = command_globals; o->name; o++) put_option(out, o);
  bytes_put_text(out, ".El\n");
  bytes_put_text(out, BEHIND);
}

void page_configuration(const char *text, const char *date, struct bytes *out) {
  put_head(out, "clipvault.conf", "5", "what a vault does by itself", date);
  bytes_put_text(
      out,
      ".Sh DESCRIPTION\nEach vault has a file of this name in its folder;\n.Xr clipvault-init 1\nmakes it, with every key "
      "at its default:\n.Bd -literal\n");
  while (*text) {
    size_t length = strcspn(text, "\n");
    put_text(out, text, length);
    bytes_put_text(out, "\n");
    text += length + (text[length] == '\n');
  }
  bytes_put_text(out, ".Ed\n.Sh SEE ALSO\n.Xr clipvault 1\n");
}
