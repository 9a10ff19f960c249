/* What keys.db says of a TPM, and whoever changed it: where the effaceable secret lies, and what a slot keeps. The first byte
 * chooses. No TPM is asked: it is out of reach (--wrap) as soon as what was read has been understood. */
#include "keys/effaceable.h"
#include "keys/slot.h"
#include "keys/tpm_inside.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
enum err __wrap_tpm_open(const char *tcti, struct tpm **out);
void __wrap_tpm_close(struct tpm *t);
enum err __wrap_tpm_encrypt(struct tpm *t, unsigned which);

static struct tpm nobody;

enum err __wrap_tpm_open(const char *tcti, struct tpm **out) {
  if (tpm_check_tcti(tcti) != ERR_OK) abort(); /* it is loaded by that name */
  *out = &nobody;
  return ERR_OK;
}

void __wrap_tpm_close(struct tpm *t) {
  if (t && t != &nobody) abort();
}

enum err __wrap_tpm_encrypt(struct tpm *t, unsigned which) {
  (void)t, (void)which;
  return err_set(ERR_UNAVAILABLE, "there is no TPM here");
}

static void try_where(const uint8_t *data, size_t size, const struct secret_key *auth) {
  AUTO(bytes) struct bytes where = {0};
  struct effaceable *e;
  bytes_put_text(&where, "tpm:"); /* anything else is a path, which would be opened */
  bytes_put(&where, data, size);
  if (bytes_check(&where) != ERR_OK || effaceable_open(-1, bytes_text(&where), auth, &e) != ERR_OK) return;
  effaceable_rest(e);
  effaceable_close(e);
}

static void try_slot(const uint8_t *data, size_t size, struct secret_key *out) {
  AUTO(bytes) struct bytes sealed = {0};
  bytes_put(&sealed, data, size);
  if (bytes_check(&sealed) == ERR_OK && slot_tpm_open(&sealed, out) == ERR_OK) abort(); /* nobody unseals it */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool ready;
  if (!ready && secret_init() != ERR_OK) abort();
  ready = true;
  if (!size) return 0;
  SECRET_KEY(key);
  if (data[0] % 2)
    try_where(data + 1, size - 1, key);
  else
    try_slot(data + 1, size - 1, key);
  return 0;
}
