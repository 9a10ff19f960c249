/* Codes of an authenticator app: RFC 6238 with SHA-1, 30 seconds, 6 digits, which is what all of them do. Pure. */
#ifndef CLIPVAULT_TOTP_H
#define CLIPVAULT_TOTP_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { TOTP_SECRET = 20, TOTP_DIGITS = 6, TOTP_STEP_MS = 30 * 1000 };

/* The code of one step of time, as a number below 10^6. ERR_BUG if libcrypto fails. */
enum err totp_code(const uint8_t secret[TOTP_SECRET], uint64_t step, uint32_t *code);
/* Whether `text` is the code of the step at `now_ms` or of one beside it (clocks differ), and of none up to `last`, the last one
 * used; then *step is the one it is of. Takes as long for a wrong code as for a right one. */
bool totp_matches(const uint8_t secret[TOTP_SECRET], const char *text, int64_t now_ms, uint64_t last, uint64_t *step);
/* Appends what an app reads: otpauth://totp/clipvault:NAME?secret=…, without a newline. */
void totp_put_uri(struct bytes *out, const uint8_t secret[TOTP_SECRET], const char *name);

#endif
