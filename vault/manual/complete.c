#include "vault/manual/complete.h"

#include <ctype.h>
#include <string.h>

/* ---- what a value may be */

/* The word of the synopsis that follows the option's name: "[--kind child|carer]" says which values there are. */
static const char *in_synopsis(const struct command *c, const char *name, size_t *length) {
  size_t n = strlen(name);
  for (const char *at = c && c->synopsis ? strstr(c->synopsis, name) : NULL; at; at = strstr(at + 1, name))
    if (at[n] == ' ') {
      *length = strcspn(at + n + 1, " ]");
      return at + n + 1;
    }
  return NULL;
}

static bool is_choice(const char *word, size_t length) {
  if (!memchr(word, '|', length)) return false;
  for (size_t i = 0; i < length; i++)
    if (!islower((unsigned char)word[i]) && !isdigit((unsigned char)word[i]) && !strchr("|_-", word[i])) return false;
  return true;
}

static bool is_one_of(const char *word, const char *a, const char *b) { return word && (!strcmp(word, a) || !strcmp(word, b)); }

/* "file", "folder", "choice a b", "value" (nothing is known), "" for a switch. */
static void put_kind(struct bytes *out, const struct command *c, const struct command_option *o) {
  size_t length = 0;
  const char *word = in_synopsis(c, o->name, &length);
  if (o->flags & OPTION_SWITCH) return;
  if (word && is_choice(word, length)) {
    bytes_put_text(out, "choice");
    for (size_t i = 0; i < length; i++) {
      if (!i || word[i] == '|') bytes_put_text(out, " ");
      if (word[i] != '|') bytes_put(out, word + i, 1);
    }
  } else if (is_one_of(o->value, "DIR", "FOLDER") || (o->flags & OPTION_FOLDER && !(o->flags & OPTION_FILE_IN))) {
    bytes_put_text(out, "folder");
  } else if (o->flags & (OPTION_FILE_IN | OPTION_FILE_OUT) || is_one_of(o->value, "FILE", "F")) {
    bytes_put_text(out, "file");
  } else {
    bytes_put_text(out, "value");
  }
}

static bool takes_files(const struct command *c) {
  for (const struct command_option *o = c->options; o && o->name; o++)
    if (command_is_positional(o) && o->flags & (OPTION_FILE_IN | OPTION_FILE_OUT)) return true;
  return false;
}

/* The first words, each once, and what may follow "consent". */
static size_t first_word(const char *name) { return strcspn(name, " "); }

static bool seen_before(command_table table, command_table at) {
  size_t length = first_word((*at)->name);
  for (; table != at; table++)
    if (first_word((*table)->name) == length && strncmp((*table)->name, (*at)->name, length) == 0) return true;
  return false;
}

static bool is_family(command_table table, const char *word, size_t length) {
  for (; *table; table++)
    if (strncmp((*table)->name, word, length) == 0 && (*table)->name[length] == ' ') return true;
  return false;
}

/* Within single quotes of a shell. */
static void put_quoted(struct bytes *out, const char *text, size_t length) {
  bytes_put_text(out, "'");
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '\'')
      bytes_put_text(out, "'\\''");
    else
      bytes_put(out, text + i, 1);
  }
  bytes_put_text(out, "'");
}

/* ---- bash */

static void put_bash_options(struct bytes *out, const struct command *c, const struct command_option *o) {
  for (; o && o->name; o++) {
    if (command_is_positional(o) || o->flags & OPTION_PREPARED) continue;
    AUTO(bytes) struct bytes kind = {0};
    bytes_put_text(&kind, o->name);
    bytes_put_text(&kind, " ");
    put_kind(&kind, c, o);
    bytes_put_text(out, " ");
    put_quoted(out, bytes_text(&kind), kind.length);
  }
}

static void put_bash_tables(command_table table, struct bytes *out) {
  bytes_put_text(out, "_clipvault_first='");
  for (command_table t = table; *t; t++)
    if (!seen_before(table, t)) bytes_printf(out, "%s%.*s", t == table ? "" : " ", (int)first_word((*t)->name), (*t)->name);
  bytes_put_text(out, "'\n\n# What may follow a first word.\n_clipvault_second() {\n  case $1 in\n");
  for (command_table t = table; *t; t++) {
    size_t length = first_word((*t)->name);
    if (seen_before(table, t) || !is_family(table, (*t)->name, length)) continue;
    bytes_printf(out, "    %.*s) echo '", (int)length, (*t)->name);
    for (command_table u = table; *u; u++)
      if (strncmp((*u)->name, (*t)->name, length) == 0 && (*u)->name[length] == ' ')
        bytes_printf(out, "%s ", (*u)->name + length + 1);
    bytes_put_text(out, "' ;;\n");
  }
  bytes_put_text(
      out, "  esac\n}\n\n# A command's options, one a line, and what their value is.\n_clipvault_options() {\n  case $1 in\n");
  for (; *table; table++) {
    bytes_printf(out, "    '%s') printf '%%s\\n' ''", (*table)->name);
    put_bash_options(out, *table, (*table)->options);
    if (takes_files(*table)) bytes_put_text(out, " '+ file'");
    bytes_put_text(out, " ;;\n");
  }
  bytes_put_text(out, "  esac\n  printf '%s\\n'");
  put_bash_options(out, NULL, command_globals);
  bytes_put_text(out, "\n}\n\n");
}

static const char BASH[] =
    "# _clipvault_offer KIND WORD: what a value of that kind may be, if it begins like this.\n"
    "_clipvault_offer() {\n"
    "  case $1 in\n"
    "    choice*) mapfile -t COMPREPLY < <(compgen -W \"${1#choice }\" -- \"$2\") ;;\n"
    "    folder) compopt -o filenames 2>/dev/null || :; mapfile -t COMPREPLY < <(compgen -d -- \"$2\") ;;\n"
    "    file) compopt -o filenames 2>/dev/null || :; mapfile -t COMPREPLY < <(compgen -f -- \"$2\") ;;\n"
    "  esac\n"
    "}\n\n"
    "_clipvault() {\n"
    "  local current=${COMP_WORDS[COMP_CWORD]} word command='' kind='' line at options seconds typed=0\n"
    "  COMPREPLY=()\n"
    "  options=$(_clipvault_options '')\n"
    "  for ((at = 1; at < COMP_CWORD; at++)); do\n"
    "    word=${COMP_WORDS[at]}\n"
    "    [ \"$word\" != = ] || continue # --option=value comes in three words\n"
    "    if [ -n \"$kind\" ]; then kind=''; continue; fi\n"
    "    if [[ $word == -* ]]; then\n"
    "      while IFS= read -r line; do [ \"${line%% *}\" != \"$word\" ] || kind=${line#* }; done <<<\"$options\"\n"
    "      continue\n"
    "    fi\n"
    "    if [ -z \"$command\" ]; then\n"
    "      command=$word\n"
    "    elif [[ $typed = 0 && $command != *' '* && \" $(_clipvault_second \"$command\") \" == *\" $word \"* ]]; then\n"
    "      command=\"$command $word\"\n"
    "    else\n"
    "      typed=$((typed + 1))\n"
    "    fi\n"
    "    options=$(_clipvault_options \"$command\")\n"
    "  done\n"
    "  [ \"$current\" != = ] || current=''\n"
    "  if [ -n \"$kind\" ]; then _clipvault_offer \"$kind\" \"$current\"; return; fi\n"
    "  if [[ $current == -* ]]; then\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$(while IFS= read -r line; do [[ $line != -* ]] || echo \"${line%% *}\"; done "
    "<<<\"$options\")\" -- \"$current\")\n"
    "    return\n"
    "  fi\n"
    "  if [ -z \"$command\" ]; then mapfile -t COMPREPLY < <(compgen -W \"$_clipvault_first\" -- \"$current\"); return; fi\n"
    "  seconds=''\n"
    "  if [[ $command == help ]]; then\n"
    "    [ \"$typed\" != 0 ] || seconds=$_clipvault_first\n"
    "    [ \"$typed\" != 1 ] || seconds=$(_clipvault_second \"${COMP_WORDS[COMP_CWORD - 1]}\")\n"
    "  elif [[ $command != *' '* && $typed = 0 ]]; then\n"
    "    seconds=$(_clipvault_second \"$command\")\n"
    "  fi\n"
    "  if [ -n \"$seconds\" ]; then\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$seconds\" -- \"$current\")\n"
    "  elif [[ $options == *'+ file'* ]]; then\n"
    "    _clipvault_offer file \"$current\"\n"
    "  fi\n"
    "}\n\n"
    "complete -F _clipvault clipvault\n";

void complete_bash(command_table table, struct bytes *out) {
  bytes_put_text(out,
                 "# Completion of clipvault in bash. Made by vault/manual/ from the table of commands.\n"
                 "# shellcheck shell=bash\n\n");
  put_bash_tables(table, out);
  bytes_put_text(out, BASH);
}

/* ---- zsh */

/* In the words of _arguments a colon or bracket has to be escaped. */
static void put_escaped(struct bytes *out, const char *text) {
  for (; *text; text++) {
    if (strchr("[]:\\", *text)) bytes_put_text(out, "\\");
    bytes_put(out, text, 1);
  }
}

static void put_zsh_action(struct bytes *out, const struct command *c, const struct command_option *o) {
  AUTO(bytes) struct bytes kind = {0};
  put_kind(&kind, c, o);
  const char *word = bytes_text(&kind);
  if (strncmp(word, "choice ", 7) == 0)
    bytes_printf(out, "(%s)", word + 7);
  else if (!strcmp(word, "folder"))
    bytes_put_text(out, "_files -/");
  else if (!strcmp(word, "file"))
    bytes_put_text(out, "_files");
  else
    bytes_put_text(out, " ");
}

/* '*--person=[who agrees]:PERSON: ' or '*:FILE:_files' */
static void put_zsh_option(struct bytes *out, const struct command *c, const struct command_option *o) {
  AUTO(bytes) struct bytes spec = {0};
  bool positional = command_is_positional(o), repeats = (o->flags & OPTION_REPEAT) != 0;
  if (positional) {
    bytes_printf(&spec, "%s:", repeats ? "*" : "");
    put_escaped(&spec, o->name);
    bytes_put_text(&spec, ":");
    put_zsh_action(&spec, c, o);
  } else {
    bytes_printf(&spec, "%s%s%s[", repeats ? "*" : "", o->name, o->flags & OPTION_SWITCH ? "" : "=");
    put_escaped(&spec, o->help ? o->help : "");
    bytes_put_text(&spec, "]");
    if (!(o->flags & OPTION_SWITCH)) {
      bytes_put_text(&spec, ":");
      put_escaped(&spec, o->value ? o->value : "value");
      bytes_put_text(&spec, ":");
      put_zsh_action(&spec, c, o);
    }
  }
  bytes_put_text(out, " \\\n        ");
  put_quoted(out, bytes_text(&spec), spec.length);
}

static void put_zsh_case(struct bytes *out, const struct command *c) {
  bytes_printf(out, "    '%s') _arguments -s -S $globals", c->name);
  for (const struct command_option *o = c->options; o && o->name; o++)
    if (!(o->flags & OPTION_PREPARED)) put_zsh_option(out, c, o);
  bytes_put_text(out, " ;;\n");
}

/* 'record:a consent', for _describe. A family that is no command itself says what belongs to it. */
static void put_zsh_words(struct bytes *out, command_table table) {
  bytes_put_text(out, "  first=(\n");
  for (command_table t = table; *t; t++) {
    size_t length = first_word((*t)->name);
    AUTO(bytes) struct bytes line = {0};
    if (seen_before(table, t)) continue;
    bytes_printf(&line, "%.*s:", (int)length, (*t)->name);
    if ((*t)->name[length])
      bytes_put_text(&line, "…");
    else
      put_escaped(&line, (*t)->summary);
    bytes_put_text(out, "    ");
    put_quoted(out, bytes_text(&line), line.length);
    bytes_put_text(out, "\n");
  }
  bytes_put_text(out, "  )\n  case $1 in\n");
  for (command_table t = table; *t; t++) {
    size_t length = first_word((*t)->name);
    if (seen_before(table, t) || !is_family(table, (*t)->name, length)) continue;
    bytes_printf(out, "    %.*s) second=(\n", (int)length, (*t)->name);
    for (command_table u = table; *u; u++) {
      AUTO(bytes) struct bytes line = {0};
      if (strncmp((*u)->name, (*t)->name, length) != 0 || (*u)->name[length] != ' ') continue;
      bytes_printf(&line, "%s:", (*u)->name + length + 1);
      put_escaped(&line, (*u)->summary);
      bytes_put_text(out, "      ");
      put_quoted(out, bytes_text(&line), line.length);
      bytes_put_text(out, "\n");
    }
    bytes_put_text(out, "      ) ;;\n");
  }
  bytes_put_text(out, "  esac\n");
}

void complete_zsh(command_table table, struct bytes *out) {
  bytes_put_text(out,
                 "#compdef clipvault\n# Completion of clipvault in zsh. Made by vault/manual/ from the table of commands.\n\n"
                 "_clipvault_words() {\n");
  put_zsh_words(out, table);
  bytes_put_text(out, "}\n\n_clipvault_arguments() {\n  case $1 in\n");
  for (command_table t = table; *t; t++) put_zsh_case(out, *t);
  bytes_put_text(out,
                 "  esac\n}\n\n_clipvault() {\n  local curcontext=$curcontext state word\n  local -a globals first second\n"
                 "  local -A opt_args\n  globals=(");
  for (const struct command_option *o = command_globals; o->name; o++) put_zsh_option(out, NULL, o);
  bytes_put_text(out,
                 ")\n"
                 "  _arguments -C -s -S $globals '1: :->first' '*:: :->rest' && return\n"
                 "  if [[ $state == first ]]; then _clipvault_words ''; _describe command first; return; fi\n"
                 "  word=$words[1]\n"
                 "  _clipvault_words $word\n"
                 "  if (( $#second )); then\n"
                 "    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then _describe command second; return; fi\n"
                 "    if [[ -n ${second[(r)$words[2]:*]} ]]; then word+=\" $words[2]\"; shift words; (( CURRENT-- )); fi\n"
                 "  fi\n"
                 "  _clipvault_arguments $word\n"
                 "}\n\n_clipvault \"$@\"\n");
}
