#include "keys/keystore_inside.h"
#include "vault/base/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Set in the transaction of a rotation, taken off when every holder has overwritten what was before: a crash in between, or a
 * holder that went away in between, is made good when the store is opened. */
static const char behind[] = "holders_behind";

static bool holds(struct effaceable *e, int place, uint64_t epoch, const struct secret_key *secret, enum err *failed) {
  SECRET_KEY(found);
  struct effaceable_record record = {.secret = found};
  *failed = effaceable_read(e, place, &record);
  return *failed == ERR_OK && record.valid && record.epoch == epoch && sodium_memcmp(found->b, secret->b, sizeof found->b) == 0;
}

/* Both places of a holder say this and nothing else; what says so already is left alone. */
static enum err settle(struct effaceable *e, uint64_t epoch, const struct secret_key *secret) {
  for (int place = 0; place < 2; place++) {
    enum err failed;
    if (holds(e, place, epoch, secret, &failed)) continue;
    TRY(failed);
    TRY(effaceable_write(e, place, epoch, secret));
  }
  return ERR_OK;
}

/* Of E', in step 1: beside E_t, which stays until step 4. */
static enum err stage(struct effaceable *e, const struct keystore *ks, uint64_t epoch, const struct secret_key *secret) {
  TRY(settle(e, ks->tree.epoch, ks->e));
  return effaceable_write(e, 1, epoch, secret);
}

static enum err with_holder(const struct keystore *ks, const struct keystore_copy *c, struct effaceable **out) {
  return effaceable_open(-1, c->where, ks->auth, out);
}

static enum err say_waiting(const struct keystore_copy *c) {
  return err_set(ERR_BUSY,
                 "the holder %s of the effaceable secret does not answer (%s); attach it, or give it up with \"clipvault replica "
                 "remove %s --lost\"",
                 c->name, err_text(), c->name);
}

/* All are tried, so that all that do not answer are known. With `secret` E' is staged, without it everything is settled at E_t.
 */
static enum err each_holder(struct keystore *ks, uint64_t epoch, const struct secret_key *staged) {
  enum err e = ERR_OK;
  for (size_t i = 0; i < ks->copies->count; i++) {
    struct keystore_copy *c = &ks->copies->copy[i];
    struct effaceable *holder = NULL;
    if (c->kind != KEYSTORE_HOLDER) continue;
    enum err one = with_holder(ks, c, &holder);
    if (one == ERR_OK) one = staged ? stage(holder, ks, epoch, staged) : settle(holder, ks->tree.epoch, ks->e);
    if (one == ERR_OK && !staged) one = effaceable_count(holder);
    effaceable_close(holder);
    c->waiting = one != ERR_OK;
    if (one != ERR_OK) e = say_waiting(c);
  }
  return e;
}

enum err keystore_holders_stage(struct keystore *ks, uint64_t epoch, const struct secret_key *fresh) {
  return each_holder(ks, epoch, fresh);
}

static bool any_holder(const struct keystore *ks) {
  for (size_t i = 0; i < ks->copies->count; i++)
    if (ks->copies->copy[i].kind == KEYSTORE_HOLDER) return true;
  return false;
}

enum err keystore_holders_note(struct keystore *ks) {
  return any_holder(ks) ? store_put_fact(ks->store, behind, "1", 1) : ERR_OK;
}

enum err keystore_holders_settle(struct keystore *ks) {
  if (!any_holder(ks)) return ERR_OK;
  TRY(each_holder(ks, 0, NULL));
  return store_drop_fact(ks->store, behind);
}

enum err keystore_holders_catch_up(struct keystore *ks) {
  AUTO(bytes) struct bytes nothing = {0};
  bool found;
  TRY(store_find_fact(ks->store, behind, &nothing, &found));
  if (found && keystore_holders_settle(ks) != ERR_OK) log_warn("%s", err_text());
  return ERR_OK;
}

enum err keystore_look(struct keystore *ks) {
  keystore_nodes_send(ks);
  for (size_t i = 0; i < ks->copies->count; i++) {
    struct keystore_copy *c = &ks->copies->copy[i];
    struct effaceable *holder = NULL;
    enum err e = ERR_OK;
    if (c->kind != KEYSTORE_HOLDER) continue;
    bool whole = with_holder(ks, c, &holder) == ERR_OK;
    for (int place = 0; whole && place < 2; place++) whole = holds(holder, place, ks->tree.epoch, ks->e, &e);
    effaceable_close(holder);
    c->waiting = !whole;
  }
  return ERR_OK;
}

/* ---- adding and removing */
enum err keystore_holder_add(struct keystore *ks, const char *name, const char *wanted) {
  AUTO(bytes) struct bytes where = {0};
  TRY(keystore_copies_check(ks, name, wanted));
  TRY(keystore_make_auth(ks));
  TRY(effaceable_create(-1, wanted, ks->auth, &where));
  /* It is on the list before it holds anything: no crash leaves a copy of E that nobody knows of. */
  enum err e = keystore_copies_append(ks, KEYSTORE_HOLDER, name, bytes_text(&where));
  if (e == ERR_OK) return keystore_holders_settle(ks);
  /* If it is on the list all the same, or may be, it stays: every destruction would wait for one that is gone. */
  if (!keystore_copy_find(ks->copies, name)) effaceable_unmake(-1, bytes_text(&where));
  return e;
}

/* What the holder keeps is overwritten by what opens nothing. */
static enum err wipe(struct keystore *ks, const struct keystore_copy *c) {
  struct effaceable *holder;
  SECRET_KEY(nothing);
  TRY(with_holder(ks, c, &holder));
  enum err e = effaceable_write(holder, 0, 0, nothing);
  if (e == ERR_OK) e = effaceable_write(holder, 1, 0, nothing);
  effaceable_close(holder);
  return e;
}

static enum err take_off(struct keystore *ks, const char *name, bool lost) {
  struct keystore_copies *list = keystore_copies_of(ks);
  if (!list) return err_set(ERR_IO, "out of memory");
  struct keystore_copy *c = keystore_copy_find(list, name), *last = &list->copy[list->count - 1];
  if (lost)
    c->kind = KEYSTORE_LOST;
  else
    memmove(c, c + 1, (size_t)((char *)(last + 1) - (char *)(c + 1))), list->count--;
  return keystore_copies_change(ks, list);
}

static enum err remove_holder(struct keystore *ks, const struct keystore_copy *c, bool lost) {
  struct keystore_proof proof;
  enum err wiped = wipe(ks, c);
  if (wiped != ERR_OK && c->kind == KEYSTORE_LOST)
    return err_set(ERR_BUSY, "what the lost holder %s keeps cannot be overwritten (%s): it stays on every certificate", c->name,
                   err_text());
  if (wiped != ERR_OK && !lost) return say_waiting(c);
  TRY(take_off(ks, c->name, wiped != ERR_OK));
  if (wiped == ERR_OK) effaceable_unmake(-1, c->where);
  return keystore_shred(ks, 0, NULL, &proof); /* what it held is of the past now */
}

enum err keystore_copy_remove(struct keystore *ks, const char *name, bool lost) {
  const struct keystore_copy *found = keystore_copy_find(ks->copies, name);
  if (!found) return err_set(ERR_MISSING, "there is no holder or replica called %.40s; see clipvault replica list", name);
  struct keystore_copy c = *found; /* the list is another afterwards */
  return c.kind == KEYSTORE_NODES ? take_off(ks, name, false) : remove_holder(ks, &c, lost);
}

/* ---- when the store itself is gone */
enum err keystore_stand_in(struct keystore *ks, struct effaceable **out) {
  const char *named = getenv("CLIPVAULT_EFFACEABLE");
  if (named && *named) {
    TRY(effaceable_open(-1, named, ks->auth, out));
    log_warn("opened with the holder that $CLIPVAULT_EFFACEABLE names; \"clipvault replica adopt\" makes the vault whole again");
    return ERR_OK;
  }
  for (size_t i = 0; i < ks->copies->count; i++) {
    const struct keystore_copy *c = &ks->copies->copy[i];
    if (c->kind != KEYSTORE_HOLDER || with_holder(ks, c, out) != ERR_OK) continue;
    log_warn(
        "the effaceable store of this vault is gone; opened with the holder %s; \"clipvault replica adopt\" makes the vault "
        "whole again",
        c->name);
    return ERR_OK;
  }
  return ERR_MISSING;
}

static void former_name(const struct keystore *ks, char out[KEYSTORE_NAME]) {
  for (int n = 1;; n++) {
    snprintf(out, KEYSTORE_NAME, "former-%d", n);
    if (!keystore_copy_find(ks->copies, out)) return;
  }
}

static enum err begin_anew(struct keystore *ks, struct effaceable *fresh, const struct bytes *where) {
  AUTO(bytes) struct bytes before = {0};
  char name[KEYSTORE_NAME];
  former_name(ks, name);
  TRY(settle(fresh, ks->tree.epoch, ks->e));
  TRY(store_get_fact(ks->store, "effaceable", &before));
  TRY(keystore_copies_check(ks, name, bytes_text(&before)));
  /* First the old one is known to be lost, then there is a new one: a crash in between is this command again. */
  TRY(keystore_copies_append(ks, KEYSTORE_LOST, name, bytes_text(&before)));
  TRY(store_put_fact(ks->store, "effaceable", where->data, where->length));
  return store_checkpoint(ks->store);
}

enum err keystore_adopt(struct keystore *ks, const char *wanted) {
  AUTO(bytes) struct bytes where = {0};
  struct effaceable *fresh = NULL;
  struct keystore_proof proof;
  if (!ks->standing_in)
    return err_set(ERR_REFUSED, "the effaceable store of this vault is there: there is nothing to put in its place");
  if (wanted && strcmp(wanted, "effaceable") == 0) wanted = NULL;
  TRY(keystore_make_auth(ks));
  TRY(effaceable_create(ks->dirfd, wanted ? wanted : "effaceable", ks->auth, &where));
  enum err e = effaceable_open(ks->dirfd, bytes_text(&where), ks->auth, &fresh);
  if (e == ERR_OK) e = begin_anew(ks, fresh, &where);
  if (e != ERR_OK) {
    effaceable_close(fresh);
    effaceable_unmake(ks->dirfd, bytes_text(&where));
    return e;
  }
  effaceable_close(ks->effaceable);
  ks->effaceable = fresh;
  ks->standing_in = false;
  ks->place = 0;
  return keystore_shred(ks, 0, NULL, &proof);
}
