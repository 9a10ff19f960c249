#include "keys/slot.h"

#include "vault/base/bytes.h"
#include "vault/base/io.h"
#include "vault/base/log.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "CLIPVAULT-KEY-1 ";
enum { PREFIX = sizeof prefix - 1, LINE = PREFIX + 64 + 1 };

const char *slot_kind_name(enum slot_kind kind) {
  switch (kind) {
    case SLOT_PASSPHRASE: return "passphrase";
    case SLOT_KEY_FILE: return "key-file";
    case SLOT_SHARES: return "shares";
    case SLOT_TPM: return "tpm";
  }
  return "unknown";
}

enum err slot_key_file_create(const char *path) {
  SECRET_KEY(key);
  char *line = secret_alloc(LINE + 1);
  randombytes_buf(key->b, sizeof key->b);
  memcpy(line, prefix, PREFIX);
  sodium_bin2hex(line + PREFIX, 65, key->b, sizeof key->b);
  line[LINE - 1] = '\n';
  enum err e = io_create_file(AT_FDCWD, path, line, LINE);
  secret_free(line);
  return e;
}

static void warn_of_mode(int fd, const char *path) {
  struct stat st;
  if (fstat(fd, &st) == 0 && (st.st_mode & 077)) log_warn("the key file %s can be read by others; chmod 600 it", path);
}

enum err slot_key_file_read(const char *path, struct secret_key *out) {
  AUTO(io) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return err_set_errno(io_failure(ERR_MISSING), "cannot open the key file %s", path);
  warn_of_mode(fd, path);
  char *line = secret_alloc(LINE + 2);
  SECRET_KEY(key);
  size_t got = 0;
  enum err e = io_read_upto(fd, line, LINE + 1, &got);
  if (got == LINE - 1) line[got++] = '\n'; /* typed in without its newline */
  bool right = e == ERR_OK && got == LINE && line[LINE - 1] == '\n' && memcmp(line, prefix, PREFIX) == 0 &&
               sodium_hex2bin(key->b, sizeof key->b, line + PREFIX, 64, NULL, NULL, NULL) == 0; /* all 64, or it fails */
  secret_free(line);
  TRY(e);
  if (!right) return err_set(ERR_DATA, "%s is not a key file: it should be one line, %s and 64 hexadecimal digits", path, prefix);
  *out = *key;
  return ERR_OK;
}
