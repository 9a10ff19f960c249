/* Grants: how a consent's key (CK) reaches a person's key for one purpose and scope (SPK).
 *
 * SPK(person, purpose, scope) is random and stored only as grants, one for each consent that says yes:
 *   ct = nonce(24, random) || XChaCha20-Poly1305(CK(consent, purpose), SPK;
 *        AAD = "clipvault-grant" || vault || person || purpose || case || media || identifiability || consent ||
 *              when given || when it expires || hash of its rules)
 * Destroying every CK of a person for a purpose makes SPK unreachable, and with it every wrap of every clip they are in. */
#ifndef CLIPVAULT_GRANT_H
#define CLIPVAULT_GRANT_H

#include "vault/base/secret.h"
#include "vault/consent_book.h"
#include "vault/vault.h"

/* The SPK of a scope, through any grant whose CK still lives. ERR_REFUSED if there is none. */
enum err grant_open(struct vault *v, const struct index_scope *scope, struct secret_key *spk);

/* As above, but first sees to it that each consent of the person that says yes for the scope now holds a grant: a new
 * consent gets the SPK through an older one that lives; where there is none, a new SPK is made. Inside a transaction.
 * `book` is the person's. ERR_REFUSED if no consent says yes. */
enum err grant_ensure(struct vault *v, const struct consent_book *book, const struct index_scope *scope,
                      const struct consent_clip *clip, enum purpose purpose, struct secret_key *spk);

/* Moves the grants that `kept` accepts from one CK to a new one (for a refusal that concerns only part of what a consent
 * covers). Inside a transaction; the old CK still lives. */
enum err grant_move(struct vault *v, const struct consent_book *book, keystore_leaf from, keystore_leaf to,
                    bool (*kept)(const void *context, const struct index_scope *scope), const void *context);

#endif
