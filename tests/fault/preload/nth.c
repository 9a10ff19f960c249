/* Preloaded by tests/fault/torture.sh: the Nth call of a kind that a program makes goes wrong.
 *   NTH="KIND N HOW PROGRAM"   KIND: memory (asked for by us, by SQLite, or by libc for us), library (by any other library),
 * write, sync, name, open, read, fork or step (sqlite3_step), as the macros below say; HOW: kill (SIGKILL before it), a number
 * (it fails with this errno, or step with this code of SQLite), short (half is written), lie (nothing is done, and it says it
 * was) or hang (it never comes back), both for the controls, slow (each waits); PROGRAM: clipvault, or one that it starts
 *   NTH_TOLD=FILE              of TOLD bytes: while the byte at ARMED is 1, calls are counted, at COUNTS, a number for each kind,
 * so that they are there whoever kills the program; at the start comes "fired …" with the callers, at STACK what the program
 * does when it is sent SIGQUIT
 * Counted is from the start of main() to its end, in the process itself and not in what it forks. A program that
 * clipvault starts with an empty environment gets these if it is PROGRAM; the file stays mapped when its cage closes. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { TOLD = 4096, STACK = 2048, COUNTS = 3584, ARMED = 4095, MOST_CALLERS = 24, SLOW_MS = 5 };
enum outcome { PASS, FAIL, SHORT, LIE, SLOW, HANG, KILL, CRASH, HOWS };
static const char *const hows[HOWS] = {
    [SHORT] = "short", [LIE] = "lie", [SLOW] = "slow", [HANG] = "hang", [KILL] = "kill", [CRASH] = "crash"};

enum kind { MEMORY, LIBRARY, WRITE, SYNC, NAME, OPEN, READ, FORK, STEP, KINDS };
static const char *const words[KINDS] = {"memory", "library", "write", "sync", "name", "open", "read", "fork", "step"};

static enum kind wanted;
static char program[64], preload[512], nth[128], told_path[512];
static long n;
static enum outcome how;
static int number;
static char *told; /* NULL: nothing is counted here */
static bool in_main;
static atomic_long *counts; /* KINDS of them, in what is told */
enum ours { OURS, SQLITE, LIBC, MODULES };
static struct { uintptr_t start, end; } code[MODULES];

static void read_setting(const char *setting) {
  char word[16], kind[16];
  if (sscanf(setting, "%15s %ld %15s %63s", kind, &n, word, program) != 4) abort();
  while (wanted < KINDS && strcmp(words[wanted], kind) != 0) wanted++;
  if (wanted == KINDS) abort();
  number = atoi(word);
  for (how = number ? FAIL : SHORT; !number && how < HOWS && strcmp(hows[how], word) != 0;) how++;
  if (how == HOWS) abort();
}

static int find_ours(struct dl_phdr_info *object, size_t size, void *context) {
  const char *name = object->dlpi_name;
  int i = !name[0] ? OURS : strstr(name, "/libsqlite3.so") ? SQLITE : strstr(name, "/libc.so") ? LIBC : MODULES;
  (void)size, (void)context;
  for (int p = 0; i < MODULES && p < object->dlpi_phnum; p++) {
    if (object->dlpi_phdr[p].p_type != PT_LOAD || !(object->dlpi_phdr[p].p_flags & PF_X)) continue;
    code[i].start = object->dlpi_addr + object->dlpi_phdr[p].p_vaddr;
    code[i].end = code[i].start + object->dlpi_phdr[p].p_memsz;
  }
  return 0;
}

static void forget(void) { told = NULL; } /* in what was forked */

/* Writes the callers, from the `from`th on, as "module+offset". */
static void put_callers(char *out, size_t room, int from) {
  void *callers[MOST_CALLERS];
  int found = backtrace(callers, MOST_CALLERS);
  size_t length = strlen(out);
  for (int i = from; i < found && length < room; i++) {
    Dl_info info;
    if (!dladdr(callers[i], &info) || !info.dli_fname) continue;
    const char *slash = strrchr(info.dli_fname, '/');
    length += (size_t)snprintf(out + length, room - length, " %s+0x%lx", slash ? slash + 1 : info.dli_fname,
                               (unsigned long)((char *)callers[i] - (char *)info.dli_fbase - 1));
  }
}

static void show_stack(int number) {
  (void)number;
  if (!told) return;
  snprintf(told + STACK, COUNTS - STACK, "in the midst of:");
  put_callers(told + STACK, COUNTS - STACK, 2);
}

__attribute__((constructor)) static void begin(void) {
  const char *setting = getenv("NTH"), *path = getenv("NTH_TOLD"), *library = getenv("LD_PRELOAD");
  void *warm[4];
  if (!setting || !path || !library) return;
  read_setting(setting);
  snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
  snprintf(nth, sizeof nth, "NTH=%s", setting);
  snprintf(told_path, sizeof told_path, "NTH_TOLD=%s", path);
  if (strncmp(program_invocation_short_name, "clipvault", 9) == 0) unsetenv("LD_PRELOAD"); /* posix_spawn gives it on */
  if (strcmp(program, program_invocation_short_name) != 0) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || (told = mmap(NULL, TOLD, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED) abort();
  close(fd);
  memset(told + STACK, 0, ARMED - STACK);
  counts = (atomic_long *)(void *)(told + COUNTS);
  backtrace(warm, 4); /* it takes memory the first time */
  signal(SIGQUIT, show_stack);
  dl_iterate_phdr(find_ours, NULL);
  pthread_atfork(NULL, NULL, forget);
}

static int (*real_main)(int, char **, char **);
static int our_main(int argc, char **argv, char **environment) {
  in_main = true;
  int code = real_main(argc, argv, environment);
  in_main = false;
  return code;
}
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end) {
  int (*next)(void *, int, char **, void *, void *, void *, void *);
  *(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
  real_main = main;
  return next(our_main, argc, argv, init, fini, rtld_fini, stack_end);
}

static void tell(long at) {
  snprintf(told, STACK, "fired %s %ld:", words[wanted], at);
  put_callers(told, STACK - 1, 3);
  strcat(told, "\n");
}

static void raise_kill(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  syscall(SYS_exit_group, 128 + SIGKILL); /* a cage forbids the other */
}

static bool is_in(enum ours module, const void *caller) {
  return (uintptr_t)caller >= code[module].start && (uintptr_t)caller < code[module].end;
}
static enum kind asked_by(const void *caller) {
  return is_in(OURS, caller) || is_in(SQLITE, caller) || is_in(LIBC, caller) ? MEMORY : LIBRARY;
}

static enum outcome reach(enum kind kind) {
  if (!told || !in_main || told[ARMED] != '1') return PASS;
  long at = atomic_fetch_add(&counts[kind], 1) + 1;
  if (kind != wanted) return PASS;
  if (how == SLOW) {
    struct timespec wait = {.tv_nsec = SLOW_MS * 1000000};
    nanosleep(&wait, NULL);
    return PASS;
  }
  if (at != n) return PASS;
  tell(at);
  if (how == KILL) raise_kill();
  if (how == CRASH) raise(SIGSEGV);
  while (how == HANG) pause();
  if (how == FAIL) errno = number;
  return how;
}

#define NEXT(name)                                        \
  ({                                                      \
    static __typeof__(&name) next;                        \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name); \
    next;                                                 \
  })
/* A function of a kind: what it gives when it fails, when it lies; how it is called, and with half. */
#define TURN(kind, failed, lied, call, half) \
  switch (reach(kind)) {                     \
    case FAIL: return failed;                \
    case LIE: return lied;                   \
    case SHORT: return half;                 \
    default: return call;                    \
  }
#define PLAIN(kind, failed, lied, call) TURN(kind, failed, lied, call, call)

/* ---- memory */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void *malloc(size_t length) { PLAIN(asked_by(__builtin_return_address(0)), NULL, NULL, __libc_malloc(length)) }
void *calloc(size_t items, size_t length) {
  PLAIN(asked_by(__builtin_return_address(0)), NULL, NULL, __libc_calloc(items, length))
}
void *realloc(void *old, size_t length) { PLAIN(asked_by(__builtin_return_address(0)), NULL, NULL, __libc_realloc(old, length)) }
void *memalign(size_t at, size_t length) { PLAIN(asked_by(__builtin_return_address(0)), NULL, NULL, __libc_memalign(at, length)) }
void *aligned_alloc(size_t at, size_t length) {
  PLAIN(asked_by(__builtin_return_address(0)), NULL, NULL, __libc_memalign(at, length))
}
int posix_memalign(void **out, size_t at, size_t length) {
  if (reach(asked_by(__builtin_return_address(0))) != PASS) return ENOMEM;
  void *got = __libc_memalign(at, length);
  if (got) *out = got;
  return got ? 0 : ENOMEM;
}
void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  PLAIN(asked_by(__builtin_return_address(0)), MAP_FAILED, MAP_FAILED, NEXT(mmap)(at, length, protection, flags, fd, offset))
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset){
    PLAIN(asked_by(__builtin_return_address(0)), MAP_FAILED, MAP_FAILED, NEXT(mmap64)(at, length, protection, flags, fd, offset))}
/* ---- write */
#define HALF(length) ((length) / 2 + (length) % 2)
ssize_t write(int fd, const void *data, size_t length){
    TURN(WRITE, -1, (ssize_t)length, NEXT(write)(fd, data, length), NEXT(write)(fd, data, HALF(length)))} ssize_t
    pwrite(int fd, const void *data, size_t length, off_t at){
        TURN(WRITE, -1, (ssize_t)length, NEXT(pwrite)(fd, data, length, at), NEXT(pwrite)(fd, data, HALF(length), at))} ssize_t
    pwrite64(int fd, const void *data, size_t length,
             off64_t at){TURN(WRITE, -1, (ssize_t)length, NEXT(pwrite64)(fd, data, length, at),
                              NEXT(pwrite64)(fd, data, HALF(length), at))} ssize_t
    writev(int fd, const struct iovec *parts, int number_of){PLAIN(WRITE, -1, -1, NEXT(writev)(fd, parts, number_of))} ssize_t
    send(int fd, const void *data, size_t length, int flags){
        TURN(WRITE, -1, (ssize_t)length, NEXT(send)(fd, data, length, flags), NEXT(send)(fd, data, HALF(length), flags))} ssize_t
    sendmsg(int fd, const struct msghdr *message, int flags) {
  PLAIN(WRITE, -1, -1, NEXT(sendmsg)(fd, message, flags))
}
int ftruncate(int fd, off_t length) { PLAIN(WRITE, -1, 0, NEXT(ftruncate)(fd, length)) }
int ftruncate64(int fd, off64_t length) { PLAIN(WRITE, -1, 0, NEXT(ftruncate64)(fd, length)) }
int fallocate(int fd, int mode, off_t at, off_t length) { PLAIN(WRITE, -1, 0, NEXT(fallocate)(fd, mode, at, length)) }
int posix_fallocate(int fd, off_t at, off_t length) { PLAIN(WRITE, number, 0, NEXT(posix_fallocate)(fd, at, length)) }
int posix_fallocate64(int fd, off64_t at,
                      off64_t length){PLAIN(WRITE, number, 0, NEXT(posix_fallocate64)(fd, at, length))} ssize_t
    copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length, unsigned flags) {
  TURN(WRITE, -1, (ssize_t)length, NEXT(copy_file_range)(in, from, out, to, length, flags),
       NEXT(copy_file_range)(in, from, out, to, HALF(length), flags))
}

/* ---- sync */
int fsync(int fd) { PLAIN(SYNC, -1, 0, NEXT(fsync)(fd)) }
int fdatasync(int fd) { PLAIN(SYNC, -1, 0, NEXT(fdatasync)(fd)) }

/* ---- name: what changes a folder */
int rename(const char *from, const char *to) { PLAIN(NAME, -1, 0, NEXT(rename)(from, to)) }
int renameat(int from, const char *old, int to, const char *new) { PLAIN(NAME, -1, 0, NEXT(renameat)(from, old, to, new)) }
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
  PLAIN(NAME, -1, 0, NEXT(renameat2)(from, old, to, new, flags))
}
int linkat(int from, const char *old, int to, const char *new, int flags) {
  PLAIN(NAME, -1, 0, NEXT(linkat)(from, old, to, new, flags))
}
int unlink(const char *path) { PLAIN(NAME, -1, 0, NEXT(unlink)(path)) }
int unlinkat(int folder, const char *path, int flags) { PLAIN(NAME, -1, 0, NEXT(unlinkat)(folder, path, flags)) }
int mkdir(const char *path, mode_t mode) { PLAIN(NAME, -1, 0, NEXT(mkdir)(path, mode)) }
int mkdirat(int folder, const char *path, mode_t mode) { PLAIN(NAME, -1, 0, NEXT(mkdirat)(folder, path, mode)) }
int rmdir(const char *path) { PLAIN(NAME, -1, 0, NEXT(rmdir)(path)) }

/* ---- open: what takes a descriptor */
static mode_t mode_of(int flags, va_list arguments) {
  return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? (mode_t)va_arg(arguments, int) : 0;
}
#define OPENED(name, folder_parameter, folder_argument)                \
  int name(folder_parameter const char *path, int flags, ...) {        \
    va_list arguments;                                                 \
    va_start(arguments, flags);                                        \
    mode_t mode = mode_of(flags, arguments);                           \
    va_end(arguments);                                                 \
    PLAIN(OPEN, -1, -1, NEXT(name)(folder_argument path, flags, mode)) \
  }
#define FIRST(...) __VA_ARGS__,
OPENED(open, , )
OPENED(open64, , )
OPENED(openat, FIRST(int folder), FIRST(folder))
OPENED(openat64, FIRST(int folder), FIRST(folder))
int __open_2(const char *path, int flags) { PLAIN(OPEN, -1, -1, NEXT(__open_2)(path, flags)) }
int __open64_2(const char *path, int flags) { PLAIN(OPEN, -1, -1, NEXT(__open64_2)(path, flags)) }
int __openat_2(int folder, const char *path, int flags) { PLAIN(OPEN, -1, -1, NEXT(__openat_2)(folder, path, flags)) }
int __openat64_2(int folder, const char *path, int flags){
    PLAIN(OPEN, -1, -1, NEXT(__openat64_2)(folder, path, flags))} FILE *fopen(const char *path, const char *mode){
    PLAIN(OPEN, NULL, NULL, NEXT(fopen)(path, mode))} FILE *fdopen(int fd, const char *mode){
    PLAIN(OPEN, NULL, NULL, NEXT(fdopen)(fd, mode))} DIR *opendir(const char *path){
    PLAIN(OPEN, NULL, NULL, NEXT(opendir)(path))} DIR *fdopendir(int fd) {
  PLAIN(OPEN, NULL, NULL, NEXT(fdopendir)(fd))
}
int socket(int family, int type, int protocol) { PLAIN(OPEN, -1, -1, NEXT(socket)(family, type, protocol)) }
int socketpair(int family, int type, int protocol, int pair[2]) {
  PLAIN(OPEN, -1, -1, NEXT(socketpair)(family, type, protocol, pair))
}
int memfd_create(const char *name, unsigned flags){PLAIN(OPEN, -1, -1, NEXT(memfd_create)(name, flags))}

/* ---- read */
ssize_t read(int fd, void *out,
             size_t length){TURN(READ, -1, 0, NEXT(read)(fd, out, length), NEXT(read)(fd, out, HALF(length)))} ssize_t
    pread(int fd, void *out, size_t length,
          off_t at){TURN(READ, -1, 0, NEXT(pread)(fd, out, length, at), NEXT(pread)(fd, out, HALF(length), at))} ssize_t
    pread64(int fd, void *out, size_t length,
            off64_t at){TURN(READ, -1, 0, NEXT(pread64)(fd, out, length, at), NEXT(pread64)(fd, out, HALF(length), at))} ssize_t
    __read_chk(int fd, void *out, size_t length, size_t room) {
  return length > room ? (abort(), -1) : read(fd, out, length);
}
ssize_t __pread_chk(int fd, void *out, size_t length, off_t at, size_t room) {
  return length > room ? (abort(), -1) : pread(fd, out, length, at);
}
ssize_t __pread64_chk(int fd, void *out, size_t length, off64_t at, size_t room) {
  return length > room ? (abort(), -1) : pread64(fd, out, length, at);
}

/* ---- fork: what starts a process or a thread */
pid_t fork(void) { PLAIN(FORK, -1, -1, NEXT(fork)()) }
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  PLAIN(FORK, number, number, NEXT(pthread_create)(thread, attributes, run, argument))
}
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                char *const argv[], char *const environment[]) {
  char *with[] = {preload, nth, told_path, NULL};
  const char *slash = strrchr(path, '/');
  bool counts = program[0] && strcmp(slash ? slash + 1 : path, program) == 0;
  PLAIN(FORK, number, number, NEXT(posix_spawn)(pid, path, actions, attributes, argv, counts ? with : environment))
}

/* ---- step: nothing is done, and this is why. What sqlite3_exec does inside is one step, as it looks at more than the code. */
int sqlite3_step(sqlite3_stmt *statement) {
  static int (*next)(sqlite3_stmt *);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "sqlite3_step"); /* not everything it is loaded into has one */
  if (is_in(SQLITE, __builtin_return_address(0))) return next(statement);
  PLAIN(STEP, number, SQLITE_DONE, next(statement))
}
int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *context, char **message) {
  static int (*next)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "sqlite3_exec");
  if (is_in(SQLITE, __builtin_return_address(0))) return next(db, sql, row, context, message);
  PLAIN(STEP, number, SQLITE_OK, next(db, sql, row, context, message))
}
