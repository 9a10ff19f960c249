/* The line to the monitor: what requests ask of it, and its answers. One thread (line_run, the program's first) reads it; any may
 * write. */
#ifndef CLIPVAULT_BRIDGE_LINE_H
#define CLIPVAULT_BRIDGE_LINE_H

#include "player-bridge/wire_link.h"

/* Somebody who waits for an answer. */
struct line_waiter {
  uint64_t number; /* of the question; set by line_say */
  struct wire_link_frame answer;
  bool failed; /* there will be none */
  void (*wake)(struct line_waiter *w);
  int64_t until_ms;
  struct line_waiter *next;
};

enum err line_open(int fd);
/* The first frame, waiting for it: before the cage closes. */
enum err line_first(struct wire_link_frame *out);
uint64_t line_number(void); /* a new one, for a question */
/* Sends a finished message. With a waiter (NULL: nobody) it is woken once, from the thread of line_run or, when that has ended,
 * from this one; maybe before this returns: then the waiter is not to be touched any more. `message` is emptied. */
void line_say(struct bytes *message, struct line_waiter *w, uint64_t number);
/* Whoever does not want to be woken any more. */
void line_forget(struct line_waiter *w);

struct line_host {
  void (*granted)(struct wire_link_frame *frame, const struct wire_message *m);
  void (*stop)(const struct wire_message *m);
  void (*event)(const struct wire_message *m);
  void (*tick)(int64_t now_ms); /* about once a second */
};
/* Until the monitor says WIRE_QUIT (ERR_OK) or is gone (ERR_IO). */
enum err line_run(const struct line_host *host);

#endif
