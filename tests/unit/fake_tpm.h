/* As much of a TPM as keys/ asks for, in this process, and each call to it may fail (FAULTS_TPM, with fake_tpm.says) or give
 * something else than it should (FAULTS_LIE): what a real one does, tests/unit/test_effaceable.c sees. Include it after faults.h.
 */
#ifndef CLIPVAULT_TESTS_FAKE_TPM_H
#define CLIPVAULT_TESTS_FAKE_TPM_H

#include "tests/unit/faults.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>

enum {
  FAKE_INDICES = 64,
  FAKE_OBJECT = 0x1000,
  FAKE_LOADED = 0x2000,
  FAKE_SESSION = 0x3000,
  FAKE_PRIMARY = 0x4000,
  FAKE_MARK = 0xca
};

static struct {
  TSS2_RC says; /* what a call fails with */
  bool shorter; /* what it gives is too short, and not of another content */
  bool used;    /* a connection is open */
  struct {
    TPM2_HANDLE handle;          /* 0: free */
    uint8_t auth[32], shown[32]; /* as it was made with; as the caller says */
    uint8_t data[64];
    size_t size;
    bool written;
  } index[FAKE_INDICES];
  uint8_t secret[32]; /* of the object that is loaded */
} fake_tpm = {.says = TPM2_RC_FAILURE};

/* Memory of the library's, which does not run out with ours. */
static void *fake_memory(size_t length) {
  unsigned kinds = faults.kinds;
  faults.kinds = 0;
  void *given = calloc(1, length);
  faults.kinds = kinds;
  return given;
}

#define FAKE(name, parameters, ...)                                                          \
  TSS2_RC name parameters {                                                                  \
    if (faults_strike(FAULTS_TPM, #name, __builtin_return_address(0))) return fake_tpm.says; \
    __VA_ARGS__                                                                              \
    return TSS2_RC_SUCCESS;                                                                  \
  }
#define FAKE_LIES(name) faults_strike(FAULTS_LIE, name, __builtin_return_address(0))
#define AN_ESYS ESYS_CONTEXT *c
#define SESSIONS ESYS_TR s1, ESYS_TR s2, ESYS_TR s3
#define SOME_SESSIONS (void)c, (void)s1, (void)s2, (void)s3

/* ---- connecting */
FAKE(Tss2_TctiLdr_Initialize, (const char *name, TSS2_TCTI_CONTEXT **out), (void)name, (void)out; fake_tpm.used = true;)
void Tss2_TctiLdr_Finalize(TSS2_TCTI_CONTEXT **context) {
  (void)context;
  fake_tpm.used = false;
}
FAKE(Esys_Initialize, (ESYS_CONTEXT * *out, TSS2_TCTI_CONTEXT *tcti, TSS2_ABI_VERSION *abi), (void)out, (void)tcti, (void)abi;)
void Esys_Finalize(ESYS_CONTEXT **context) { (void)context; }
void Esys_Free(void *memory) { free(memory); }
FAKE(Esys_CreatePrimary,
     (AN_ESYS, ESYS_TR at, SESSIONS, const TPM2B_SENSITIVE_CREATE *sensitive, const TPM2B_PUBLIC *public, const TPM2B_DATA *data,
      const TPML_PCR_SELECTION *pcr, ESYS_TR *object, TPM2B_PUBLIC **out, TPM2B_CREATION_DATA **creation, TPM2B_DIGEST **digest,
      TPMT_TK_CREATION **ticket),
     SOME_SESSIONS, (void)at, (void)sensitive, (void)public, (void)data, (void)pcr, (void)out, (void)creation, (void)digest,
     (void)ticket;
     *object = FAKE_PRIMARY;)
FAKE(Esys_StartAuthSession,
     (AN_ESYS, ESYS_TR key, ESYS_TR bind, SESSIONS, const TPM2B_NONCE *nonce, TPM2_SE type, const TPMT_SYM_DEF *symmetric,
      TPMI_ALG_HASH hash, ESYS_TR *session),
     SOME_SESSIONS, (void)key, (void)bind, (void)nonce, (void)type, (void)symmetric, (void)hash;
     *session = FAKE_SESSION;)
FAKE(Esys_TRSess_SetAttributes, (AN_ESYS, ESYS_TR session, TPMA_SESSION flags, TPMA_SESSION mask), (void)c, (void)session,
     (void)flags, (void)mask;)
TSS2_RC Esys_FlushContext(AN_ESYS, ESYS_TR handle) { return (void)c, (void)handle, TSS2_RC_SUCCESS; }
TSS2_RC Esys_TR_Close(AN_ESYS, ESYS_TR *handle) { return (void)c, *handle = ESYS_TR_NONE, TSS2_RC_SUCCESS; }

/* ---- memory */
static int fake_find(TPM2_HANDLE handle) {
  for (int i = 0; i < FAKE_INDICES; i++)
    if (fake_tpm.index[i].handle == handle) return i;
  return -1;
}
FAKE(Esys_TR_FromTPMPublic, (AN_ESYS, TPM2_HANDLE handle, SESSIONS, ESYS_TR *object), SOME_SESSIONS; int i = fake_find(handle);
     if (i < 0) return TPM2_RC_HANDLE + TPM2_RC_1; *object = FAKE_OBJECT + (ESYS_TR)i;)
FAKE(Esys_TR_SetAuth, (AN_ESYS, ESYS_TR object, const TPM2B_AUTH *auth), (void)c;
     memcpy(fake_tpm.index[object - FAKE_OBJECT].shown, auth->buffer, 32);)
FAKE(Esys_NV_DefineSpace,
     (AN_ESYS, ESYS_TR owner, SESSIONS, const TPM2B_AUTH *auth, const TPM2B_NV_PUBLIC *public, ESYS_TR *object), SOME_SESSIONS,
     (void)owner;
     if (fake_find(public->nvPublic.nvIndex) >= 0) return TPM2_RC_NV_DEFINED; int i = fake_find(0);
     if (i < 0) return TPM2_RC_NV_SPACE; memset(&fake_tpm.index[i], 0, sizeof fake_tpm.index[i]);
     fake_tpm.index[i].handle = public->nvPublic.nvIndex; fake_tpm.index[i].size = public->nvPublic.dataSize;
     memcpy(fake_tpm.index[i].auth, auth->buffer, 32); *object = FAKE_OBJECT + (ESYS_TR)i;)
FAKE(Esys_NV_UndefineSpace, (AN_ESYS, ESYS_TR owner, ESYS_TR object, SESSIONS), SOME_SESSIONS, (void)owner;
     fake_tpm.index[object - FAKE_OBJECT].handle = 0;)
#define FAKE_ADMIT(object)                                                                               \
  if (memcmp(fake_tpm.index[object - FAKE_OBJECT].shown, fake_tpm.index[object - FAKE_OBJECT].auth, 32)) \
    return TPM2_RC_AUTH_FAIL + TPM2_RC_S + TPM2_RC_1;
FAKE(Esys_NV_Write, (AN_ESYS, ESYS_TR auth, ESYS_TR object, SESSIONS, const TPM2B_MAX_NV_BUFFER *data, UINT16 offset),
     SOME_SESSIONS, (void)auth, (void)offset;
     FAKE_ADMIT(object) memcpy(fake_tpm.index[object - FAKE_OBJECT].data, data->buffer, data->size);
     fake_tpm.index[object - FAKE_OBJECT].written = true;)
FAKE(Esys_NV_Increment, (AN_ESYS, ESYS_TR auth, ESYS_TR object, SESSIONS), SOME_SESSIONS, (void)auth; FAKE_ADMIT(object);)
FAKE(
    Esys_NV_Read, (AN_ESYS, ESYS_TR auth, ESYS_TR object, SESSIONS, UINT16 size, UINT16 offset, TPM2B_MAX_NV_BUFFER **data),
    SOME_SESSIONS, (void)auth, (void)offset;
    FAKE_ADMIT(object) if (!fake_tpm.index[object - FAKE_OBJECT].written) return TPM2_RC_NV_UNINITIALIZED;
    *data = fake_memory(sizeof **data); (*data)->size = size;
    memcpy((*data)->buffer, fake_tpm.index[object - FAKE_OBJECT].data, size);
    if (FAKE_LIES("Esys_NV_Read")) { (*data)->size -= fake_tpm.shorter, (*data)->buffer[0] ^= !fake_tpm.shorter; })

/* ---- sealing */
FAKE(Esys_Create,
     (AN_ESYS, ESYS_TR parent, SESSIONS, const TPM2B_SENSITIVE_CREATE *sensitive, const TPM2B_PUBLIC *public,
      const TPM2B_DATA *data, const TPML_PCR_SELECTION *pcr, TPM2B_PRIVATE **private, TPM2B_PUBLIC **out,
      TPM2B_CREATION_DATA **creation, TPM2B_DIGEST **digest, TPMT_TK_CREATION **ticket),
     SOME_SESSIONS, (void)parent, (void)data, (void)pcr, (void)creation, (void)digest, (void)ticket;
     *private = fake_memory(sizeof **private); *out = fake_memory(sizeof **out); **out = *public; (*private)->size = 33;
     (*private)->buffer[0] = FAKE_MARK; memcpy((*private)->buffer + 1, sensitive->sensitive.data.buffer, 32);)
FAKE(Esys_Load, (AN_ESYS, ESYS_TR parent, SESSIONS, const TPM2B_PRIVATE *private, const TPM2B_PUBLIC *public, ESYS_TR *object),
     SOME_SESSIONS, (void)parent, (void)public;
     if (private->size != 33 || private->buffer[0] != FAKE_MARK) return TPM2_RC_INTEGRITY + TPM2_RC_P + TPM2_RC_1;
     memcpy(fake_tpm.secret, private->buffer + 1, 32); *object = FAKE_LOADED;)
FAKE(Esys_Unseal, (AN_ESYS, ESYS_TR item, SESSIONS, TPM2B_SENSITIVE_DATA **data), SOME_SESSIONS, (void)item;
     *data = fake_memory(sizeof **data); (*data)->size = (UINT16)(FAKE_LIES("Esys_Unseal") ? 31 : 32);
     memcpy((*data)->buffer, fake_tpm.secret, 32);)
FAULTS(FAULTS_TPM, TSS2_RC, Tss2_MU_TPM2B_PUBLIC_Marshal, (TPM2B_PUBLIC const *from, uint8_t to[], size_t room, size_t *at),
       (from, to, room, at), fake_tpm.says)
FAULTS(FAULTS_TPM, TSS2_RC, Tss2_MU_TPM2B_PRIVATE_Marshal, (TPM2B_PRIVATE const *from, uint8_t to[], size_t room, size_t *at),
       (from, to, room, at), fake_tpm.says)

#endif
