/* One rendition of a clip while it is being made: what the worker sends is sealed as it arrives, each object in a container of
 * its own, all under one new DEK. Nothing of it stays unless rendition_put was committed. */
#ifndef CLIPVAULT_INGEST_RENDITION_H
#define CLIPVAULT_INGEST_RENDITION_H

#include "ingest/worker.h"
#include "vault/container.h"
#include "vault/session.h"
#include "vault/vault.h"

enum { RENDITION_OBJECTS = 7 };

struct rendition {
  struct vault *vault; /* borrowed */
  struct id clip;
  const char *name;       /* USES_AS_FILMED, …; borrowed */
  struct secret_key *dek; /* in the arena */
  struct {
    struct id id;
    int fd;
    struct container_writer *writer;
    struct container_seal seal;
  } objects[RENDITION_OBJECTS]; /* by role, see rendition.c */
  bool stopped;                 /* nothing more may be taken: a withdrawal came in between */
};

/* Draws a DEK. Free it whatever happens, and after the commit or the failure say rendition_made, so that what was not committed
 * can be deleted. */
void rendition_begin(struct rendition *r, struct vault *v, const struct id *clip, const char *name);
void rendition_free(struct rendition *r); /* wipes; takes any state */
#define rendition_auto rendition_free
void rendition_made(const struct rendition *r); /* takes any state */

/* For a worker's host: the next bytes of an object. ERR_REFUSED once it was stopped. */
enum err rendition_take(struct rendition *r, enum wire_object which, const void *data, size_t length);
/* The bytes as received, under the role "original". */
enum err rendition_take_original(struct rendition *r, const void *data, size_t length);

/* Runs the worker, whose host takes into r, until it has said what it reads, or, after its order, to its end; other commands are
 * attended meanwhile. ERR_REFUSED if it was stopped. */
enum err rendition_run(struct rendition *r, struct session *s, struct worker *w);

/* ERR_REFUSED if it was stopped. */
enum err rendition_going(const struct rendition *r);

/* Everything has arrived: seals what there is and makes it durable. ERR_DATA if nothing came. */
enum err rendition_seal(struct rendition *r);
/* Inside the transaction that makes the clip's rows. */
enum err rendition_put(struct rendition *r);
/* Once it is sealed: the id of its body, and where a reader finds what was sealed under a role (ERR_MISSING if nothing was). */
const struct id *rendition_body(const struct rendition *r);
enum err rendition_open(const struct rendition *r, const char *role, struct container_reader **out);

/* For a key_user's recheck: lets go of the key and takes nothing more. */
void rendition_stop(struct rendition *r);

#endif
