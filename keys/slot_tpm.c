#include "keys/slot.h"
#include "keys/tpm.h"

#include <sodium.h>
#include <string.h>

enum err slot_tpm_make(const char *tcti, struct secret_key *secret, struct bytes *sealed) {
  AUTO(tpm) struct tpm *t = NULL;
  TRY(tpm_check_tcti(tcti));
  TRY(tpm_open(tcti, &t));
  randombytes_buf(secret->b, sizeof secret->b);
  bytes_put_field(sealed, tcti, strlen(tcti));
  return tpm_seal(t, secret, sealed);
}

enum err slot_tpm_open(const struct bytes *sealed, struct secret_key *out) {
  AUTO(tpm) struct tpm *t = NULL;
  struct bytes_reader r = bytes_reader(sealed->data, sealed->length);
  char tcti[TPM_MOST_TCTI] = {0};
  size_t length = 0;
  const uint8_t *text = bytes_get_field(&r, sizeof tcti - 1, &length);
  if (text) memcpy(tcti, text, length);
  if (!text || tpm_check_tcti(tcti) != ERR_OK)
    return err_set(ERR_DATA, "what a TPM slot keeps is malformed: keys.db was changed");
  TRY(tpm_open(tcti, &t));
  return tpm_unseal(t, r.next, bytes_left(&r), out);
}
