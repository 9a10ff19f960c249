/* The one form in which the monitor (in `clipvault serve`) and the confined clipvault-bridge speak: a verb, a number that pairs
 * an answer with what it answers, the session of whoever asks, and named byte fields. Encoder and decoder stand in
 * wire_message.c, bounded, and are fuzzed. What is decoded encodes to the same bytes again.
 *
 * Wire form, little endian: u8 version=1, u8 verb, u64 number, u8 0 or 1 and then 32 bytes of session, u16 count, then for each
 * field: u8 length and name ([a-z0-9_]), u32 length and value. Names may repeat; their order is the sender's. Descriptors and
 * keys do not stand in it: they travel beside it (player-bridge/wire_link.h). */
#ifndef CLIPVAULT_BRIDGE_WIRE_MESSAGE_H
#define CLIPVAULT_BRIDGE_WIRE_MESSAGE_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  WIRE_MESSAGE_MOST_BYTES = 16 << 20, /* a list of every clip of a large vault */
  WIRE_MESSAGE_MOST_FIELDS = 256,
  WIRE_MESSAGE_MOST_NAME = 32,
  WIRE_MESSAGE_MOST_DATA = 128 << 10, /* of a request's body in one message */
  WIRE_MESSAGE_SESSION = 32,
};

enum wire_message_verb {
  /* from the monitor */
  WIRE_SETUP = 1,   /* first of all, before the cage closes: scheme, cert, key; beside it the listening socket */
  WIRE_ANSWER = 2,  /* to WIRE_ASK or WIRE_FILM: status, body, and what else the route needs (cookie) */
  WIRE_GRANTED = 3, /* to WIRE_FILM: film, and what is served; beside it the objects' descriptors and their K || base. With
                       nothing beside it: it was granted already */
  WIRE_STOP = 4,    /* film (repeated): let go of, wiped, then say so with WIRE_STOPPED */
  WIRE_QUIT = 5,    /* end in order */
  WIRE_EVENT = 6,   /* to the event stream of the WIRE_ASK with that number: id, event, data (JSON); or ends */
  WIRE_TAKEN = 7,   /* to WIRE_BODY: this piece was taken, the next may come */
  /* from the bridge */
  WIRE_READY = 16, /* the cage is closed and requests are taken; cage: what it is made of */
  WIRE_ASK = 17,   /* do: what is asked for; the rest are its values */
  WIRE_FILM = 18,  /* token, kind, peer: the film behind this address is wanted, or what stands `beside` it */
  WIRE_SEEN = 19,  /* film, parts, bytes, and fault if what lies on the disk is not what was sealed: no more streams of it run */
  WIRE_STOPPED = 20, /* all that WIRE_STOP named is wiped */
  WIRE_BODY = 21, /* transfer, data: the next bytes of an upload, unread; in its first also id, offset, csrf, algorithm, digest;
                     last: that was all, or torn: it broke off behind them (which nobody answers) */
  WIRE_LEFT = 22, /* nobody listens to the event stream of that number any more */
};

struct wire_message_field {
  const char *name; /* not NUL-terminated */
  size_t name_length;
  const uint8_t *value;
  size_t length;
};
struct wire_message {
  enum wire_message_verb verb;
  uint64_t number;
  bool has_session;
  uint8_t session[WIRE_MESSAGE_SESSION];
  size_t count;
  struct wire_message_field fields[WIRE_MESSAGE_MOST_FIELDS]; /* borrowed from what was decoded */
};

/* Writing: begin, any number of puts, end. `session` may be NULL. */
void wire_message_begin(struct bytes *out, enum wire_message_verb verb, uint64_t number,
                        const uint8_t session[WIRE_MESSAGE_SESSION]);
void wire_message_put(struct bytes *out, const char *name, const void *value, size_t length);
void wire_message_put_text(struct bytes *out, const char *name, const char *text);
void wire_message_put_number(struct bytes *out, const char *name, uint64_t number); /* 8 bytes */
/* ERR_BUG if it breaks a bound above or a name is none; ERR_IO if memory ran out. */
enum err wire_message_end(struct bytes *out);

/* ERR_DATA unless it is exactly what the above writes. */
enum err wire_message_get(const void *data, size_t length, struct wire_message *out);
/* The nth field of that name, or NULL. */
const struct wire_message_field *wire_message_find(const struct wire_message *m, const char *name, size_t n);
/* As text in `out` (replaced). False if there is none, it is longer than `most`, or holds a NUL. */
bool wire_message_text(const struct wire_message *m, const char *name, size_t n, size_t most, struct bytes *out);
/* Exactly `length` bytes; false, and zeroes, otherwise. */
bool wire_message_bytes(const struct wire_message *m, const char *name, void *out, size_t length);
/* False, and 0, if the nth is not there or no number. */
bool wire_message_number(const struct wire_message *m, const char *name, size_t n, uint64_t *out);

#endif
