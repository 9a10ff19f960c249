/* A clip as one stream of plaintext: `head` followed by `body`, one length, ranges that cross the seam (a still or a document is
 * `body` alone). What export reads, and what the player bridge serves. */
#ifndef CLIPVAULT_FILM_H
#define CLIPVAULT_FILM_H

#include "vault/container.h"
#include "vault/purpose.h"
#include "vault/vault.h"

struct film;

/* Opens a rendition of the clip (vault/uses.h) for a purpose: everyone's keys must open it. Policy was asked before. `part` is
 * the role of a single object ("poster"; of the original, "original"), or NULL for what is played. */
enum err film_open(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, const char *part,
                   struct film **out);
/* Of objects that are in no index: their readers, in the order of the stream, become the film's, also on failure. */
enum { FILM_PARTS = 2 };
enum err film_join(struct container_reader *readers[], size_t count, struct film **out);
/* The same objects (`part` as above) for another process that is to read them, and nothing more: files, and K || base of each,
 * never the DEK. */
struct film_parts {
  struct {
    int fd; /* owned */
    struct container_ids ids;
    uint8_t binding[32];
  } part[FILM_PARTS];
  struct container_keys *keys; /* FILM_PARTS of them, in the arena */
  size_t count;
};
enum err film_hand_over(struct vault *v, const struct id *clip, const char *rendition, enum purpose purpose, const char *part,
                        struct film_parts *out);
void film_parts_free(struct film_parts *p); /* closes, wipes; takes any state */
#define film_parts_auto film_parts_free

uint64_t film_length(const struct film *f);
/* As container_read. */
enum err film_read(struct film *f, uint64_t offset, void *out, size_t length, size_t *got);
void film_close(struct film *f); /* wipes; takes NULL */
static inline void film_auto(struct film **f) { film_close(*f); }

#endif
