/* What a certificate says: the facts of one finished destruction, item by item, no more than happened.
 *
 *   kind "use-ended"   this vault can no longer open the clip for that purpose; the film still exists for the others named
 *   kind "suspended"   the same, but the clip waits in quarantine: with everyone's consent it could be opened again until that
 *                      ends
 *   kind "destroyed"   no key of the clip (or of the form signed with a consent) is left; its ciphertext, named by size and
 *                      SHA-256, is deleted next
 *   kind "erased"      no key of that person's record is left: name, birthday, what was recorded with their consents
 *
 * People and clips appear by id only. The form is one line of JSON, signed (keys/certificate.h). */
#ifndef CLIPVAULT_STATEMENT_H
#define CLIPVAULT_STATEMENT_H

#include "vault/vault.h"

/* Before the job's rows go (inside its concluding transaction). Appends the signed certificate; *anything is false, and
 * nothing is appended, where only keys that opened nothing any more were destroyed. */
enum err statement_of_job(struct vault *v, const struct index_job *job, const struct keystore_proof *proof, struct bytes *out,
                          bool *anything);

/* The same for people: a member a line, indented. */
enum err statement_text(const struct bytes *statement, struct bytes *out);

#endif
