/* Recovery shares as somebody types them from paper, and as they stand in a file, with remarks. What is taken is written again as
 * the same words, and joins with others of its set only to the secret that was split; a share of ours with a slip in it is never
 * taken for another. */
#include "keys/share.h"
#include "vault/base/io.h"
#include "vault/shares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { THRESHOLD = 2, COUNT = 3 };
static struct share *ours, *typed; /* in the arena */
static struct secret_key *secret, *joined;
static struct share plain[COUNT]; /* for a child, whose arena is empty */
static char sheet[SHARE_TEXT], path[40];
static int fd;

static void begin(void) {
  if (secret_init() != ERR_OK) abort();
  secret = secret_key_new();
  joined = secret_key_new();
  memset(secret->b, 7, sizeof secret->b);
  ours = secret_alloc(COUNT * sizeof *ours);
  typed = secret_alloc((COUNT + 1) * sizeof *typed);
  fd = memfd_create("fuzz", MFD_CLOEXEC);
  if (fd < 0) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (share_split(secret, THRESHOLD, COUNT, ours) != ERR_OK) abort();
  memcpy(plain, ours, sizeof plain);
}

static void try_text(const char *text, size_t length) {
  char again[SHARE_TEXT];
  size_t used = 0, count = 0;
  for (; count < COUNT + 1 && length; count++, text += used, length -= used) {
    if (share_parse(text, length, &used, &typed[count]) != ERR_OK || !used) break;
    if (used > length) abort();
    const struct share *t = &typed[count];
    if (!t->threshold || t->threshold > SHARE_MOST || !t->number || t->number > SHARE_MOST) abort();
    share_print(t, again);
    if (share_parse(again, strlen(again), &used, &typed[COUNT]) != ERR_OK && count < COUNT) abort();
  }
  if (count > COUNT) count = COUNT;
  if (count && share_join(typed, count, joined) == ERR_OK && typed[0].threshold == THRESHOLD &&
      memcmp(typed[0].set, ours[0].set, SHARE_SET) == 0 && memcmp(joined->b, secret->b, sizeof secret->b) != 0)
    abort();
}

/* Pairs of bytes: where, and what stands there instead. */
static void try_slips(const uint8_t *data, size_t size) {
  size_t used;
  share_print(&ours[data[0] % COUNT], sheet);
  size_t length = strlen(sheet);
  for (data++, size--; size >= 2; data += 2, size -= 2) sheet[data[0] % length] = (char)data[1];
  if (share_parse(sheet, length, &used, typed) != ERR_OK || !used) return;
  for (int i = 0; i < COUNT; i++)
    if (memcmp(typed->part, ours[i].part, sizeof typed->part) == 0) return; /* capitals, another space */
  abort();
}

/* A letter of our set stands for the whole share, so that files with enough of them are come by. */
static void try_file(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes text = {0};
  struct unlock u = {0};
  for (size_t i = 0; i < size; i++) {
    if (data[i] < 'A' || data[i] >= 'A' + COUNT) {
      bytes_put_u8(&text, data[i]);
      continue;
    }
    share_print(&ours[data[i] - 'A'], sheet);
    bytes_put_text(&text, sheet);
  }
  if (text.failed || ftruncate(fd, 0) || io_pwrite_all(fd, text.data, text.length, 0) != ERR_OK) abort();
  if (shares_read(path, &u) != ERR_OK) return;
  if (u.secret.kind != SLOT_SECRET_SHARES || u.secret.length != sizeof secret->b) abort();
  secret_free(u.held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!ours) begin();
  memcpy(ours, plain, sizeof plain);
  memset(secret->b, 7, sizeof secret->b);
  if (size < 2) return 0;
  if (data[0] % 2)
    try_slips(data + 1, size - 1);
  else if (data[0] % 4)
    try_file(data + 1, size - 1);
  else
    try_text((const char *)data + 1, size - 1);
  return 0;
}
