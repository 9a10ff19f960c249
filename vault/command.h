/* What a command is: one constant table entry per command, in the file that carries it out (vault/cmd_*.c), declared in
 * vault/cmd.h and listed in cmd_all.c. Parsing (vault/arguments.h), help, the manual (vault/manual/), completion in shells, the
 * control socket and its decoder (vault/request.h) all read this table, so a verb or option that is not in it exists nowhere. */
#ifndef CLIPVAULT_COMMAND_H
#define CLIPVAULT_COMMAND_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct session;
struct request;
struct reply;

enum command_option_flag {
  OPTION_REQUIRED = 1,
  OPTION_REPEAT = 2,    /* may be given more than once; a positional one takes all that is left over */
  OPTION_SWITCH = 4,    /* takes no value */
  OPTION_FILE_IN = 8,   /* a file the client opens for reading: the handler gets its base name and a descriptor */
  OPTION_FILE_OUT = 16, /* a file the client makes (it must not exist yet; removed again if the command fails); "-" is
                           standard output, and then the JSON or text of the reply goes to standard error */
  OPTION_FOLDER = 128,  /* with OPTION_FILE_IN: it may also be a folder, whose descriptor the handler gets */
  OPTION_WIPES = 256,   /* a switch: where it is given, inputs are opened for writing too, if that is allowed */
  OPTION_PREPARED = 32, /* never typed: put into the request by command.prepare */
  OPTION_VAULT = 512,   /* where it is given the command opens the vault, although it has COMMAND_NO_VAULT */
  OPTION_NO_VAULT = 64, /* where it is given the command opens no vault, as if it had COMMAND_NO_VAULT */
};

/* An option ("--person") or a positional argument ("FILE"). Positionals are filled in table order. The name under which
 * a handler asks for it has no dashes: request_text(rq, "person"), request_fd(rq, "FILE", 0). */
struct command_option {
  const char *name;
  const char *value; /* placeholder, "PERSON"; NULL for switches and positionals */
  unsigned flags;
  const char *help; /* one line; for a fixed choice it lists the words */
};

enum command_flag {
  COMMAND_NO_VAULT = 1, /* run opens no vault: session->vault is NULL. (init, version, help, certificate verify, lock) */
  COMMAND_LASTS = 2,    /* may take long: serves the control socket meanwhile by calling session_attend often, and is not
                           run inside another command, only by itself or by `serve` */
  COMMAND_LOCAL = 4,    /* never sent to the process that holds the vault: needs the lock itself (serve, unlock) */
  COMMAND_LOOKS = 16,   /* only looks: also runs where the index is older than the keys, to say so */
  COMMAND_FRESH = 8,    /* a vault that `unlock` left open does not count: asks for a secret anew (unlock, slot add) */
  COMMAND_SWEEPS = 32,  /* ends what is due: without a key it tells what waits, and afterwards the alarm looks at what is left */
  COMMAND_STRANGER = 128, /* also for a uid that is nobody in this vault; what it may do then is its own business */
  COMMAND_PROVES = 64,    /* ERR_DATA says that the vault is not what it should be: the alarm is raised */
};

/* A command that takes several files and has this option (OPTION_PREPARED | OPTION_REPEAT) carries on without those that cannot
 * be opened: each becomes such a field, whose value is why, a newline, and the name as given. */
#define COMMAND_UNOPENED "unopened"

struct command {
  const char *name;     /* "consent record": one or two words */
  const char *group;    /* heading in the overview of `help` */
  const char *synopsis; /* what follows the name: "--person P --purpose p1,p2 [--until DATE]" */
  const char *summary;  /* one line in the overview, no full stop */
  const char *help;     /* a paragraph or more: what it does, for whom, an example. '\n\n' ends a paragraph; a line that
                           starts with two spaces stays as it is */
  const struct command_option *options; /* ended by {0}; may be NULL */
  unsigned flags;
  /* In the client, after parsing: asks on the terminal, adds OPTION_PREPARED fields. May be NULL. */
  enum err (*prepare)(const struct session *s, struct request *rq);
  /* In the client, after the reply, whatever came before: waits for what prepare began. Gives back `done`, or a failure of its
   * own. May be NULL. */
  enum err (*after)(enum err done);
  /* Where the vault is open. On failure err_set was called; on ERR_OK reply->json holds exactly one JSON value. */
  enum err (*run)(struct session *s, const struct request *rq, struct reply *reply);
};

/* What every command understands, in front of its name or behind it, with help; ended by {0}. */
extern const struct command_option command_globals[];

/* All commands, ended by NULL. */
typedef const struct command *const *command_table;

/* The command whose name is exactly `name`, or NULL. */
const struct command *command_by_name(command_table table, const char *name);
/* The command that the first one or two of `count` words name (the longest match), and in *used how many words those
 * were. ERR_USAGE, suggesting what was meant, if there is none. */
enum err command_find(command_table table, int count, char *const words[], const struct command **out, int *used);
/* The option with this name (without dashes), or NULL. */
const struct command_option *command_option(const struct command *c, const char *name);
/* True for "FILE", false for "--person". */
bool command_is_positional(const struct command_option *o);
/* The name as handlers use it: without dashes. */
const char *command_option_key(const struct command_option *o);

/* Of `count` words the nearest to `typed`, if near enough to be a slip of the fingers; else NULL. */
const char *command_near(const char *typed, size_t count, const char *const words[]);

/* Help for people, wrapped to 80 columns. */
void command_help(const struct command *c, struct bytes *out);
void command_overview(command_table table, struct bytes *out);

#endif
