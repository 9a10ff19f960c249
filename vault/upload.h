/* A recording on its way in, over a network that may break: what it is called and whom it shows, how much of it has come, and
 * what became of it. Its bytes lie in spool/ (vault/spool.h), sealed under its own leaf UK, which is destroyed with them as soon
 * as the recording is a clip, is refused, is not wanted any more, or has not come in a day. It belongs to whoever began it. */
#ifndef CLIPVAULT_UPLOAD_H
#define CLIPVAULT_UPLOAD_H

#include "vault/vault.h"

enum { UPLOAD_MOST_NAME = 255, UPLOAD_MOST_OPEN = 64, UPLOAD_REASON = 512, UPLOAD_MOST_FAILURES = 3 };
#define UPLOAD_KEEP_MS ((int64_t)24 * 60 * 60 * 1000)

struct upload {
  struct index_upload row;
  /* Until UK is destroyed; then empty. */
  struct bytes file_name, people; /* struct id */
  struct id kase;
  char kind[INDEX_WORD]; /* "" follows the content */
  int64_t
      recorded_ms; /* the latest it may be; what the file says counts where it is earlier. CONSENT_UNKNOWN_MS: as the file says */
  unsigned failures; /* how often taking it in failed through no fault of the file; at UPLOAD_MOST_FAILURES it is enough */
  /* Afterwards. */
  char word[INDEX_WORD]; /* live quarantined duplicate refused; "" before */
  uint8_t sha256[32];    /* of what was received; zero if it was not even hashed */
  struct id clip;        /* zero: none */
  char reason[UPLOAD_REASON];
};
void upload_free(struct upload *u); /* wipes; takes any state */
#define upload_auto upload_free

/* A new one of the acting user, with a new UK; fills in the row but for its length. What may be taken in by whom was looked at
 * (vault/intake.h). ERR_BUSY if they have too many, ERR_USAGE if it is empty or longer than this vault takes. */
enum err upload_begin(struct vault *v, struct upload *new_one);
/* ERR_MISSING if there is none. ERR_DATA if its row is not what was sealed. */
enum err upload_load(struct vault *v, const struct id *id, struct upload *out);
/* The same, and ERR_MISSING too if it is not the acting user's. */
enum err upload_of_actor(struct vault *v, const struct id *id, struct upload *out);
enum err upload_key(struct vault *v, const struct upload *u, struct secret_key *uk);

/* Once more taking it in failed through no fault of the file: that is counted with it (and in `u`), and it goes behind all that
 * wait. */
enum err upload_failed(struct vault *v, struct upload *u);
/* What became of it (word, sha256, clip, reason of `u`) is kept until it expires, UK destroyed, its bytes deleted. */
enum err upload_settle(struct vault *v, const struct upload *u);
/* It ends with nothing: UK destroyed, bytes and rows deleted. */
enum err upload_end(struct vault *v, const struct upload *u);

struct shred_job;
/* Inside the sweep's transaction: those whose time is over end, and their keys with the job. */
enum err upload_expire(struct vault *v, struct shred_job *job);

#endif
