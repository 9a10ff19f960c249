#include "keys/effaceable.h"

#include "keys/effaceable_kind.h"
#include "vault/base/crash.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKED = 4 + 8 + 32, CHECK = 16 };
static const char magic[4] = "CVE1";

struct effaceable {
  const struct effaceable_kind *kind;
  void *store;
};

static const struct effaceable_kind *kind_of(const char *where) {
  bool is_tpm = strncmp(where, effaceable_tpm_kind.prefix, strlen(effaceable_tpm_kind.prefix)) == 0;
  return is_tpm ? &effaceable_tpm_kind : &effaceable_file_kind; /* which takes everything else */
}

enum err effaceable_create(int dirfd, const char *wanted, const struct secret_key *auth, struct bytes *where) {
  return kind_of(wanted)->create(dirfd, wanted, auth, where);
}

void effaceable_unmake(int dirfd, const char *where) { kind_of(where)->unmake(dirfd, where); }

enum err effaceable_open(int dirfd, const char *where, const struct secret_key *auth, struct effaceable **out) {
  struct effaceable *e = calloc(1, sizeof *e);
  if (!e) return err_set(ERR_IO, "out of memory");
  e->kind = kind_of(where);
  enum err failed = e->kind->open(dirfd, where, auth, &e->store);
  if (failed != ERR_OK)
    free(e);
  else
    *out = e;
  return failed;
}

void effaceable_close(struct effaceable *e) {
  if (!e) return;
  e->kind->close(e->store);
  free(e);
}

void effaceable_rest(struct effaceable *e) { e->kind->rest(e->store); }

static void check_of(const uint8_t record[EFFACEABLE_RECORD], uint8_t check[CHECK]) {
  crypto_generichash(check, CHECK, record, CHECKED, NULL, 0);
}

enum err effaceable_read(struct effaceable *e, int place, struct effaceable_record *out) {
  uint8_t *record = secret_alloc(EFFACEABLE_RECORD), check[CHECK];
  enum err failed = e->kind->read(e->store, place, record);
  if (failed == ERR_OK) {
    struct bytes_reader r = bytes_reader(record + sizeof magic, EFFACEABLE_RECORD - sizeof magic);
    check_of(record, check);
    out->epoch = bytes_get_u64(&r);
    bytes_get(&r, out->secret->b, sizeof out->secret->b);
    out->valid = memcmp(record, magic, sizeof magic) == 0 && sodium_memcmp(check, record + CHECKED, sizeof check) == 0;
    if (!out->valid) sodium_memzero(out->secret->b, sizeof out->secret->b);
  }
  secret_free(record);
  return failed;
}

enum err effaceable_write(struct effaceable *e, int place, uint64_t epoch, const struct secret_key *secret) {
  uint8_t *record = secret_alloc(EFFACEABLE_RECORD);
  memcpy(record, magic, sizeof magic);
  for (int i = 0; i < 8; i++) record[4 + i] = (uint8_t)(epoch >> (8 * i));
  memcpy(record + 12, secret->b, sizeof secret->b);
  check_of(record, record + CHECKED);
  enum err failed = e->kind->write(e->store, place, record);
  secret_free(record);
  if (failed == ERR_OK) crash_trace("placed", epoch, place);
  return failed;
}

enum err effaceable_count(struct effaceable *e) { return e->kind->count(e->store); }

const char *effaceable_assurance(const struct effaceable *e) { return e->kind->assurance; }
const char *effaceable_assurance_of(const char *where) { return kind_of(where)->assurance; }
const char *effaceable_limits(const struct effaceable *e) { return e->kind->limits; }
const char *effaceable_limits_of(const char *where) { return kind_of(where)->limits; }
