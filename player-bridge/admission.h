/* Signing in without keeping anybody waiting: names are looked up and sessions begun by the monitor, passwords are hashed in
 * threads, two at a time, and only so many wait. */
#ifndef CLIPVAULT_BRIDGE_ADMISSION_H
#define CLIPVAULT_BRIDGE_ADMISSION_H

#include "player-bridge/wire_message.h"
#include "vault/base/err.h"

struct monitor;
struct signin_user;
struct admission;
struct visit;

enum err admission_new(struct admission **out);
void admission_free(struct admission *a);    /* waits for its threads; takes NULL */
int admission_fd(const struct admission *a); /* readable when somebody's password has been looked at */
/* WIRE_ASK "session.begin": is answered now, or by a later admission_turn. With `confirms` (else NULL), "session.confirm": that
 * session goes on, and its password was given just now; it is throttled as signing in is. */
void admission_begin(struct monitor *m, const struct wire_message *ask, const struct visit *confirms);
void admission_turn(struct monitor *m);
/* The answer to whoever has shown who they are, by whatever means: a new session and its cookie. The visit with the number
 * `replaces` (0: none) is over. */
struct admission_proof {
  bool signed_on; /* a provider says so; else a password was given here */
  int64_t at_ms;  /* when they last gave a password, here or there: visit.proven_ms */
};
enum err admission_welcome(struct monitor *m, uint64_t number, uint64_t replaces, const struct signin_user *user,
                           const struct admission_proof *proof);

#endif
