#include "keys/tpm_inside.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tctildr.h>

static const TPMT_SYM_DEF bus_cipher = {.algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}};

/* The template of a storage key that the TCG's guidance for provisioning names, but for being ours to make anew: it depends on
 * the owner's seed alone, so the same TPM always makes the same key until it is cleared. */
static const TPM2B_PUBLIC storage_key = {
    .publicArea = {
        .type = TPM2_ALG_ECC,
        .nameAlg = TPM2_ALG_SHA256,
        .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                            TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
        .parameters.eccDetail = {.symmetric = {.algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}},
                                 .scheme = {.scheme = TPM2_ALG_NULL},
                                 .curveID = TPM2_ECC_NIST_P256,
                                 .kdf = {.scheme = TPM2_ALG_NULL}}}};

/* ---- failures */
#ifdef CLIPVAULT_TEST_HOOKS
bool tpm_fault(const char *what) {
  static int seen;
  const char *wanted = getenv("CLIPVAULT_TEST_TPM_FAULT");
  size_t length = strlen(what);
  if (!wanted || strncmp(wanted, what, length) != 0 || wanted[length] != ':') return false;
  int nth = atoi(wanted + length + 1);
  return ++seen == nth || (seen > nth && strcmp(what, "gone") == 0);
}
#endif

TSS2_RC tpm_code(TSS2_RC rc) {
  TSS2_RC code = rc & ~(TSS2_RC)TSS2_RC_LAYER_MASK;
  return code & TPM2_RC_FMT1 ? code & (TPM2_RC_FMT1 | 0x3f) : code;
}

/* Codes of the TPM itself come with layer 0, of a resource manager that speaks for it with that one's. */
static bool is_of_tpm(TSS2_RC rc) {
  TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
  return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

static enum err result_of_tpm(TSS2_RC rc, const char *doing) {
  switch (tpm_code(rc)) {
    case TPM2_RC_LOCKOUT:
      return err_set(ERR_BUSY, "the TPM is locked out after wrong passwords and would not %s; it recovers by itself, try again",
                     doing);
    case TPM2_RC_RETRY:
    case TPM2_RC_YIELDED:
    case TPM2_RC_TESTING:
    case TPM2_RC_NV_RATE:
    case TPM2_RC_NV_UNAVAILABLE: return err_set(ERR_BUSY, "the TPM is busy and would not %s (code 0x%x); try again", doing, rc);
    case TPM2_RC_HANDLE:
      return err_set(ERR_UNAVAILABLE,
                     "the TPM does not know what this vault kept in it (it was cleared, or it is another TPM), and would not %s",
                     doing);
    case TPM2_RC_BAD_AUTH:
    case TPM2_RC_AUTH_FAIL:
      return err_set(ERR_UNAVAILABLE,
                     "the TPM would not %s without a password that clipvault does not have: its owner hierarchy must have none, "
                     "and what a vault keeps in it opens to that vault alone",
                     doing);
    case TPM2_RC_NV_SPACE:
      return err_set(ERR_UNAVAILABLE, "the TPM has no room left to %s; see tpm2_getcap handles-nv-index", doing);
    default: return err_set(ERR_IO, "the TPM would not %s (code 0x%x)", doing, rc);
  }
}

enum err tpm_result(TSS2_RC rc, const char *doing) {
  if (rc == TSS2_RC_SUCCESS) return ERR_OK;
  if (is_of_tpm(rc)) return result_of_tpm(rc, doing);
  return err_set(ERR_UNAVAILABLE, "the TPM does not answer, so clipvault could not %s (code 0x%x); see that it is there", doing,
                 rc);
}

/* ---- connecting */
enum err tpm_check_tcti(const char *tcti) {
  static const char *const names[] = {"device", "swtpm", "mssim", "tabrmd"};
  size_t length = strcspn(tcti, ":");
  if (!*tcti) return ERR_OK;
  bool plain = strlen(tcti) < TPM_MOST_TCTI;
  for (const char *c = tcti; *c; c++) plain = plain && *c > ' ' && *c < 0x7f;
  for (size_t i = 0; plain && i < sizeof names / sizeof *names; i++)
    if (strlen(names[i]) == length && strncmp(tcti, names[i], length) == 0) return ERR_OK;
  return err_set(ERR_USAGE, "a TPM is reached by device:PATH, swtpm:path=SOCKET, mssim:… or tabrmd, not by \"%.60s\"", tcti);
}

static enum err connect_to(struct tpm *t, const char *tcti) {
  const char *wanted = getenv("CLIPVAULT_TPM2_TCTI");
  if (!wanted || !*wanted) wanted = tcti;
  TRY(tpm_check_tcti(wanted));
  setenv("TSS2_LOG", "all+none", 0); /* the library's words are for its developers; ours go where they belong */
  TSS2_RC rc = Tss2_TctiLdr_Initialize(*wanted ? wanted : NULL, &t->tcti);
  if (rc != TSS2_RC_SUCCESS)
    return err_set(
        ERR_UNAVAILABLE,
        "there is no TPM to be reached (%s, code 0x%x): see that it is switched on, that you may use it (group tss), or "
        "name it in $CLIPVAULT_TPM2_TCTI",
        *wanted ? wanted : "/dev/tpmrm0", rc);
  return tpm_result(Esys_Initialize(&t->esys, t->tcti, NULL), "begin");
}

static enum err make_primary(struct tpm *t) {
  static const TPM2B_SENSITIVE_CREATE nothing = {0};
  static const TPM2B_DATA outside = {0};
  static const TPML_PCR_SELECTION registers = {0};
  TRY(tpm_result(Esys_CreatePrimary(t->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &nothing,
                                    &storage_key, &outside, &registers, &t->primary, NULL, NULL, NULL, NULL),
                 "make its storage key"));
  return ERR_OK;
}

static enum err start(struct tpm *t, const char *tcti) {
  TRY(connect_to(t, tcti));
  TRY(make_primary(t));
  return tpm_result(Esys_StartAuthSession(t->esys, t->primary, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
                                          TPM2_SE_HMAC, &bus_cipher, TPM2_ALG_SHA256, &t->session),
                    "begin a session");
}

enum err tpm_open(const char *tcti, struct tpm **out) {
  struct tpm *t = calloc(1, sizeof *t);
  if (!t) return err_set(ERR_IO, "out of memory");
  t->primary = t->session = ESYS_TR_NONE;
  enum err e = start(t, tcti);
  if (e != ERR_OK)
    tpm_close(t);
  else
    *out = t;
  return e;
}

void tpm_close(struct tpm *t) {
  if (!t) return;
  if (t->session != ESYS_TR_NONE) IGNORE(Esys_FlushContext(t->esys, t->session));
  if (t->primary != ESYS_TR_NONE) IGNORE(Esys_FlushContext(t->esys, t->primary));
  Esys_Finalize(&t->esys);
  Tss2_TctiLdr_Finalize(&t->tcti);
  free(t);
}

enum err tpm_encrypt(struct tpm *t, unsigned which) {
  TPMA_SESSION flags = (TPMA_SESSION)(TPMA_SESSION_CONTINUESESSION | which);
  return tpm_result(Esys_TRSess_SetAttributes(t->esys, t->session, flags, TPMA_SESSION_CONTINUESESSION | TPM_SENT | TPM_RECEIVED),
                    "begin a session");
}
