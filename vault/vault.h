/* An open vault: its folder, key store, index and configuration, held by the one process that holds the vault's lock.
 *
 * Opening finishes what a crash left half done (destructions roll forward, never back) and looks at the clock: a clock
 * that went backwards, jumped far ahead, or suddenly makes a large part of the vault due, stops viewing and automatic
 * destruction until a person confirms it. */
#ifndef CLIPVAULT_VAULT_H
#define CLIPVAULT_VAULT_H

#include "keys/keystore.h"
#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/config.h"
#include "vault/index.h"

#include <stdbool.h>
#include <stdint.h>

enum vault_clock {
  VAULT_CLOCK_FINE,
  VAULT_CLOCK_BACKWARDS, /* now lies before a time this vault has already seen */
  VAULT_CLOCK_JUMPED,    /* more than 31 days since this vault was last used */
  VAULT_CLOCK_MASS_DUE,  /* more than 20 clips and a tenth of the vault fell due at once */
};

struct consent_shelf;
struct key_user;

struct vault {
  struct id id;
  int dir, objects; /* folders: the vault, and objects/ in it */
  struct keystore *keys;
  struct index *index;
  struct config config;
  struct index_account actor; /* who acts now: the vault user mapped to the caller's uid */
  bool actor_doubtful;        /* their account is not what was sealed; the actor is nobody then */
  enum vault_clock clock;
  bool rolled_back; /* the index is not the one that the key store last vouched for: nothing of it is acted upon */
  struct consent_shelf *shelf;
  struct key_user *users; /* whoever holds a key while other commands run (vault/shred.h) */
  struct id making[32];   /* objects that are being sealed now, each taken off by its maker (vault/object.h): of two uploads with
                             their originals (7 each) and of a cut from both renditions (12) that runs beside them, and a form */
  size_t making_count;
  int64_t now_ms; /* fixed for the length of one command, so that one decision has one time */
};

/* Makes the folder (or takes an empty one) and everything in it; the caller's uid becomes practitioner and officer. `effaceable`
 * as keystore_create takes it. ERR_CREATE if there is something already, which stays as it is; nothing that this call made is
 * left behind on failure. */
enum err vault_create(const char *path, const struct slot_secret *secret, const char *effaceable, struct id *out);

/* `dirfd` is borrowed and outlives the vault. */
enum err vault_open(int dirfd, const struct slot_secret *secret, struct vault **out);
void vault_close(struct vault *v); /* takes NULL */
static inline void vault_auto(struct vault **v) { vault_close(*v); }

/* Before each command: who asks, what time it is, and whether the index is the one that belongs to the keys. ERR_REFUSED if
 * nobody in the vault has this uid, ERR_DATA if their account was changed from outside; unless that is allowed for: then the
 * actor is nobody. */
enum { VAULT_ANYBODY = 1 /* nobody is somebody */, VAULT_DOUBTFUL = 2 /* so is whose account was changed */ };
enum err vault_begin(struct vault *v, int64_t uid, unsigned allowed);
/* The same for who has signed in (vault/signin.h), in a session of that generation. ERR_REFUSED where that session or their time
 * has ended, ERR_DATA if their account was changed from outside. */
enum err vault_begin_as(struct vault *v, const struct id *user, uint32_t generation);
/* After each command: the clock's high-water mark and the head of the audit log go into the key store's root. */
enum err vault_end(struct vault *v);
/* The same for the log's head in the middle of a command, after a commit: from here on an index from before is noticed. */
enum err vault_anchor(struct vault *v);
/* ERR_DATA with what to do, if the index was put back or changed. */
enum err vault_age_check(const struct vault *v);

static inline int64_t vault_now_ms(const struct vault *v) { return v->now_ms; }
/* ERR_REFUSED with what to do, unless the clock is fine. */
enum err vault_clock_check(const struct vault *v);
/* "fine", "backwards", "jumped" or "mass-due", for programs. */
const char *vault_clock_word(const struct vault *v);
/* A person has looked at the clock: from now on it counts as right. */
enum err vault_clock_confirm(struct vault *v);

#endif
