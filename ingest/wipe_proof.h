/* Whether the vault really has what a file held: asked before the file is destroyed. */
#ifndef CLIPVAULT_INGEST_WIPE_PROOF_H
#define CLIPVAULT_INGEST_WIPE_PROOF_H

#include "vault/base/id.h"
#include "vault/session.h"

/* Reads every sealed object of the clip to its end. ERR_DATA with the reason unless all of them are authentic, the clip is live,
 * was made of a file with this SHA-256, and is whole: its original is that file, or its copy has no damage. Other commands are
 * attended meanwhile; what they destroy is noticed. */
enum err wipe_proof(struct session *s, const struct id *clip, const uint8_t sha256[32]);

#endif
