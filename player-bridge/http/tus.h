/* What the headers of tus 1.0 say (resumable uploads). Pure; its table is tests/unit/test_bridge_tus.c, and it is fuzzed. */
#ifndef CLIPVAULT_BRIDGE_TUS_H
#define CLIPVAULT_BRIDGE_TUS_H

#include "vault/base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

#define TUS_VERSION "1.0.0"
#define TUS_EXTENSIONS "creation,termination,expiration,checksum"
#define TUS_CHECKSUMS "sha256,sha1"

enum { TUS_MOST_METADATA = 8192, TUS_MOST_VALUE = 4096, TUS_MOST_DIGEST = 32, TUS_MOST_ALGORITHM = 8 };

/* Upload-Length, Upload-Offset: a decimal number that a file can have. NULL is none. */
bool tus_number(const char *text, uint64_t *out);

/* Upload-Metadata: "key base64,key base64,key". The value of `key`, decoded, replaces `out`; *found tells whether it is there.
 * False if the header is malformed, names a key twice, or the value is too long or holds a NUL. NULL is an empty header. */
bool tus_metadata(const char *text, const char *key, struct bytes *out, bool *found);

/* Upload-Checksum: "sha256 base64". */
struct tus_checksum {
  char algorithm[TUS_MOST_ALGORITHM]; /* "sha256", "sha1"; "" for none */
  uint8_t digest[TUS_MOST_DIGEST];
  size_t length;
};
/* NULL is none. False for another algorithm, or what is no digest of it. */
bool tus_checksum(const char *text, struct tus_checksum *out);

#endif
