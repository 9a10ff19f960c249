#include "vault/vault.h"

#include "vault/account.h"
#include "vault/audit.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/base/log.h"
#include "vault/shred.h"

#include <errno.h>
#include <fcntl.h>
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
enum { MASS_CLIPS = 20, MASS_SHARE = 10 };

static bool jump_allowed(void) {
#ifdef CLIPVAULT_TEST_HOOKS
  const char *set = getenv("CLIPVAULT_TEST_JUMP_OK");
  return set && strcmp(set, "1") == 0;
#else
  return false;
#endif
}

/* Clips that lost a use or their life since `since_ms`, each once. */
static enum err count_due(struct vault *v, int64_t since_ms, size_t *due) {
  AUTO(bytes) struct bytes clips = {0}, wraps = {0};
  TRY(index_clip_due(v->index, v->now_ms, &clips));
  TRY(index_wrap_due(v->index, v->now_ms, &wraps));
  const struct index_clip *c = INDEX_ROWS(struct index_clip, clips);
  const struct index_wrap *w = INDEX_ROWS(struct index_wrap, wraps);
  size_t count = 0;
  for (size_t i = 0; i < INDEX_COUNT(struct index_clip, clips); i++) count += c[i].expires_ms > since_ms;
  for (size_t i = 0; i < INDEX_COUNT(struct index_wrap, wraps); i++)
    count += w[i].expires_ms > since_ms && (i == 0 || !id_equal(&w[i].clip, &w[i - 1].clip));
  *due = count;
  return ERR_OK;
}

/* All are counted only when that many are due that their share matters: a command must not cost more in a larger vault. */
static enum err is_mass_due(struct vault *v, int64_t since_ms, bool *mass) {
  AUTO(bytes) struct bytes every = {0};
  size_t due;
  TRY(count_due(v, since_ms, &due));
  if (due > MASS_CLIPS) TRY(index_clip_list(v->index, &(struct index_clip_filter){.state = "live"}, &every));
  *mass = due > MASS_CLIPS && due > INDEX_COUNT(struct index_clip, every) / MASS_SHARE;
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

enum err vault_clock_confirm(struct vault *v) {
  struct keystore_anchor anchor;
  if (v->clock == VAULT_CLOCK_BACKWARDS) return vault_clock_check(v);
  TRY(keystore_get_anchor(v->keys, &anchor));
  anchor.high_water_ms = v->now_ms;
  TRY(keystore_set_anchor(v->keys, &anchor));
  v->clock = VAULT_CLOCK_FINE;
  return ERR_OK;
}

static enum err make_folders(const char *path, int *dir) {
  if (mkdir(path, 0700) && errno != EEXIST) return err_set_errno(ERR_CREATE, "cannot make the folder %s", path);
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return err_set_errno(ERR_CREATE, "cannot open the folder %s", path);
  if (mkdirat(fd, "objects", 0700) || mkdirat(fd, "spool", 0700)) {
    enum err e = errno == EEXIST ? err_set(ERR_CREATE, "%s already holds a vault; choose another folder", path)
                                 : err_set_errno(ERR_CREATE, "cannot make folders in %s", path);
    io_close(&fd);
    return e;
  }
  *dir = fd;
  return ERR_OK;
}

/* What vault_create made so far, for when a later step fails. The folder itself stays if it was there before (rmdir fails
 * harmlessly on a folder that is not empty). */
static void unmake(const char *path, int dir) {
  static const char *const files[] = {"keys.db",      "keys.db-wal",  "keys.db-shm", "index.db",
                                      "index.db-wal", "index.db-shm", "effaceable",  CONFIG_FILE};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlinkat(dir, files[i], 0);
  unlinkat(dir, "objects", AT_REMOVEDIR);
  unlinkat(dir, "spool", AT_REMOVEDIR);
  rmdir(path);
}

static enum err first_entries(struct vault *v) {
  struct id account;
  TRY(index_begin(v->index));
  enum err e = audit_init(v);
  if (e == ERR_OK) e = account_add(v, "operator", geteuid(), ACCOUNT_PRACTITIONER | ACCOUNT_OFFICER, &account);
  if (e == ERR_OK) e = index_account_get(v->index, &account, &v->actor);
  if (e == ERR_OK) e = audit_append(v, "vault.made", ID_VAULT, &v->id, keystore_assurance(v->keys));
  if (e != ERR_OK) {
    index_rollback(v->index);
    return e;
  }
  TRY(index_commit(v->index));
  return vault_end(v);
}

static enum err fill(int dir, const struct slot_secret *secret, const char *effaceable_path, struct id *out) {
  AUTO(vault) struct vault *v = NULL;
  struct id id;
  const char *text = config_default_text();
  TRY(io_create_file(dir, CONFIG_FILE, text, strlen(text)));
  TRY(keystore_create(dir, secret, effaceable_path, &id));
  TRY(index_create(dir, &id));
  TRY(io_sync_dir(dir));
  TRY(vault_open(dir, secret, &v));
  TRY(first_entries(v));
  *out = id;
  return ERR_OK;
}

enum err vault_create(const char *path, const struct slot_secret *secret, const char *effaceable_path, struct id *out) {
  AUTO(io) int dir = -1;
  TRY(make_folders(path, &dir));
  enum err e = fill(dir, secret, effaceable_path, out);
  if (e != ERR_OK) unmake(path, dir);
  return e;
}

static enum err open_parts(struct vault *v, const struct slot_secret *secret) {
  TRY(config_load(v->dir, &v->config));
  v->objects = openat(v->dir, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (v->objects < 0) return err_set_errno(ERR_IO, "the vault's folder of objects cannot be opened");
  TRY(keystore_open(v->dir, secret, &v->keys));
  v->id = *keystore_vault(v->keys);
  TRY(index_open(v->dir, &v->id, &v->index));
  return ERR_OK;
}

enum err vault_open(int dirfd, const struct slot_secret *secret, struct vault **out) {
  struct vault *v = calloc(1, sizeof *v);
  if (!v) return err_set(ERR_IO, "out of memory");
  v->dir = dirfd;
  v->objects = -1;
  v->now_ms = clock_now_ms();
  enum err e = open_parts(v, secret);
  if (e != ERR_OK)
    vault_close(v);
  else
    *out = v;
  return e;
}

void vault_close(struct vault *v) {
  if (!v) return;
  index_close(v->index);
  keystore_close(v->keys);
  io_close(&v->objects);
  free(v);
}

/* An index that is older than the key store was put back from a copy. What was destroyed since stays shut by its keys; what was
 * said since is missing. */
static enum err look_at_age(struct vault *v) {
  struct keystore_anchor anchor;
  uint64_t entries;
  uint8_t root[32];
  TRY(keystore_get_anchor(v->keys, &anchor));
  TRY(audit_head(v, &entries, root));
  if (entries < anchor.audit_entries)
    log_warn("index.db is older than keys.db: what happened since is not in it; run clipvault check");
  return ERR_OK;
}

enum err vault_begin(struct vault *v, int64_t uid) {
  v->now_ms = clock_now_ms();
  if (index_account_by_uid(v->index, uid, &v->actor) != ERR_OK)
    return err_set(ERR_REFUSED, "uid %lld is nobody in this vault; ask its officer to add you (clipvault user map)",
                   (long long)uid);
  TRY(look_at_age(v));
  /* A job that stays pending denies what it ends; it must not keep everything else from working. */
  if (shred_resume(v) != ERR_OK) log_warn("a destruction is still pending: %s", err_text());
  return look_at_clock(v);
}

enum err vault_end(struct vault *v) {
  struct keystore_anchor anchor, now;
  TRY(keystore_get_anchor(v->keys, &anchor));
  now = anchor;
  TRY(audit_head(v, &now.audit_entries, now.audit_root));
  if (v->clock == VAULT_CLOCK_FINE && v->now_ms > anchor.high_water_ms + STEP_MS) now.high_water_ms = v->now_ms;
  if (now.audit_entries == anchor.audit_entries && now.high_water_ms == anchor.high_water_ms) return ERR_OK;
  return keystore_set_anchor(v->keys, &now);
}
