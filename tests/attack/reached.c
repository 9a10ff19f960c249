/* A test tool, never shipped: runs a command and says by its exit code whether it reached something of ours meanwhile.
 *   reached file PATH COMMAND…    was the file opened?
 *   reached tcp PORT COMMAND…     did someone connect to 127.0.0.1:PORT? (They find the door closed again at once.)
 *   reached udp PORT COMMAND…     did someone listen at 127.0.0.1:PORT?
 * Ends with 0 if so, at once, with 1 if not when the command has ended, however, and with 2 if it could not watch. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REACHED = 0, NOT_REACHED = 1, BLIND = 2, TURN_MS = 10 };

struct watch {
  int fd;    /* of a port watched for listeners: -1 */
  char kind; /* 'f', 't', 'u' */
  int port;
};

static bool open_watch(struct watch *w, const char *what) {
  w->port = (int)strtol(what, NULL, 10);
  if (w->kind == 'u') return w->port > 0;
  if (w->kind == 'f') w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (w->kind == 'f') return w->fd >= 0 && inotify_add_watch(w->fd, what, IN_OPEN) >= 0;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)w->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  setsockopt(w->fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)); /* the last run's guest may linger */
  return w->fd >= 0 && bind(w->fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(w->fd, 4) == 0;
}

/* The kernel's list has a line for each socket: its number, then its own address and port in hexadecimal. */
static bool somebody_listens(int port) {
  char line[256], wanted[16];
  FILE *list = fopen("/proc/net/udp", "r");
  bool found = false;
  snprintf(wanted, sizeof wanted, ":%04X ", (unsigned)port);
  while (list && !found && fgets(line, sizeof line, list)) {
    const char *own = strchr(line, ':');
    found = own && strncmp(own + 2 + 8, wanted, strlen(wanted)) == 0;
  }
  if (list) fclose(list);
  return found;
}

static bool look(struct watch *w) {
  struct pollfd door = {.fd = w->fd, .events = POLLIN};
  bool came = poll(&door, 1, TURN_MS) == 1;
  if (w->kind == 'u') return somebody_listens(w->port);
  if (came && w->kind == 't') close(accept(w->fd, NULL, NULL));
  return came;
}

/* Nobody is left who could be taken for the next run: the worker dies with its parent, and is then waited for here. */
static void end_all(pid_t child) {
  if (child > 0) kill(child, SIGKILL);
  while (wait(NULL) >= 0 || errno == EINTR) continue;
}

int main(int argc, char **argv) {
  if (argc < 4) return BLIND;
  struct watch w = {.fd = -1, .kind = *argv[1]};
  if (!open_watch(&w, argv[2])) return perror(argv[2]), BLIND;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t child = fork();
  if (child == 0) {
    execv(argv[3], argv + 3);
    _exit(BLIND);
  }
  while (waitpid(child, NULL, WNOHANG) == 0)
    if (look(&w)) return end_all(child), REACHED;
  bool reached = w.kind != 'u' && look(&w);
  end_all(0);
  return reached ? REACHED : NOT_REACHED;
}
