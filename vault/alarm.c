#include "vault/alarm.h"

#include "vault/base/clock.h"
#include "vault/base/log.h"
#include "vault/overdue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 32 };

static const char *const events[] = {
    [ALARM_OVERDUE] = "overdue",
    [ALARM_PENDING] = "pending",
    [ALARM_VERIFICATION] = "verification",
    [ALARM_DISK_FULL] = "disk-full",
};

/* Words are parted by spaces; "one that has spaces" stands between quotes. Cuts `line` up in place. */
static size_t split(char *line, char *argv[], size_t most) {
  size_t count = 0;
  for (char *at = line; count < most;) {
    at += strspn(at, " \t");
    if (!*at) break;
    const char *end = *at == '"' ? "\"" : " \t";
    if (*at == '"') at++;
    argv[count++] = at;
    at += strcspn(at, end);
    if (*at) *at++ = 0;
  }
  return count;
}

/* In the child: the arena is not there (it is kept out of forked children), and nothing else is taken along. */
static void become(char *argv[]) {
  char home[300] = "HOME=/",
       *environment[] = {(char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, (char[]){"LANG=C.UTF-8"}, home, NULL};
  const char *ours = getenv("HOME");
  if (ours && strlen(ours) < sizeof home - sizeof "HOME=") snprintf(home, sizeof home, "HOME=%s", ours);
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    if (null < 0 || dup2(null, fd) < 0) _exit(126);
  if (close_range(STDERR_FILENO + 1, ~0U, 0)) _exit(126);
  setsid();
  execve(argv[0], argv, environment);
  _exit(127);
}

void alarm_raise(const struct config *c, enum alarm_event event, const char *words) {
  char line[CONFIG_TEXT], sentence[600];
  char *argv[MOST_ARGUMENTS + 3];
  snprintf(line, sizeof line, "%s", c->alarm_command);
  snprintf(sentence, sizeof sentence, "%s", words);
  size_t count = split(line, argv, MOST_ARGUMENTS);
  if (!count) return;
  if (access(argv[0], X_OK)) {
    log_error("alarm_command cannot be run (%s): %s", events[event], sentence);
    return;
  }
  argv[count] = (char *)(uintptr_t)events[event];
  argv[count + 1] = sentence;
  argv[count + 2] = NULL;
  pid_t child = fork();
  if (child < 0) log_error("alarm_command cannot be run (%s): %s", events[event], sentence);
  if (child == 0) { /* twice, so that the one that lasts is nobody's to wait for */
    if (fork() == 0) become(argv);
    _exit(0);
  }
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}

struct alarm_watch alarm_before(struct vault *v, const struct request *rq) {
  struct overdue due = {0};
  struct alarm_watch w = {.sweeps = (rq->command->flags & COMMAND_SWEEPS) && !request_flag(rq, "dry-run")};
  err_forget_full();
  if (w.sweeps && overdue_look(v->index, vault_now_ms(v), &due) != ERR_OK) w.sweeps = false;
  w.due = due.count;
  w.earliest_ms = due.earliest_ms;
  return w;
}

static void look_for_overdue(struct vault *v, const struct alarm_watch *before) {
  struct overdue left;
  char at[CLOCK_TEXT], words[200];
  if (overdue_look(v->index, vault_now_ms(v), &left) != ERR_OK) return;
  bool late = before->due && before->earliest_ms < vault_now_ms(v) - CLOCK_DAY_MS;
  if (left.count)
    snprintf(words, sizeof words, "after a sweep %zu clips or uses are still due, the first since %s", left.count,
             clock_format(left.earliest_ms, at));
  else if (late)
    snprintf(words, sizeof words, "a sweep destroyed what had been due since %s", clock_format(before->earliest_ms, at));
  if (left.count || late) alarm_raise(&v->config, ALARM_OVERDUE, words);
}

static void look_for_pending(struct vault *v) {
  AUTO(bytes) struct bytes jobs = {0};
  char words[200], job[ID_TEXT];
  if (index_job_pending(v->index, &jobs) != ERR_OK || !jobs.length) return;
  snprintf(words, sizeof words, "%zu destructions are pending, the first is %s", INDEX_COUNT(struct index_job, jobs),
           id_format(ID_JOB, &INDEX_ROWS(struct index_job, jobs)->id, job));
  alarm_raise(&v->config, ALARM_PENDING, words);
}

void alarm_after(struct vault *v, const struct request *rq, const struct alarm_watch *before, const struct reply *reply) {
  char words[200];
  bool failed = reply->status != ERR_OK;
  if (err_saw_full()) alarm_raise(&v->config, ALARM_DISK_FULL, "something could not be written: there is no room left");
  if (before->sweeps) look_for_overdue(v, before);
  if (before->sweeps || failed) look_for_pending(v);
  if (reply->status == ERR_DATA && (rq->command->flags & COMMAND_PROVES)) {
    snprintf(words, sizeof words, "%s: the vault is not what it should be", rq->command->name);
    alarm_raise(&v->config, ALARM_VERIFICATION, words);
  }
}
