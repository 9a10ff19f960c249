#include "vault/base/program.h"

#include "vault/base/io.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ITS_SOCKET = 3, LOW_FD = 10 };

static enum err folder(char out[PATH_MAX]) {
#ifdef CLIPVAULT_LIBEXECDIR
  _Static_assert(sizeof CLIPVAULT_LIBEXECDIR > 1 && sizeof CLIPVAULT_LIBEXECDIR < PATH_MAX, "a full path");
  memcpy(out, CLIPVAULT_LIBEXECDIR, sizeof CLIPVAULT_LIBEXECDIR);
#else
  ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - 1);
  if (length < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot find our own program");
  out[length] = 0;
  char *slash = strrchr(out, '/');
  if (!slash) return err_set(ERR_UNAVAILABLE, "cannot find our own program");
  *slash = 0;
#endif
  return ERR_OK;
}

enum err program_path(const char *name, char out[PATH_MAX]) {
  char where[PATH_MAX];
  TRY(folder(where));
  int length = snprintf(out, PATH_MAX, "%s/%s", where, name);
  if (length < 0 || length >= PATH_MAX) return err_set(ERR_UNAVAILABLE, "cannot find %s: its path would be too long", name);
  return ERR_OK;
}

/* ---- starting one */

static int set_descriptors(posix_spawn_file_actions_t *actions, unsigned how, int socket) {
  int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
  if (!failed) failed = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
#ifdef CLIPVAULT_TEST_HOOKS
  how &= ~(unsigned)PROGRAM_MUTE;
#endif
  if (!failed && how & PROGRAM_MUTE) failed = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
  if (!failed) failed = posix_spawn_file_actions_adddup2(actions, socket, ITS_SOCKET);
  if (!failed) failed = posix_spawn_file_actions_addclosefrom_np(actions, ITS_SOCKET + 1);
  return failed;
}

static int set_signals(posix_spawnattr_t *attributes, unsigned how) {
  bool apart = how & PROGRAM_OWN_GROUP;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  int failed = posix_spawnattr_setsigdefault(attributes, &all);
  if (!failed) failed = posix_spawnattr_setsigmask(attributes, &none);
  if (!failed && apart) failed = posix_spawnattr_setpgroup(attributes, 0);
  short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  return failed ? failed : posix_spawnattr_setflags(attributes, (short)(flags | (apart ? POSIX_SPAWN_SETPGROUP : 0)));
}

static int run(const char *path, unsigned how, int socket, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  const char *slash = strrchr(path, '/');
  char *name = (char *)(uintptr_t)(slash ? slash + 1 : path), *arguments[] = {name, NULL}, *environment[] = {NULL};
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) return failed;
  failed = posix_spawnattr_init(&attributes);
  if (!failed) {
    failed = set_descriptors(&actions, how, socket);
    if (!failed) failed = set_signals(&attributes, how);
    if (!failed) failed = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

static enum err missing(const char *path, int failed) {
  const char *why = strerrordesc_np(failed);
  return err_set(ERR_UNAVAILABLE,
                 "cannot start %.300s (%s): it belongs to clipvault, which must be built or installed as a whole", path,
                 why ? why : "unknown");
}

enum err program_start(const char *path, unsigned how, pid_t *pid, int *fd) {
  int pair[2];
  pid_t child;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return err_set_errno(ERR_UNAVAILABLE, "cannot make a socket");
  AUTO(io) int ours = pair[0];
  AUTO(io) int low = pair[1];
  /* Above the numbers the child's descriptors get, so that no action overwrites it before it was used. */
  AUTO(io) int theirs = fcntl(low, F_DUPFD_CLOEXEC, LOW_FD);
  if (theirs < 0 || fcntl(ours, F_SETFL, O_NONBLOCK)) return err_set_errno(ERR_UNAVAILABLE, "cannot prepare a socket");
  int failed = run(path, how, theirs, &child);
  if (failed) return missing(path, failed);
  *pid = child;
  *fd = ours;
  ours = -1;
  return ERR_OK;
}
