/* How fast sealed containers are written and read, and the whole-process forms that tests/bench/seal.sh sets against `age`.
 *
 *   bench_container MIB FOLDER [ROUNDS]   a table: memcpy, sealing and opening with both implementations, MB/s (10^6)
 *   bench_container seal IN OUT           seals the file IN as OUT, SHA-256 and fsync included
 *   bench_container open IN OUT           opens it again into OUT
 *
 * The last two use a key that everybody knows: they are for measuring, and for nothing else. */
#include "vault/base/io.h"
#include "vault/container.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, MOST_ROUNDS = 99 };
static const struct container_ids ids = {{{1}}, {{2}}, {{3}}};

static void must(enum err e) {
  if (e == ERR_OK) return;
  fprintf(stderr, "bench_container: %s\n", err_text());
  exit(e);
}

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct secret_key *known_key(void) {
  struct secret_key *key = secret_key_new();
  memset(key->b, 0x42, sizeof key->b);
  return key;
}

static int must_open(const char *name, int flags) {
  int fd = open(name, flags | O_CLOEXEC, 0600);
  if (fd < 0) must(err_set_errno(ERR_IO, "cannot open %s", name));
  return fd;
}

/* ---- the table */
static double median(double *v, int n) {
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && v[j - 1] > v[j]; j--) {
      double t = v[j];
      v[j] = v[j - 1], v[j - 1] = t;
    }
  return v[n / 2];
}

static double copy_mib(const uint8_t *from, size_t mib) {
  static uint8_t to[BLOCK];
  double start = now_s();
  for (size_t i = 0; i < mib; i++) {
    memcpy(to, from, BLOCK);
    __asm__ volatile("" : : "r"(to) : "memory"); /* else nothing is copied, because nobody looks */
  }
  return now_s() - start;
}

static double seal_mib(int fd, const uint8_t *from, size_t mib) {
  AUTO(container_writer) struct container_writer *w = NULL;
  AUTO(secret_key) struct secret_key *key = known_key();
  struct container_seal seal;
  if (ftruncate(fd, 0)) must(err_set_errno(ERR_IO, "cannot empty the file"));
  double start = now_s();
  must(container_create(fd, key, &ids, CONTAINER_LOG2_CHUNK, &w));
  for (size_t i = 0; i < mib; i++) must(container_write(w, from, BLOCK));
  must(container_finish(w, &seal));
  return now_s() - start;
}

static double open_mib(int fd, uint8_t *to) {
  AUTO(container_reader) struct container_reader *r = NULL;
  AUTO(secret_key) struct secret_key *key = known_key();
  double start = now_s();
  size_t got = BLOCK;
  must(container_open(fd, key, &ids, NULL, &r));
  for (uint64_t at = 0; got == BLOCK; at += got) must(container_read(r, at, to, BLOCK, &got));
  return now_s() - start;
}

static double verify_mib(int fd) {
  AUTO(secret_key) struct secret_key *key = known_key();
  struct container_seal seal;
  double start = now_s();
  must(container_verify(fd, key, &ids, &seal));
  return now_s() - start;
}

static const char *const rows[] = {"memcpy",          "seal, libcrypto", "open, libcrypto", "verify, libcrypto",
                                   "seal, libsodium", "open, libsodium"};
enum { ROWS = sizeof rows / sizeof *rows };

static void measure(size_t mib, const char *folder, int rounds) {
  static double s[ROWS][MOST_ROUNDS];
  char name[4096];
  snprintf(name, sizeof name, "%s/bench_container.%d", folder, (int)getpid());
  AUTO(io) int fd = must_open(name, O_RDWR | O_CREAT | O_EXCL);
  unlink(name);
  uint8_t *plain = secret_alloc(BLOCK);
  randombytes_buf(plain, BLOCK);
  for (int i = 0; i < rounds; i++) {
    s[0][i] = copy_mib(plain, mib);
    container_use(CONTAINER_LIBCRYPTO);
    s[1][i] = seal_mib(fd, plain, mib), s[2][i] = open_mib(fd, plain), s[3][i] = verify_mib(fd);
    container_use(CONTAINER_LIBSODIUM);
    s[4][i] = seal_mib(fd, plain, mib), s[5][i] = open_mib(fd, plain);
  }
  secret_free(plain);
  printf("%zu MiB, median of %d rounds: MB/s, and how many times as fast as memcpy\n", mib, rounds);
  for (int i = 0; i < ROWS; i++) {
    double took = median(s[i], rounds); /* sorts; memcpy comes first and is sorted by then */
    printf("  %-18s %8.0f   %6.3f\n", rows[i], (double)mib * BLOCK / 1e6 / took, median(s[0], rounds) / took);
  }
}

/* ---- whole files */
static void seal_file(const char *from, const char *to) {
  AUTO(io) int in = must_open(from, O_RDONLY), out = must_open(to, O_RDWR | O_CREAT | O_TRUNC);
  AUTO(container_writer) struct container_writer *w = NULL;
  AUTO(secret_key) struct secret_key *key = known_key();
  struct container_seal seal;
  uint8_t *block = secret_alloc(BLOCK);
  size_t got = BLOCK;
  must(container_create(out, key, &ids, CONTAINER_LOG2_CHUNK, &w));
  while (got == BLOCK) {
    must(io_read_upto(in, block, BLOCK, &got));
    must(container_write(w, block, got));
  }
  must(container_finish(w, &seal));
  secret_free(block);
}

static void open_file(const char *from, const char *to) {
  AUTO(io) int in = must_open(from, O_RDONLY), out = must_open(to, O_RDWR | O_CREAT | O_TRUNC);
  AUTO(container_reader) struct container_reader *r = NULL;
  AUTO(secret_key) struct secret_key *key = known_key();
  uint8_t *block = secret_alloc(BLOCK);
  size_t got = BLOCK;
  must(container_open(in, key, &ids, NULL, &r));
  for (uint64_t at = 0; got == BLOCK; at += got) {
    must(container_read(r, at, block, BLOCK, &got));
    must(io_write_all(out, block, got));
  }
  secret_free(block);
}

int main(int argc, char **argv) {
  must(secret_init());
  if (argc == 4 && strcmp(argv[1], "seal") == 0) {
    seal_file(argv[2], argv[3]);
  } else if (argc == 4 && strcmp(argv[1], "open") == 0) {
    open_file(argv[2], argv[3]);
  } else if (argc == 3 || argc == 4) {
    long mib = strtol(argv[1], NULL, 10), rounds = argc == 4 ? strtol(argv[3], NULL, 10) : 5;
    if (mib < 1 || rounds < 1 || rounds > MOST_ROUNDS) return ERR_USAGE;
    measure((size_t)mib, argv[2], (int)rounds);
  } else {
    fprintf(stderr, "usage: bench_container MIB FOLDER [ROUNDS] | seal IN OUT | open IN OUT\n");
    return ERR_USAGE;
  }
  return 0;
}
