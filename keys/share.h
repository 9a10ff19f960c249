/* Recovery shares: a secret of 32 bytes in parts for several people, any `threshold` of which give it back, while fewer say
 * nothing about it but the 40 bits of a hash that name the set. Shamir's scheme (Communications of the ACM 22, 11, 1979) over
 * GF(2^8) with the polynomial of AES, byte by byte. Pure, and without branches or tables that depend on a secret.
 *
 * On paper a share is 22 words of five letters, sixteen bits each, consonants and vowels in turn so that they can be said and
 * typed (proquints, arXiv:0901.4016). It holds: version 1, threshold, number, five bytes that name the set, the part, and four
 * that check the rest:
 *   set = first 5 bytes of BLAKE2b-256(key = secret, "clipvault-share-set")
 *   check = first 4 bytes of BLAKE2b-256("clipvault-share" || the 40 bytes before) */
#ifndef CLIPVAULT_KEYS_SHARE_H
#define CLIPVAULT_KEYS_SHARE_H

#include "vault/base/err.h"
#include "vault/base/secret.h"

#include <stddef.h>
#include <stdint.h>

enum { SHARE_MOST = 16, SHARE_SET = 5, SHARE_WORDS = 22, SHARE_WORD = 5, SHARE_TEXT = SHARE_WORDS * (SHARE_WORD + 1) };

/* As secret as the secret: in the arena. */
struct share {
  uint8_t threshold, number; /* 1 to SHARE_MOST */
  uint8_t set[SHARE_SET];
  uint8_t part[32];
};

/* ERR_USAGE unless 2 <= threshold <= count <= SHARE_MOST. */
enum err share_split(const struct secret_key *secret, unsigned threshold, unsigned count, struct share out[]);

/* ERR_DATA, saying which (by the number written on it), for one that is there twice, belongs to another set, or is false; or if
 * there are fewer than `threshold`. With more than are needed a single false one is found; without, it is said that there is one.
 */
enum err share_join(const struct share shares[], size_t count, struct secret_key *out);

/* Words with a space between; NUL at the end. */
void share_print(const struct share *s, char out[SHARE_TEXT]);
/* Reads one share from the beginning of `text`: words, whatever stands between them, in capitals or not. *used is how far it
 * went; 0 if there was no word. ERR_DATA says which word is none, how many are missing, or that something was mistyped; never the
 * word. */
enum err share_parse(const char *text, size_t length, size_t *used, struct share *out);

#endif
