/* Inside keys/ only: a slot as it is stored, and what opening, making and resealing one means.
 *
 *   private half: XChaCha20-Poly1305(key of the secret, private; AAD = "clipvault-slot" || vault || id || kind || public ||
 *                 ops || memory)       key of the secret = Argon2id(passphrase, salt), or BLAKE2b(key file or joined shares,
 * label, salt) MRK:          crypto_box_seal(MRK, public): rotated without asking anyone for a secret */
#ifndef CLIPVAULT_KEYS_SLOT_RECORD_H
#define CLIPVAULT_KEYS_SLOT_RECORD_H

#include "keys/slot.h"

/* Argon2id: below the floor a passphrase is not protected, above the ceiling opening would be an attack on the machine. */
enum { SLOT_LEAST_OPS = 2, SLOT_MOST_OPS = 12, SLOT_LEAST_KIB = 64 << 10, SLOT_MOST_KIB = 1 << 20 };
enum { SLOT_NONCE = 24, SLOT_PRIVATE = 32 + 16, SLOT_SEALED_MRK = 32 + 48 };

struct slot_record {
  struct id id;
  enum slot_kind kind;
  int64_t created_ms;
  uint32_t ops, kib; /* 0 unless it is a passphrase */
  uint8_t salt[16], public_half[32], nonce[SLOT_NONCE], private_half[SLOT_PRIVATE], sealed_mrk[SLOT_SEALED_MRK];
};

enum err slot_record_make(const struct slot_secret *secret, const struct id *vault, const struct secret_key *mrk, int64_t now_ms,
                          struct slot_record *out);
/* ERR_REFUSED if the secret is not this slot's; ERR_DATA if the record is out of bounds. */
enum err slot_record_open(const struct slot_record *slot, const struct slot_secret *secret, const struct id *vault,
                          struct secret_key *mrk);
/* Another MRK for the same slot. */
enum err slot_record_reseal(struct slot_record *slot, const struct secret_key *mrk);

#endif
