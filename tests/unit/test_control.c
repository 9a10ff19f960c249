/* The control socket and the lock, over real sockets and between real processes. */
#include "vault/control.h"

#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/lock.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const struct command_option options[] = {{"--word", "W", OPTION_REQUIRED, ""}, {"FILE", NULL, OPTION_FILE_IN, ""}, {0}};
static const struct command echo = {.name = "echo", .options = options};
static const struct command *const TABLE[] = {&echo, NULL};

/* A folder whose path alone is longer than sun_path. */
static char folder[256] = "/tmp/clipvault-test-XXXXXX";
static int folder_fd = -1;
static unsigned handled;

/* Answers with the word, the caller and what stands in the file. */
static void handler(void *context, uid_t uid, int client_fd, const struct request *rq, struct reply *reply) {
  char content[64] = "";
  size_t got = 0;
  handled++;
  assert_ptr_equal(context, &handled);
  assert_true(client_fd >= 0);
  int fd = request_fd(rq, "FILE", 0);
  if (fd >= 0) assert_int_equal(io_read_upto(fd, content, sizeof content - 1, &got), ERR_OK);
  const char *word = request_text(rq, "word");
  if (!strcmp(word, "refuse")) {
    reply_fail(reply, err_set(ERR_REFUSED, "no"));
    return;
  }
  if (!strcmp(word, "large")) memset(bytes_extend(&reply->text, 3 << 20), 'x', 3 << 20);
  bytes_printf(&reply->json, "\"%s %ld %s\"", word, (long)uid, content);
}

static enum err serve_until_served(int fd) {
  bool served = false;
  while (!served) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, 5000) != 1) return err_set(ERR_BUG, "nobody came");
    TRY(control_serve_one(fd, TABLE, handler, &handled, &served));
  }
  return ERR_OK;
}

static struct request ask(const char *word) {
  struct request rq = {.command = &echo};
  assert_int_equal(request_add(&rq, "word", word, -1), ERR_OK);
  return rq;
}

/* In a child: calls, and ends with 0 if the answer is what was expected. */
static pid_t call_in_child(struct request *rq, enum err called, enum err status, const char *json) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child) return child;
  AUTO(reply) struct reply reply = {0};
  enum err e = control_call(folder_fd, rq, 3000, &reply);
  bool good = e == called && reply.status == status && !strcmp(bytes_text(&reply.json), json);
  if (!good) fprintf(stderr, "got %d %d %s %s\n", e, reply.status, bytes_text(&reply.json), err_text());
  _exit(!good);
}

static void assert_child_is_content(pid_t child) {
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

static int listener = -1;

static void asks_and_is_answered(void **state) {
  (void)state;
  static const struct {
    const char *word;
    enum err status;
    bool file;
  } cases[] = {{"hello", ERR_OK, false}, {"hello", ERR_OK, true}, {"refuse", ERR_REFUSED, false}, {"large", ERR_OK, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    AUTO(request) struct request rq = ask(cases[i].word);
    char json[64] = "";
    if (cases[i].status == ERR_OK)
      snprintf(json, sizeof json, "\"%s %ld %s\"", cases[i].word, (long)geteuid(), cases[i].file ? "written" : "");
    if (cases[i].file) {
      int fd = memfd_create("f", MFD_CLOEXEC);
      assert_int_equal(io_write_all(fd, "written", 7), ERR_OK);
      lseek(fd, 0, SEEK_SET);
      assert_int_equal(request_add(&rq, "FILE", "f", fd), ERR_OK);
    }
    pid_t child = call_in_child(&rq, ERR_OK, cases[i].status, json);
    assert_int_equal(serve_until_served(listener), ERR_OK);
    assert_child_is_content(child);
  }
}

static void socket_is_private(void **state) {
  (void)state;
  struct stat st;
  assert_int_equal(fstatat(folder_fd, "control", &st, 0), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  assert_true(S_ISSOCK(st.st_mode));
}

static void serving_does_not_wait_for_nobody(void **state) {
  (void)state;
  bool served = true;
  assert_int_equal(control_serve_one(listener, TABLE, handler, &handled, &served), ERR_OK);
  assert_false(served);
}

/* ---- clients that do not keep to the rules */

static int dial(void) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/control", folder_fd);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
  return fd;
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void bad_clients_do_not_reach_the_handler(void **state) {
  (void)state;
  static const struct {
    const char *what, *sends;
    size_t length;
    enum err status; /* in the reply, which has it as its 7th byte */
  } cases[] = {
      {"hangs up", "", 0, ERR_IO},
      {"too large", "\xff\xff\xff\xff", 4, ERR_DATA},
      {"one byte too large", "\x01\x00\x10\x00", 4, ERR_DATA},
      {"as large as may be, but not there", "\x00\x00\x10\x00", 4, ERR_IO},
      {"empty", "\0\0\0\0", 4, ERR_DATA},
      {"nonsense", "\x04\0\0\0abcd", 8, ERR_DATA},
      {"hangs up in the middle", "\x04\0\0\0ab", 6, ERR_IO},
  };
  unsigned before = handled;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char answer[1 + 4 + 7];
    int fd = dial();
    if (cases[i].length) assert_int_equal(send(fd, cases[i].sends, cases[i].length, 0), cases[i].length);
    shutdown(fd, SHUT_WR);
    assert_int_equal(serve_until_served(listener), ERR_OK);
    assert_int_equal(recv(fd, answer, sizeof answer, MSG_WAITALL), sizeof answer);
    if (answer[11] != (char)cases[i].status) print_message("%s\n", cases[i].what);
    assert_int_equal(answer[11], cases[i].status);
    close(fd);
  }
  assert_int_equal(handled, before);
}

static void a_silent_client_is_not_waited_for_long(void **state) {
  (void)state;
  unsigned before = handled;
  int silent = dial(), slow = dial();
  int64_t start = now_ms();
  assert_int_equal(serve_until_served(listener), ERR_OK);
  assert_int_equal(send(slow, "\x10\0\0\0a", 5, 0), 5); /* and never the rest */
  assert_int_equal(serve_until_served(listener), ERR_OK);
  int64_t took = now_ms() - start;
  assert_true(took >= 2 * CONTROL_REQUEST_MS - 100 && took < 2 * CONTROL_REQUEST_MS + 1500);
  assert_int_equal(handled, before);
  close(silent);
  close(slow);
}

static void descriptors_of_a_bad_request_are_closed(void **state) {
  (void)state;
  int ends[2], fd = dial();
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  union {
    struct cmsghdr align;
    char room[CMSG_SPACE(sizeof(int))];
  } buffer = {0};
  struct iovec io = {.iov_base = (char[]){4, 0, 0, 0, 'a', 'b', 'c', 'd'}, .iov_len = 8};
  struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = &buffer, .msg_controllen = sizeof buffer};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
  memcpy(CMSG_DATA(c), &ends[1], sizeof(int));
  assert_int_equal(sendmsg(fd, &m, 0), 8);
  close(ends[1]);
  assert_int_equal(serve_until_served(listener), ERR_OK);
  close(fd);
  struct pollfd p = {.fd = ends[0], .events = POLLIN};
  assert_int_equal(poll(&p, 1, 1000), 1);
  assert_true(p.revents & POLLHUP); /* nobody holds the other end any more */
  close(ends[0]);
}

static void another_uid_is_turned_away(void **state) {
  (void)state;
  if (geteuid() != 0) skip();
  unsigned before = handled;
  AUTO(request) struct request rq = ask("hello");
  assert_int_equal(fchmodat(folder_fd, "control", 0666, 0), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    /* The folder's descriptor is inherited; the mode of the socket would not keep this uid out now. */
    AUTO(reply) struct reply reply = {0};
    if (setresuid(65534, 65534, 65534)) _exit(9);
    enum err e = control_call(folder_fd, &rq, 3000, &reply);
    if (e != ERR_REFUSED) fprintf(stderr, "%d %s\n", (int)e, err_text());
    _exit(e != ERR_REFUSED);
  }
  assert_int_equal(serve_until_served(listener), ERR_OK);
  assert_child_is_content(child);
  assert_int_equal(handled, before);
  assert_int_equal(fchmodat(folder_fd, "control", 0600, 0), 0);
}

/* ---- nobody there, a server that does not turn to us, a socket left behind */

static void gives_up_when_not_attended(void **state) {
  (void)state;
  AUTO(request) struct request rq = ask("hello");
  AUTO(reply) struct reply reply = {0};
  unsigned before = handled;
  int64_t start = now_ms();
  assert_int_equal(control_call(folder_fd, &rq, 300, &reply), ERR_BUSY);
  assert_true(now_ms() - start >= 300 && now_ms() - start < 1500);
  /* and what gave up has asked for nothing */
  assert_int_equal(serve_until_served(listener), ERR_OK);
  assert_int_equal(handled, before);
}

static void a_socket_left_behind_is_replaced(void **state) {
  (void)state;
  AUTO(request) struct request rq = ask("hello");
  AUTO(reply) struct reply reply = {0};
  io_close(&listener); /* as a killed process does: the file stays */
  assert_int_equal(faccessat(folder_fd, "control", F_OK, 0), 0);
  assert_int_equal(control_call(folder_fd, &rq, 300, &reply), ERR_MISSING);
  assert_int_equal(control_listen(folder_fd, &listener), ERR_OK);
  char json[64];
  snprintf(json, sizeof json, "\"hello %ld \"", (long)geteuid());
  pid_t child = call_in_child(&rq, ERR_OK, ERR_OK, json);
  assert_int_equal(serve_until_served(listener), ERR_OK);
  assert_child_is_content(child);
  control_close(folder_fd, &listener);
  assert_int_equal(faccessat(folder_fd, "control", F_OK, 0), -1);
  assert_int_equal(control_call(folder_fd, &rq, 300, &reply), ERR_MISSING);
  assert_int_equal(control_listen(folder_fd, &listener), ERR_OK);
}

/* ---- the lock */

static void one_holds_the_lock_and_says_who(void **state) {
  (void)state;
  int first = -1, second = -1;
  char holder[LOCK_HOLDER], expected[LOCK_HOLDER];
  bool serves = false;
  assert_int_equal(lock_try(folder_fd, "serve", &first), ERR_OK);
  assert_true(first >= 0);
  assert_int_equal(lock_try(folder_fd, "ls", &second), ERR_OK);
  assert_int_equal(second, -1);
  lock_holder(folder_fd, holder, &serves);
  snprintf(expected, sizeof expected, "serve (process %ld)", (long)getpid());
  assert_string_equal(holder, expected);
  assert_true(serves);
  io_close(&first);
  assert_int_equal(lock_try(folder_fd, "ingest", &second), ERR_OK);
  assert_true(second >= 0);
  lock_holder(folder_fd, holder, &serves);
  assert_false(serves);
  io_close(&second);
}

static void the_lock_is_free_when_its_holder_is_killed(void **state) {
  (void)state;
  int ready[2], lock = -1;
  char byte;
  assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
  pid_t child = fork();
  if (!child) {
    int held = -1;
    if (lock_try(folder_fd, "ingest", &held) != ERR_OK || held < 0) _exit(1);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(lock_try(folder_fd, "ls", &lock), ERR_OK);
  assert_int_equal(lock, -1);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  assert_int_equal(lock_try(folder_fd, "ls", &lock), ERR_OK);
  assert_true(lock >= 0);
  io_close(&lock);
  close(ready[0]);
  close(ready[1]);
}

static int make_folder(void **state) {
  (void)state;
  if (secret_init() != ERR_OK || !mkdtemp(folder)) return 1;
  chmod(folder, 0755);
  size_t length = strlen(folder);
  folder[length] = '/';
  memset(folder + length + 1, 'v', 120);
  if (mkdir(folder, 0755)) return 1;
  folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return folder_fd < 0 || control_listen(folder_fd, &listener) != ERR_OK;
}

static int remove_folder(void **state) {
  (void)state;
  control_close(folder_fd, &listener);
  unlinkat(folder_fd, "lock", 0);
  close(folder_fd);
  if (rmdir(folder)) return 1;
  *strrchr(folder, '/') = 0;
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(asks_and_is_answered),
      cmocka_unit_test(socket_is_private),
      cmocka_unit_test(serving_does_not_wait_for_nobody),
      cmocka_unit_test(bad_clients_do_not_reach_the_handler),
      cmocka_unit_test(a_silent_client_is_not_waited_for_long),
      cmocka_unit_test(descriptors_of_a_bad_request_are_closed),
      cmocka_unit_test(another_uid_is_turned_away),
      cmocka_unit_test(gives_up_when_not_attended),
      cmocka_unit_test(a_socket_left_behind_is_replaced),
      cmocka_unit_test(one_holds_the_lock_and_says_who),
      cmocka_unit_test(the_lock_is_free_when_its_holder_is_killed),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
