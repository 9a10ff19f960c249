/* The monitor: the part of `clipvault serve` (and of `play`) that answers the bridge. It holds the vault; the bridge parses what
 * strangers send. Everything here runs in one thread, but for the hashing of passwords.
 *
 * It answers between two steps of whatever runs in the vault (monitor_turn, also as session->also while a command lasts), and it
 * is a user of keys (vault/shred.h): before a key is destroyed, the bridge has let go of what it opened, or was ended. */
#ifndef CLIPVAULT_BRIDGE_MONITOR_H
#define CLIPVAULT_BRIDGE_MONITOR_H

#include "player-bridge/admission.h"
#include "player-bridge/bridge.h"
#include "player-bridge/ticket.h"
#include "player-bridge/visit.h"
#include "vault/shred.h"

struct spool_writer;
enum { MONITOR_TRANSFERS = 8, MONITOR_TRANSFERS_EACH = 4 /* of one account */, MONITOR_TOO_MANY = 429 /* of HTTP */ };
struct monitor_transfer { /* an upload that is coming in now (player-bridge/uploads.h) */
  uint64_t number;        /* by which the bridge knows it; 0: none here */
  uint64_t visit;
  struct id account;
  struct spool_writer *writer; /* owned */
  uint8_t digest[32];          /* that it must have; none with length 0 */
  size_t digest_length;
};

struct monitor_errand; /* what waits for its turn (player-bridge/errand.h) */
/* Somebody who listens to events (player-bridge/events.h). */
enum { MONITOR_LISTENERS = 256, MONITOR_REACH = 16 };
struct monitor_listener {
  uint64_t number; /* by which the bridge knows the stream; 0: none here */
  uint64_t visit, said;
  struct session_visitor visitor;
  uint8_t reach[MONITOR_REACH]; /* a digest of what they may know of */
};

struct monitor_backlog; /* frames that came while the bridge was awaited */

struct monitor {
  struct session *session; /* whose vault this is; borrowed */
  struct bridge_setup setup;
  const uint8_t *sign_on; /* hash of the secret of a proxy that signs people on (player-bridge/signon.h); NULL: none does */
  char base[256];         /* how a player on this machine begins an address; "" if none can reach us */
  struct bridge bridge;
  struct visits visits;
  struct tickets tickets;
  struct monitor_transfer transfers[MONITOR_TRANSFERS];
  struct monitor_listener listeners[MONITOR_LISTENERS];
  struct admission *admission;
  struct key_user user;
  struct monitor_backlog *backlog, **backlog_last;
  struct monitor_errand *errands;
  uint64_t lost; /* how many bridges: a number that one gave to a question means nothing to the next */
  int wait_fd;   /* readable when there is something to do; an epoll, into which others may be put */
  uint64_t last_film, last_stop;
  uint64_t log_entries;    /* when it was last asked whether what runs still may */
  uint64_t events_told;    /* so many entries of the log */
  struct bytes unfinished; /* struct index_upload, when the log had `unfinished_at` entries (player-bridge/gone.h) */
  uint64_t unfinished_at;
  int64_t asked_ms, ticked_ms, restart_ms, events_ms;
  bool busy, failed, bridge_gone;
  unsigned restarts;
  struct {
    uint64_t asked, refused, films, stopped, faults;
  } counts;
};

/* Starts the bridge. Whoever calls this has filled session->also. */
enum err monitor_start(struct monitor *m, struct session *session, const struct bridge_setup *setup);
/* Does what is to be done, without waiting. ERR_UNAVAILABLE once the bridge does not stay alive. */
enum err monitor_turn(struct monitor *m);
/* How long there is nothing to do unless somebody comes. */
int monitor_patience_ms(const struct monitor *m);
void monitor_stop(struct monitor *m); /* in order; takes any state that monitor_start left */

/* ---- for the parts of the monitor */

/* Sends a message that was ended. What cannot be sent is noticed by the next turn. */
void monitor_say(struct monitor *m, struct bytes *message);
/* An answer with `status` and JSON, or the problem that err_text() tells. */
void monitor_answer(struct monitor *m, uint64_t number, unsigned status, const struct bytes *json);
/* The same with a body of another type than JSON (NULL: that). */
void monitor_answer_as(struct monitor *m, uint64_t number, unsigned status, const char *type, const struct bytes *body);
void monitor_fail(struct monitor *m, uint64_t number, unsigned status, enum err failure);
/* The same with a word of its own for "error". */
void monitor_fail_as(struct monitor *m, uint64_t number, unsigned status, const char *word);
/* They have as much of it as one account may have (429), as err_text() says; when it may be otherwise. */
void monitor_fail_later(struct monitor *m, uint64_t number, unsigned wait_s);
unsigned monitor_status(enum err e); /* of HTTP */
/* The bridge lets go of these films, and it is awaited; or it is ended. */
void monitor_let_go(struct monitor *m, const uint64_t films[], size_t count);

#endif
