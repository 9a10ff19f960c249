#include "player-bridge/address.h"

#include "vault/base/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* What waits in the kernel cannot be taken back: the kernel doubles this. It is inherited by what is accepted. */
enum { BACKLOG = 1024, SEND_BUFFER = 128 << 10 };

void address_close(struct address *a) {
  if (a->fd >= 0 && a->is_unix) unlink(a->path);
  io_close(&a->fd);
}

static enum err begin_listening(int fd) {
  const int buffer = SEND_BUFFER;
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer) || listen(fd, BACKLOG))
    return err_set_errno(ERR_UNAVAILABLE, "cannot listen");
  return ERR_OK;
}

static enum err no_address(const char *text) {
  return err_set(ERR_USAGE, "--listen takes ADDRESS:PORT (127.0.0.1:8080) or unix:PATH, not \"%.60s\"", text);
}

/* ---- a Unix socket, for a proxy on this machine */

/* One that a dead server left behind is nobody's; a living one answers. */
static enum err clear_away(const struct sockaddr_un *at) {
  struct stat st;
  if (lstat(at->sun_path, &st)) return ERR_OK;
  if (!S_ISSOCK(st.st_mode)) return err_set(ERR_UNAVAILABLE, "%s is there already, and is no socket", at->sun_path);
  AUTO(io) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (const struct sockaddr *)at, sizeof *at) == 0)
    return err_set(ERR_UNAVAILABLE, "somebody listens on %s already", at->sun_path);
  if (unlink(at->sun_path)) return err_set_errno(ERR_UNAVAILABLE, "cannot remove the old socket %s", at->sun_path);
  return ERR_OK;
}

static enum err listen_unix(const char *path, struct address *a) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  if (!*path || strlen(path) >= sizeof at.sun_path) return err_set(ERR_USAGE, "the path of a socket has 1 to 107 bytes");
  snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
  TRY(clear_away(&at));
  a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (a->fd < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot make a socket");
  mode_t mask = umask(0117); /* the proxy is of our group */
  int failed = bind(a->fd, (struct sockaddr *)&at, sizeof at);
  umask(mask);
  if (failed) return err_set_errno(ERR_UNAVAILABLE, "cannot listen on %s", path);
  a->is_unix = true;
  snprintf(a->path, sizeof a->path, "%s", path);
  snprintf(a->shown, sizeof a->shown, "unix:%s", path);
  return begin_listening(a->fd);
}

/* ---- an address and a port */

static bool is_loopback(const struct sockaddr *at) {
  if (at->sa_family == AF_INET) return ntohl(((const struct sockaddr_in *)(const void *)at)->sin_addr.s_addr) >> 24 == 127;
  return at->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr);
}

static bool split(const char *text, char host[ADDRESS_TEXT], char port[8]) {
  const char *colon = strrchr(text, ':');
  size_t length = colon ? (size_t)(colon - text) : 0;
  if (!length || length >= ADDRESS_TEXT || strlen(colon + 1) > 5 || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
      !colon[1])
    return false;
  bool bracketed = text[0] == '[' && text[length - 1] == ']';
  if (!bracketed && memchr(text, ':', length)) return false;
  size_t brackets = bracketed ? 2 : 0;
  snprintf(host, ADDRESS_TEXT, "%.*s", (int)(length - brackets), text + bracketed);
  snprintf(port, 8, "%.5s", colon + 1);
  return true;
}

static enum err show(struct address *a, bool tls) {
  struct sockaddr_storage at = {0};
  socklen_t length = sizeof at;
  char host[64], port[8];
  if (getsockname(a->fd, (struct sockaddr *)&at, &length) ||
      getnameinfo((struct sockaddr *)&at, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
    return err_set(ERR_UNAVAILABLE, "cannot tell where we listen");
  bool six = at.ss_family == AF_INET6;
  snprintf(a->shown, sizeof a->shown, "%s://%s%s%s:%s", tls ? "https" : "http", six ? "[" : "", host, six ? "]" : "", port);
  return ERR_OK;
}

static enum err listen_at(const struct addrinfo *at, const char *text, bool tls, struct address *a) {
  const int on = 1;
  a->is_loopback = is_loopback(at->ai_addr);
  if (!tls && !a->is_loopback)
    return err_set(ERR_USAGE,
                   "%.60s can be reached by others: give --tls-cert and --tls-key, or listen on 127.0.0.1 or unix:PATH", text);
  a->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (a->fd < 0 || setsockopt(a->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
      setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
    return err_set_errno(ERR_UNAVAILABLE, "cannot make a socket");
  if (bind(a->fd, at->ai_addr, at->ai_addrlen)) return err_set_errno(ERR_UNAVAILABLE, "cannot listen on %.60s", text);
  TRY(begin_listening(a->fd));
  return show(a, tls);
}

enum err address_listen(const char *text, bool tls, struct address *out) {
  AUTO(address) struct address a = {.fd = -1};
  char host[ADDRESS_TEXT], port[8];
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE}, *found = NULL;
  if (strncmp(text, "unix:", 5) == 0) {
    TRY(listen_unix(text + 5, &a));
  } else {
    if (!split(text, host, port)) return no_address(text);
    bool local = strcmp(host, "localhost") == 0;
    if (!local) hints.ai_flags |= AI_NUMERICHOST; /* no name server is asked */
    if (getaddrinfo(local ? "127.0.0.1" : host, port, &hints, &found) || !found) return no_address(text);
    enum err e = listen_at(found, text, tls, &a);
    freeaddrinfo(found);
    TRY(e);
  }
  *out = a;
  a.fd = -1;
  return ERR_OK;
}

/* Whoever listens everywhere listens here, too. */
void address_reach(const struct address *a, char out[ADDRESS_TEXT]) {
  static const char everywhere[] = "://0.0.0.0:", everywhere_six[] = "://[::]:";
  const char *four = strstr(a->shown, everywhere), *six = strstr(a->shown, everywhere_six);
  const char *rest = four ? four + sizeof everywhere - 1 : six ? six + sizeof everywhere_six - 1 : NULL;
  if (rest)
    snprintf(out, ADDRESS_TEXT, "%.*s://%s:%.8s", (int)strcspn(a->shown, ":"), a->shown, four ? "127.0.0.1" : "[::1]", rest);
  else
    snprintf(out, ADDRESS_TEXT, "%s", a->shown);
}
