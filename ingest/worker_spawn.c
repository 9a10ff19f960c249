#include "ingest/worker_spawn.h"

#include "vault/base/io.h"
#include "vault/base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKER_SOCKET = 3 };

static int descriptors(posix_spawn_file_actions_t *actions, int socket) {
  int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
  if (!failed) failed = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
#ifndef CLIPVAULT_TEST_HOOKS
  /* What the worker says there may come from the recording: no way to a person's terminal. */
  if (!failed) failed = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
#endif
  if (!failed) failed = posix_spawn_file_actions_adddup2(actions, socket, WORKER_SOCKET);
  if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(actions, WORKER_SOCKET + 1);
  return failed;
}

static int clean_signals(posix_spawnattr_t *attributes) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int failed = posix_spawnattr_setsigdefault(attributes, &all);
  if (!failed) failed = posix_spawnattr_setsigmask(attributes, &none);
  if (!failed) failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  return failed;
}

static int run(const char *program, int socket, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) return failed;
  failed = posix_spawnattr_init(&attributes);
  if (!failed) {
    char name[] = "clipvault-transcode";
    char *arguments[] = {name, NULL}, *environment[] = {NULL};
    failed = descriptors(&actions, socket);
    if (!failed) failed = clean_signals(&attributes);
    if (!failed) failed = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

enum err worker_spawn(const char *program, pid_t *pid, int *fd) {
  char own[PATH_MAX];
  if (!program) {
    TRY(program_path("clipvault-transcode", own));
    program = own;
  }
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return err_set_errno(ERR_UNAVAILABLE, "cannot make a socket");
  AUTO(io) int ours = pair[0];
  AUTO(io) int low = pair[1];
  /* Above the numbers the child's descriptors get, so that no action overwrites it before it was used. */
  AUTO(io) int theirs = fcntl(low, F_DUPFD_CLOEXEC, 10);
  if (theirs < 0 || fcntl(ours, F_SETFL, O_NONBLOCK)) return err_set_errno(ERR_UNAVAILABLE, "cannot prepare a socket");
  pid_t child;
  int failed = run(program, theirs, &child);
  if (failed) {
    errno = failed;
    return program_missing(program);
  }
  *pid = child;
  *fd = ours;
  ours = -1;
  return ERR_OK;
}
