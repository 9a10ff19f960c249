#include "keys/tpm_inside.h"

#include <sodium.h>
#include <string.h>

enum { OWNER_FIRST = 0x01800000, OWNER_COUNT = 0x00400000, TRIES = 32, COUNTER_BYTES = 8 };

static void fill_auth(const struct secret_key *auth, TPM2B_AUTH *out) {
  out->size = sizeof auth->b;
  memcpy(out->buffer, auth->b, sizeof auth->b);
}

/* An index as ESAPI knows it, given back when the scope ends: the TPM keeps it, the library need not. */
struct index {
  struct tpm *tpm;
  ESYS_TR object;
};
static void index_auto(struct index *i) {
  if (i->object != ESYS_TR_NONE) IGNORE(Esys_TR_Close(i->tpm->esys, &i->object));
}

static enum err find(struct tpm *t, uint32_t handle, const struct secret_key *auth, struct index *out) {
  TPM2B_AUTH value = {0};
  out->tpm = t;
  TRY(tpm_result(Esys_TR_FromTPMPublic(t->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &out->object), "find it"));
  fill_auth(auth, &value);
  TSS2_RC rc = Esys_TR_SetAuth(t->esys, out->object, &value);
  sodium_memzero(&value, sizeof value);
  return tpm_result(rc, "be given a password");
}

static enum err define_at(struct tpm *t, uint32_t handle, enum tpm_nv kind, size_t size, const TPM2B_AUTH *auth, bool *taken) {
  TPMA_NV type = kind == TPM_NV_COUNTER ? TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT : 0;
  TPM2B_NV_PUBLIC public = {.nvPublic = {.nvIndex = handle,
                                         .nameAlg = TPM2_ALG_SHA256,
                                         .attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA | type,
                                         .dataSize = (UINT16)(kind == TPM_NV_COUNTER ? COUNTER_BYTES : size)}};
  struct index made = {.tpm = t, .object = ESYS_TR_NONE};
  TRY(tpm_encrypt(t, TPM_SENT));
  TSS2_RC rc =
      Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER, t->session, ESYS_TR_NONE, ESYS_TR_NONE, auth, &public, &made.object);
  index_auto(&made);
  *taken = tpm_code(rc) == TPM2_RC_NV_DEFINED;
  return *taken ? ERR_OK : tpm_result(rc, "set memory aside");
}

/* Anywhere in the range: two vaults on one machine, or what other programs keep there, meet only by chance, and then it is
 * somewhere else. */
enum err tpm_nv_define(struct tpm *t, enum tpm_nv kind, size_t size, const struct secret_key *auth, uint32_t *handle) {
  TPM2B_AUTH value = {0};
  bool taken = true;
  uint32_t wanted = 0;
  enum err e = ERR_OK;
  fill_auth(auth, &value);
  for (int i = 0; i < TRIES && taken && e == ERR_OK; i++) {
    wanted = OWNER_FIRST + randombytes_uniform(OWNER_COUNT);
    e = define_at(t, wanted, kind, size, &value, &taken);
  }
  sodium_memzero(&value, sizeof value);
  TRY(e);
  if (taken) return err_set(ERR_UNAVAILABLE, "the TPM's memory is crowded: no free handle was found");
  *handle = wanted;
  return ERR_OK;
}

enum err tpm_nv_undefine(struct tpm *t, uint32_t handle) {
  AUTO(index) struct index i = {.tpm = t, .object = ESYS_TR_NONE};
  TSS2_RC rc = Esys_TR_FromTPMPublic(t->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &i.object);
  if (tpm_code(rc) == TPM2_RC_HANDLE) return ERR_OK;
  TRY(tpm_result(rc, "find it"));
  TRY(tpm_encrypt(t, TPM_PLAIN));
  TRY(tpm_result(Esys_NV_UndefineSpace(t->esys, ESYS_TR_RH_OWNER, i.object, t->session, ESYS_TR_NONE, ESYS_TR_NONE),
                 "give memory back"));
  i.object = ESYS_TR_NONE; /* ESAPI closed it */
  return ERR_OK;
}

enum err tpm_nv_read(struct tpm *t, uint32_t handle, const struct secret_key *auth, uint8_t *out, size_t length) {
  AUTO(index) struct index i = {.tpm = t, .object = ESYS_TR_NONE};
  TPM2B_MAX_NV_BUFFER *data = NULL;
  if (tpm_fault("read")) return tpm_result(TPM2_RC_FAILURE, "read from it");
  TRY(find(t, handle, auth, &i));
  TRY(tpm_encrypt(t, TPM_RECEIVED));
  TSS2_RC rc = Esys_NV_Read(t->esys, i.object, i.object, t->session, ESYS_TR_NONE, ESYS_TR_NONE, (UINT16)length, 0, &data);
  if (tpm_code(rc) == TPM2_RC_NV_UNINITIALIZED) {
    memset(out, 0, length);
    return ERR_OK;
  }
  TRY(tpm_result(rc, "read from it"));
  bool whole = data->size == length;
  if (whole) memcpy(out, data->buffer, length);
  if (tpm_fault("wrong")) out[0] ^= 1;
  sodium_memzero(data, sizeof *data);
  Esys_Free(data);
  return whole ? ERR_OK : err_set(ERR_IO, "the TPM gave another number of bytes than it was asked for");
}

enum err tpm_nv_write(struct tpm *t, uint32_t handle, const struct secret_key *auth, const uint8_t *data, size_t length) {
  AUTO(index) struct index i = {.tpm = t, .object = ESYS_TR_NONE};
  TPM2B_MAX_NV_BUFFER sent = {.size = (UINT16)length};
  if (tpm_fault("write")) return tpm_result(TPM2_RC_FAILURE, "write to it");
  if (tpm_fault("locked")) return tpm_result(TPM2_RC_LOCKOUT, "write to it");
  if (tpm_fault("gone")) return tpm_result(TSS2_TCTI_RC_IO_ERROR, "write to it");
  TRY(find(t, handle, auth, &i));
  TRY(tpm_encrypt(t, TPM_SENT));
  memcpy(sent.buffer, data, length);
  TSS2_RC rc = Esys_NV_Write(t->esys, i.object, i.object, t->session, ESYS_TR_NONE, ESYS_TR_NONE, &sent, 0);
  sodium_memzero(&sent, sizeof sent);
  return tpm_result(rc, "write to it");
}

enum err tpm_nv_increment(struct tpm *t, uint32_t handle, const struct secret_key *auth) {
  AUTO(index) struct index i = {.tpm = t, .object = ESYS_TR_NONE};
  if (tpm_fault("count")) return tpm_result(TPM2_RC_FAILURE, "count up");
  TRY(find(t, handle, auth, &i));
  TRY(tpm_encrypt(t, TPM_PLAIN));
  return tpm_result(Esys_NV_Increment(t->esys, i.object, i.object, t->session, ESYS_TR_NONE, ESYS_TR_NONE), "count up");
}
