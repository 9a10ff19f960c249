/* Sealed objects that somebody changed. The first byte chooses:
 *   even  the rest is a file as it is: nothing may open it, and nothing may crash;
 *   odd   an object is sealed here, and the rest is a list of edits to its bytes. Whatever then opens, reads and recovers gives
 *         out the film that was sealed, from its beginning, and nothing else.
 *
 * `make fuzz` builds and runs it. By hand:
 *   clang -std=gnu2x -D_GNU_SOURCE -I. -g -O1 -fsanitize=fuzzer,address,undefined -DCLIPVAULT_SANITIZED \
 *     tests/fuzz/fuzz_container.c vault/container_*.c vault/base/[!s]*.c vault/base/secret.c -lsodium -lcrypto -lpthread */
#include "vault/base/io.h"
#include "vault/container.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LOG2 = 12, CHUNK = 1 << LOG2, MOST_CHUNKS = 6, MOST_PLAIN = MOST_CHUNKS * CHUNK, MOST_FILE = MOST_PLAIN + 4096, EDIT = 6 };
static const struct container_ids ids = {{{1}}, {{2}}, {{3}}};
static struct secret_key *key;
static uint8_t plain[MOST_PLAIN], out[MOST_PLAIN + 1];
static struct container_keys *keys;
static uint8_t whole_chunk[CHUNK + CONTAINER_TAG];
static struct container_seal sealed_as; /* what was sealed here; all zero: nothing */
static size_t in_use;
static int fd;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  if (secret_init() != ERR_OK) abort();
  key = secret_key_new();
  memset(key->b, 7, sizeof key->b);
  keys = secret_alloc(sizeof *keys);
  in_use = secret_in_use();
  for (size_t i = 0; i < sizeof plain; i++) plain[i] = (uint8_t)(i * 31 + i / 251);
  fd = memfd_create("fuzz", MFD_CLOEXEC);
  return fd < 0;
}

static void put(const uint8_t *file, size_t length) {
  if (ftruncate(fd, 0) || io_pwrite_all(fd, file, length, 0) != ERR_OK) abort();
}

/* What a reader gives out is the film's beginning; false: it would not open. */
static bool check_reads(void) {
  AUTO(container_reader) struct container_reader *r = NULL;
  if (container_open(fd, key, &ids, NULL, &r) != ERR_OK) return false;
  if (container_length(r) > MOST_PLAIN) abort();
  static const size_t steps[] = {sizeof out, 1000, CHUNK};
  for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
    for (uint64_t at = 0; at <= container_length(r); at += steps[s]) {
      size_t got = 0;
      memset(out, 0xa5, sizeof out);
      enum err e = container_read(r, at, out, steps[s], &got);
      if (e != ERR_OK && (e != ERR_DATA || out[0] == 0xa5)) abort();
      if (e == ERR_OK && (at + got > container_length(r) || memcmp(out, plain + at, got) != 0)) abort();
    }
  return true;
}

/* As the player bridge does: without the key, and never more than what is wanted. Bound to its end, it has the length that it
 * had. */
static void check_parts(const uint8_t *binding) {
  static const size_t wanted[] = {1, 777, CHUNK};
  AUTO(container_reader) struct container_reader *r = NULL;
  if (container_derive(fd, key, &ids, keys) != ERR_OK || container_open_keys(fd, keys, &ids, binding, &r) != ERR_OK) return;
  if (binding && container_length(r) != sealed_as.plain_bytes) abort();
  if (container_sealed_chunk(r) > sizeof whole_chunk) return; /* not of ours: of another size of chunks */
  container_forget(r);
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    for (uint64_t at = i; at < container_length(r); at += 1999) {
      size_t got = 0;
      if (container_read_chunk(r, at, out, wanted[i], whole_chunk, &got) != ERR_OK) continue;
      if (!got || got > wanted[i] || at + got > container_length(r) || memcmp(out, plain + at, got) != 0) abort();
    }
}

static void check_changed(bool may_open) {
  struct container_seal seal;
  struct container_ids claimed;
  IGNORE(container_peek(fd, &claimed));
  if (check_reads() && !may_open) abort();
  check_parts(NULL);
  if (may_open) check_parts(sealed_as.binding);
  bool verified = container_verify(fd, key, &ids, &seal) == ERR_OK;
  if (container_recover(fd, key, &ids, &seal) == ERR_OK) {
    if (!may_open || !check_reads() || container_verify(fd, key, &ids, &seal) != ERR_OK) abort();
  } else if (verified) {
    abort();
  }
}

static size_t seal_here(size_t length, uint8_t file[MOST_FILE]) {
  AUTO(container_writer) struct container_writer *w = NULL;
  if (ftruncate(fd, 0) || container_create(fd, key, &ids, LOG2, &w) != ERR_OK) abort();
  if (container_write(w, plain, length) != ERR_OK || container_finish(w, &sealed_as) != ERR_OK) abort();
  if (sealed_as.file_bytes > MOST_FILE || io_pread_all(fd, file, sealed_as.file_bytes, 0) != ERR_OK) abort();
  return sealed_as.file_bytes;
}

/* One edit, six bytes: what, where (u16), how much (u16), a byte. */
static size_t edit(uint8_t file[MOST_FILE], size_t length, const uint8_t e[EDIT]) {
  size_t at = (size_t)e[1] | (size_t)e[2] << 8, much = (size_t)e[3] | (size_t)e[4] << 8;
  const size_t sealed = CHUNK + CONTAINER_TAG;
  switch (e[0] % 6) {
    case 0: /* one byte */
      if (at < length) file[at] ^= e[5];
      break;
    case 1: /* cut */
      if (at < length) length = at;
      break;
    case 2: /* append */
      much %= 300;
      if (length + much <= MOST_FILE) memset(file + length, e[5], much), length += much;
      break;
    case 3: /* fill */
      if (at < length) memset(file + at, e[5], much < length - at ? much : length - at);
      break;
    case 4: { /* a chunk over another */
      size_t to = CONTAINER_HEADER + at % MOST_CHUNKS * sealed, from = CONTAINER_HEADER + much % MOST_CHUNKS * sealed;
      if (to + sealed <= length && from + sealed <= length) memmove(file + to, file + from, sealed);
      break;
    }
    default: /* a byte of the end */
      if (at < length) file[length - 1 - at] ^= e[5];
  }
  return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t file[MOST_FILE];
  if (!size) return 0;
  container_use(data[0] & 2 ? CONTAINER_LIBSODIUM : CONTAINER_LIBCRYPTO);
  if (data[0] % 2 == 0) {
    put(data + 1, size - 1);
    check_changed(false);
  } else if (size >= 3) {
    size_t length = seal_here(((size_t)data[1] | (size_t)data[2] << 8) % MOST_PLAIN, file);
    for (data += 3, size -= 3; size >= EDIT; data += EDIT, size -= EDIT) length = edit(file, length, data);
    put(file, length);
    check_changed(true);
  }
  if (secret_in_use() != in_use) abort(); /* our keys, and nothing left behind */
  return 0;
}
