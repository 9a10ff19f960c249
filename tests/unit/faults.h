/* Calls that go wrong: of those that our own code makes, in this process, the nth fails once, as disks, SQLite, libcrypto, TPMs
 * and memory do. A test includes this once and then goes through all of them:
 *
 *   for (long n = 1; faults_from(n, FAULTS_DISK); n++) { …; enum err e = what_is_tried(); bool struck = faults_struck(); … }
 *
 * which ends after the first round in which there was no nth call any more. What libraries call among themselves is left alone,
 * and so is what the test calls while nothing is armed. Where sanitizers watch memory, it does not run out. Include it after
 * cmocka.h. */
#ifndef CLIPVAULT_TESTS_FAULTS_H
#define CLIPVAULT_TESTS_FAULTS_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum faults_kind {
  FAULTS_MEMORY = 1,
  FAULTS_DISK = 2,    /* writing, syncing, reading, opening, looking, naming */
  FAULTS_SQLITE = 4,  /* with faults.sqlite for a code */
  FAULTS_CRYPTO = 8,  /* libcrypto, and what of libsodium can fail for want of memory */
  FAULTS_THREAD = 16, /* starting one */
  FAULTS_LIE = 32,    /* a read that succeeds, and gives another first byte than there is */
  FAULTS_TPM = 64,    /* what a test defines with FAULTS */
};

/* Volatile is what an allocation of ours looks at: an optimizing compiler believes that calloc reads nothing of ours. */
static struct {
  volatile unsigned kinds; /* 0: nothing is armed */
  const char *only;        /* the name of the one function that is counted, or NULL */
  bool anybodys;           /* what libraries call counts too */
  bool lazy;               /* nothing waits for a disk: for tests that kill nothing */
  bool on;                 /* every one from the nth on, and not the nth alone */
  long n;
  atomic_long seen;
  const char *name; /* of the call that failed */
  volatile bool struck;
  bool missing;
  int sqlite, told; /* the code to fail with, and the one that SQLite is to tell of next */
} faults = {.sqlite = SQLITE_IOERR, .told = SQLITE_OK};

extern const char __executable_start[], etext[];

/* Whether this very call is to fail. */
static inline bool faults_strike(enum faults_kind kind, const char *name, const void *caller) {
  bool ours = (const char *)caller >= __executable_start && (const char *)caller < etext;
  if (!(faults.kinds & kind) || !(ours || faults.anybodys)) return false;
  if (faults.only && strcmp(faults.only, name) != 0) return false;
  long at = atomic_fetch_add(&faults.seen, 1) + 1;
  if (faults.on ? at < faults.n : at != faults.n) return false;
  faults.struck = true;
  faults.name = name;
  errno = kind == FAULTS_MEMORY ? ENOMEM : EIO;
  if (kind == FAULTS_SQLITE) faults.told = faults.sqlite;
  return true;
}

/* Arms the nth. */
static inline void faults_at(long n, unsigned kinds) {
  faults.n = n;
  faults.seen = 0;
  faults.struck = false;
  faults.name = "nothing";
  faults.kinds = kinds;
}
/* The same; false once the round before had none to fail. */
static inline bool faults_from(long n, unsigned kinds) {
  if (n > 1 && faults.missing) return false;
  faults_at(n, kinds);
  return true;
}

/* Disarms; whether something failed. */
static inline bool faults_struck(void) {
  faults.kinds = 0;
  faults.told = SQLITE_OK;
  faults.missing = !faults.struck;
  return faults.struck;
}

#define FAULTS_NEXT(name)                                 \
  ({                                                      \
    static __typeof__(&name) next;                        \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name); \
    next;                                                 \
  })
/* type name(parameters), of a kind, gives `failure` when it is struck. */
#define FAULTS(kind, type, name, parameters, arguments, failure)                 \
  type name parameters {                                                         \
    if (faults_strike(kind, #name, __builtin_return_address(0))) return failure; \
    return FAULTS_NEXT(name) arguments;                                          \
  }

/* ---- memory */
#ifndef CLIPVAULT_SANITIZED
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *malloc(size_t length) {
  return faults_strike(FAULTS_MEMORY, "malloc", __builtin_return_address(0)) ? NULL : __libc_malloc(length);
}
void *calloc(size_t items, size_t length) {
  return faults_strike(FAULTS_MEMORY, "calloc", __builtin_return_address(0)) ? NULL : __libc_calloc(items, length);
}
#endif

/* ---- disk */
FAULTS(FAULTS_DISK, ssize_t, pwrite, (int fd, const void *data, size_t length, off_t at), (fd, data, length, at), -1)
FAULTS(FAULTS_DISK, ssize_t, write, (int fd, const void *data, size_t length), (fd, data, length), -1)
ssize_t pread(int fd, void *out, size_t length, off_t at) {
  bool fails = faults_strike(FAULTS_DISK, "pread", __builtin_return_address(0));
  bool lies = faults_strike(FAULTS_LIE, "pread", __builtin_return_address(0));
  ssize_t got = fails ? -1 : FAULTS_NEXT(pread)(fd, out, length, at);
  if (lies && got > 0) *(uint8_t *)out ^= 1;
  return got;
}
FAULTS(FAULTS_DISK, ssize_t, read, (int fd, void *out, size_t length), (fd, out, length), -1)
FAULTS(FAULTS_DISK, int, ftruncate, (int fd, off_t length), (fd, length), -1)
#define FAULTS_SYNC(name)                                                          \
  int name(int fd) {                                                               \
    if (faults_strike(FAULTS_DISK, #name, __builtin_return_address(0))) return -1; \
    return faults.lazy ? 0 : FAULTS_NEXT(name)(fd);                                \
  }
FAULTS_SYNC(fsync)
FAULTS_SYNC(fdatasync)
FAULTS(FAULTS_DISK, int, fstat, (int fd, struct stat *out), (fd, out), -1)
FAULTS(FAULTS_DISK, int, fstatat, (int folder, const char *path, struct stat *out, int flags), (folder, path, out, flags), -1)
FAULTS(FAULTS_DISK, int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new), -1)
FAULTS(FAULTS_DISK, int, linkat, (int from, const char *old, int to, const char *new, int flags), (from, old, to, new, flags), -1)
FAULTS(FAULTS_DISK, int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
#define FAULTS_OPEN(name, folder_parameter, folder_argument)                       \
  int name(folder_parameter const char *path, int flags, ...) {                    \
    va_list arguments;                                                             \
    va_start(arguments, flags);                                                    \
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;            \
    va_end(arguments);                                                             \
    if (faults_strike(FAULTS_DISK, #name, __builtin_return_address(0))) return -1; \
    return FAULTS_NEXT(name)(folder_argument path, flags, mode);                   \
  }
#define FAULTS_FIRST(...) __VA_ARGS__,
FAULTS_OPEN(open, , )
FAULTS_OPEN(openat, FAULTS_FIRST(int folder), FAULTS_FIRST(folder))

/* ---- SQLite */
FAULTS(FAULTS_SQLITE, int, sqlite3_open_v2, (const char *path, sqlite3 **out, int flags, const char *vfs),
       (path, out, flags, vfs), SQLITE_IOERR)
FAULTS(FAULTS_SQLITE, int, sqlite3_prepare_v2, (sqlite3 * db, const char *sql, int length, sqlite3_stmt **out, const char **tail),
       (db, sql, length, out, tail), faults.sqlite)
FAULTS(FAULTS_SQLITE, int, sqlite3_prepare_v3,
       (sqlite3 * db, const char *sql, int length, unsigned flags, sqlite3_stmt **out, const char **tail),
       (db, sql, length, flags, out, tail), faults.sqlite)
FAULTS(FAULTS_SQLITE, int, sqlite3_step, (sqlite3_stmt * q), (q), faults.sqlite)
FAULTS(FAULTS_SQLITE, int, sqlite3_exec,
       (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **), void *context, char **message),
       (db, sql, row, context, message), faults.sqlite)
FAULTS(FAULTS_SQLITE, int, sqlite3_wal_checkpoint_v2, (sqlite3 * db, const char *name, int mode, int *frames, int *done),
       (db, name, mode, frames, done), faults.sqlite)
FAULTS(FAULTS_SQLITE, int, sqlite3_file_control, (sqlite3 * db, const char *name, int which, void *argument),
       (db, name, which, argument), faults.sqlite)
FAULTS(FAULTS_SQLITE, sqlite3_backup *, sqlite3_backup_init, (sqlite3 * to, const char *a, sqlite3 *from, const char *b),
       (to, a, from, b), NULL)
FAULTS(FAULTS_SQLITE, int, sqlite3_backup_step, (sqlite3_backup * b, int pages), (b, pages), faults.sqlite)
int sqlite3_errcode(sqlite3 *db) {
  int told = faults.told;
  faults.told = SQLITE_OK;
  return told ? told : FAULTS_NEXT(sqlite3_errcode)(db);
}
int sqlite3_backup_finish(sqlite3_backup *b) { /* it must be given back all the same */
  bool fails = faults_strike(FAULTS_SQLITE, "sqlite3_backup_finish", __builtin_return_address(0));
  int code = FAULTS_NEXT(sqlite3_backup_finish)(b);
  return fails ? faults.sqlite : code;
}

/* ---- libcrypto, libsodium */
FAULTS(FAULTS_CRYPTO, EVP_CIPHER *, EVP_CIPHER_fetch, (OSSL_LIB_CTX * in, const char *name, const char *which), (in, name, which),
       NULL)
FAULTS(FAULTS_CRYPTO, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), (), NULL)
FAULTS(FAULTS_CRYPTO, int, EVP_CipherInit_ex2,
       (EVP_CIPHER_CTX * c, const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *iv, int encrypt,
        const OSSL_PARAM parameters[]),
       (c, cipher, key, iv, encrypt, parameters), 0)
FAULTS(FAULTS_CRYPTO, int, EVP_EncryptUpdate,
       (EVP_CIPHER_CTX * c, unsigned char *out, int *n, const unsigned char *in, int length), (c, out, n, in, length), 0)
FAULTS(FAULTS_CRYPTO, int, EVP_EncryptFinal_ex, (EVP_CIPHER_CTX * c, unsigned char *out, int *n), (c, out, n), 0)
FAULTS(FAULTS_CRYPTO, int, EVP_DecryptUpdate,
       (EVP_CIPHER_CTX * c, unsigned char *out, int *n, const unsigned char *in, int length), (c, out, n, in, length), 0)
FAULTS(FAULTS_CRYPTO, int, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX * c, int what, int argument, void *more),
       (c, what, argument, more), 0)
FAULTS(FAULTS_CRYPTO, EVP_MAC *, EVP_MAC_fetch, (OSSL_LIB_CTX * in, const char *name, const char *which), (in, name, which), NULL)
FAULTS(FAULTS_CRYPTO, EVP_MAC_CTX *, EVP_MAC_CTX_new, (EVP_MAC * mac), (mac), NULL)
FAULTS(FAULTS_CRYPTO, int, EVP_MAC_init,
       (EVP_MAC_CTX * c, const unsigned char *key, size_t length, const OSSL_PARAM parameters[]), (c, key, length, parameters), 0)
FAULTS(FAULTS_CRYPTO, int, EVP_MAC_update, (EVP_MAC_CTX * c, const unsigned char *data, size_t length), (c, data, length), 0)
FAULTS(FAULTS_CRYPTO, int, EVP_MAC_final, (EVP_MAC_CTX * c, unsigned char *out, size_t *n, size_t room), (c, out, n, room), 0)
FAULTS(FAULTS_CRYPTO, EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), NULL)
FAULTS(FAULTS_CRYPTO, int, EVP_DigestInit_ex, (EVP_MD_CTX * c, const EVP_MD *md, ENGINE *engine), (c, md, engine), 0)
FAULTS(FAULTS_CRYPTO, int, EVP_DigestUpdate, (EVP_MD_CTX * c, const void *data, size_t length), (c, data, length), 0)
FAULTS(FAULTS_CRYPTO, int, EVP_DigestFinal_ex, (EVP_MD_CTX * c, unsigned char *out, unsigned *n), (c, out, n), 0)
int EVP_CIPHER_CTX_reset(EVP_CIPHER_CTX *c) { /* the key must go all the same */
  bool fails = faults_strike(FAULTS_CRYPTO, "EVP_CIPHER_CTX_reset", __builtin_return_address(0));
  int code = FAULTS_NEXT(EVP_CIPHER_CTX_reset)(c);
  return fails ? 0 : code;
}
FAULTS(FAULTS_CRYPTO, int, crypto_pwhash,
       (unsigned char *const out, unsigned long long length, const char *const text, unsigned long long text_length,
        const unsigned char *const salt, unsigned long long ops, size_t memory, int algorithm),
       (out, length, text, text_length, salt, ops, memory, algorithm), -1)

/* ---- threads */
FAULTS(FAULTS_THREAD, int, pthread_create,
       (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument),
       (thread, attributes, run, argument), EAGAIN)

#endif
