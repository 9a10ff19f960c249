/* The vectors in tests/vectors/container/, made by another implementation (make_vectors.py): each file is opened, verified, read
 * and recovered with both libraries, and must answer what its header says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first
#include <cmocka.h>

#include "vault/base/io.h"
#include "vault/container.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FOLDER "tests/vectors/container"
enum { MOST_BYTES = 200 << 10, LEAST_VECTORS = 48 }; /* vectors are kept for ever: there are never fewer */

struct vector {
  char *text;          /* owned */
  const char *name;    /* borrowed */
  struct bytes sealed; /* the file */
  struct secret_key *key;
  struct container_ids ids;
};

static void vector_auto(struct vector *v) {
  free(v->text);
  bytes_free(&v->sealed);
  secret_free(v->key);
}

/* The value of a line "name: value" in the header, or NULL. Lives until the next call. */
static const char *value_of(const struct vector *v, const char *name) {
  static char value[256];
  char wanted[64];
  snprintf(wanted, sizeof wanted, "\n%s: ", name);
  const char *line = strstr(v->text, wanted);
  if (!line || line > strstr(v->text, "\n---\n")) return NULL;
  line += strlen(wanted);
  snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\n"), line);
  return value;
}

static void get_hex(const struct vector *v, const char *name, void *out, size_t length) {
  const char *hex = value_of(v, name);
  size_t got = 0;
  if (!hex || sodium_hex2bin(out, length, hex, strlen(hex), NULL, &got, NULL) || got != length) fail_msg("%s: %s", v->name, name);
}

static bool says(const struct vector *v, const char *name, const char *expected) {
  const char *value = value_of(v, name);
  return value && strcmp(value, expected) == 0;
}

static void load(const char *name, struct vector *v) {
  char path[512];
  AUTO(bytes) struct bytes text = {0};
  size_t got = 0;
  snprintf(path, sizeof path, FOLDER "/%s", name);
  *v = (struct vector){.name = name, .key = secret_key_new()};
  assert_int_equal(io_read_file(AT_FDCWD, path, MOST_BYTES, &text), ERR_OK);
  v->text = strndup(bytes_text(&text), text.length);
  assert_non_null(v->text);
  const char *hex = strstr(v->text, "\n---\n");
  assert_non_null(hex);
  hex += 5;
  uint8_t *room = bytes_extend(&v->sealed, strlen(hex) / 2 + 1);
  assert_non_null(room);
  assert_int_equal(sodium_hex2bin(room, v->sealed.length, hex, strlen(hex), "\n", &got, NULL), 0);
  v->sealed.length = got;
  get_hex(v, "dek", v->key->b, 32);
  get_hex(v, "vault", v->ids.vault.b, 16);
  get_hex(v, "clip", v->ids.clip.b, 16);
  get_hex(v, "object", v->ids.object.b, 16);
}

static int file_of(const struct vector *v) {
  int fd = memfd_create("vector", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(io_pwrite_all(fd, v->sealed.data, v->sealed.length, 0), ERR_OK);
  return fd;
}

static enum err expected_of(const struct vector *v) {
  if (says(v, "result", "ok")) return ERR_OK;
  if (says(v, "result", "refused")) return ERR_REFUSED;
  if (!says(v, "result", "data")) fail_msg("%s: expects what?", v->name);
  return ERR_DATA;
}

/* A digest that the header names, of bytes that were found. */
static void check_sha256(const struct vector *v, const char *name, const void *data, size_t length) {
  uint8_t stated[32], found[32];
  get_hex(v, name, stated, sizeof stated);
  assert_int_equal(EVP_Digest(data, length, found, NULL, EVP_sha256(), NULL), 1);
  if (memcmp(stated, found, sizeof found) != 0) fail_msg("%s: %s differs", v->name, name);
}

static void check_good(const struct vector *v, int fd, const struct container_seal *seal) {
  AUTO(container_reader) struct container_reader *r = NULL;
  AUTO(bytes) struct bytes plain = {0};
  uint8_t binding[32];
  size_t got = 0, length = strtoul(value_of(v, "length"), NULL, 10);
  get_hex(v, "binding", binding, sizeof binding);
  if (memcmp(binding, seal->binding, sizeof binding) != 0) fail_msg("%s: binding", v->name);
  assert_int_equal(container_open(fd, v->key, &v->ids, binding, &r), ERR_OK);
  assert_int_equal(container_length(r), length);
  assert_int_equal(seal->plain_bytes, length);
  assert_int_equal(container_recovered(r), says(v, "recovered", "yes"));
  uint8_t *room = bytes_extend(&plain, length + 1);
  assert_int_equal(container_read(r, 0, room, length + 1, &got), ERR_OK);
  assert_int_equal(got, length);
  check_sha256(v, "plain-sha256", plain.data, got);
  check_sha256(v, "file-sha256", v->sealed.data, v->sealed.length);
  get_hex(v, "file-sha256", binding, sizeof binding);
  assert_memory_equal(seal->sha256, binding, 32);
}

static void check_file(const struct vector *v, int fd, size_t length, const char *digest) {
  AUTO(bytes) struct bytes now = {0};
  uint64_t size = 0;
  assert_int_equal(io_file_size(fd, &size), ERR_OK);
  if (digest) assert_true(size > length);
  uint8_t *room = bytes_extend(&now, size);
  assert_int_equal(io_pread_all(fd, room, size, 0), ERR_OK);
  if (digest)
    check_sha256(v, digest, now.data, size);
  else if (size != v->sealed.length || memcmp(now.data, v->sealed.data, size) != 0)
    fail_msg("%s: recovery changed a file that it had to leave alone", v->name);
}

static void check_recovery(const struct vector *v, int fd, enum err expected) {
  struct container_seal seal;
  const char *recovers_to = value_of(v, "recovers-to");
  size_t length = recovers_to ? strtoul(recovers_to, NULL, 10) : 0;
  enum err e = container_recover(fd, v->key, &v->ids, &seal);
  if (e != (recovers_to ? ERR_OK : expected)) fail_msg("%s: recovery answers %d", v->name, (int)e);
  if (recovers_to) assert_int_equal(seal.plain_bytes, length);
  check_file(v, fd, length, recovers_to ? "recovered-sha256" : NULL);
}

static void check_vector(const char *name) {
  AUTO(vector) struct vector v;
  struct container_seal seal;
  load(name, &v);
  AUTO(io) int fd = file_of(&v);
  enum err expected = expected_of(&v), e = container_verify(fd, v.key, &v.ids, &seal);
  if (e != expected) fail_msg("%s: verifying answers %d (%s)", name, (int)e, err_text());
  if (expected == ERR_OK) check_good(&v, fd, &seal);
  check_recovery(&v, fd, expected);
}

static void check_all(enum container_backend backend) {
  struct dirent **entries;
  int found = scandir(FOLDER, &entries, NULL, alphasort), vectors = 0;
  assert_true(found > 0);
  container_use(backend);
  for (int i = 0; i < found; i++) {
    const char *dot = strrchr(entries[i]->d_name, '.');
    if (dot && strcmp(dot, ".txt") == 0) {
      check_vector(entries[i]->d_name);
      vectors++;
    }
    free(entries[i]);
  }
  free(entries);
  assert_true(vectors >= LEAST_VECTORS);
  assert_int_equal(secret_in_use(), 0);
}

static void vectors_hold_with_libcrypto(void **state) {
  (void)state;
  check_all(CONTAINER_LIBCRYPTO);
}

static void vectors_hold_with_libsodium(void **state) {
  (void)state;
  check_all(CONTAINER_LIBSODIUM);
}

static int set_up(void **state) {
  (void)state;
  return secret_init() != ERR_OK;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_hold_with_libcrypto),
      cmocka_unit_test(vectors_hold_with_libsodium),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
