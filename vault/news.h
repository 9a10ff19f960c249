/* What became of clips since one last looked, as the audit log and the certificates tell it: for whoever is to hear of it while
 * it happens (player-bridge/events.h). Nothing here decides who may. */
#ifndef CLIPVAULT_NEWS_H
#define CLIPVAULT_NEWS_H

#include "vault/vault.h"

enum news_change {
  NEWS_CAME,      /* taken in, cut, a still */
  NEWS_CHANGED,   /* left quarantine, obscured, other people, on hold or not */
  NEWS_WITHDRAWN, /* uses ended, as somebody withdrew or refused */
  NEWS_EXPIRED,   /* uses ended, as their time was over */
  NEWS_ENDED,     /* uses ended for another reason */
};
const char *news_word(enum news_change change);

struct news_item {
  struct id clip;
  enum news_change change;
  uint32_t purposes; /* bits of enum purpose: what it can no longer be opened for */
  bool destroyed;    /* altogether */
};
struct news {
  struct bytes items; /* struct news_item, in the order in which it happened */
  bool rights;        /* who may know of what, or who acts, may be different by now */
  bool more;          /* more happened than is told here one by one */
};
void news_free(struct news *n); /* takes any state */
#define news_auto news_free

/* Of the log's entries from `first` on. */
enum err news_since(struct vault *v, uint64_t first, struct news *out);

#endif
