#include "vault/shares.h"

#include "keys/share.h"
#include "vault/base/io.h"
#include "vault/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_TEXT = 16 * 1024, MOST_SHEET = 2048, WORDS_A_LINE = 6, NAME = 32 };

static void print_name(char out[NAME], unsigned number) { snprintf(out, NAME, "share-%u.txt", number); }

/* ---- making */

static size_t print_sheet(const struct share *s, unsigned count, char *out) {
  char words[SHARE_TEXT];
  share_print(s, words);
  size_t length =
      (size_t)snprintf(out, MOST_SHEET,
                       "# clipvault recovery share %u of %u. Any %u of them together open the vault; fewer say nothing.\n"
                       "# Print it, give it to one person, and delete the file. Use: clipvault --shares FILE unlock\n",
                       s->number, count, s->threshold);
  for (size_t w = 0; w < SHARE_WORDS; w++) {
    bool last = w == SHARE_WORDS - 1 || w % WORDS_A_LINE == WORDS_A_LINE - 1;
    length += (size_t)snprintf(out + length, MOST_SHEET - length, "%.5s%c", words + w * (SHARE_WORD + 1), last ? '\n' : ' ');
  }
  sodium_memzero(words, sizeof words);
  return length;
}

static enum err write_sheets(int dir, const struct share shares[], unsigned count) {
  char *sheet = secret_alloc(MOST_SHEET), name[NAME];
  enum err e = ERR_OK;
  unsigned made = 0;
  for (; e == ERR_OK && made < count; made++) {
    print_name(name, made + 1);
    e = io_create_file(dir, name, sheet, print_sheet(&shares[made], count, sheet));
  }
  for (unsigned n = 1; e != ERR_OK && n < made; n++) { /* the last one is not ours, or not there */
    print_name(name, n);
    unlinkat(dir, name, 0);
  }
  secret_free(sheet);
  return e;
}

static void hold(struct unlock *out, const struct secret_key *secret) {
  *out = (struct unlock){.held = secret_alloc(sizeof secret->b)};
  memcpy(out->held, secret->b, sizeof secret->b);
  out->secret.kind = SLOT_SECRET_SHARES;
  out->secret.bytes = out->held;
  out->secret.length = sizeof secret->b;
}

enum err shares_wanted(const struct request *rq, struct shares_wanted *out) {
  uint64_t needed, count;
  out->folder = request_text(rq, "shares-to");
  if (!out->folder) return err_set(ERR_USAGE, "shares need --shares-to FOLDER: where the sheets shall be written");
  if (!bytes_parse_u64(request_text_or(rq, "shares-needed", "2"), SHARE_MOST, &needed) ||
      !bytes_parse_u64(request_text_or(rq, "shares-count", "3"), SHARE_MOST, &count))
    return err_set(ERR_USAGE, "--shares-needed and --shares-count are numbers, at most %d", SHARE_MOST);
  out->needed = (unsigned)needed;
  out->count = (unsigned)count;
  return ERR_OK;
}

enum err shares_make(const struct shares_wanted *w, struct unlock *out) {
  SECRET_KEY(secret);
  if (mkdir(w->folder, 0700) != 0 && errno != EEXIST) return err_set_errno(ERR_CREATE, "cannot make the folder %s", w->folder);
  AUTO(io) int dir = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return err_set_errno(ERR_CREATE, "cannot open the folder %s", w->folder);
  randombytes_buf(secret->b, sizeof secret->b);
  struct share *shares = secret_alloc(SHARE_MOST * sizeof *shares);
  enum err e = share_split(secret, w->needed, w->count, shares);
  if (e == ERR_OK) e = write_sheets(dir, shares, w->count);
  secret_free(shares);
  TRY(e);
  hold(out, secret);
  return io_sync_dir(dir);
}

void shares_unmake(const struct shares_wanted *w) {
  AUTO(io) int dir = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (unsigned n = 1; dir >= 0 && n <= w->count; n++) {
    char name[NAME];
    print_name(name, n);
    unlinkat(dir, name, 0);
  }
}

/* ---- reading */

static void blank_remarks(char *text, size_t length) {
  bool remark = false, begins = true;
  for (size_t i = 0; i < length; i++) {
    remark = begins ? text[i] == '#' : remark && text[i] != '\n';
    begins = text[i] == '\n';
    if (remark) text[i] = ' ';
  }
}

static enum err parse_all(const char *text, size_t length, struct share shares[], size_t *count) {
  size_t used = 1;
  for (size_t at = 0; used > 0 && *count < SHARE_MOST; at += used) {
    TRY(share_parse(text + at, length - at, &used, &shares[*count]));
    *count += used > 0;
  }
  return ERR_OK;
}

static enum err read_file(const char *path, struct share shares[], size_t *count) {
  AUTO(io) int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return err_set_errno(io_failure(ERR_MISSING), "cannot open %s", path);
  char *text = secret_alloc(MOST_TEXT);
  size_t length = 0;
  enum err e = io_read_upto(fd, text, MOST_TEXT, &length);
  if (e == ERR_OK && length == MOST_TEXT) e = err_set(ERR_DATA, "%s is too long to be recovery shares", path);
  if (e == ERR_OK) blank_remarks(text, length);
  if (e == ERR_OK) e = parse_all(text, length, shares, count);
  secret_free(text);
  return e;
}

static enum err ask_one(unsigned number, unsigned needed, struct share *out) {
  char question[64];
  uint8_t *typed = secret_alloc(MOST_SHEET);
  size_t length = 0, used;
  snprintf(question, sizeof question, needed ? "Words of share %u of %u: " : "Words of the first share: ", number, needed);
  enum err e = terminal_ask_secret(question, typed, MOST_SHEET, &length);
  if (e == ERR_OK) e = share_parse((const char *)typed, length, &used, out);
  secret_free(typed);
  return e;
}

static enum err ask_all(struct share shares[], size_t *count) {
  if (!terminal_is_there()) return err_set(ERR_UNAVAILABLE, "there is no terminal to type shares on; use --shares FILE");
  TRY(ask_one(1, 0, &shares[0]));
  for (*count = 1; *count < shares[0].threshold; ++*count)
    TRY(ask_one((unsigned)*count + 1, shares[0].threshold, &shares[*count]));
  return ERR_OK;
}

enum err shares_read(const char *path, struct unlock *out) {
  SECRET_KEY(secret);
  size_t count = 0;
  struct share *shares = secret_alloc(SHARE_MOST * sizeof *shares);
  enum err e = strcmp(path, "-") == 0 ? ask_all(shares, &count) : read_file(path, shares, &count);
  if (e == ERR_OK && count == 0) e = err_set(ERR_DATA, "there is no recovery share in %s", path);
  if (e == ERR_OK) e = share_join(shares, count, secret);
  secret_free(shares);
  TRY(e);
  hold(out, secret);
  return ERR_OK;
}
