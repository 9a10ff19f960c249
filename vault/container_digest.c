#include "vault/container_digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFERS = 4, THREAD_FROM = 4 }; /* a thread is worth its start from the fifth block on */

struct container_digest {
  EVP_MD_CTX *sha; /* NULL: nothing is hashed */
  uint8_t *buffers[BUFFERS];
  size_t lengths[BUFFERS];
  uint64_t filled, hashed; /* how many blocks, ever */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t moved;
  bool threaded, ending, failed;
};

enum err container_digest_none(struct container_digest **out) {
  struct container_digest *d = calloc(1, sizeof *d);
  if (!d) return err_set(ERR_IO, "out of memory");
  pthread_mutex_init(&d->lock, NULL);
  pthread_cond_init(&d->moved, NULL);
  d->buffers[0] = malloc(CONTAINER_DIGEST_ROOM);
  if (!d->buffers[0]) {
    container_digest_free(d);
    return err_set(ERR_IO, "cannot hash: out of memory");
  }
  *out = d;
  return ERR_OK;
}

enum err container_digest_new(struct container_digest **out) {
  struct container_digest *d;
  TRY(container_digest_none(&d));
  d->sha = EVP_MD_CTX_new();
  if (!d->sha || EVP_DigestInit_ex(d->sha, EVP_sha256(), NULL) != 1) {
    container_digest_free(d);
    return err_set(ERR_IO, "cannot hash: out of memory");
  }
  *out = d;
  return ERR_OK;
}

static void hash_block(struct container_digest *d, uint64_t block) {
  if (EVP_DigestUpdate(d->sha, d->buffers[block % BUFFERS], d->lengths[block % BUFFERS]) != 1) d->failed = true;
}

static void *run(void *context) {
  struct container_digest *d = context;
  pthread_mutex_lock(&d->lock);
  for (;;) {
    while (d->hashed == d->filled && !d->ending) pthread_cond_wait(&d->moved, &d->lock);
    if (d->hashed == d->filled) break;
    uint64_t block = d->hashed;
    pthread_mutex_unlock(&d->lock);
    hash_block(d, block);
    pthread_mutex_lock(&d->lock);
    d->hashed++;
    pthread_cond_signal(&d->moved);
  }
  pthread_mutex_unlock(&d->lock);
  return NULL;
}

/* Without a thread everything is hashed by the time a buffer is asked for, and one buffer is enough. */
static void start_thread(struct container_digest *d) {
  sigset_t all, before;
  for (int i = 1; i < BUFFERS; i++)
    if (!d->buffers[i] && !(d->buffers[i] = malloc(CONTAINER_DIGEST_ROOM))) return;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's business */
  d->threaded = pthread_create(&d->thread, NULL, run, d) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

uint8_t *container_digest_buffer(struct container_digest *d) {
  if (!d->threaded && d->filled == THREAD_FROM) start_thread(d);
  if (!d->threaded) return d->buffers[0];
  pthread_mutex_lock(&d->lock);
  while (d->filled - d->hashed == BUFFERS) pthread_cond_wait(&d->moved, &d->lock);
  uint8_t *buffer = d->buffers[d->filled % BUFFERS];
  pthread_mutex_unlock(&d->lock);
  return buffer;
}

void container_digest_take(struct container_digest *d, size_t length) {
  if (!d->sha) return;
  if (!d->threaded) {
    if (EVP_DigestUpdate(d->sha, d->buffers[0], length) != 1) d->failed = true;
    d->filled = ++d->hashed;
    return;
  }
  pthread_mutex_lock(&d->lock);
  d->lengths[d->filled++ % BUFFERS] = length;
  pthread_cond_signal(&d->moved);
  pthread_mutex_unlock(&d->lock);
}

static void stop_thread(struct container_digest *d) {
  if (!d->threaded) return;
  pthread_mutex_lock(&d->lock);
  d->ending = true;
  pthread_cond_signal(&d->moved);
  pthread_mutex_unlock(&d->lock);
  pthread_join(d->thread, NULL);
  d->threaded = false;
}

enum err container_digest_finish(struct container_digest *d, uint8_t sha256[32]) {
  stop_thread(d);
  memset(sha256, 0, 32);
  if (!d->sha) return ERR_OK;
  if (d->failed || EVP_DigestFinal_ex(d->sha, sha256, NULL) != 1) return err_set(ERR_BUG, "libcrypto failed to hash");
  return ERR_OK;
}

void container_digest_free(struct container_digest *d) {
  if (!d) return;
  stop_thread(d);
  for (int i = 0; i < BUFFERS; i++) free(d->buffers[i]);
  EVP_MD_CTX_free(d->sha);
  pthread_cond_destroy(&d->moved);
  pthread_mutex_destroy(&d->lock);
  free(d);
}
