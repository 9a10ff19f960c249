#include "vault/interrupt.h"

#include "vault/base/secret.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t seen;

static void ask_to_end(int number) {
  if (seen) {
    /* Everything the vault does survives being killed; the person insists. */
    secret_wipe_all();
    _exit(128 + number);
  }
  seen = 1;
}

static void die(int number) {
  secret_wipe_all();
  signal(number, SIG_DFL);
  raise(number);
}

enum err interrupt_install(void) {
  static uint8_t stack[64 * 1024]; /* an overflowed stack must not keep the keys from being wiped */
  const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  const int ending[] = {SIGINT, SIGTERM, SIGHUP}, fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
  /* No SA_RESTART: whoever waits (for the terminal, the lock, a client) shall notice. */
  struct sigaction end = {.sa_handler = ask_to_end};
  struct sigaction crash = {.sa_handler = die, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
  if (sigaltstack(&alternate, NULL)) return err_set_errno(ERR_BUG, "cannot set up a stack for signals");
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
    if (sigaction(ending[i], &end, NULL)) return err_set_errno(ERR_BUG, "cannot handle signals");
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
    if (sigaction(fatal[i], &crash, NULL)) return err_set_errno(ERR_BUG, "cannot handle signals");
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return err_set_errno(ERR_BUG, "cannot handle signals");
  return ERR_OK;
}

bool interrupt_seen(void) { return seen; }
