/* The law of the product, in keys: a rendition's DEK for one purpose opens only with the clip's own key, the key of that
 * use, and for *everyone* in the clip a key that their consent to that purpose holds.
 *
 *   KEK = BLAKE2b-256(key = XK || BK, "clipvault-kek" || vault || clip || purpose || rendition || n ||
 *                     for each person, sorted by id: id || scope || SPK)
 *   ct  = nonce(24, random) || XChaCha20-Poly1305(KEK, DEK; AAD = "clipvault-wrap" || vault || clip || purpose || rendition ||
 *                     hash of the set of people || case || kind || recorded || the clip's own expiry ||
 *                     bindings of the rendition's objects)
 * All fields of fixed width: purpose, rendition and kind are zero-padded to 32 bytes, numbers little endian.
 * While a clip is in quarantine its only wrap has purpose "" and a KEK from QK alone, n = 0; the set of people is bound all the
 * same, so that nobody can be left out before the first consent comes. Pure: no I/O. */
#ifndef CLIPVAULT_WRAP_H
#define CLIPVAULT_WRAP_H

#include "vault/base/err.h"
#include "vault/base/id.h"
#include "vault/base/secret.h"
#include "vault/index.h"

/* What a wrap is bound to. */
struct wrap_subject {
  struct id vault, clip, kase;
  const char *purpose, *rendition, *kind;
  int64_t recorded_ms, expires_ms;    /* the clip's own */
  const struct index_object *objects; /* those of the rendition, in the index's order */
  size_t object_count;
};
/* One person in it: the scope their SPK is for, and the SPK (in the arena; unused for quarantine). */
struct wrap_person {
  struct index_scope scope; /* .person is who */
  const struct secret_key *spk;
};

/* `people` are sorted by id here; at least one, everyone in it. `xk` is not used for quarantine. */
enum err wrap_seal(const struct wrap_subject *s, const struct secret_key *xk, const struct secret_key *bk,
                   struct wrap_person *people, size_t count, const struct secret_key *dek, uint8_t ct[INDEX_WRAP_CT]);
/* ERR_DATA if any key, person, scope or bound fact is not the one it was sealed with. */
enum err wrap_open(const struct wrap_subject *s, const struct secret_key *xk, const struct secret_key *bk,
                   struct wrap_person *people, size_t count, const uint8_t ct[INDEX_WRAP_CT], struct secret_key *dek);

#endif
