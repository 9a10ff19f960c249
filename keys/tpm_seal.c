#include "keys/tpm_inside.h"

#include <sodium.h>
#include <string.h>
#include <tss2/tss2_mu.h>

/* Data, not a key; usable without a password and whatever the machine booted: only that it is this TPM counts. */
static const TPM2B_PUBLIC sealed_data = {.publicArea = {.type = TPM2_ALG_KEYEDHASH,
                                                        .nameAlg = TPM2_ALG_SHA256,
                                                        .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                                                            TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
                                                        .parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL}};

static enum err put_blob(const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *private, struct bytes *out) {
  uint8_t buffer[sizeof *public + sizeof *private];
  size_t a = 0, b = 0;
  TRY(tpm_result(Tss2_MU_TPM2B_PUBLIC_Marshal(public, buffer, sizeof buffer, &a), "be written down"));
  bytes_put_field(out, buffer, a);
  TRY(tpm_result(Tss2_MU_TPM2B_PRIVATE_Marshal(private, buffer, sizeof buffer, &b), "be written down"));
  bytes_put_field(out, buffer, b);
  return bytes_check(out);
}

enum err tpm_seal(struct tpm *t, const struct secret_key *secret, struct bytes *out) {
  static const TPM2B_DATA outside = {0};
  static const TPML_PCR_SELECTION registers = {0};
  TPM2B_SENSITIVE_CREATE content = {.sensitive.data.size = sizeof secret->b};
  TPM2B_PRIVATE *private = NULL;
  TPM2B_PUBLIC *public = NULL;
  memcpy(content.sensitive.data.buffer, secret->b, sizeof secret->b);
  enum err e = tpm_encrypt(t, TPM_SENT);
  if (e == ERR_OK)
    e = tpm_result(Esys_Create(t->esys, t->primary, t->session, ESYS_TR_NONE, ESYS_TR_NONE, &content, &sealed_data, &outside,
                               &registers, &private, &public, NULL, NULL, NULL),
                   "seal a secret");
  sodium_memzero(&content, sizeof content);
  if (e == ERR_OK) e = put_blob(public, private, out);
  Esys_Free(private);
  Esys_Free(public);
  return e;
}

static bool parse_blob(const void *sealed, size_t length, TPM2B_PUBLIC *public, TPM2B_PRIVATE *private) {
  struct bytes_reader r = bytes_reader(sealed, length);
  size_t lengths[2], at[2] = {0, 0};
  const uint8_t *first = bytes_get_field(&r, TPM_MOST_SEALED, &lengths[0]);
  const uint8_t *second = bytes_get_field(&r, TPM_MOST_SEALED, &lengths[1]);
  return bytes_done(&r) && Tss2_MU_TPM2B_PUBLIC_Unmarshal(first, lengths[0], &at[0], public) == TSS2_RC_SUCCESS &&
         at[0] == lengths[0] && Tss2_MU_TPM2B_PRIVATE_Unmarshal(second, lengths[1], &at[1], private) == TSS2_RC_SUCCESS &&
         at[1] == lengths[1];
}

/* Whatever else it says about what it was handed: it was not made here, or not by this TPM. */
static enum err load(struct tpm *t, const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *private, ESYS_TR *object) {
  TRY(tpm_encrypt(t, TPM_PLAIN));
  TSS2_RC rc = Esys_Load(t->esys, t->primary, t->session, ESYS_TR_NONE, ESYS_TR_NONE, private, public, object);
  if (tpm_code(rc) == TPM2_RC_INTEGRITY)
    return err_set(ERR_REFUSED, "what a TPM slot keeps was not sealed by this TPM (or that was cleared since)");
  return tpm_result(rc, "load a sealed secret");
}

enum err tpm_unseal(struct tpm *t, const void *sealed, size_t length, struct secret_key *out) {
  TPM2B_PUBLIC public = {0};
  TPM2B_PRIVATE private = {0};
  TPM2B_SENSITIVE_DATA *data = NULL;
  ESYS_TR object = ESYS_TR_NONE;
  if (!parse_blob(sealed, length, &public, &private))
    return err_set(ERR_DATA, "what a TPM slot keeps is malformed: keys.db was changed");
  TRY(load(t, &public, &private, &object));
  enum err e = tpm_encrypt(t, TPM_RECEIVED);
  if (e == ERR_OK)
    e = tpm_result(Esys_Unseal(t->esys, object, t->session, ESYS_TR_NONE, ESYS_TR_NONE, &data), "give back a sealed secret");
  IGNORE(Esys_FlushContext(t->esys, object));
  TRY(e);
  bool right = data->size == sizeof out->b;
  if (right) memcpy(out->b, data->buffer, sizeof out->b);
  sodium_memzero(data, sizeof *data);
  Esys_Free(data);
  return right ? ERR_OK : err_set(ERR_DATA, "what a TPM slot keeps is no secret of ours: keys.db was changed");
}
