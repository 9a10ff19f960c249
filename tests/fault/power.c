/* A disk whose power is cut, under the real key store and the real SQLite: a test tool, never shipped.
 *   power STRIDE [batch|lying|keys-kept]   ends with 0 and says how many cuts were survived, or with 1 and says which was not
 * Every write, sync, truncation and unlinking of keys.db, its log and the effaceable store passes through here (they are
 * functions of this program, found before the library's) and is kept twice: as the page cache shows it, which are the files
 * themselves, and as it lies on the disk. A cut makes a folder of what is on the disk and of some of what was not synced: none of
 * it, all of it, any blocks of it, a log that was unlinked but whose folder was not synced. The vault in it must open, hold every
 * key that was acknowledged, end the destruction that was under way, and then give the dead key to nobody who has all rows that
 * were ever written.
 *
 * Cut is before every operation of: a destruction; a restart after a kill before any of its operations; what follows a sync that
 * failed, after which the blocks are shown on but no later sync writes them, with the process then killed or not. STRIDE: only
 * every n-th cut. One of 70 keys is destroyed; `batch`: 10,000 of 12,000, with fewer kills and failing syncs the larger STRIDE
 * is. Controls: `lying`, a disk on which a sync does nothing; `keys-kept`, a destruction that gives no fresh keys. */
#include "keys/effaceable.h"
#include "keys/keystore.h"
#include "keys/tree.h"
#include "vault/base/io.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEYS, LOG, PLACES, FILES, MOST = 4 << 20, BLOCK = 4096, MOST_LEAVES = 12000, MORE = 3, MOST_ROWS = 3000, POLICIES = 6 };
static const char *const names[FILES] = {"keys.db", "keys.db-wal", "effaceable"};

struct image {
  bool exists;
  size_t size;
  uint8_t bytes[MOST];
};
enum state { CLEAN, DIRTY, LOST };
struct row {
  int64_t id;
  uint8_t blob[TREE_BLOB];
};
struct rows {
  size_t count;
  struct row row[MOST_ROWS];
};
static size_t leaves = 70, dead = 1; /* of the base; of them are destroyed */

/* Shared by the processes that are killed and the one that tells them when. */
static struct world {
  struct image disk[FILES];
  uint8_t state[FILES][MOST / BLOCK];
  bool log_nameless;               /* a log was made, or taken away, and the folder not synced since */
  struct image ghost, whole_ghost; /* the log that was taken away: as on the disk, as it was shown */
  long operations, syncs;          /* of this process */
  long kill_at, fail_at;           /* 0: not */
  bool kill_after_failure, cutting, failed;
  long cuts, verified, stride;
  char how[100]; /* this is disturbed */
  size_t acknowledged;
  keystore_leaf leaf[MOST_LEAVES + MORE], doomed[MOST_LEAVES];
  uint8_t key[MOST_LEAVES + MORE][32];
  struct rows rows; /* ever written, those of the base first */
  size_t base_rows;
} * w;
static bool lying, quiet = true; /* quiet: nothing is recorded */
static uint8_t secret_bytes[32] = "a key file's thirty-two bytes...", mrk[32], slots_hash[32];
static const struct slot_secret secret = {.kind = SLOT_SECRET_KEY_FILE, .bytes = secret_bytes, .length = 32};
static struct id vault;
static char base[300], run[300], cut[300];
static struct rows *since; /* rows of a vault that is looked at after a cut */

_Noreturn static void die(const char *what) {
  printf("FAILED: %s (%s; then at operation %ld): %s\n", what, w->how, w->operations, err_text());
  fflush(stdout);
  _exit(1);
}

/* ---- files, past the functions below */
static void load(const char *folder, int file, struct image *out) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", folder, names[file]);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  out->exists = fd >= 0;
  out->size = 0;
  if (fd < 0) return;
  for (ssize_t n; (n = read(fd, out->bytes + out->size, MOST - out->size)) > 0;) out->size += (size_t)n;
  if (out->size == MOST) die("a file is larger than expected");
  close(fd);
}

static void store(const char *folder, int file, const struct image *image) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", folder, names[file]);
  syscall(SYS_unlink, path);
  if (!image->exists) return;
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || syscall(SYS_pwrite64, fd, image->bytes, image->size, 0) != (long)image->size) die("a file cannot be made");
  close(fd);
}

static void copy_folder(const char *from, const char *to) {
  static struct image image;
  char shm[400];
  mkdir(to, 0700);
  snprintf(shm, sizeof shm, "%s/keys.db-shm", to);
  syscall(SYS_unlink, shm);
  for (int f = 0; f < FILES; f++) {
    load(from, f, &image);
    store(to, f, &image);
  }
}

static void copy_image(const struct image *from, struct image *to) {
  to->exists = from->exists;
  to->size = from->size;
  memcpy(to->bytes, from->bytes, from->size);
}

/* ---- the disk after a cut */
static uint64_t dice;
static unsigned roll(unsigned sides) {
  dice = dice * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(dice >> 33) % sides;
}
enum policy { NONE, ALL, GHOST }; /* and beyond: anything */

static void mix(int file, const struct image *shown, int policy, struct image *out) {
  copy_image(&w->disk[file], out);
  if (policy == NONE || policy == GHOST) return;
  if (policy == ALL || roll(2)) out->size = shown->size, out->exists = shown->exists;
  for (size_t b = 0; b * BLOCK < shown->size; b++) {
    if (w->state[file][b] == CLEAN || (policy != ALL && roll(2))) continue;
    size_t end = policy == ALL || file != PLACES || roll(2) ? BLOCK : roll(64); /* a place may be torn */
    memcpy(out->bytes + b * BLOCK, shown->bytes + b * BLOCK, end);
  }
}

static void make_cut(int policy) {
  static struct image shown, out;
  char shm[400];
  snprintf(shm, sizeof shm, "%s/keys.db-shm", cut);
  syscall(SYS_unlink, shm);
  for (int f = 0; f < FILES; f++) {
    load(run, f, &shown);
    mix(f, &shown, policy, &out);
    if (f == LOG && w->log_nameless && policy != ALL) {
      int which = policy == NONE ? 0 : policy == GHOST ? 1 : (int)roll(3);
      if (which == 0) copy_image(&w->ghost, &out);
      if (which == 1) copy_image(&w->whole_ghost, &out);
    }
    store(cut, f, &out);
  }
}

/* ---- who has every row, every secret, and the places of today */
static bool open_row(const struct row *row, const char *label, const uint8_t *more, size_t more_length, const uint8_t key[32],
                     struct tree_node *out) {
  uint8_t ad[128];
  size_t n = strlen(label);
  memcpy(ad, label, n);
  memcpy(ad + n, vault.b, 16);
  memcpy(ad + n + 16, more, more_length);
  return crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)out, NULL, NULL, row->blob + 24, TREE_BLOB - 24, ad,
                                                    n + 16 + more_length, row->blob, key) == 0;
}

static bool is_doomed(size_t i) { return leaves == 70 ? i == 5 : i < leaves && i % 6 != 0; }

/* Whether a dead key is in a node that opens below this one, in whatever state it ever was. */
static bool below(const struct tree_node *node, unsigned level, uint64_t index) {
  const struct rows *all[2] = {&w->rows, since};
  struct tree_node child;
  for (uint64_t i = 0, number = index * TREE_FAN; i < TREE_FAN; i++, number++) {
    if (sodium_is_zero(node->keys[i].b, 32)) continue;
    if (level == 0 && number < leaves && is_doomed(number) && memcmp(node->keys[i].b, w->key[number], 32) == 0) return true;
    uint64_t id = ((uint64_t)1 << 56) * (level - 1) + number;
    for (int a = 0; level > 0 && a < 2; a++)
      for (size_t r = 0; r < all[a]->count; r++)
        if (all[a]->row[r].id == (int64_t)id &&
            open_row(&all[a]->row[r], "clipvault-node", (uint8_t *)&id, 8, node->keys[i].b, &child) &&
            below(&child, level - 1, number))
          return true;
  }
  return false;
}

static bool attack(const struct image *places) {
  struct tree_node root;
  const struct rows *all[2] = {&w->rows, since};
  for (int place = 0; place < 2; place++) {
    const uint8_t *record = places->bytes + place * BLOCK;
    uint8_t rk[32], more[40];
    crypto_generichash_state h;
    memcpy(more, record + 4, 8);
    memcpy(more + 8, slots_hash, 32);
    crypto_generichash_init(&h, mrk, 32, 32);
    crypto_generichash_update(&h, (const uint8_t *)"clipvault-root", 14);
    crypto_generichash_update(&h, vault.b, 16);
    crypto_generichash_update(&h, record + 4, 8);
    crypto_generichash_update(&h, record + 12, 32);
    crypto_generichash_final(&h, rk, 32);
    for (int a = 0; a < 2; a++)
      for (size_t i = 0; i < all[a]->count; i++)
        if (all[a]->row[i].id == TREE_ROOT_ID && open_row(&all[a]->row[i], "clipvault-root", more, 40, rk, &root) &&
            below(&root, root.extra[8] - 1u, 0)) /* its height */
          return true;
  }
  return false;
}

/* ---- what must hold */
static void live_keys(struct keystore *ks, const char *when) {
  SECRET_KEY(key);
  for (size_t i = 0; i < w->acknowledged; i += i < leaves && leaves > 100 ? 23 : 1)
    if (!is_doomed(i) && (keystore_get(ks, w->leaf[i], key) != ERR_OK || memcmp(key->b, w->key[i], 32) != 0)) die(when);
}

static void verify(void) {
  static struct image places;
  struct keystore_proof proof;
  struct keystore *ks = NULL;
  SECRET_KEY(key);
  AUTO(io) int dir = open(cut, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  since->count = 0;
  if (keystore_open(dir, &secret, &ks) != ERR_OK) die("the vault is lost");
  live_keys(ks, "a live key is lost");
  if (keystore_shred(ks, dead, w->doomed, &proof) != ERR_OK) die("the job does not end");
  for (size_t i = 0; i < dead; i += dead / 100 + 1)
    if (keystore_get(ks, w->doomed[i], key) != ERR_MISSING) die("a destroyed key is there");
  live_keys(ks, "a live key is lost with the dead one");
  keystore_close(ks);
  load(cut, PLACES, &places);
  if (attack(&places)) die("a dead key comes back");
  w->verified++;
}

static void point(void) {
  w->operations++;
  if (w->cutting && w->cuts++ % w->stride == 0) {
    quiet = true;
    for (int policy = 0; policy < POLICIES; policy++) {
      make_cut(policy);
      verify();
    }
    quiet = false;
  }
  if (w->operations == w->kill_at || (w->failed && w->kill_after_failure)) raise(SIGKILL);
}

/* ---- the operations */
static int file_of(int fd, bool *folder) { /* in `run`; -1: no concern of ours */
  char link[64], path[400];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = quiet ? -1 : readlink(link, path, sizeof path - 1);
  size_t length = strlen(run);
  *folder = false;
  if (n < 0) return -1;
  path[n] = 0;
  if (strncmp(path, run, length) != 0) return -1;
  *folder = !path[length];
  for (int f = 0; f < FILES; f++)
    if (path[length] == '/' && strcmp(path + length + 1, names[f]) == 0) return f;
  return -1;
}

static ssize_t write_at(int fd, const void *data, size_t length, off_t at) {
  bool folder;
  int file = file_of(fd, &folder);
  if (file >= 0) point();
  ssize_t n = syscall(SYS_pwrite64, fd, data, length, at);
  if (file == LOG && !w->disk[LOG].exists) { /* a new one; its name is not synced yet */
    w->disk[LOG].exists = true, w->disk[LOG].size = 0;
    w->log_nameless = true;
  }
  for (size_t b = (size_t)at / BLOCK; file >= 0 && n > 0 && b <= ((size_t)at + (size_t)n - 1) / BLOCK; b++)
    w->state[file][b] = DIRTY;
  return n;
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) { return write_at(fd, data, length, at); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return write_at(fd, data, length, at); }

static int truncate_to(int fd, off_t length) {
  bool folder;
  int file = file_of(fd, &folder);
  if (file >= 0) point();
  for (size_t b = ((size_t)length + BLOCK - 1) / BLOCK; file >= 0 && b < MOST / BLOCK; b++) w->state[file][b] = CLEAN;
  return (int)syscall(SYS_ftruncate, fd, length);
}
int ftruncate64(int fd, off64_t length) { return truncate_to(fd, length); }
int ftruncate(int fd, off_t length) { return truncate_to(fd, length); }

int unlink(const char *path) {
  const char *name = strrchr(path, '/');
  if (!quiet && name && strcmp(name + 1, names[LOG]) == 0) {
    point();
    if (!w->log_nameless || w->disk[LOG].exists) {
      static struct image shown;
      load(run, LOG, &shown);
      if (!w->log_nameless) copy_image(&w->disk[LOG], &w->ghost);
      mix(LOG, &shown, ALL, &w->whole_ghost);
    }
    w->disk[LOG].exists = false, w->disk[LOG].size = 0;
    memset(w->state[LOG], CLEAN, sizeof w->state[LOG]);
    w->log_nameless = true;
  }
  return (int)syscall(SYS_unlink, path);
}

static void reach_disk(int file) {
  static struct image shown;
  load(run, file, &shown);
  w->disk[file].exists = true;
  w->disk[file].size = shown.size;
  for (size_t b = 0; b * BLOCK < shown.size; b++) {
    if (w->state[file][b] == DIRTY) memcpy(w->disk[file].bytes + b * BLOCK, shown.bytes + b * BLOCK, BLOCK);
    if (w->state[file][b] == DIRTY) w->state[file][b] = CLEAN;
  }
}

/* A folder that SQLite syncs does not fail here: it would take no notice. */
static int sync_fd(int fd, bool by_sqlite) {
  bool folder;
  int file = file_of(fd, &folder);
  if (file < 0 && !folder) return 0;
  point();
  if (++w->syncs == w->fail_at && !(folder && by_sqlite)) {
    for (size_t b = 0; file >= 0 && b < MOST / BLOCK; b++)
      if (w->state[file][b] == DIRTY) w->state[file][b] = LOST;
    w->failed = true;
    errno = EIO;
    return -1;
  }
  if (lying) return 0;
  if (file >= 0) reach_disk(file);
  if (folder && w->log_nameless) {
    w->log_nameless = false;
    w->ghost.exists = w->whole_ghost.exists = false;
    w->ghost.size = w->whole_ghost.size = 0;
  }
  return 0;
}
int fsync(int fd) { return sync_fd(fd, false); }
int fdatasync(int fd) { return sync_fd(fd, true); }

int sqlite3_bind_blob64(sqlite3_stmt *q, int at, const void *data, sqlite3_uint64 length, void (*destroy)(void *)) {
  static int (*next)(sqlite3_stmt *, int, const void *, sqlite3_uint64, void (*)(void *));
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "sqlite3_bind_blob64");
  struct rows *rows = quiet ? since : &w->rows;
  if (length == TREE_BLOB && rows) {
    if (rows->count == MOST_ROWS) die("more rows than expected");
    memcpy(rows->row[rows->count++].blob, data, TREE_BLOB);
  }
  return next(q, at, data, length, destroy);
}
int sqlite3_bind_int64(sqlite3_stmt *q, int at, sqlite3_int64 value) { /* the id goes before the blob */
  static int (*next)(sqlite3_stmt *, int, sqlite3_int64);
  if (!next) *(void **)&next = dlsym(RTLD_NEXT, "sqlite3_bind_int64");
  struct rows *rows = quiet ? since : &w->rows;
  if (at == 1 && rows && rows->count < MOST_ROWS) rows->row[rows->count].id = value;
  return next(q, at, value);
}

/* ---- a process: acknowledges some keys, then destroys one */
static void live_and_destroy(void) {
  struct keystore_proof proof;
  keystore_leaf more[MORE];
  struct keystore *ks = NULL;
  AUTO(io) int dir = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  quiet = false;
  if (keystore_open(dir, &secret, &ks) != ERR_OK && !w->failed) die("the vault is lost, with the power on");
  if (ks && w->acknowledged == leaves && keystore_new_leaves(ks, MORE, more) == ERR_OK) {
    SECRET_KEY(key);
    for (int i = 0; i < MORE; i++) {
      if (keystore_get(ks, more[i], key) != ERR_OK) die("a new key is not there");
      w->leaf[leaves + (size_t)i] = more[i];
      memcpy(w->key[leaves + (size_t)i], key->b, 32);
    }
    w->acknowledged = leaves + MORE;
  }
  if (ks && keystore_shred(ks, dead, w->doomed, &proof) != ERR_OK && !w->failed) die("the job does not end, with the power on");
  keystore_close(ks);
}

/* Returns whether it was killed. */
static bool process(void) {
  int status;
  w->operations = w->syncs = 0;
  w->failed = false;
  pid_t child = fork();
  if (child == 0) {
    live_and_destroy();
    _exit(0);
  }
  if (child < 0 || waitpid(child, &status, 0) != child) die("no process");
  if (WIFEXITED(status) && WEXITSTATUS(status)) exit(1);
  return WIFSIGNALED(status);
}

/* The first process, disturbed, and the one after it, cut at each step. */
static void disturbed(long kill_at, long fail_at, bool kill_after_failure) {
  copy_folder(base, run);
  memset(w->state, CLEAN, sizeof w->state);
  for (int f = 0; f < FILES; f++) load(run, f, &w->disk[f]);
  w->ghost.exists = w->whole_ghost.exists = false;
  w->ghost.size = w->whole_ghost.size = 0;
  w->log_nameless = false;
  w->rows.count = w->base_rows;
  w->acknowledged = leaves;
  snprintf(w->how, sizeof w->how, "a kill at %ld, failing sync %ld%s", kill_at, fail_at, kill_after_failure ? " and a kill" : "");
  w->kill_at = kill_at, w->fail_at = fail_at, w->kill_after_failure = kill_after_failure;
  w->cutting = !kill_at && !kill_after_failure;
  process();
  if (!kill_at && !fail_at) return;
  w->kill_at = w->fail_at = 0;
  w->kill_after_failure = false;
  w->cutting = true;
  process();
}

static void make_base(void) {
  struct keystore *ks;
  SECRET_KEY(key);
  struct slot_record slots[STORE_MOST_SLOTS];
  size_t count;
  struct store *db;
  mkdir(base, 0700);
  AUTO(io) int dir = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (keystore_create(dir, &secret, NULL, &vault) != ERR_OK || keystore_open(dir, &secret, &ks) != ERR_OK) die("no vault");
  since->count = 0;
  if (keystore_new_leaves(ks, leaves, w->leaf) != ERR_OK || keystore_mrk(ks, key) != ERR_OK) die("no keys");
  memcpy(mrk, key->b, 32);
  dead = 0;
  for (size_t i = 0; i < leaves; i++) {
    if (keystore_get(ks, w->leaf[i], key) != ERR_OK) die("no key");
    memcpy(w->key[i], key->b, 32);
    if (is_doomed(i)) w->doomed[dead++] = w->leaf[i];
  }
  keystore_close(ks);
  memcpy(&w->rows, since, sizeof *since);
  w->base_rows = since->count;
  if (store_open(dir, &db) != ERR_OK || store_get_slots(db, slots, &count) != ERR_OK) die("no slot");
  store_close(db);
  uint8_t kind = (uint8_t)slots[0].kind;
  crypto_generichash_state h;
  crypto_generichash_init(&h, NULL, 0, 32);
  crypto_generichash_update(&h, slots[0].id.b, 16);
  crypto_generichash_update(&h, &kind, 1);
  crypto_generichash_update(&h, slots[0].public_half, 32);
  crypto_generichash_final(&h, slots_hash, 32);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0); /* before there are children who would say it again */
  const char *tmp = getenv("TMPDIR");
  char folder[200];
  snprintf(folder, sizeof folder, "%s/power.XXXXXX", tmp ? tmp : "/tmp");
  w = mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  since = calloc(1, sizeof *since);
  if (w == MAP_FAILED || !since || secret_init() != ERR_OK || !mkdtemp(folder)) return 1;
  snprintf(base, sizeof base, "%s/base", folder);
  snprintf(run, sizeof run, "%s/run", folder);
  snprintf(cut, sizeof cut, "%s/cut", folder);
  w->stride = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
  bool batch = argc > 2 && strcmp(argv[2], "batch") == 0;
  if (batch) leaves = MOST_LEAVES;
  lying = argc > 2 && strcmp(argv[2], "lying") == 0;
  if (argc > 2 && strcmp(argv[2], "keys-kept") == 0) setenv("CLIPVAULT_TEST_NO_REKEY", "1", 1);
  randombytes_buf(&dice, sizeof dice);
  make_base();
  mkdir(cut, 0700);
  w->cuts = randombytes_uniform((uint32_t)w->stride); /* from another one each time */
  disturbed(0, 0, false);
  long operations = w->operations, syncs = w->syncs;
  long kills = 0, failures = 0, hop = batch ? w->stride / 8 + 1 : 1, sync_hop = batch && w->stride > 1 ? 4 : 1;
  printf("%zu of %zu keys; undisturbed: %ld operations, %ld of them syncs\n", dead, leaves, operations, syncs);
  for (long i = 1; i <= operations; i += hop, kills++) disturbed(i, 0, false);
  for (long i = 1; i <= syncs; i += sync_hop, failures++) disturbed(0, i, false);
  for (long i = 1; i <= syncs; i += sync_hop, failures++) disturbed(0, i, true);
  printf("%ld kills, %ld failing syncs, %ld cuts survived\n", kills, failures, w->verified);
  return 0;
}
