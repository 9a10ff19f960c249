/* The cage itself: what a parser that was taken over could try, with and without it. Each act runs in a child of its own;
 * the control shows that the same act succeeds, or at least is not stopped, outside. */
#include "vault/base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { DONE = 0, DENIED = 1, UNCAGED = 2, MOST_SECONDS = 60 };

static char scratch[4096];

static int told(bool worked) { return worked ? DONE : DENIED; }

/* ---- acts ---- */

static int read_file(void) { return told(open("/etc/passwd", O_RDONLY) >= 0); }
static int read_file_openat2(void) {
  uint64_t how[3] = {O_RDONLY, 0, 0};
  return told(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how) >= 0);
}
static int write_file(void) { return told(open(scratch, O_WRONLY | O_CREAT, 0600) >= 0); }
static int list_folder(void) { return told(open("/", O_RDONLY | O_DIRECTORY) >= 0); }
static int make_link(void) { return told(symlink("/etc/passwd", scratch) == 0); }
static int remove_file(void) { return told(unlink(scratch) == 0 || errno == ENOENT); }
static int make_socket(void) { return told(socket(AF_INET, SOCK_STREAM, 0) >= 0); }
static int make_local_pair(void) {
  int pair[2];
  return told(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
}
static int connect_out(void) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  return told(connect(SANDBOX_SOCKET, (struct sockaddr *)&to, sizeof to) == 0 || errno != EACCES);
}
static int run_program(void) {
  char name[] = "true", *arguments[] = {name, NULL}, *environment[] = {NULL};
  execve("/bin/true", arguments, environment);
  return DENIED;
}
static int fork_child(void) {
  pid_t child = (pid_t)syscall(SYS_fork);
  if (child == 0) _exit(0);
  return told(child > 0);
}
static int clone_child(void) {
  pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  if (child == 0) _exit(0);
  return told(child > 0);
}
static int clone3_child(void) {
  uint64_t arguments[8] = {0, 0, 0, 0, SIGCHLD};
  pid_t child = (pid_t)syscall(SYS_clone3, arguments, sizeof arguments);
  if (child == 0) _exit(0);
  return told(child > 0);
}
static int trace_parent(void) { return told(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0); }
static int signal_parent(void) { return told(kill(getppid(), 0) == 0); }
static int read_other_memory(void) {
  char byte;
  struct iovec to = {&byte, 1}, from = {scratch, 1};
  return told(syscall(SYS_process_vm_readv, getpid(), &to, 1, &from, 1, 0) == 1);
}
static int executable_memory(void) {
  return told(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}
static int made_executable(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return told(page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}
static int dumpable_again(void) { return told(prctl(PR_SET_DUMPABLE, 1) == 0); }
static int raise_limit(void) {
  struct rlimit more = {16, 16};
  return told(setrlimit(RLIMIT_NOFILE, &more) == 0);
}
static int write_elsewhere(void) { return told(write(STDERR_FILENO, "", 0) == 0); }
static int in_memory_file(void) { return told(memfd_create("x", 0) >= 0); }
static int io_ring(void) {
  uint8_t parameters[120] = {0};
  return told(syscall(SYS_io_uring_setup, 1, parameters) >= 0 || errno == EPERM || errno == ENOSYS);
}

/* ---- what must still work ---- */

static void *nothing(void *argument) { return argument; }
static int start_thread(void) {
  pthread_t thread;
  return told(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0);
}
static int use_memory(void) {
  char *piece = malloc(64 << 20);
  if (!piece) return DENIED;
  memset(piece, 1, 64 << 20);
  free(piece);
  return DONE;
}
static int speak(void) { return told(send(SANDBOX_SOCKET, "x", 1, MSG_NOSIGNAL) == 1); }

/* ---- running one ---- */

typedef int act(void);

/* How an act ended in a child: DONE, DENIED, UNCAGED, or 128 + signal. */
static int outcome(act *a, bool caged) {
  int pair[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    char made_of[SANDBOX_TEXT];
    dup2(pair[1], SANDBOX_SOCKET);
    if (caged && sandbox_enter(MOST_SECONDS, made_of) != ERR_OK) _exit(UNCAGED);
    _exit(a());
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  close(pair[0]);
  close(pair[1]);
  unlink(scratch);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static const struct {
  const char *name;
  act *act;
  int caged; /* DENIED, or 128 + SIGSYS */
} attacks[] = {
    {"read a file", read_file, DENIED},
    {"read a file by openat2", read_file_openat2, 128 + SIGSYS},
    {"write a file", write_file, DENIED},
    {"list a folder", list_folder, DENIED},
    {"make a link", make_link, 128 + SIGSYS},
    {"remove a file", remove_file, 128 + SIGSYS},
    {"make a socket", make_socket, DENIED},
    {"make a socket pair", make_local_pair, 128 + SIGSYS},
    {"connect", connect_out, DENIED},
    {"run a program", run_program, 128 + SIGSYS},
    {"fork", fork_child, 128 + SIGSYS},
    {"clone a process", clone_child, 128 + SIGSYS},
    {"clone3 a process", clone3_child, DENIED},
    {"trace", trace_parent, 128 + SIGSYS},
    {"signal another process", signal_parent, 128 + SIGSYS},
    {"read another process", read_other_memory, 128 + SIGSYS},
    {"map executable memory", executable_memory, 128 + SIGSYS},
    {"make memory executable", made_executable, 128 + SIGSYS},
    {"become dumpable", dumpable_again, 128 + SIGSYS},
    {"raise a limit", raise_limit, 128 + SIGSYS},
    {"write to another descriptor", write_elsewhere, DENIED},
    {"make a file in memory", in_memory_file, 128 + SIGSYS},
    {"io_uring", io_ring, 128 + SIGSYS},
};

/* `run a program` ends as /bin/true does, which is DONE. */
static void test_attacks(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
    int free_outcome = outcome(attacks[i].act, false), caged = outcome(attacks[i].act, true);
    if (free_outcome != DONE || caged != attacks[i].caged)
      print_error("%s: free %d, caged %d, expected %d\n", attacks[i].name, free_outcome, caged, attacks[i].caged);
    assert_int_equal(free_outcome, DONE);
#ifndef CLIPVAULT_SANITIZED
    assert_int_equal(caged, attacks[i].caged);
#endif
  }
}

static void test_work_goes_on(void **state) {
  (void)state;
  assert_int_equal(outcome(start_thread, true), DONE);
  assert_int_equal(outcome(use_memory, true), DONE);
  assert_int_equal(outcome(speak, true), DONE);
}

static int enter_with_a_thread(void) {
  char made_of[SANDBOX_TEXT];
  pthread_t thread;
  if (pthread_create(&thread, NULL, (void *(*)(void *))(void (*)(void))pause, NULL)) return DONE;
  return sandbox_enter(MOST_SECONDS, made_of) == ERR_UNAVAILABLE ? DENIED : DONE;
}

/* A thread that ran before would stay outside: refuse. */
static void test_refuses_threads(void **state) {
  (void)state;
#ifdef CLIPVAULT_SANITIZED
  skip(); /* the sanitizer's own threads */
#endif
  assert_int_equal(outcome(enter_with_a_thread, false), DENIED);
}

int main(void) {
  snprintf(scratch, sizeof scratch, "%s/cage.%d", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_attacks),
      cmocka_unit_test(test_work_goes_on),
      cmocka_unit_test(test_refuses_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
