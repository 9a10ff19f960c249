#include "keys/effaceable_kind.h"
#include "keys/tpm.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 2, COUNTER = PLACES, HANDLES, DIGITS = 8 };
static const char prefix[] = "tpm:";

struct store {
  uint32_t handles[HANDLES];
  char tcti[TPM_MOST_TCTI];
  struct secret_key *auth;
  struct tpm *tpm; /* NULL between uses */
};

/* ---- the text */
static void put_where(const uint32_t handles[HANDLES], const char *tcti, struct bytes *where) {
  bytes_put_text(where, prefix);
  for (int i = 0; i < HANDLES; i++) bytes_printf(where, "%s%08x", i ? "," : "", (unsigned)handles[i]);
  if (*tcti) bytes_printf(where, ",%s", tcti);
}

static const char *parse_handle(const char *at, uint32_t *out) {
  char digits[DIGITS + 1] = {0}, *end;
  for (int i = 0; i < DIGITS && at[i]; i++) digits[i] = at[i];
  *out = (uint32_t)strtoul(digits, &end, 16);
  return *end || end != digits + DIGITS ? NULL : at + DIGITS;
}

static enum err parse_where(const char *where, struct store *s) {
  bool is_one = strncmp(where, prefix, sizeof prefix - 1) == 0;
  const char *at = is_one ? where + sizeof prefix - 1 : NULL;
  for (int i = 0; at && i < HANDLES; i++) {
    if (i) at = *at == ',' ? at + 1 : NULL;
    at = at ? parse_handle(at, &s->handles[i]) : NULL;
  }
  if (at && *at == ',' && strlen(at + 1) < sizeof s->tcti) {
    memcpy(s->tcti, at + 1, strlen(at + 1) + 1);
    at += strlen(at);
  }
  if (!at || *at) return err_set(ERR_DATA, "keys.db is malformed: it does not say where in a TPM its secret lies");
  if (tpm_check_tcti(s->tcti) != ERR_OK) return err_set(ERR_DATA, "keys.db is malformed: %s", err_text());
  return ERR_OK;
}

/* ---- making and taking away */
static void undefine(struct tpm *t, const uint32_t handles[HANDLES]) {
  for (int i = 0; i < HANDLES; i++)
    if (handles[i]) IGNORE(tpm_nv_undefine(t, handles[i]));
}

/* A counter can be read only once it has counted. */
static enum err define(struct tpm *t, const struct secret_key *auth, uint32_t handles[HANDLES]) {
  for (int i = 0; i < PLACES; i++) TRY(tpm_nv_define(t, TPM_NV_RECORD, EFFACEABLE_RECORD, auth, &handles[i]));
  TRY(tpm_nv_define(t, TPM_NV_COUNTER, 0, auth, &handles[COUNTER]));
  return tpm_nv_increment(t, handles[COUNTER], auth);
}

static enum err create(int dirfd, const char *wanted, const struct secret_key *auth, struct bytes *where) {
  (void)dirfd;
  AUTO(tpm) struct tpm *t = NULL;
  uint32_t handles[HANDLES] = {0};
  const char *tcti = strlen(wanted) >= sizeof prefix - 1 ? wanted + sizeof prefix - 1 : "";
  TRY(tpm_check_tcti(tcti));
  TRY(tpm_open(tcti, &t));
  enum err e = define(t, auth, handles);
  put_where(handles, tcti, where);
  if (e == ERR_OK) e = bytes_check(where);
  if (e != ERR_OK) undefine(t, handles);
  return e;
}

static void unmake(int dirfd, const char *where) {
  (void)dirfd;
  AUTO(tpm) struct tpm *t = NULL;
  struct store s = {0};
  if (parse_where(where, &s) == ERR_OK && tpm_open(s.tcti, &t) == ERR_OK) undefine(t, s.handles);
}

/* ---- using it */
static enum err open_store(int dirfd, const char *where, const struct secret_key *auth, void **out) {
  (void)dirfd;
  struct store *s = calloc(1, sizeof *s);
  if (!s) return err_set(ERR_IO, "out of memory");
  enum err e = parse_where(where, s);
  if (e != ERR_OK) {
    free(s);
    return e;
  }
  s->auth = secret_key_new();
  *s->auth = *auth;
  *out = s;
  return ERR_OK;
}

static void rest(void *store) {
  struct store *s = store;
  tpm_close(s->tpm);
  s->tpm = NULL;
}

static void close_store(void *store) {
  struct store *s = store;
  rest(s);
  secret_free(s->auth);
  free(s);
}

static enum err wake(struct store *s) { return s->tpm ? ERR_OK : tpm_open(s->tcti, &s->tpm); }

static enum err read_place(void *store, int place, uint8_t record[EFFACEABLE_RECORD]) {
  struct store *s = store;
  TRY(wake(s));
  return tpm_nv_read(s->tpm, s->handles[place], s->auth, record, EFFACEABLE_RECORD);
}

static enum err write_place(void *store, int place, const uint8_t record[EFFACEABLE_RECORD]) {
  struct store *s = store;
  TRY(wake(s));
  uint8_t *again = secret_alloc(EFFACEABLE_RECORD);
  enum err e = tpm_nv_write(s->tpm, s->handles[place], s->auth, record, EFFACEABLE_RECORD);
  if (e == ERR_OK) e = tpm_nv_read(s->tpm, s->handles[place], s->auth, again, EFFACEABLE_RECORD);
  if (e == ERR_OK && sodium_memcmp(again, record, EFFACEABLE_RECORD) != 0)
    e = err_set(ERR_IO, "the TPM did not keep what was written to it");
  secret_free(again);
  return e;
}

static enum err count(void *store) {
  struct store *s = store;
  TRY(wake(s));
  return tpm_nv_increment(s->tpm, s->handles[COUNTER], s->auth);
}

const struct effaceable_kind effaceable_tpm_kind = {
    .prefix = "tpm",
    .assurance = "tpm",
    .limits =
        "erased in a TPM: a copy of that TPM's own state from before, which hardware does not give out but an emulated TPM "
        "(of a virtual machine) does, together with old copies of keys.db and the ciphertext, could undo this",
    .create = create,
    .unmake = unmake,
    .open = open_store,
    .close = close_store,
    .rest = rest,
    .read = read_place,
    .write = write_place,
    .count = count,
};
