#include "vault/vault.h"

#include "vault/account.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/consent_shelf.h"
#include "vault/follow.h"
#include "vault/shred.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far the clock may lag behind what was seen (NTP steps), ahead of it (a vault left alone), and how often the
 * high-water mark is worth a write. */
#define BACK_MS ((int64_t)5 * 60 * 1000)
#define AHEAD_MS ((int64_t)31 * CLOCK_DAY_MS)
#define STEP_MS ((int64_t)60 * 1000)
enum { MASS_CLIPS = 20, MASS_SHARE = 10, FIRST_ENTRIES = 2 };

static bool jump_allowed(void) {
#ifdef CLIPVAULT_TEST_HOOKS
  const char *set = getenv("CLIPVAULT_TEST_JUMP_OK");
  return set && strcmp(set, "1") == 0;
#else
  return false;
#endif
}

static int64_t end_of(const struct index_clip *c) {
  bool waits = strcmp(c->state, "quarantined") == 0;
  return waits && c->quarantine_ms < c->expires_ms ? c->quarantine_ms : c->expires_ms;
}

static int by_id(const void *a, const void *b) { return memcmp(a, b, sizeof(struct id)); }

static size_t count_different(struct bytes *ids) {
  size_t all = INDEX_COUNT(struct id, *ids), count = 0;
  const struct id *id = INDEX_ROWS(struct id, *ids);
  if (all) qsort(ids->data, all, sizeof *id, by_id);
  for (size_t i = 0; i < all; i++) count += i == 0 || !id_equal(&id[i], &id[i - 1]);
  return count;
}

/* Clips that lost a use or their life since `since_ms`, each once: with a clip that ends all its uses do. */
static enum err count_due(struct vault *v, int64_t since_ms, size_t *due) {
  AUTO(bytes) struct bytes clips = {0}, wraps = {0}, lost = {0};
  TRY(index_clip_due(v->index, v->now_ms, &clips));
  TRY(index_wrap_due(v->index, v->now_ms, &wraps));
  const struct index_clip *c = INDEX_ROWS(struct index_clip, clips);
  const struct index_wrap *w = INDEX_ROWS(struct index_wrap, wraps);
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++)
    if (end_of(&c[i]) > since_ms) bytes_put(&lost, &c[i].id, sizeof c[i].id);
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++)
    if (w[i].expires_ms > since_ms) bytes_put(&lost, &w[i].clip, sizeof w[i].clip);
  TRY(bytes_check(&lost));
  *due = count_different(&lost);
  return ERR_OK;
}

/* The others are counted only when that many are due that their share matters, and no further than it takes to tell: a command
 * must not cost more in a larger vault. */
static enum err is_mass_due(struct vault *v, int64_t since_ms, bool *mass) {
  size_t due, living = 0;
  TRY(count_due(v, since_ms, &due));
  if (due > MASS_CLIPS) TRY(index_clip_count_live(v->index, due * MASS_SHARE, &living));
  *mass = due > MASS_CLIPS && due > living / MASS_SHARE;
  return ERR_OK;
}

static enum err look_at_clock(struct vault *v) {
  struct keystore_anchor anchor;
  bool mass_due;
  TRY(keystore_get_anchor(v->keys, &anchor));
  TRY(is_mass_due(v, anchor.high_water_ms, &mass_due));
  v->clock = VAULT_CLOCK_FINE;
  if (v->now_ms < anchor.high_water_ms - BACK_MS)
    v->clock = VAULT_CLOCK_BACKWARDS;
  else if (anchor.high_water_ms && v->now_ms > anchor.high_water_ms + AHEAD_MS && !jump_allowed())
    v->clock = VAULT_CLOCK_JUMPED;
  else if (mass_due)
    v->clock = VAULT_CLOCK_MASS_DUE;
  return ERR_OK;
}

enum err vault_clock_check(const struct vault *v) {
  char now[CLOCK_TEXT];
  clock_format(v->now_ms, now);
  switch (v->clock) {
    case VAULT_CLOCK_FINE: return ERR_OK;
    case VAULT_CLOCK_BACKWARDS:
      return err_set(
          ERR_REFUSED,
          "the clock says %s, but this vault has already seen a later time: nothing is shown until the clock is set right", now);
    case VAULT_CLOCK_JUMPED:
      return err_set(
          ERR_REFUSED,
          "the clock says %s, more than 31 days after this vault was last used: if that is right, say \"clipvault clock "
          "confirm\"",
          now);
    case VAULT_CLOCK_MASS_DUE:
      return err_set(
          ERR_REFUSED,
          "the clock says %s and a large part of the vault fell due at once: look at \"clipvault sweep --dry-run\", then "
          "\"clipvault sweep --confirm N\" or set the clock right",
          now);
  }
  return err_set(ERR_BUG, "unknown state of the clock");
}

const char *vault_clock_word(const struct vault *v) {
  switch (v->clock) {
    case VAULT_CLOCK_FINE: return "fine";
    case VAULT_CLOCK_BACKWARDS: return "backwards";
    case VAULT_CLOCK_JUMPED: return "jumped";
    case VAULT_CLOCK_MASS_DUE: return "mass-due";
  }
  return "?";
}

enum err vault_clock_confirm(struct vault *v) {
  struct keystore_anchor anchor;
  if (v->clock == VAULT_CLOCK_BACKWARDS) return vault_clock_check(v);
  TRY(keystore_get_anchor(v->keys, &anchor));
  anchor.high_water_ms = v->now_ms;
  TRY(keystore_set_anchor(v->keys, &anchor));
  v->clock = VAULT_CLOCK_FINE;
  return ERR_OK;
}

/* What vault_create made so far: only that goes when a later step fails. */
struct creation {
  const char *path, *effaceable;
  int dir;
  bool folder, objects, spool, config, keys, index;
};

/* What is in the folder already is somebody's: a vault that lost a file, or work of another kind. */
static enum err require_empty(const char *path, int dir) {
  struct stat st;
  int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  if (!folder) {
    io_close(&fd);
    return err_set_errno(ERR_CREATE, "cannot read the folder %s", path);
  }
  bool empty = true;
  for (struct dirent *entry; empty && (entry = readdir(folder));)
    empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
  closedir(folder);
  if (empty) return ERR_OK;
  if (fstatat(dir, "keys.db", &st, AT_SYMLINK_NOFOLLOW) == 0)
    return err_set(ERR_CREATE, "%s already holds a vault; choose another folder", path);
  return err_set(ERR_CREATE, "the folder %s is not empty; choose an empty or a new one", path);
}

static enum err make_folder(struct creation *c, const char *name, bool *made) {
  if (mkdirat(c->dir, name, 0700)) return err_set_errno(ERR_CREATE, "cannot make the folder %s in %s", name, c->path);
  *made = true;
  return ERR_OK;
}

static enum err make_folders(struct creation *c) {
  c->folder = mkdir(c->path, 0700) == 0;
  if (!c->folder && errno != EEXIST) return err_set_errno(ERR_CREATE, "cannot make the folder %s", c->path);
  c->dir = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (c->dir < 0) return err_set_errno(ERR_CREATE, "cannot open the folder %s", c->path);
  TRY(require_empty(c->path, c->dir));
  TRY(make_folder(c, "objects", &c->objects));
  return make_folder(c, "spool", &c->spool);
}

static void unmake(const struct creation *c) {
  static const char *const index[] = {"index.db", "index.db-wal", "index.db-shm", "index.db-journal"};
  for (size_t i = 0; c->index && i < sizeof index / sizeof *index; i++) unlinkat(c->dir, index[i], 0);
  if (c->keys) keystore_unmake(c->dir);
  if (c->config) unlinkat(c->dir, CONFIG_FILE, 0);
  if (c->spool) unlinkat(c->dir, "spool", AT_REMOVEDIR);
  if (c->objects) unlinkat(c->dir, "objects", AT_REMOVEDIR);
  if (c->folder) rmdir(c->path);
}

static enum err first_entries(struct vault *v) {
  AUTO(account)
  struct account first = {.row = {.uid = geteuid(), .roles = ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER}, .until_ms = CLOCK_NEVER_MS};
  bytes_put_text(&first.name, "operator");
  TRY(index_begin(v->index));
  enum err e = audit_init(v);
  if (e == ERR_OK) e = account_add(v, &first);
  if (e == ERR_OK) v->actor = first.row;
  if (e == ERR_OK) e = audit_append(v, "vault.made", ID_VAULT, &v->id, keystore_assurance(v->keys));
  if (e != ERR_OK) {
    index_rollback(v->index);
    return e;
  }
  TRY(index_commit(v->index));
  return vault_end(v);
}

static enum err fill(struct creation *c, const struct slot_secret *secret, struct id *out) {
  AUTO(vault) struct vault *v = NULL;
  struct id id;
  const char *text = config_default_text();
  TRY(make_folders(c));
  TRY(io_create_file(c->dir, CONFIG_FILE, text, strlen(text)));
  c->config = true;
  TRY(keystore_create(c->dir, secret, c->effaceable, &id));
  c->keys = true;
  enum err e = index_create(c->dir, &id);
  c->index = e != ERR_CREATE;
  TRY(e);
  TRY(io_sync_dir(c->dir));
  TRY(vault_open(c->dir, secret, &v));
  TRY(first_entries(v));
  *out = id;
  return ERR_OK;
}

enum err vault_create(const char *path, const struct slot_secret *secret, const char *effaceable, struct id *out) {
  struct creation c = {.path = path, .effaceable = effaceable, .dir = -1};
  enum err e = fill(&c, secret, out);
  if (e != ERR_OK) unmake(&c);
  io_close(&c.dir);
  return e;
}

static enum err open_parts(struct vault *v, const struct slot_secret *secret) {
  /* What libcrypto keeps for a process is made now: where it runs out of memory at its first use, 3.0 crashes. */
  if (!OSSL_LIB_CTX_get0_global_default()) return err_set(ERR_IO, "out of memory");
  TRY(config_load(v->dir, &v->config));
  v->objects = openat(v->dir, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (v->objects < 0) return err_set_errno(ERR_IO, "the vault's folder of objects cannot be opened");
  TRY(keystore_open(v->dir, secret, &v->keys));
  v->id = *keystore_vault(v->keys);
  TRY(index_open(v->dir, &v->id, &v->index));
  return follow_begin(v);
}

enum err vault_open(int dirfd, const struct slot_secret *secret, struct vault **out) {
  struct vault *v = calloc(1, sizeof *v);
  if (!v) return err_set(ERR_IO, "out of memory");
  v->dir = dirfd;
  v->objects = -1;
  v->now_ms = clock_now_ms();
  v->shelf = consent_shelf_new();
  enum err e = v->shelf ? open_parts(v, secret) : err_set(ERR_IO, "out of memory");
  if (e != ERR_OK)
    vault_close(v);
  else
    *out = v;
  return e;
}

void vault_close(struct vault *v) {
  if (!v) return;
  consent_shelf_free(v->shelf);
  index_close(v->index);
  keystore_close(v->keys);
  io_close(&v->objects);
  free(v);
}

/* The log may be longer than what the key store vouches for, by what one killed command appended: then what came before must be
 * what it was. Shorter, or another, is an index that was put back from a copy or changed. */
static enum err look_at_age(struct vault *v) {
  struct keystore_anchor anchor;
  struct audit_verdict verdict = {.valid = true};
  uint64_t entries;
  uint8_t root[32];
  TRY(keystore_get_anchor(v->keys, &anchor));
  TRY(audit_head(v, &entries, root));
  if (!anchor.audit_entries && entries < FIRST_ENTRIES) return ERR_OK; /* it is being made */
  bool same = entries == anchor.audit_entries && memcmp(root, anchor.audit_root, sizeof root) == 0;
  if (!same && entries > anchor.audit_entries) TRY(audit_verify(v, &verdict));
  v->rolled_back = !same && (entries <= anchor.audit_entries || !verdict.valid);
  return ERR_OK;
}

enum err vault_age_check(const struct vault *v) {
  if (!v->rolled_back) return ERR_OK;
  return err_set(
      ERR_DATA,
      "index.db is older than keys.db, or was changed from outside: what was said since is not in it. Put back the newest "
      "index.db; clipvault check and clipvault audit verify say more");
}

static void start_afresh(struct vault *v) {
  v->now_ms = clock_now_ms();
  consent_shelf_clear(v->shelf);
  v->actor = (struct index_account){0};
  v->actor_doubtful = false;
}

static enum err look_round(struct vault *v) {
  TRY(look_at_age(v));
  /* A job that stays pending denies what it ends; it must not keep everything else from working. */
  if (!v->rolled_back && shred_resume(v) != ERR_OK) log_warn("a destruction is still pending: %s", err_text());
  return look_at_clock(v);
}

/* Whose agreed time is over has a uid still, and does nothing with it. */
static enum err act_by_uid(struct vault *v, int64_t uid) {
  AUTO(account) struct account a = {0};
  struct index_account row;
  TRY(account_by_uid(v, uid, &row));
  TRY(account_read(v, &row.id, &a));
  TRY(account_require_acts(&a, v->now_ms));
  v->actor = a.row;
  return ERR_OK;
}

enum err vault_begin(struct vault *v, int64_t uid, unsigned allowed) {
  start_afresh(v);
  enum err known = act_by_uid(v, uid);
  if (known == ERR_MISSING && !(allowed & VAULT_ANYBODY))
    return err_set(ERR_REFUSED,
                   "uid %lld is nobody in this vault; ask its officer to add you (clipvault user map), or, if this is your "
                   "vault and it came from another machine: clipvault user reclaim",
                   (long long)uid);
  v->actor_doubtful = known == ERR_DATA && allowed & VAULT_DOUBTFUL;
  if (known != ERR_MISSING && !v->actor_doubtful) TRY(known);
  return look_round(v);
}

enum err vault_begin_as(struct vault *v, const struct id *user, uint32_t generation) {
  AUTO(account) struct account a = {0};
  start_afresh(v);
  TRY(account_read(v, user, &a));
  TRY(account_require_acts(&a, v->now_ms));
  if (a.generation != generation) return err_set(ERR_REFUSED, "this session was ended; sign in again");
  v->actor = a.row;
  return look_round(v);
}

static enum err set_anchor(struct vault *v, bool with_clock) {
  struct keystore_anchor anchor, now;
  if (v->rolled_back) return ERR_OK; /* it still vouches for the one that is missing */
  TRY(keystore_get_anchor(v->keys, &anchor));
  now = anchor;
  TRY(audit_head(v, &now.audit_entries, now.audit_root));
  if (with_clock && v->clock == VAULT_CLOCK_FINE && v->now_ms > anchor.high_water_ms + STEP_MS) now.high_water_ms = v->now_ms;
  if (now.audit_entries == anchor.audit_entries && now.high_water_ms == anchor.high_water_ms) return ERR_OK;
  return keystore_set_anchor(v->keys, &now);
}

enum err vault_anchor(struct vault *v) {
  TRY(set_anchor(v, false));
  if (!v->rolled_back) follow_send(v); /* before the keys go on: a replica's index is never older than its keys */
  return ERR_OK;
}

enum err vault_end(struct vault *v) {
  TRY(set_anchor(v, true));
  if (!v->rolled_back) follow_send(v);
  return ERR_OK;
}
