/* play: a film in mpv or VLC, through a one-time address that stands in no command line, no history and no file. */
#include "player-bridge/address.h"
#include "player-bridge/monitor.h"
#include "player-bridge/viewing.h"
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/dispatch.h"
#include "vault/request.h"
#include "vault/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIST_FD = 3, ENDED_FD = 4, MOST_LIST = 1024, MOST_ARGUMENTS = 16 };
enum { CONNECTIONS = 64, THREADS = 2, NOT_FOUND = 127, NOTHING_TO_PLAY = 126 };

/* ---- the player, started in the client before anything is asked: it waits for its address */

static const struct player {
  const char *name;
  const char *const *arguments;
  const char *perhaps; /* one more, where it is known; NULL: none */
} players[] = {
    /* No trace of what was seen: no positions, no cache on the disk. */
    {"mpv",
     (const char *const[]){"mpv", "--playlist=/dev/fd/3", "--cache-on-disk=no", "--save-position-on-quit=no",
                           "--resume-playback=no", "--ytdl=no", "--load-unsafe-playlists=yes", "--force-seekable=yes", NULL},
     NULL},
    /* It is the interface of Qt that remembers what was seen; a VLC without it does not start when told of that option. */
    {"vlc", (const char *const[]){"vlc", "--no-one-instance", "--play-and-exit", "fd://3", NULL}, "--no-qt-recentplay"},
    {"cvlc", (const char *const[]){"cvlc", "--no-one-instance", "--play-and-exit", "fd://3", NULL}, NULL},
};

static pid_t player_pid; /* of this client; 0: none */
static const struct player *player;

static enum err find_player(const char *name) {
  for (size_t i = 0; i < sizeof players / sizeof *players; i++)
    if (strcmp(players[i].name, name) == 0) {
      player = &players[i];
      return ERR_OK;
    }
  return err_set(ERR_USAGE, "--player takes mpv, vlc or cvlc, not \"%.20s\"", name);
}

/* The list as a file that is none: memory under a descriptor. It was written at once, and is shorter than what a pipe takes at
 * once. */
static bool take_list(int from) {
  char list[MOST_LIST];
  ssize_t length;
  int fd = memfd_create("film", 0);
  do length = read(from, list, sizeof list);
  while (length < 0 && errno == EINTR);
  if (fd < 0 || length <= 0) return false;
  bool good = io_write_all(fd, list, (size_t)length) == ERR_OK && lseek(fd, 0, SEEK_SET) == 0;
  sodium_memzero(list, sizeof list);
  return good && (fd == LIST_FD || dup2(fd, LIST_FD) == LIST_FD);
}

/* Whether the program takes that option: asked of the program, as it depends on what is installed beside it. */
static bool knows(const char *program, const char *option) {
  int status = -1;
  pid_t asked = fork();
  if (asked == 0) {
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) dup2(nowhere, fd);
    execlp(program, program, option, "--version", (char *)NULL);
    _exit(NOT_FOUND);
  }
  while (asked > 0 && waitpid(asked, &status, 0) < 0 && errno == EINTR) continue;
  return asked > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void put_arguments(char **arguments) {
  size_t n = 0;
  arguments[n++] = (char *)(uintptr_t)player->arguments[0];
  if (player->perhaps && knows(player->name, player->perhaps)) arguments[n++] = (char *)(uintptr_t)player->perhaps;
  for (size_t i = 1; n < MOST_ARGUMENTS && player->arguments[i]; i++) arguments[n++] = (char *)(uintptr_t)player->arguments[i];
}

static __attribute__((noreturn)) void become_player(int list, int ended) {
  char *arguments[MOST_ARGUMENTS + 1] = {0};
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  for (int n = 1; n < NSIG; n++) signal(n, SIG_DFL);
  put_arguments(arguments);
  int keep = fcntl(ended, F_DUPFD_CLOEXEC, 10), from = fcntl(list, F_DUPFD_CLOEXEC, 10);
  if (keep < 0 || from < 0 || !take_list(from)) _exit(NOTHING_TO_PLAY);
  dup2(keep, ENDED_FD);
  dup2(STDERR_FILENO, STDOUT_FILENO); /* what we answer stands there alone */
  execvp(arguments[0], arguments);
  _exit(NOT_FOUND);
}

/* It is given the end of a pipe to hold for as long as it lives, so that whoever serves it sees it end. */
static enum err prepare(const struct session *s, struct request *rq) {
  (void)s;
  int list[2], ended[2];
  TRY(find_player(request_text_or(rq, "player", "mpv")));
  if (pipe2(list, O_CLOEXEC)) return err_set_errno(ERR_UNAVAILABLE, "cannot make a pipe");
  AUTO(io) int list_read = list[0];
  TRY(request_add(rq, "list", "", list[1]));
  if (pipe2(ended, O_CLOEXEC)) return err_set_errno(ERR_UNAVAILABLE, "cannot make a pipe");
  AUTO(io) int ended_write = ended[1];
  TRY(request_add(rq, "ended", "", ended[0]));
  player_pid = fork();
  if (player_pid < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot start %s", player->name);
  if (player_pid == 0) {
    close(list[1]); /* the one that would write is another */
    become_player(list_read, ended_write);
  }
  return ERR_OK;
}

static enum err after(enum err done) {
  int status = 0;
  if (player_pid <= 0) return done;
  if (done != ERR_OK) kill(player_pid, SIGTERM);
  while (waitpid(player_pid, &status, 0) < 0 && errno == EINTR) continue;
  player_pid = 0;
  if (done == ERR_OK && WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
    return err_set(ERR_UNAVAILABLE, "%s is not installed, or not on the path", player->name);
  return done;
}

/* ---- where the vault is open */

static enum err write_list(struct monitor *m, const struct request *rq, struct session *s) {
  AUTO(bytes) struct bytes list = {0};
  AUTO(account) struct account me = {0};
  uint8_t key[TICKET_KEY];
  char hex[2 * TICKET_KEY + 1];
  struct ticket *t;
  TRY(account_read(s->vault, &s->vault->actor.id, &me));
  struct viewing_wish wish = {.clip = request_text(rq, "CLIP"),
                              .purpose = request_text(rq, "purpose"),
                              .rendition = request_text(rq, "rendition"),
                              .once = true,
                              .visitor = {me.row.id, me.generation}};
  if (!m->base[0])
    return err_set(ERR_UNAVAILABLE, "the server listens on a Unix socket, which players do not reach: play without it");
  TRY(viewing_open(m, &wish, key, &t));
  bytes_printf(&list, "#EXTM3U\n%s/ticket/%s\n", m->base, sodium_bin2hex(hex, sizeof hex, key, sizeof key));
  sodium_memzero(hex, sizeof hex);
  sodium_memzero(key, sizeof key);
  TRY(bytes_check(&list));
  return io_write_all(request_fd(rq, "list", 0), list.data, list.length);
}

struct playing {
  struct address address;
  struct monitor monitor;
  enum err failed;
};

static void playing_auto(struct playing *p) {
  monitor_stop(&p->monitor);
  address_close(&p->address);
}

static void turn(void *context) {
  struct playing *p = context;
  if (p->failed == ERR_OK) p->failed = monitor_turn(&p->monitor);
}

static enum err play(struct session *s, struct playing *p, int ended) {
  while (!session_stopped(s)) {
    struct pollfd on[2] = {{.fd = s->control_fd, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
    session_attend(s);
    TRY(p->failed);
    if (poll(on, 2, monitor_patience_ms(&p->monitor)) < 0 && errno != EINTR)
      return err_set_errno(ERR_IO, "cannot wait for the player");
    if (on[1].revents) break;
  }
  return ERR_OK;
}

/* A bridge of our own, for this one film. */
static enum err play_alone(struct session *s, const struct request *rq) {
  AUTO(playing) struct playing p = {.address = {.fd = -1}};
  TRY(address_listen("127.0.0.1:0", false, &p.address));
  struct bridge_setup setup = {.listener = p.address.fd, .threads = THREADS, .connections = CONNECTIONS};
  TRY(monitor_start(&p.monitor, s, &setup));
  address_reach(&p.address, p.monitor.base);
  TRY(write_list(&p.monitor, rq, s));
  s->control_fd = p.monitor.wait_fd;
  s->also = turn;
  s->also_context = &p;
  enum err e = play(s, &p, request_fd(rq, "ended", 0));
  s->also = NULL;
  s->control_fd = s->listen_fd;
  return e;
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  if (s->monitor)
    TRY(write_list(s->monitor, rq, s));
  else
    TRY(play_alone(s, rq));
  struct answer a = answer_begin(reply);
  answer_text(&a, "clip", request_text(rq, "CLIP"));
  answer_text(&a, "purpose", request_text(rq, "purpose"));
  return answer_end(&a);
}

static const struct command_option options[] = {
    {"CLIP", NULL, OPTION_REQUIRED, "the clip"},
    {"--purpose", "P", OPTION_REQUIRED, "what it is seen for"},
    {"--player", "PLAYER", 0, "mpv, vlc or cvlc; mpv if not given"},
    {"--rendition", "R", 0, "as-filmed or obscured; otherwise the film as it is if that is allowed, else obscured"},
    {"--list", NULL, OPTION_PREPARED, NULL},
    {"--ended", NULL, OPTION_PREPARED, NULL},
    {0}};
const struct command cmd_play = {
    .name = "play",
    .group = "Films",
    .synopsis = "CLIP --purpose P [--player mpv|vlc|cvlc] [--rendition R]",
    .summary = "see a film in a player, without a file",
    .help =
        "Shows a clip in a player, if you may and everyone in it agreed to the purpose. The player gets an address that is good "
        "for "
        "once, in memory; nothing is written to the disk. A withdrawal stops it. A player shows no watermark.\n\n"
        "  clipvault play clp_… --purpose supervision",
    .options = options,
    .flags = COMMAND_LASTS,
    .prepare = prepare,
    .after = after,
    .run = run};
