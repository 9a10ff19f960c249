#include "vault/base/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NO_CALL = -10000 };

/* ---- limits ---- */

struct limit {
  int resource;
  rlim_t most;
};

static const struct limit limits[] = {
    {RLIMIT_CORE, 0},
    {RLIMIT_FSIZE, 0},
#ifndef CLIPVAULT_SANITIZED
    {RLIMIT_AS, (rlim_t)4 << 30}, /* sanitizers reserve terabytes */
#endif
};

static enum err set_limit(int resource, rlim_t soft, rlim_t hard) {
  struct rlimit both = {soft, hard};
  return setrlimit((__rlimit_resource_t)resource, &both) ? err_set_errno(ERR_UNAVAILABLE, "cannot set a limit") : ERR_OK;
}

/* What differs between the cages. */
struct cage {
  uint32_t most_files, most_seconds; /* 0 seconds: no limit */
  const int *extra;                  /* calls allowed on top, ended by NO_CALL */
};

static enum err set_limits(const struct cage *cage) {
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) TRY(set_limit(limits[i].resource, limits[i].most, limits[i].most));
  TRY(set_limit(RLIMIT_NOFILE, cage->most_files, cage->most_files));
  if (!cage->most_seconds) return ERR_OK;
  /* The first second over it ends in a signal that can be told from others, the next in one that cannot be caught. */
  return set_limit(RLIMIT_CPU, cage->most_seconds, (rlim_t)cage->most_seconds + 1);
}

static enum err renounce(void) {
  if (prctl(PR_SET_DUMPABLE, 0)) return err_set_errno(ERR_UNAVAILABLE, "cannot forbid dumps");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return err_set_errno(ERR_UNAVAILABLE, "cannot renounce privileges");
  return ERR_OK;
}

/* ---- Landlock ---- */

/* Numbers and layout from the kernel's user-space interface, which promises them; the headers of Debian 12 end at ABI 2. */
enum { LANDLOCK_CREATE = 444, LANDLOCK_RESTRICT = 446, LANDLOCK_ASK_VERSION = 1 };

struct landlock_rules {
  uint64_t files, network, scopes;
};

static struct landlock_rules all_rights(long abi) {
  struct landlock_rules all = {.files = (1 << 13) - 1};
  if (abi >= 2) all.files |= 1 << 13; /* link or rename across folders */
  if (abi >= 3) all.files |= 1 << 14; /* truncate */
  if (abi >= 5) all.files |= 1 << 15; /* ioctl on devices */
  if (abi >= 4) all.network = 1 | 2;  /* bind, connect */
  if (abi >= 6) all.scopes = 1 | 2;   /* abstract sockets, signals */
  return all;
}

static enum err close_landlock(long *abi) {
  long version = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_ASK_VERSION);
  if (version < 1) return err_set_errno(ERR_UNAVAILABLE, "this kernel has no Landlock, which the cage is made of");
  struct landlock_rules all = all_rights(version);
  /* An older kernel accepts a longer struct as long as what it does not know is zero. */
  int ruleset = (int)syscall(LANDLOCK_CREATE, &all, sizeof all, 0);
  if (ruleset < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot make a Landlock ruleset");
  long failed = syscall(LANDLOCK_RESTRICT, ruleset, 0);
  int number = errno;
  close(ruleset);
  errno = number;
  if (failed) return err_set_errno(ERR_UNAVAILABLE, "cannot close the Landlock cage");
  *abi = version;
  return ERR_OK;
}

/* ---- seccomp ---- */

#define CALL(name) SCMP_SYS(name)

/* Memory, threads, time: what decoders and encoders live on (seen with strace over every kind of recording). */
static const int allowed[] = {
    CALL(munmap),          CALL(mremap),
    CALL(madvise),         CALL(brk),
    CALL(futex),           CALL(rt_sigprocmask),
    CALL(rt_sigreturn),    CALL(rt_sigaction),
    CALL(set_robust_list), CALL(rseq),
    CALL(gettid),          CALL(sched_yield),
    CALL(clock_gettime),   CALL(sched_getaffinity),
    CALL(clock_nanosleep), CALL(nanosleep),
    CALL(getrandom),       CALL(exit),
    CALL(exit_group),      CALL(restart_syscall),
};

/* Libraries try these and live without: told no, instead of dying. */
static const int denied[] = {
    CALL(open),
    CALL(openat),
    CALL(access),
    CALL(faccessat),
    CALL(faccessat2),
    CALL(readlink),
    CALL(stat),
    CALL(fstat),
    CALL(newfstatat),
    CALL(statx),
    CALL(lseek),
    CALL(ioctl),
    CALL(getcwd),
    CALL(uname),
    CALL(sysinfo),
    CALL(getpid),
    CALL(sched_setaffinity),
    CALL(sched_setscheduler),
    CALL(get_mempolicy),
    CALL(socket),
    CALL(sched_getparam),
    CALL(sched_getscheduler),
    CALL(getpriority),
    CALL(setpriority),
    CALL(connect),
    CALL(write),
    CALL(writev), /* complaints on standard error are lost */
};

/* The one place where a sanitizer build is wider: its runtime looks after itself and reports on standard error. */
static const int needed_by_runtime[] = {
#ifdef CLIPVAULT_SANITIZED
    CALL(sigaltstack), CALL(write),     CALL(writev),    CALL(getpid), CALL(tgkill), CALL(prctl),       CALL(mmap),
    CALL(mprotect),    CALL(getrlimit), CALL(prlimit64), CALL(close),  CALL(lseek),  CALL(personality), CALL(pipe2),
#endif
    NO_CALL,
};

/* What a server of connections and handed-over files lives on: nothing that opens, makes or reaches anything. */
static const int needed_by_server[] = {
    CALL(epoll_create1), CALL(epoll_ctl),  CALL(epoll_wait), CALL(epoll_pwait), CALL(eventfd2),
    CALL(poll),          CALL(accept4),    CALL(recvfrom),   CALL(recvmsg),     CALL(sendto),
    CALL(sendmsg),       CALL(read),       CALL(write),      CALL(writev),      CALL(close),
    CALL(shutdown),      CALL(setsockopt), CALL(getsockopt), CALL(getsockname), CALL(getpeername),
    CALL(fcntl),         CALL(pread64),    CALL(fstat),      CALL(newfstatat),  NO_CALL,
};

#ifdef CLIPVAULT_SANITIZED
static const bool has_runtime = true; /* with a thread of its own */
/* Looking for leaks takes a process that traces this one. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }
#else
static const bool has_runtime = false;
#endif

static bool is_among(const int *calls, int call) {
  while (*calls != NO_CALL && *calls != call) calls++;
  return *calls != NO_CALL;
}

/* A call has one rule: what is allowed altogether is neither denied nor bound to conditions. */
static bool is_free(const int *extra, int call) { return is_among(needed_by_runtime, call) || is_among(extra, call); }

static int allow(scmp_filter_ctx filter, int call) { return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0); }

static int deny(scmp_filter_ctx filter, const int *extra, int call, int number) {
  return is_free(extra, call) ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)number), call, 0);
}

/* Where all conditions hold. */
static int allow_if(scmp_filter_ctx filter, const int *extra, int call, unsigned count, const struct scmp_arg_cmp *conditions) {
  return is_free(extra, call) ? 0 : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, count, conditions);
}

static int add_lists(scmp_filter_ctx filter, const int *extra) {
  int failed = 0;
  for (size_t i = 0; !failed && i < sizeof allowed / sizeof *allowed; i++) failed = allow(filter, allowed[i]);
  for (size_t i = 0; !failed && i < sizeof denied / sizeof *denied; i++) failed = deny(filter, extra, denied[i], EACCES);
  for (size_t i = 0; !failed && needed_by_runtime[i] != NO_CALL; i++) failed = allow(filter, needed_by_runtime[i]);
  for (; !failed && *extra != NO_CALL; extra++)
    if (!is_among(needed_by_runtime, *extra)) failed = allow(filter, *extra);
  return failed;
}

static int add_conditions(scmp_filter_ctx filter, const int *extra) {
  const scmp_datum_t thread = CLONE_VM | CLONE_THREAD;
  const struct scmp_arg_cmp on_socket[] = {SCMP_A0(SCMP_CMP_EQ, SANDBOX_SOCKET, 0)};
  const struct scmp_arg_cmp fresh[] = {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                                       SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)};
  const struct scmp_arg_cmp not_executable[] = {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)};
  const struct scmp_arg_cmp a_thread[] = {SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread)};
  const struct scmp_arg_cmp naming[] = {SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0)};
  int failed = allow_if(filter, extra, CALL(sendto), 1, on_socket);
  if (!failed) failed = allow_if(filter, extra, CALL(recvfrom), 1, on_socket);
  if (!failed) failed = allow_if(filter, extra, CALL(mmap), 2, fresh);
  if (!failed) failed = allow_if(filter, extra, CALL(mprotect), 1, not_executable);
  if (!failed) failed = allow_if(filter, extra, CALL(clone), 1, a_thread);
  if (!failed) failed = allow_if(filter, extra, CALL(prctl), 1, naming);
  /* It hides its flags from a filter; told that there is none, glibc falls back to clone. */
  if (!failed) failed = deny(filter, extra, CALL(clone3), ENOSYS);
  return failed;
}

static enum err close_seccomp(const int *extra) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (!filter) return err_set(ERR_UNAVAILABLE, "cannot make a seccomp filter");
  /* The other ways into the kernel (32-bit calls) have numbers of their own. */
  int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  if (!failed) failed = add_lists(filter, extra);
  if (!failed) failed = add_conditions(filter, extra);
  if (!failed) failed = seccomp_load(filter);
  seccomp_release(filter);
  if (!failed) return ERR_OK;
  errno = -failed;
  return err_set_errno(ERR_UNAVAILABLE, "cannot close the seccomp cage");
}

/* ---- the whole ---- */

/* Landlock and seccomp bind the calling thread; one that a library had started before would stay free. */
static enum err require_one_thread(void) {
  DIR *tasks = opendir("/proc/self/task");
  if (!tasks) return err_set_errno(ERR_UNAVAILABLE, "cannot count our threads");
  int count = 0;
  for (struct dirent *entry = readdir(tasks); entry; entry = readdir(tasks)) count += entry->d_name[0] != '.';
  closedir(tasks);
  if (count != 1 && !has_runtime) return err_set(ERR_UNAVAILABLE, "threads run before the cage is closed");
  return ERR_OK;
}

/* Said in the record, and looked for by `make lint` in what is shipped. */
#ifdef CLIPVAULT_SANITIZED
static const char widened[] = ", widened for sanitizers";
#else
static const char widened[] = "";
#endif

static enum err enter(const struct cage *cage, char made_of[SANDBOX_TEXT]) {
  long abi = 0;
  TRY(require_one_thread());
  TRY(renounce());
  if (sandbox_has(SANDBOX_LANDLOCK)) TRY(close_landlock(&abi));
  if (sandbox_has(SANDBOX_LIMITS)) TRY(set_limits(cage)); /* after Landlock, which needs a descriptor */
  if (sandbox_has(SANDBOX_SECCOMP)) TRY(close_seccomp(cage->extra));
  snprintf(made_of, SANDBOX_TEXT, "landlock abi %ld, seccomp, limits%s", abi, widened);
  return ERR_OK;
}

enum err sandbox_enter(uint32_t most_seconds, char made_of[SANDBOX_TEXT]) {
  static const int nothing[] = {NO_CALL};
  return enter(&(struct cage){SANDBOX_SOCKET + 1, most_seconds, nothing}, made_of);
}

enum err sandbox_enter_serving(uint32_t most_files, char made_of[SANDBOX_TEXT]) {
  return enter(&(struct cage){most_files, 0, needed_by_server}, made_of);
}
