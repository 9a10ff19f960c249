/* The command line: global options, which command, its options. Pure but for OPTION_FILE_IN and OPTION_FILE_OUT, which
 * arguments_open opens. */
#ifndef CLIPVAULT_ARGUMENTS_H
#define CLIPVAULT_ARGUMENTS_H

#include "vault/request.h"

struct arguments {
  const char *vault;     /* --vault, else $CLIPVAULT_DIR, else "vault" */
  const char *shares;    /* NULL if not given */
  const char *key_file;  /* NULL if not given */
  unsigned wait_seconds; /* --wait, 10 */
  bool json, progress, help, version;
};

/* Whether `--json` stands anywhere before "--": how a usage error must be printed. */
bool arguments_want_json(int argc, char *const argv[]);

/* argv without the program's name. Global options may stand anywhere; where a command has an option of the same name
 * (init --key-file), it is the command's. `--opt value`, `--opt=value`, "--" and options after positionals are all
 * accepted. With --help, out->command may be NULL (no command named) and nothing is required. ERR_USAGE says which option,
 * what is accepted, and where to read more. Files are not opened yet: their fields carry the path and no descriptor. */
enum err arguments_parse(command_table table, int argc, char *const argv[], struct arguments *globals, struct request *out);

/* Opens the files; an input's value becomes its base name, and one that cannot be opened a field of its own where the command
 * can do without it (COMMAND_UNOPENED). Sets *aside if an output is standard output. */
enum err arguments_open(struct request *rq, bool *aside);
/* Gives the outputs their names, when the command has succeeded: until then they have none, where the file system can do
 * that. ERR_CREATE if someone else made a file of that name meanwhile. */
enum err arguments_keep(const struct request *rq);
/* Removes the outputs that arguments_open made: when the command failed. */
void arguments_discard(const struct request *rq);

#endif
