#include "vault/command.h"

#include <stdio.h>
#include <string.h>

const struct command_option command_globals[] = {
    {"--vault", "DIR", 0, "the vault's folder; else $CLIPVAULT_DIR, else ./vault"},
    {"--json", NULL, OPTION_SWITCH, "one JSON value on standard output; errors as JSON"},
    {"--key-file", "FILE", 0, "unlock with this key file (or $CLIPVAULT_KEY_FILE)"},
    {"--shares", "FILE", 0, "unlock with recovery shares in this file; -: typed in"},
    {"--wait", "SECONDS", 0, "how long to wait for another command to end (10)"},
    {"--progress", NULL, OPTION_SWITCH, "with --json: progress as JSON lines on standard error"},
    {"--help", NULL, OPTION_SWITCH, "explains the command; without one, lists all"},
    {"-h", NULL, OPTION_SWITCH, "the same"},
    {"--version", NULL, OPTION_SWITCH, "which version this is"},
    {0},
};

const struct command *command_by_name(command_table table, const char *name) {
  for (; *table; table++)
    if (!strcmp((*table)->name, name)) return *table;
  return NULL;
}

const char *command_option_key(const struct command_option *o) { return command_is_positional(o) ? o->name : o->name + 2; }

bool command_is_positional(const struct command_option *o) { return o->name[0] != '-'; }

const struct command_option *command_option(const struct command *c, const char *name) {
  for (const struct command_option *o = c->options; o && o->name; o++)
    if (!strcmp(command_option_key(o), name)) return o;
  return NULL;
}

/* ---- near misses: the edit distance in which swapping two neighbours counts as one slip */

enum { LONGEST_WORD = 40 };

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

static unsigned distance(const char *a, const char *b) {
  size_t la = strlen(a), lb = strlen(b);
  if (la > LONGEST_WORD || lb > LONGEST_WORD) return LONGEST_WORD;
  unsigned d[LONGEST_WORD + 1][LONGEST_WORD + 1];
  for (unsigned i = 0; i <= la; i++) d[i][0] = i;
  for (unsigned j = 0; j <= lb; j++) d[0][j] = j;
  for (size_t i = 1; i <= la; i++)
    for (size_t j = 1; j <= lb; j++) {
      d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[la][lb];
}

const char *command_near(const char *typed, size_t count, const char *const words[]) {
  const char *best = NULL;
  unsigned most = (unsigned)(strlen(typed) / 3) + 1; /* a slip or two in a word of usual length, not another word */
  for (size_t i = 0; i < count; i++) {
    unsigned d = distance(typed, words[i]);
    if (d < most || (d == most && !best)) best = words[i], most = d;
  }
  return best;
}

/* ---- which command */

enum { MOST_NAMES = 256 };

static bool is_first_word(const char *word, const char *name) {
  size_t length = strlen(word);
  return !strncmp(word, name, length) && name[length] == ' ';
}

/* "person" alone, or "person foo": the commands that begin so are what the user needs to see. */
static enum err incomplete(command_table table, const char *first, const char *second) {
  AUTO(bytes) struct bytes list = {0};
  const char *names[MOST_NAMES], *near = NULL;
  size_t count = 0;
  for (; *table; table++) {
    if (!is_first_word(first, (*table)->name)) continue;
    const char *word = (*table)->name + strlen(first) + 1;
    bytes_printf(&list, "%s%s", list.length ? ", " : "", word);
    if (count < MOST_NAMES) names[count++] = word;
  }
  if (second) near = command_near(second, count, names);
  if (near) return err_set(ERR_USAGE, "there is no command \"%s %.40s\"; did you mean \"%s %s\"?", first, second, first, near);
  return err_set(ERR_USAGE, "\"%s\" must be followed by one of: %s; see clipvault help", first, bytes_text(&list));
}

static enum err unknown(command_table table, const char *first, const char *second) {
  const char *names[MOST_NAMES];
  char both[2 * LONGEST_WORD + 2];
  size_t count = 0;
  for (; *table && count < MOST_NAMES; table++) names[count++] = (*table)->name;
  snprintf(both, sizeof both, "%.*s %.*s", LONGEST_WORD, first, LONGEST_WORD, second ? second : "");
  const char *near = command_near(first, count, names);
  if (!near && second) near = command_near(both, count, names);
  if (near) return err_set(ERR_USAGE, "there is no command \"%.40s\"; did you mean \"%s\"?", first, near);
  return err_set(ERR_USAGE, "there is no command \"%.40s\"; see clipvault help", first);
}

enum err command_find(command_table table, int count, char *const words[], const struct command **out, int *used) {
  if (count < 1) return err_set(ERR_USAGE, "no command was given; see clipvault help");
  char both[2 * LONGEST_WORD + 2];
  const struct command *found = NULL;
  if (count > 1 && strlen(words[0]) <= LONGEST_WORD && strlen(words[1]) <= LONGEST_WORD) {
    snprintf(both, sizeof both, "%s %s", words[0], words[1]);
    found = command_by_name(table, both);
  }
  *used = found ? 2 : 1;
  if (!found && !strchr(words[0], ' ')) found = command_by_name(table, words[0]);
  if (found) {
    *out = found;
    return ERR_OK;
  }
  const char *second = count > 1 ? words[1] : NULL;
  for (command_table t = table; *t; t++)
    if (is_first_word(words[0], (*t)->name)) return incomplete(table, words[0], second);
  return unknown(table, words[0], second);
}

/* ---- help */

enum { COLUMNS = 80 };

/* Columns that `length` bytes of UTF-8 take: continuation bytes take none. */
static size_t columns(const char *text, size_t length) {
  size_t n = 0;
  for (size_t i = 0; i < length; i++) n += ((unsigned char)text[i] & 0xc0) != 0x80;
  return n;
}

/* Puts `length` bytes of running text, wrapped at words, each further line indented. `column` is where the cursor is. */
static void wrap(struct bytes *out, const char *text, size_t length, size_t indent, size_t column) {
  const char *end = text + length;
  bool first = true;
  while (text < end) {
    const char *word = text;
    while (text < end && *text != ' ' && *text != '\n') text++;
    size_t width = columns(word, (size_t)(text - word));
    if (width) {
      bool breaks = !first && column + 1 + width > COLUMNS;
      if (breaks) bytes_printf(out, "\n%*s", (int)indent, ""), column = indent;
      if (!first && !breaks) bytes_put_text(out, " "), column++;
      bytes_put(out, word, (size_t)(text - word));
      column += width;
      first = false;
    }
    text++;
  }
  bytes_put_text(out, "\n");
}

/* One paragraph or one indented line at a time. */
static void put_prose(struct bytes *out, const char *text) {
  while (*text) {
    size_t length = strcspn(text, "\n");
    if (text[0] == ' ' && text[1] == ' ') {
      bytes_put(out, text, length);
      bytes_put_text(out, "\n");
    } else if (!length) {
      bytes_put_text(out, "\n");
    } else {
      const char *next;
      while (text[length] == '\n' && text[length + 1] != '\n' && text[length + 1] && strncmp(text + length + 1, "  ", 2)) {
        next = text + length + 1;
        length = (size_t)(next - text) + strcspn(next, "\n");
      }
      wrap(out, text, length, 0, 0);
    }
    text += length + (text[length] == '\n');
  }
}

static void put_option(struct bytes *out, const struct command_option *o) {
  enum { AT = 26 };
  AUTO(bytes) struct bytes left = {0};
  bytes_printf(&left, "  %s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
  bytes_put_text(out, bytes_text(&left));
  if (left.length + 2 > AT)
    bytes_printf(out, "\n%*s", AT, "");
  else
    bytes_printf(out, "%*s", (int)(AT - left.length), "");
  AUTO(bytes) struct bytes right = {0};
  bytes_printf(&right, "%s%s%s", o->help ? o->help : "", o->flags & OPTION_REPEAT ? " (may be repeated)" : "",
               o->flags & OPTION_REQUIRED ? " (required)" : "");
  wrap(out, bytes_text(&right), right.length, AT, AT);
}

void command_help(const struct command *c, struct bytes *out) {
  AUTO(bytes) struct bytes usage = {0};
  bytes_printf(&usage, "clipvault %s%s%s", c->name, c->synopsis && *c->synopsis ? " " : "", c->synopsis ? c->synopsis : "");
  wrap(out, bytes_text(&usage), usage.length, 4, 0);
  bytes_put_text(out, "\n");
  put_prose(out, c->help ? c->help : c->summary);
  bool any = false;
  for (const struct command_option *o = c->options; o && o->name; o++) {
    if (o->flags & OPTION_PREPARED) continue;
    if (!any) bytes_put_text(out, "\n");
    any = true;
    put_option(out, o);
  }
}

void command_overview(command_table table, struct bytes *out) {
  const char *group = "";
  bytes_put_text(out, "clipvault [--vault DIR] [--json] COMMAND ...\n");
  for (; *table; table++) {
    if ((*table)->group && strcmp(group, (*table)->group)) {
      group = (*table)->group;
      bytes_printf(out, "\n%s\n", group);
    }
    bytes_printf(out, "  %-22s ", (*table)->name);
    size_t indent = strlen((*table)->name) > 22 ? strlen((*table)->name) + 3 : 25;
    wrap(out, (*table)->summary, strlen((*table)->summary), 25, indent);
  }
  bytes_put_text(out, "\nFor every command:\n");
  for (const struct command_option *o = command_globals; o->name; o++) put_option(out, o);
  bytes_put_text(out, "\n\"clipvault help COMMAND\" explains one command.\n");
}
