/* A test tool, never shipped: what a parser that was taken over could try from within the cage this build has.
 *   cage_probe            prints `ACT done` or `ACT stopped HOW` for each act, in a folder of its own
 *   cage_probe abi        prints the version of this kernel's Landlock
 * Each act runs in a caged child; what it tries to reach is ours: a planted file, listeners on loopback and on two local
 * sockets, and this very process. What can be seen from outside (a file that is there, a guest at the door) is believed
 * rather than the child. tests/attack/cage.sh runs it in builds that have only one layer each. */
#include "vault/base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  DONE = 10,
  DENIED = 11,
  NO_CAGE = 12,
  MOST_SECONDS = 1,
  BURNT_SECONDS = 2,
  TEXT = 64,
  LANDLOCK_CREATE = 444,
  LANDLOCK_ASK_VERSION = 1
};

static const char secret[] = "planted, not to be read";
static pid_t target; /* this process, which the children try to reach */
static int tcp = -1, udp = -1, local = -1, abstract = -1;
static struct sockaddr_in tcp_at, udp_at;
static struct sockaddr_un local_at = {.sun_family = AF_UNIX, .sun_path = "door"};
static struct sockaddr_un abstract_at = {.sun_family = AF_UNIX};
static socklen_t abstract_length;

static int told(bool worked) { return worked ? DONE : DENIED; }

/* ---- acts, in a caged child ---- */

static int read_planted(void) {
  char got[sizeof secret] = "";
  int fd = open("planted", O_RDONLY);
  return told(fd >= 0 && read(fd, got, sizeof got - 1) > 0 && strcmp(got, secret) == 0);
}
static int create_file(void) { return told(open("made", O_WRONLY | O_CREAT, 0600) >= 0); }
static int grow_file(void) { return told(write(1, "x", 1) == 1); }
static int descriptor_more(void) {
  int last_within = dup(1), one_more = dup(1);
  return told(last_within >= 0 && one_more >= 0);
}

static int reach(int kind, const void *at, socklen_t length) {
  int fd = socket(((const struct sockaddr *)at)->sa_family, kind, 0);
  return told(fd >= 0 && connect(fd, at, length) == 0 && send(fd, "x", 1, MSG_NOSIGNAL) == 1);
}
static int connect_tcp(void) { return reach(SOCK_STREAM, &tcp_at, sizeof tcp_at); }
static int send_udp(void) { return reach(SOCK_DGRAM, &udp_at, sizeof udp_at); }
static int connect_local(void) { return reach(SOCK_STREAM, &local_at, sizeof local_at); }
static int connect_abstract(void) { return reach(SOCK_STREAM, &abstract_at, abstract_length); }

static int run_program(void) {
  char name[] = "sh", option[] = "-c", script[] = "exit 10"; /* DONE */
  char *arguments[] = {name, option, script, NULL}, *environment[] = {NULL};
  execve("/bin/sh", arguments, environment);
  return DENIED;
}
static int start_process(void) {
  pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  if (child == 0) _exit(0);
  return told(child > 0);
}
static int signal_target(void) { return told(kill(target, 0) == 0); }
static int trace_target(void) { return told(ptrace(PTRACE_SEIZE, target, NULL, NULL) == 0); }
static int read_target(void) {
  char got[sizeof secret] = "";
  struct iovec to = {got, sizeof got}, from = {(void *)(uintptr_t)secret, sizeof got};
  return told(process_vm_readv(target, &to, 1, &from, 1, 0) == (ssize_t)sizeof got && strcmp(got, secret) == 0);
}
static int executable_memory(void) {
  return told(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}
static int addresses(void) {
  return told(mmap(NULL, (size_t)5 << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED);
}
static int compute(void) {
  for (struct timespec used = {0}; used.tv_sec < BURNT_SECONDS;)
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)) return DENIED;
  return DONE;
}

/* ---- what is seen from outside ---- */

static bool guest_at(int listener) {
  struct pollfd door = {.fd = listener, .events = POLLIN};
  if (poll(&door, 1, 0) != 1) return false;
  if (listener == udp) return recv(udp, (char[8]){0}, 8, 0) == 1;
  int guest = accept(listener, NULL, NULL);
  bool spoke = guest >= 0 && recv(guest, (char[8]){0}, 8, 0) == 1;
  close(guest);
  return spoke;
}
static bool guest_tcp(void) { return guest_at(tcp); }
static bool guest_udp(void) { return guest_at(udp); }
static bool guest_local(void) { return guest_at(local); }
static bool guest_abstract(void) { return guest_at(abstract); }
static bool file_is_there(void) { return access("made", F_OK) == 0 && unlink("made") == 0; }
static bool file_has_grown(void) {
  struct stat st;
  return stat("output", &st) == 0 && st.st_size > 0 && truncate("output", 0) == 0;
}

static const struct {
  const char *name;
  int (*act)(void);
  bool (*seen)(void); /* NULL: nothing to see */
} acts[] = {
    {"read-file", read_planted, NULL},
    {"create-file", create_file, file_is_there},
    {"grow-file", grow_file, file_has_grown},
    {"descriptor-more", descriptor_more, NULL},
    {"connect-tcp", connect_tcp, guest_tcp},
    {"send-udp", send_udp, guest_udp},
    {"connect-local", connect_local, guest_local},
    {"connect-abstract", connect_abstract, guest_abstract},
    {"run-program", run_program, NULL},
    {"start-process", start_process, NULL},
    {"signal-parent", signal_target, NULL},
    {"trace-parent", trace_target, NULL},
    {"read-parent", read_target, NULL},
    {"executable-memory", executable_memory, NULL},
    {"addresses", addresses, NULL},
    {"compute", compute, NULL},
};

/* ---- running one ---- */

static void enter_and(int (*act)(void)) {
  int output = open("output", O_WRONLY | O_APPEND), pair[2];
  if (output < 0 || dup2(output, 1) != 1 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) _exit(NO_CAGE);
  if (dup2(pair[0], SANDBOX_SOCKET) != SANDBOX_SOCKET || syscall(SYS_close_range, SANDBOX_SOCKET + 1, ~0U, 0)) _exit(NO_CAGE);
  close(0); /* room for one more: otherwise the limit on descriptors would stop by accident whatever opens something */
  char made_of[SANDBOX_TEXT];
  if (sandbox_enter(MOST_SECONDS, made_of) != ERR_OK) _exit(NO_CAGE);
  _exit(act());
}

static bool run(size_t i) {
  char how[TEXT] = "";
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) enter_and(acts[i].act);
  if (child < 0 || waitpid(child, &status, 0) != child) return false;
  if (WIFSIGNALED(status)) snprintf(how, sizeof how, "SIG%s", sigabbrev_np(WTERMSIG(status)));
  if (WIFEXITED(status) && WEXITSTATUS(status) == DENIED) snprintf(how, sizeof how, "refused");
  bool claims = WIFEXITED(status) && WEXITSTATUS(status) == DONE, seen = acts[i].seen ? acts[i].seen() : claims;
  if (claims != seen || (!claims && !*how)) {
    printf("%s unclear: status %x, %s\n", acts[i].name, (unsigned)status, seen ? "seen" : "not seen");
    return false;
  }
  printf("%s %s%s\n", acts[i].name, claims ? "done" : "stopped ", how);
  return true;
}

/* ---- what there is to reach ---- */

static int listen_on(int kind, void *at, socklen_t length) {
  int fd = socket(((struct sockaddr *)at)->sa_family, kind | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, at, length) || (kind == SOCK_STREAM && listen(fd, 4))) return -1;
  if (((struct sockaddr *)at)->sa_family == AF_INET && getsockname(fd, at, &length)) return -1;
  return fd;
}

static bool prepare(void) {
  target = getpid();
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* where a kernel with Yama lets only parents trace */
  tcp_at = udp_at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  abstract_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                                (size_t)snprintf(abstract_at.sun_path + 1, TEXT, "cage-probe.%d", (int)target));
  tcp = listen_on(SOCK_STREAM, &tcp_at, sizeof tcp_at);
  udp = listen_on(SOCK_DGRAM, &udp_at, sizeof udp_at);
  local = listen_on(SOCK_STREAM, &local_at, sizeof local_at);
  abstract = listen_on(SOCK_STREAM, &abstract_at, abstract_length);
  int planted = open("planted", O_WRONLY | O_CREAT | O_TRUNC, 0600), output = open("output", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  bool good = planted >= 0 && output >= 0 && write(planted, secret, sizeof secret - 1) == (ssize_t)sizeof secret - 1;
  close(planted);
  close(output);
  return good && tcp >= 0 && udp >= 0 && local >= 0 && abstract >= 0;
}

int main(int argc, char **argv) {
  char folder[] = "probe.XXXXXX";
  if (argc > 1 && strcmp(argv[1], "abi") == 0)
    return printf("%ld\n", syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_ASK_VERSION)) < 0;
  if (!mkdtemp(folder) || chdir(folder) || !prepare()) return perror("cage_probe"), 1;
  bool good = true;
  for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) good &= run(i);
  return good ? 0 : 1;
}
