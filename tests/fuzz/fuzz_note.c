/* What a verifier is handed: notes, checkpoints, the open part of entries, certificates. The first byte chooses. Nothing crashes,
 * and what was read as a checkpoint is written as the same lines. */
#include "keys/certificate.h"
#include "vault/audit_checkpoint.h"
#include "vault/audit_open.h"
#include "vault/note.h"
#include "vault/statement.h"
#include "vault/statement_read.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t public_key[32];
static struct secret_key *seed;

static void try_checkpoint(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes again = {0};
  struct audit_checkpoint c;
  bool valid;
  size_t text;
  if (audit_checkpoint_read(data, size, public_key, &c, &valid) != ERR_OK) return;
  if (note_split(data, size, &text) != ERR_OK || audit_checkpoint_write(seed, &c, &again) != ERR_OK) abort();
  if (again.length < text || memcmp(again.data, data, text) != 0) abort();
}

static void try_open(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes again = {0};
  struct audit_open open;
  const uint8_t *sealed;
  size_t length;
  audit_open_split(data, size, &open, &sealed, &length);
  if (open.kind) audit_open_put(&again, &open);
  bytes_put(&again, sealed, length);
  if (open.kind && (again.length != size || memcmp(again.data, data, size) != 0)) abort();
}

/* Signed here, so that what stands in it is looked at: its form, then its place in the log. */
static void try_certificate(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes line = {0}, page = {0};
  AUTO(statement_read) struct statement_read read = {0};
  struct statement_verdict verdict;
  IGNORE(statement_read_parse(data, size, &read));
  bytes_put(&line, data, size);
  if (certificate_sign(seed, &line) != ERR_OK) abort();
  IGNORE(statement_verify(public_key, &line, &verdict));
  IGNORE(statement_page(public_key, &line, &page));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!seed && secret_init() != ERR_OK) abort();
  if (!seed) {
    seed = secret_key_new();
    certificate_public_key(seed, public_key);
  }
  if (!size) return 0;
  switch (data[0] % 3) {
    case 0: try_checkpoint(data + 1, size - 1); break;
    case 1: try_open(data + 1, size - 1); break;
    default: try_certificate(data + 1, size - 1);
  }
  return 0;
}
