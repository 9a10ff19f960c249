/* The command line: which words become which request, and what is said about those that do not. */
#include "vault/arguments.h"
#include "vault/base/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct command_option record_options[] = {{"--person", "PERSON", OPTION_REQUIRED, "who agrees"},
                                                       {"--purpose", "P1,P2", OPTION_REQUIRED, "to what"},
                                                       {"--after", "RULE", OPTION_REPEAT, "when it ends"},
                                                       {"--dry-run", NULL, OPTION_SWITCH, "says only what would happen"},
                                                       {"--form", "FILE", OPTION_FILE_IN, "evidence"},
                                                       {"--secret", "X", OPTION_PREPARED, "never typed"},
                                                       {0}};
static const struct command_option ingest_options[] = {
    {"FILE", NULL, OPTION_REQUIRED | OPTION_REPEAT | OPTION_FILE_IN, "recordings"},
    {"--case", "CASE", OPTION_REQUIRED, "case"},
    {0}};
static const struct command_option people_options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, ""}, {"ACTION", NULL, OPTION_REQUIRED, ""}, {"PERSON", NULL, OPTION_REQUIRED, ""}, {0}};
static const struct command_option init_options[] = {{"--key-file", "F", 0, ""}, {0}};
static const struct command_option export_options[] = {
    {"--from", "F", OPTION_FILE_IN, ""}, {"--to", "FILE", OPTION_REQUIRED | OPTION_FILE_OUT, ""}, {0}};

static const struct command record = {.name = "consent record",
                                      .group = "G",
                                      .synopsis = "--person P",
                                      .summary = "a consent",
                                      .help = "H",
                                      .options = record_options};
static const struct command withdraw = {.name = "consent withdraw", .group = "G", .summary = "s", .help = "H"};
static const struct command ingest = {.name = "ingest", .group = "G", .summary = "s", .help = "H", .options = ingest_options};
static const struct command people = {
    .name = "clip people", .group = "G", .summary = "s", .help = "H", .options = people_options};
static const struct command init = {.name = "init", .group = "G", .summary = "s", .help = "H", .options = init_options};
static const struct command list = {.name = "ls", .group = "G", .summary = "s", .help = "H"};
static const struct command export = {.name = "export", .group = "G", .summary = "s", .help = "H", .options = export_options};
static const struct command *const TABLE[] = {&record, &withdraw, &ingest, &people, &init, &list, &export, NULL};

enum { MOST = 16 };
static int count_words(char *const words[]) {
  int n = 0;
  while (n < MOST && words[n]) n++;
  return n;
}

static enum err parse(char *const words[], struct arguments *g, struct request *rq) {
  return arguments_parse(TABLE, count_words(words), words, g, rq);
}

/* Fields as "name=value;…", globals that were given in front. */
static void show(const struct arguments *g, const struct request *rq, struct bytes *out) {
  if (g->json) bytes_put_text(out, "[json]");
  if (g->progress) bytes_put_text(out, "[progress]");
  if (g->help) bytes_put_text(out, "[help]");
  if (g->key_file) bytes_printf(out, "[key %s]", g->key_file);
  if (strcmp(g->vault, "vault")) bytes_printf(out, "[vault %s]", g->vault);
  if (g->wait_seconds != 10) bytes_printf(out, "[wait %u]", g->wait_seconds);
  bytes_printf(out, "%s:", rq->command ? rq->command->name : "-");
  for (size_t i = 0; i < rq->count; i++) bytes_printf(out, "%s=%s;", rq->fields[i].name, rq->fields[i].value);
}

static void understands(void **state) {
  (void)state;
  static const struct {
    char *words[MOST];
    const char *shows;
  } cases[] = {
      {{"ls"}, "ls:"},
      {{"--json", "ls"}, "[json]ls:"},
      {{"ls", "--json"}, "[json]ls:"},
      {{"--vault", "/v", "--wait=0", "ls", "--progress"}, "[progress][vault /v][wait 0]ls:"},
      {{"consent", "record", "--person", "p", "--purpose=a,b"}, "consent record:person=p;purpose=a,b;"},
      {{"consent", "record", "--purpose=", "--person", "p", "--dry-run"}, "consent record:purpose=;person=p;dry-run=;"},
      {{"consent", "record", "--person", "p", "--purpose", "a", "--after", "x", "--after=y=z"},
       "consent record:person=p;purpose=a;after=x;after=y=z;"},
      {{"consent", "record", "--person", "--no-such", "--purpose", "-"}, "consent record:person=--no-such;purpose=-;"},
      {{"consent", "record", "--person=--json", "--purpose", "a"}, "consent record:person=--json;purpose=a;"},
      {{"ingest", "a", "--case", "c", "b", "-"}, "ingest:FILE=a;case=c;FILE=b;FILE=-;"},
      {{"ingest", "--case", "c", "--", "--json", "--"}, "ingest:case=c;FILE=--json;FILE=--;"},
      {{"clip", "people", "clp_x", "add", "per_y"}, "clip people:CLIP=clp_x;ACTION=add;PERSON=per_y;"},
      {{"init", "--key-file", "k"}, "init:key-file=k;"},
      {{"--key-file", "k", "init"}, "[key k]init:"},
      {{"ls", "--key-file", "k"}, "[key k]ls:"},
      {{"ingest", "--help"}, "[help]ingest:"},
      {{"-h"}, "[help]-:"},
  };
  unsetenv("CLIPVAULT_DIR");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    AUTO(request) struct request rq = {0};
    AUTO(bytes) struct bytes shown = {0};
    struct arguments g;
    enum err e = parse(cases[i].words, &g, &rq);
    if (e != ERR_OK) print_message("case %zu: %s\n", i, err_text());
    assert_int_equal(e, ERR_OK);
    show(&g, &rq, &shown);
    assert_string_equal(bytes_text(&shown), cases[i].shows);
  }
}

static void refuses_and_says_why(void **state) {
  (void)state;
  static const struct {
    char *words[MOST];
    const char *says; /* all of it */
  } cases[] = {
      {{NULL}, "no command was given; see clipvault help"},
      {{"--json"}, "no command was given; see clipvault help"},
      {{"lss"}, "there is no command \"lss\"; did you mean \"ls\"?"},
      {{"ingets", "x"}, "there is no command \"ingets\"; did you mean \"ingest\"?"},
      {{"frobnicate"}, "there is no command \"frobnicate\"; see clipvault help"},
      {{"consent"}, "\"consent\" must be followed by one of: record, withdraw; see clipvault help"},
      {{"consent", "recrod"}, "there is no command \"consent recrod\"; did you mean \"consent record\"?"},
      {{"consent", "obliterate"}, "\"consent\" must be followed by one of: record, withdraw; see clipvault help"},
      {{"consnet", "record"}, "there is no command \"consnet\"; did you mean \"consent record\"?"},
      {{"consent record"}, "there is no command \"consent record\"; did you mean \"consent record\"?"},
      {{"consent", "record", "--persn", "p"},
       "consent record has no option --persn; did you mean --person? see clipvault help consent record"},
      {{"ls", "--frobnicate"}, "ls has no option --frobnicate; see clipvault help ls"},
      {{"--vualt", "x", "ls"}, "clipvault has no option --vualt; did you mean --vault? see clipvault help"},
      {{"ls", "-x"}, "ls has no option -x; did you mean -h? see clipvault help ls"},
      {{"consent", "record", "--person", "p"}, "consent record needs --purpose P1,P2; see clipvault help consent record"},
      {{"consent", "record", "--person"}, "--person needs a value (PERSON); see clipvault help consent record"},
      {{"consent", "record", "--person", "--purpose", "a"}, "--person needs a value (PERSON); see clipvault help consent record"},
      {{"consent", "record", "--person", "a", "--person", "b"},
       "--person can be given only once; see clipvault help consent record"},
      {{"consent", "record", "--dry-run=yes"}, "--dry-run takes no value; see clipvault help consent record"},
      {{"consent", "record", "--secret", "x"},
       "consent record has no option --secret; did you mean --shares? see clipvault help consent record"},
      {{"ls", "stray"}, "\"stray\" is one argument too many; see clipvault help ls"},
      {{"clip", "people", "a", "add"}, "clip people needs PERSON; see clipvault help clip people"},
      {{"clip", "people", "a", "add", "b", "c"}, "\"c\" is one argument too many; see clipvault help clip people"},
      {{"ingest", "--case", "c"}, "ingest needs FILE; see clipvault help ingest"},
      {{"--wait", "soon", "ls"}, "--wait takes a whole number of seconds, at most 86400"},
      {{"--json=1", "ls"}, "--json takes no value; see clipvault help"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    AUTO(request) struct request rq = {0};
    struct arguments g;
    enum err e = parse(cases[i].words, &g, &rq);
    assert_string_equal(err_text(), cases[i].says);
    assert_int_equal(e, ERR_USAGE);
    assert_null(rq.command);
  }
}

static void vault_comes_from_option_environment_default(void **state) {
  (void)state;
  AUTO(request) struct request a = {0}, b = {0};
  struct arguments g;
  setenv("CLIPVAULT_DIR", "/from/environment", 1);
  assert_int_equal(parse((char *[]){"ls", NULL}, &g, &a), ERR_OK);
  assert_string_equal(g.vault, "/from/environment");
  assert_int_equal(parse((char *[]){"--vault=/option", "ls", NULL}, &g, &b), ERR_OK);
  assert_string_equal(g.vault, "/option");
  unsetenv("CLIPVAULT_DIR");
}

static void json_is_wanted_before_anything_is_understood(void **state) {
  (void)state;
  assert_true(arguments_want_json(2, (char *[]){"frobnicate", "--json"}));
  assert_false(arguments_want_json(3, (char *[]){"ingest", "--", "--json"}));
  assert_false(arguments_want_json(1, (char *[]){"ls"}));
}

static char folder[] = "/tmp/clipvault-test-XXXXXX";

static void path_in_folder(char *out, size_t room, const char *name) { snprintf(out, room, "%s/%s", folder, name); }

static enum err open_export(const char *from, const char *to, struct request *rq, bool *aside) {
  struct arguments g;
  char source[64], target[64];
  path_in_folder(source, sizeof source, from);
  path_in_folder(target, sizeof target, to);
  char *target_word = strcmp(to, "-") ? target : (char[]){"-"};
  assert_int_equal(parse((char *[]){"export", "--from", source, "--to", target_word, NULL}, &g, rq), ERR_OK);
  return arguments_open(rq, aside);
}

static bool is_there(const char *name) {
  char path[64];
  path_in_folder(path, sizeof path, name);
  return access(path, F_OK) == 0;
}

static void files_are_opened_and_outputs_discarded(void **state) {
  (void)state;
  char path[64];
  bool aside = false;
  path_in_folder(path, sizeof path, "in");
  close(open(path, O_CREAT | O_WRONLY, 0600));
  {
    AUTO(request) struct request rq = {0};
    assert_int_equal(open_export("in", "out", &rq, &aside), ERR_OK);
    assert_string_equal(request_text(&rq, "from"), "in");
    assert_true(request_fd(&rq, "from", 0) >= 0 && request_fd(&rq, "to", 0) >= 0);
    assert_false(aside);
    arguments_discard(&rq);
    assert_false(is_there("out"));
  }
  {
    /* kept: only now the file has its name (where the file system knows nameless files) */
    AUTO(request) struct request rq = {0};
    assert_int_equal(open_export("in", "out", &rq, &aside), ERR_OK);
    assert_int_equal(write(request_fd(&rq, "to", 0), "film", 4), 4);
    assert_int_equal(arguments_keep(&rq), ERR_OK);
    assert_true(is_there("out"));
    arguments_discard(&rq);
    assert_false(is_there("out"));
  }
  {
    /* what somebody else put there meanwhile is not ours to remove */
    char out[64];
    AUTO(request) struct request rq = {0};
    assert_int_equal(open_export("in", "out", &rq, &aside), ERR_OK);
    path_in_folder(out, sizeof out, "out");
    unlink(out); /* there where outputs have their names from the start */
    close(open(out, O_CREAT | O_EXCL | O_WRONLY, 0600));
    assert_int_equal(arguments_keep(&rq), ERR_CREATE);
    arguments_discard(&rq);
    assert_int_equal(unlink(out), 0);
  }
  {
    AUTO(request) struct request rq = {0};
    assert_int_equal(open_export("in", "-", &rq, &aside), ERR_OK);
    assert_true(aside);
  }
}

static void nothing_is_overwritten(void **state) {
  (void)state;
  bool aside = false;
  {
    AUTO(request) struct request rq = {0};
    assert_int_equal(open_export("in", "in", &rq, &aside), ERR_CREATE);
    arguments_discard(&rq);
    assert_true(is_there("in"));
  }
  {
    AUTO(request) struct request rq = {0};
    assert_int_equal(open_export("missing", "out", &rq, &aside), ERR_MISSING);
    assert_false(is_there("out"));
  }
  {
    AUTO(request) struct request rq = {0};
    assert_int_equal(open_export(".", "out", &rq, &aside), ERR_DATA);
    assert_false(is_there("out"));
  }
}

static void help_is_wrapped_and_complete(void **state) {
  (void)state;
  static const struct command wordy = {
      .name = "wordy",
      .synopsis = "--person P",
      .summary = "s",
      .options = record_options,
      .help =
          "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen.\n\n"
          "  clipvault wordy   stays as it is\n"};
  AUTO(bytes) struct bytes out = {0};
  command_help(&wordy, &out);
  char *text = (char *)out.data;
  assert_non_null(strstr(text, "\n  clipvault wordy   stays as it is\n"));
  assert_non_null(strstr(text, "--after RULE"));
  assert_null(strstr(text, "--secret"));
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) assert_true(strlen(line) <= 80);
  AUTO(bytes) struct bytes overview = {0};
  command_overview(TABLE, &overview);
  for (command_table t = TABLE; *t; t++) assert_non_null(strstr(bytes_text(&overview), (*t)->name));
}

static int make_folder(void **state) {
  (void)state;
  return secret_init() != ERR_OK || !mkdtemp(folder);
}

static int remove_folder(void **state) {
  (void)state;
  char path[64];
  path_in_folder(path, sizeof path, "in");
  unlink(path);
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(understands),
      cmocka_unit_test(refuses_and_says_why),
      cmocka_unit_test(vault_comes_from_option_environment_default),
      cmocka_unit_test(json_is_wanted_before_anything_is_understood),
      cmocka_unit_test(files_are_opened_and_outputs_discarded),
      cmocka_unit_test(nothing_is_overwritten),
      cmocka_unit_test(help_is_wrapped_and_complete),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
