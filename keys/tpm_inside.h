/* What the files of tpm.h share. */
#ifndef CLIPVAULT_KEYS_TPM_INSIDE_H
#define CLIPVAULT_KEYS_TPM_INSIDE_H

#include "keys/tpm.h"

#include <stdbool.h>
#include <tss2/tss2_esys.h>

struct tpm {
  TSS2_TCTI_CONTEXT *tcti;
  ESYS_CONTEXT *esys;
  ESYS_TR primary, session; /* ESYS_TR_NONE while there is none */
};

/* ERR_OK for success, else as tpm.h says, with what was being done ("write to it") in the message. */
enum err tpm_result(TSS2_RC rc, const char *doing);
/* Format-one codes carry which parameter or session they are about; this is the code alone. */
TSS2_RC tpm_code(TSS2_RC rc);
/* Which way parameters are encrypted in the next command; a command without such a parameter refuses the wish. */
enum tpm_encrypted { TPM_PLAIN = 0, TPM_SENT = TPMA_SESSION_DECRYPT, TPM_RECEIVED = TPMA_SESSION_ENCRYPT };
enum err tpm_encrypt(struct tpm *t, unsigned which);

#ifdef CLIPVAULT_TEST_HOOKS
/* CLIPVAULT_TEST_TPM_FAULT="write:2": the second such act of this process fails; of write, read, count. "wrong:2": the second
 * reading gives other bytes. "gone:2": from the second writing on nothing answers. "locked:1": the first writing is refused as by
 * a TPM that is locked out. */
bool tpm_fault(const char *what);
#else
static inline bool tpm_fault(const char *what) {
  (void)what;
  return false;
}
#endif

#endif
