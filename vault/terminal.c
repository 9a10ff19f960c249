#include "vault/terminal.h"

#include "vault/base/io.h"
#include "vault/base/secret.h"
#include "vault/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int open_terminal(void) { return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY); }

bool terminal_is_there(void) {
  AUTO(io) int fd = open_terminal();
  return fd >= 0;
}

static enum err read_byte(int fd, uint8_t *out) {
  for (;;) {
    if (interrupt_seen()) return err_set(ERR_BUSY, "interrupted");
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, 1000) <= 0) continue; /* looks for signals that came just before the poll */
    ssize_t n = read(fd, out, 1);
    if (n == 1) return ERR_OK;
    if (n == 0) return err_set(ERR_USAGE, "nothing was typed");
    if (errno != EINTR && errno != EAGAIN) return err_set_errno(ERR_UNAVAILABLE, "cannot read from the terminal");
  }
}

/* The rest of a line that is too long is read as well: it must not become the next command of a shell. */
static enum err read_line(int fd, uint8_t *out, size_t most, size_t *length) {
  size_t got = 0;
  uint8_t *byte = secret_alloc(1);
  enum err e = ERR_OK;
  while ((e = read_byte(fd, byte)) == ERR_OK && *byte != '\n') {
    if (got < most) out[got] = *byte;
    got++;
  }
  secret_free(byte);
  TRY(e);
  if (!got) return err_set(ERR_USAGE, "nothing was typed");
  if (got > most) return err_set(ERR_USAGE, "a passphrase can have at most %zu bytes", most);
  *length = got;
  return ERR_OK;
}

enum err terminal_ask_secret(const char *question, uint8_t *out, size_t most, size_t *length) {
  struct termios before, unseen;
  AUTO(io) int fd = open_terminal();
  if (fd < 0) return err_set(ERR_UNAVAILABLE, "there is no terminal to ask on");
  if (tcgetattr(fd, &before)) return err_set_errno(ERR_UNAVAILABLE, "cannot ask on the terminal");
  unseen = before;
  unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
  unseen.c_lflag |= ICANON | ISIG;
  if (tcsetattr(fd, TCSAFLUSH, &unseen)) return err_set_errno(ERR_UNAVAILABLE, "cannot hide what is typed on the terminal");
  enum err e = io_write_all(fd, question, strlen(question));
  if (e == ERR_OK) e = read_line(fd, out, most, length);
  tcsetattr(fd, TCSAFLUSH, &before);
  IGNORE(io_write_all(fd, "\n", 1));
  return e;
}
