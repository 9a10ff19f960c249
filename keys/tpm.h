/* A TPM 2.0 behind tpm2-tss (ESAPI): the little that this folder needs of one.
 *
 * Everything goes through one HMAC session, salted to a storage primary of the owner hierarchy, whose parameters are encrypted
 * (AES-128 CFB): whoever listens on the bus sees neither the secrets nor what authorises their use. The primary is made anew for
 * each connection from a fixed template; nothing is left in the TPM but what was asked for. The owner hierarchy must have no
 * password.
 *
 * Failures: ERR_UNAVAILABLE where there is no TPM, or what was in it is gone; ERR_BUSY where it wants to be left alone for a
 * while (locked out, its memory at its rate limit, testing itself); ERR_IO for everything else. None of them says that anything
 * changed or did not: whoever cares reads it back. */
#ifndef CLIPVAULT_KEYS_TPM_H
#define CLIPVAULT_KEYS_TPM_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/base/secret.h"

#include <stddef.h>
#include <stdint.h>

struct tpm;

enum { TPM_MOST_RECORD = 128, TPM_MOST_TCTI = 256, TPM_MOST_SEALED = 2048 };

/* How a TPM is reached: "" for what libtss2-tctildr finds by itself (/dev/tpmrm0 as a rule), else NAME:SETTINGS with one of the
 * names device, swtpm, mssim, tabrmd. Others could start programs, and what stands in a file must not. ERR_USAGE. */
enum err tpm_check_tcti(const char *tcti);

/* $CLIPVAULT_TPM2_TCTI, where it is set, goes before `tcti`. */
enum err tpm_open(const char *tcti, struct tpm **out);
void tpm_close(struct tpm *t); /* takes NULL */
static inline void tpm_auto(struct tpm **t) { tpm_close(*t); }

/* ---- memory in the TPM (NV indices), read and written by whoever knows `auth`, free from the protection against guessing,
 * which 256 random bits do not need and which would let anybody lock the vault */
enum tpm_nv { TPM_NV_RECORD, TPM_NV_COUNTER };
/* Makes an index in the owner's range (0x01800000 to 0x01bfffff) at a handle that is free. `size` counts for records only. */
enum err tpm_nv_define(struct tpm *t, enum tpm_nv kind, size_t size, const struct secret_key *auth, uint32_t *handle);
/* Fine if it is gone already. */
enum err tpm_nv_undefine(struct tpm *t, uint32_t handle);
/* At most TPM_MOST_RECORD bytes. What was never written is all zero. */
enum err tpm_nv_read(struct tpm *t, uint32_t handle, const struct secret_key *auth, uint8_t *out, size_t length);
enum err tpm_nv_write(struct tpm *t, uint32_t handle, const struct secret_key *auth, const uint8_t *data, size_t length);
/* Counts up by one. */
enum err tpm_nv_increment(struct tpm *t, uint32_t handle, const struct secret_key *auth);

/* ---- a secret that this TPM alone gives back, to whoever asks: no password, no policy (tpm_seal.c) */
/* Appends what is kept outside: field public || field private, as the TPM writes them. */
enum err tpm_seal(struct tpm *t, const struct secret_key *secret, struct bytes *out);
/* ERR_DATA if that is no such thing, ERR_REFUSED if it is of another TPM. */
enum err tpm_unseal(struct tpm *t, const void *sealed, size_t length, struct secret_key *out);

#endif
