/* On whose behalf a handler runs, and what it runs on. */
#ifndef CLIPVAULT_SESSION_H
#define CLIPVAULT_SESSION_H

#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/command.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct vault;
struct monitor;

/* Somebody who has signed in (vault/signin.h), and which of their sessions this is: not known by a uid. */
struct session_visitor {
  struct id account;
  uint32_t generation;
};

struct session {
  struct vault *vault;                   /* open, and vault_begin(uid) was called; NULL for COMMAND_NO_VAULT */
  uid_t uid;                             /* who asks: ours, or the peer's by SO_PEERCRED */
  const struct session_visitor *visitor; /* who asks, where it is not a uid; else NULL */
  bool json, progress;                   /* as asked for */
  bool remote; /* the request came over the control socket: no terminal, no current folder of the client's */
  command_table commands;

  /* Only where remote is false. */
  const char *vault_path; /* as given; the folder need not exist */
  const char *key_file;   /* global --key-file, or NULL */

  /* Where a lasting command shows how far it is (vault/progress.h); -1 if nobody wants to know. */
  int progress_fd;
  int64_t progress_ms; /* when it last did */
  bool progress_bar;   /* an unfinished bar stands on the terminal's line */

  int client_fd;      /* of a remote request, to notice that the client went away; -1 */
  int control_fd;     /* readable when somebody waits to be attended: for a poll of the handler's own; -1 if none */
  int listen_fd;      /* the control socket itself; -1 if none */
  int dir_fd;         /* the vault's folder; -1 if none */
  bool takes_lasting; /* set by `serve`: also runs COMMAND_LASTS for others */
  void (*attend)(struct session *s);
  void (*also)(void *context); /* set by `serve`: whoever else is to be attended, also while commands that last run inside it */
  void *also_context;
  struct monitor *monitor; /* of the server that this runs in (player-bridge/monitor.h); NULL */
};

/* Runs whatever other commands wait on the control socket; never blocks for long. A COMMAND_LASTS handler calls it often
 * (every few chunks), never inside a transaction of the index. After it, standing decisions may have changed: what is no
 * longer allowed was reported through shred_register. */
void session_attend(struct session *s);

/* True once the work should end early: SIGINT, SIGTERM, or the client of a remote request went away. */
bool session_stopped(const struct session *s);
/* ERR_BUSY "interrupted" if session_stopped. */
enum err session_check(const struct session *s);

#endif
