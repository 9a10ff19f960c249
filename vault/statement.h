/* What a certificate says: the facts of one finished destruction, item by item, no more than happened.
 *
 *   kind "use-ended"   this vault can no longer open the clip for that purpose; the film still exists for the others named
 *   kind "suspended"   the same, but the clip waits in quarantine: with everyone's consent it could be opened again until that
 *                      ends
 *   kind "destroyed"   no key of the clip (or of the form signed with a consent) is left; its ciphertext, named by size and
 *                      SHA-256, is deleted next
 *   kind "deferred"    it was due and is still there: a hold keeps it; nobody may watch it meanwhile
 *   kind "erased"      no key of that person's record is left: name, birthday, what was recorded with their consents
 *
 * People and clips appear by id only; each item names when it was due and when its keys went, which keys (by their commitments,
 * vault/commitment.h), and for what is deleted, each sealed file by role, size and SHA-256. The form is one line of JSON, signed
 * (keys/certificate.h):
 *
 *   {claims,"log":{…},"signature":"…"}
 *
 * The claims are entered in the audit log by their hash before the line is signed, and "log" proves that they stand there. */
#ifndef CLIPVAULT_STATEMENT_H
#define CLIPVAULT_STATEMENT_H

#include "vault/audit_checkpoint.h"
#include "vault/shred.h"
#include "vault/vault.h"

/* Inside the transaction that decides the job, once for each clip (purpose "": altogether) or use that `hold` keeps although it
 * is due; decides the job if nothing else did, so that a certificate is issued. `owner_role` is a word of what a role is called
 * ("officer"), never a name; why the hold was placed is not on a certificate. `due_ms`: when it should have ended. */
enum err statement_deferred(struct vault *v, struct shred_job *job, const struct id *hold, const struct id *clip,
                            const char *purpose, const char *owner_role, int64_t due_ms, int64_t review_ms);

/* What may still bring back what a job destroyed: asked when its certificate is written. */
enum { STATEMENT_MOST_HOLDERS = 16 };
struct statement_remains {
  struct {
    char name[INDEX_WORD]; /* of a holder of the effaceable secret that has not confirmed that it let go */
  } holders[STATEMENT_MOST_HOLDERS];
  size_t holder_count;
  int64_t backups_until_ms; /* until then a backup may hold the ciphertext with a key; CLOCK_NEVER_MS: nobody knows */
};
/* A backup holds no effaceable secret: it is worth nothing from now on, unless a holder is outstanding. (statement_remains.c) */
enum err statement_remains_ask(struct vault *v, struct statement_remains *out);

/* Before the job's rows go (inside its concluding transaction). Enters the certificate in the audit log and appends it, signed;
 * *anything is false, and nothing is entered or appended, where only keys that opened nothing any more were destroyed. */
enum err statement_of_job(struct vault *v, const struct index_job *job, const struct keystore_proof *proof, struct bytes *out,
                          bool *anything);

/* Needs no vault. Whether the vault with this key signed exactly this certificate, and entered it in its audit log before.
 * ERR_DATA if it does not have the form at all. (statement_verify.c) */
struct statement_verdict {
  bool valid, logged; /* logged: false of form 1, which carries no proof */
  uint64_t entry;     /* where in the log, if logged */
  struct audit_checkpoint checkpoint;
  char problem[200]; /* in words, when not valid */
};
enum err statement_verify(const uint8_t public_key[32], const struct bytes *statement, struct statement_verdict *out);

/* The same for people: a member a line, indented. (statement_text.c) */
enum err statement_text(const struct bytes *statement, struct bytes *out);
/* The same as a page of HTML that a parent can read and print, in plain English; it needs nothing else. On a screen the signed
 * line can be unfolded at its end. `public_key` is the vault's own: ERR_DATA if the certificate is not what was signed, so that
 * nothing but our own writing is ever looked into. (statement_page.c) */
enum err statement_page(const uint8_t public_key[32], const struct bytes *statement, struct bytes *out);

#endif
