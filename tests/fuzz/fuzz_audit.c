/* What somebody outside is handed of an audit log: an export, and a checkpoint from before. The first byte chooses:
 *   even  the rest is an export as it is: nobody signed it, and nothing may crash;
 *   odd   a log of so many entries is exported here, with an earlier checkpoint of so many of them, and the rest is edits to
 * both. What is then called valid has the entries that were signed. */
#include "keys/certificate.h"
#include "vault/audit_outside.h"
#include "vault/audit_tree.h"
#include "vault/base/io.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_LEAVES = 40, LEAF = 8 + 40, EDIT = 4, TEXT = sodium_base64_ENCODED_LEN(LEAF, sodium_base64_VARIANT_ORIGINAL) };
static struct secret_key *seed;
static uint8_t public_key[32];
static int fd;

static void begin(void) {
  if (secret_init() != ERR_OK) abort();
  seed = secret_key_new();
  memset(seed->b, 7, sizeof seed->b);
  certificate_public_key(seed, public_key);
  fd = memfd_create("fuzz", MFD_CLOEXEC);
  if (fd < 0) abort();
}

static enum err verify(const uint8_t *file, size_t length, const struct bytes *earlier, struct audit_verdict *out) {
  if (ftruncate(fd, 0) || io_pwrite_all(fd, file, length, 0) != ERR_OK || lseek(fd, 0, SEEK_SET)) abort();
  return audit_outside_verify(fd, public_key, earlier, out);
}

static void sign(const struct audit_tree *t, struct bytes *out, struct audit_checkpoint *c) {
  *c = (struct audit_checkpoint){.vault = {{1}}, .entries = t->count};
  audit_tree_root(t, c->root);
  if (audit_checkpoint_write(seed, c, out) != ERR_OK) abort();
}

static void put_leaf(struct audit_tree *t, struct bytes *lines) {
  uint8_t leaf[LEAF] = {0}, hash[32];
  char text[TEXT];
  for (int i = 0; i < 8; i++) leaf[i] = (uint8_t)(t->count >> (56 - 8 * i));
  memset(leaf + 8, (int)t->count, LEAF - 8);
  audit_tree_leaf(leaf, sizeof leaf, hash);
  audit_tree_append(t, hash);
  bytes_put_text(lines, sodium_bin2base64(text, sizeof text, leaf, sizeof leaf, sodium_base64_VARIANT_ORIGINAL));
  bytes_put_text(lines, "\n");
}

/* Where (u16), how, what: the byte is changed, the rest is cut off, or a line is taken out. */
static void edit(struct bytes *text, const uint8_t e[EDIT]) {
  size_t at = text->length ? ((size_t)e[0] << 8 | e[1]) % text->length : 0;
  uint8_t *line = text->data + at, *end = text->length ? memchr(line, '\n', text->length - at) : NULL;
  if (!text->length) return;
  if (e[2] % 4 == 0) text->length = at;
  if (e[2] % 4 == 1 && end) memmove(line, end, text->length - (size_t)(end - text->data)), text->length -= (size_t)(end - line);
  if (e[2] % 4 > 1) *line ^= e[3];
}

static void try_changed(const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes lines = {0}, file = {0}, earlier = {0};
  struct audit_tree tree = {0};
  struct audit_checkpoint now, before;
  struct audit_verdict v;
  unsigned count = data[0] % MOST_LEAVES, old = count ? (data[1] & 0x7f) % (count + 1) : 0;
  for (unsigned i = 0; i < count; i++) {
    if (i == old) sign(&tree, &earlier, &before);
    put_leaf(&tree, &lines);
  }
  if (old == count) sign(&tree, &earlier, &before);
  sign(&tree, &file, &now);
  bytes_put_text(&file, "\n");
  bytes_put(&file, lines.data, lines.length);
  if (file.failed || earlier.failed || lines.failed) abort();
  bool touched = size > 2 + EDIT, compared = !(data[1] & 0x80);
  for (data += 2, size -= 2; size > EDIT; data += 1 + EDIT, size -= 1 + EDIT) edit(data[0] % 4 ? &file : &earlier, data + 1);
  enum err e = verify(file.data, file.length, compared ? &earlier : NULL, &v);
  if (e == ERR_OK && v.valid && (v.entries != now.entries || memcmp(v.root, now.root, sizeof v.root) != 0)) abort();
  if (!touched && (e != ERR_OK || !v.valid)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct audit_verdict v;
  if (!seed) begin();
  memset(seed->b, 7, sizeof seed->b); /* a child's arena is empty */
  if (size < 3) return 0;
  if (data[0] % 2)
    try_changed(data + 1, size - 1);
  else if (verify(data + 1, size - 1, NULL, &v) == ERR_OK && v.valid && data[1] != 'c')
    abort();
  return 0;
}
