/* Preloaded by tests/attack/nonces.sh: every (key, nonce) under which something is sealed is appended to the file NONCES, as
 * BLAKE2b-128 of the key and 24 bytes of nonce, in one write each, whichever process seals it. With NONCES_FIXED random nonces
 * are not random: the control. Whoever calls libsodium or libcrypto passes here, also a caller that somebody adds later. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note(const unsigned char *key, const unsigned char *nonce, size_t length) {
  unsigned char record[16 + 24] = {0};
  const char *path = getenv("NONCES");
  crypto_generichash(record, 16, key, 32, NULL, 0);
  memcpy(record + 16, nonce, length);
  int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  if (fd >= 0 && write(fd, record, sizeof record) != sizeof record) abort();
  if (fd >= 0) close(fd);
}

int crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned char *c, unsigned long long *clen, const unsigned char *m,
                                               unsigned long long mlen, const unsigned char *ad, unsigned long long adlen,
                                               const unsigned char *nsec, const unsigned char *nonce, const unsigned char *key) {
  static int (*next)(unsigned char *, unsigned long long *, const unsigned char *, unsigned long long, const unsigned char *,
                     unsigned long long, const unsigned char *, const unsigned char *, const unsigned char *);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "crypto_aead_xchacha20poly1305_ietf_encrypt");
  note(key, nonce, 24);
  return next(c, clen, m, mlen, ad, adlen, nsec, nonce, key);
}

int EVP_CipherInit_ex2(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *iv,
                       int encrypt, const OSSL_PARAM params[]) {
  static int (*next)(EVP_CIPHER_CTX *, const EVP_CIPHER *, const unsigned char *, const unsigned char *, int, const OSSL_PARAM[]);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "EVP_CipherInit_ex2");
  if (encrypt == 1 && key && iv) note(key, iv, 12);
  return next(ctx, cipher, key, iv, encrypt, params);
}

void randombytes_buf(void *out, size_t length) {
  static void (*next)(void *, size_t);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "randombytes_buf");
  if (length == 24 && getenv("NONCES_FIXED"))
    memset(out, 7, length);
  else
    next(out, length);
}
