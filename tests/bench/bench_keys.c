/* What it costs to destroy keys among many, and what three flat stores would pay for the same.
 *
 *   bench_keys tree FOLDER LEAVES SHREDS BATCH   the key store: SHREDS times one leaf, then 5 times BATCH leaves at random
 *   bench_keys tpm FOLDER LEAVES SHREDS BATCH    the same with its effaceable secret in the TPM that $CLIPVAULT_TPM2_TCTI names
 *   bench_keys copied FOLDER LEAVES SHREDS BATCH the same with a holder (a file) and a replica of the nodes (a folder): the bytes
 * are what the replica receives for one destruction, facts and slots among them bench_keys rows FOLDER LEAVES ROUNDS flat: a row
 * of SQLite a key, each sealed under the root key bench_keys file FOLDER LEAVES ROUNDS         flat: the same sealed keys, one
 * after the other in a file bench_keys blob FOLDER LEAVES ROUNDS         flat: all keys as one sealed message in a file
 *
 * A flat store destroys one key by sealing all others under a fresh root key, with the same AEAD, and by replacing the old root
 * key in an effaceable store just as the key store does: written to its spare place first, over the old one when the new keys
 * are durable. `rows` does so in one transaction, with the settings of keys.db and its own function within one UPDATE; `file` and
 * `blob` write a new file, sync it and rename it over the old one.
 *
 * Prints for each kind of destruction one line: what, leaves, leaves destroyed at once, levels (0: flat), sealed bytes, CPU in µs
 * (median), wall in ms (median, 90th percentile), how often. Sealed bytes are counted: in the tree, the rows of the new epoch. */
#include "keys/effaceable.h"
#include "keys/keystore.h"
#include "tests/bench/sample.h"
#include "vault/base/io.h"

#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

enum { KEY = 32, NONCE = 24, SEALED = NONCE + KEY + 16, AT_ONCE = 50000, BATCHES = 5, EFFACEABLE_FIRST = 1 };

struct place {
  char path[4096];
  int dir;
  size_t leaves;
};

static void *make_room(size_t length) {
  void *room = calloc(1, length);
  if (!room) must(err_set(ERR_IO, "out of memory"));
  return room;
}

static void put_line(const char *what, size_t leaves, size_t at_once, size_t levels, size_t bytes, struct sample *s) {
  printf("%s %zu %zu %zu %zu %.1f %.3f %.3f %zu\n", what, leaves, at_once, levels, bytes, sample_at(s->cpu_us, s->count, 50),
         sample_at(s->wall_ms, s->count, 50), sample_at(s->wall_ms, s->count, 90), s->count);
}

static void must_sql(sqlite3 *db, int result) {
  if (result != SQLITE_OK && result != SQLITE_DONE) must(err_set(ERR_IO, "SQLite: %s", sqlite3_errmsg(db)));
}

static sqlite3 *open_sql(const struct place *p, const char *name, int flags) {
  char path[4200];
  sqlite3 *db;
  snprintf(path, sizeof path, "%s/%s", p->path, name);
  must_sql(NULL, sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK ? SQLITE_OK : SQLITE_CANTOPEN);
  return db;
}

/* ---- the key store */
static struct keystore *build_tree(const struct place *p, const char *effaceable) {
  static keystore_leaf fresh[AT_ONCE];
  struct keystore *ks;
  struct id vault;
  struct secret_key *secret = secret_key_new();
  struct slot_secret slot = {.kind = SLOT_SECRET_KEY_FILE, .bytes = secret->b, .length = sizeof secret->b};
  must(keystore_create(p->dir, &slot, effaceable, &vault));
  must(keystore_open(p->dir, &slot, &ks));
  secret_free(secret);
  for (size_t made = 0, count; made < p->leaves; made += count) {
    count = p->leaves - made < AT_ONCE ? p->leaves - made : AT_ONCE;
    must(keystore_new_leaves(ks, count, fresh));
  }
  /* Turning the epoch brings what was built from the log into keys.db: no shred that is measured pays for the building. */
  struct keystore_proof proof;
  must(keystore_shred(ks, 0, NULL, &proof));
  return ks;
}

/* The nodes that a shred has just written, root included: no other rows are of its epoch. */
static size_t count_fresh(const struct place *p, uint64_t epoch, const char *expression) {
  sqlite3 *db = open_sql(p, "keys.db", SQLITE_OPEN_READONLY);
  sqlite3_stmt *q;
  char sql[200];
  snprintf(sql, sizeof sql, "SELECT %s FROM node WHERE epoch = %llu", expression, (unsigned long long)epoch);
  must_sql(db, sqlite3_prepare_v2(db, sql, -1, &q, NULL));
  if (sqlite3_step(q) != SQLITE_ROW) must(err_set(ERR_IO, "SQLite: %s", sqlite3_errmsg(db)));
  size_t n = (size_t)sqlite3_column_int64(q, 0);
  sqlite3_finalize(q);
  sqlite3_close(db);
  return n;
}

/* `count` different leaves that live, wherever they lie. */
static void pick(bool *dead, size_t leaves, size_t count, keystore_leaf out[]) {
  for (size_t n = 0; n < count;) {
    size_t number = randombytes_uniform((uint32_t)leaves);
    if (dead[number]) continue;
    dead[number] = true;
    out[n++] = number + 1;
  }
}

static uint64_t received(const struct keystore *ks) {
  const struct keystore_copy *copies;
  uint64_t bytes = 0;
  for (size_t i = keystore_copies(ks, &copies); i-- > 0;) bytes += copies[i].bytes;
  return bytes;
}

static void add_copies(const struct place *p, struct keystore *ks) {
  char path[4200];
  snprintf(path, sizeof path, "%s/holder", p->path);
  must(keystore_holder_add(ks, "holder", path));
  snprintf(path, sizeof path, "%s/nodes", p->path);
  must(keystore_nodes_add(ks, "nodes", path));
}

static void shred_some(const struct place *p, const char *what, struct keystore *ks, bool *dead, size_t times, size_t at_once) {
  struct sample *s = make_room(sizeof *s);
  keystore_leaf *leaves = make_room(at_once * sizeof *leaves);
  uint64_t before = received(ks);
  SECRET_KEY(gone);
  for (size_t i = 0; i < times; i++) {
    struct keystore_proof proof;
    pick(dead, p->leaves, at_once, leaves);
    must(keystore_get(ks, leaves[0], gone));
    sample_begin(s);
    must(keystore_shred(ks, at_once, leaves, &proof));
    sample_end(s);
    if (keystore_get(ks, leaves[0], gone) != ERR_MISSING) must(err_set(ERR_BUG, "a destroyed key still opens"));
  }
  uint64_t epoch = keystore_epoch(ks);
  size_t bytes = strcmp(what, "copied") == 0 ? (received(ks) - before) / times : count_fresh(p, epoch, "sum(length(b))");
  put_line(what, p->leaves, at_once, count_fresh(p, epoch, "count(DISTINCT id >> 56)"), bytes, s);
  free(leaves);
  free(s);
}

static void measure_tree(const struct place *p, const char *what, size_t shreds, size_t batch) {
  AUTO(keystore) struct keystore *ks = build_tree(p, strcmp(what, "tpm") == 0 ? what : NULL);
  bool *dead = make_room(p->leaves * sizeof *dead);
  if (strcmp(what, "copied") == 0) add_copies(p, ks);
  shred_some(p, what, ks, dead, shreds, 1);
  if (p->leaves / 4 * 3 >= batch * BATCHES + shreds) shred_some(p, what, ks, dead, BATCHES, batch);
  free(dead);
}

/* ---- flat stores: all keys under one root key */
struct flat {
  const struct place *place;
  struct effaceable *effaceable;
  struct secret_key *root, *fresh, *key;
  uint64_t epoch;
  uint8_t *data; /* what the file holds, or has room for it */
  size_t length;
  sqlite3 *db;
  void (*rewrap)(struct flat *f);
};

static void seal_under(const struct secret_key *root, const uint8_t *plain, size_t length, const uint8_t *nonce, uint8_t *out) {
  memmove(out, nonce, NONCE);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, plain, length, NULL, 0, NULL, out, root->b);
}

static void open_under(const struct secret_key *root, const uint8_t *sealed, size_t length, uint8_t *out) {
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed + NONCE, length - NONCE, NULL, 0, sealed, root->b))
    must(err_set(ERR_DATA, "a sealed key does not open"));
}

/* Nonces by the block: asking the kernel for each would be the flat store's loss, not a fair one. */
static const uint8_t *next_nonce(void) {
  enum { BLOCK = 1024 };
  static uint8_t nonces[BLOCK][NONCE];
  static size_t used = BLOCK;
  if (used == BLOCK) {
    randombytes_buf(nonces, sizeof nonces);
    used = 0;
  }
  return nonces[used++];
}

static void rewrap_one(struct flat *f, const uint8_t *from, uint8_t *to) {
  open_under(f->root, from, SEALED, f->key->b);
  seal_under(f->fresh, f->key->b, KEY, next_nonce(), to);
}

static void write_data(struct flat *f) { must(io_write_file(f->place->dir, "flat", f->data, f->length)); }

static void read_data(struct flat *f) {
  AUTO(io) int fd = openat(f->place->dir, "flat", O_RDONLY | O_CLOEXEC);
  must(io_pread_all(fd, f->data, f->length, 0));
}

static void rewrap_file(struct flat *f) {
  read_data(f);
  for (size_t at = 0; at < f->length; at += SEALED) rewrap_one(f, f->data + at, f->data + at);
  write_data(f);
}

static void rewrap_blob(struct flat *f) {
  read_data(f);
  open_under(f->root, f->data, f->length, f->data + NONCE); /* in place; a real store would need that much locked memory */
  seal_under(f->fresh, f->data + NONCE, f->length - NONCE - 16, next_nonce(), f->data);
  write_data(f);
}

static void sql_rewrap(sqlite3_context *context, int count, sqlite3_value **values) {
  uint8_t sealed[SEALED];
  (void)count;
  rewrap_one(sqlite3_user_data(context), sqlite3_value_blob(values[0]), sealed);
  sqlite3_result_blob(context, sealed, sizeof sealed, SQLITE_TRANSIENT);
}

static void rewrap_rows(struct flat *f) {
  must_sql(f->db, sqlite3_exec(f->db, "UPDATE k SET b = rewrap(b); PRAGMA wal_checkpoint(TRUNCATE);", NULL, NULL, NULL));
}

static void build_file(struct flat *f) {
  f->length = f->place->leaves * SEALED;
  f->data = make_room(f->length);
  for (size_t at = 0; at < f->length; at += SEALED) {
    randombytes_buf(f->key->b, KEY);
    seal_under(f->root, f->key->b, KEY, next_nonce(), f->data + at);
  }
  write_data(f);
}

static void build_blob(struct flat *f) {
  f->length = NONCE + f->place->leaves * KEY + 16;
  f->data = make_room(f->length);
  randombytes_buf(f->data, f->length);
  seal_under(f->root, f->data + NONCE, f->length - NONCE - 16, next_nonce(), f->data);
  write_data(f);
}

static void build_rows(struct flat *f) {
  static const char setup[] =
      "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
      "PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; CREATE TABLE k (id INTEGER PRIMARY KEY, b BLOB NOT NULL); BEGIN";
  sqlite3_stmt *q;
  build_file(f);
  f->db = open_sql(f->place, "flat.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  must_sql(f->db, sqlite3_create_function(f->db, "rewrap", 1, SQLITE_UTF8, f, sql_rewrap, NULL, NULL));
  must_sql(f->db, sqlite3_exec(f->db, setup, NULL, NULL, NULL));
  must_sql(f->db, sqlite3_prepare_v2(f->db, "INSERT INTO k VALUES (?, ?)", -1, &q, NULL));
  for (size_t i = 0; i < f->place->leaves; i++) {
    sqlite3_bind_int64(q, 1, (int64_t)i + 1);
    sqlite3_bind_blob(q, 2, f->data + i * SEALED, SEALED, SQLITE_STATIC);
    must_sql(f->db, sqlite3_step(q));
    sqlite3_reset(q);
  }
  sqlite3_finalize(q);
  must_sql(f->db, sqlite3_exec(f->db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL));
}

static const struct {
  const char *name;
  void (*build)(struct flat *f);
  void (*rewrap)(struct flat *f);
} flats[] = {{"rows", build_rows, rewrap_rows}, {"file", build_file, rewrap_file}, {"blob", build_blob, rewrap_blob}};

static void measure_flat(const struct place *p, size_t kind, size_t rounds) {
  AUTO(secret_key) struct secret_key *root = secret_key_new(), *fresh = secret_key_new(), *key = secret_key_new();
  struct flat f = {.place = p, .root = root, .fresh = fresh, .key = key, .epoch = EFFACEABLE_FIRST};
  struct sample *s = make_room(sizeof *s);
  AUTO(bytes) struct bytes where = {0};
  must(effaceable_create(p->dir, "effaceable", root, &where));
  must(effaceable_open(p->dir, bytes_text(&where), root, &f.effaceable));
  randombytes_buf(root->b, sizeof root->b);
  flats[kind].build(&f);
  for (size_t i = 0; i < rounds; i++) {
    sample_begin(s);
    randombytes_buf(fresh->b, sizeof fresh->b);
    f.epoch++;
    must(effaceable_write(f.effaceable, (int)(f.epoch & 1), f.epoch, fresh));
    flats[kind].rewrap(&f);
    must(effaceable_write(f.effaceable, (int)(1 - (f.epoch & 1)), f.epoch, fresh));
    *root = *fresh;
    sample_end(s);
  }
  put_line(flats[kind].name, p->leaves, 1, 0, f.length, s);
  sqlite3_close(f.db);
  effaceable_close(f.effaceable);
  free(f.data);
  free(s);
}

/* ---- the command */
static size_t number(const char *text, size_t least, size_t most) {
  char *end;
  unsigned long long n = strtoull(text, &end, 10);
  if (*end || n < least || n > most) must(err_set(ERR_USAGE, "bench_keys: %s is not between %zu and %zu", text, least, most));
  return (size_t)n;
}

int main(int argc, char **argv) {
  must(secret_init());
  if (argc < 5)
    must(
        err_set(ERR_USAGE, "usage: bench_keys tree|tpm|copied FOLDER LEAVES SHREDS BATCH | rows|file|blob FOLDER LEAVES ROUNDS"));
  struct place p = {.leaves = number(argv[3], 1, 1u << 30)};
  size_t times = number(argv[4], 1, SAMPLE_MOST);
  snprintf(p.path, sizeof p.path, "%s", argv[2]);
  p.dir = open(p.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (p.dir < 0) must(err_set_errno(ERR_IO, "cannot open the folder %s", p.path));
  if (argc == 6 && (strcmp(argv[1], "tree") == 0 || strcmp(argv[1], "tpm") == 0 || strcmp(argv[1], "copied") == 0))
    measure_tree(&p, argv[1], times, number(argv[5], 1, 1u << 20));
  for (size_t i = 0; i < sizeof flats / sizeof *flats; i++)
    if (argc == 5 && strcmp(argv[1], flats[i].name) == 0) measure_flat(&p, i, times);
  close(p.dir);
  return 0;
}
