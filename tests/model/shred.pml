/* How keys die, as a model that spin goes through completely: what keystore_open, rotate, complete_rotation (keys/keystore.c) and
 * store_checkpoint (keys/store.c) do, what SQLite does below them, and what a disk does below that. Read docs/format.md,
 * "Destroying keys", beside it; steps bear the same names. tests/model/shred.sh runs it, and what is broken on purpose and must be found
 * wrong; tests/model/trace.sh asks it whether a real run is one of its runs (-DTRACE).
 *
 * What may happen, as often as the bounds allow: SIGKILL between any two steps (files stay as the page cache shows them), a power
 * cut between any two steps (of what was not synced, any part is kept, and a place may be torn), fsync that fails (what it should
 * have written is shown on until a power cut, is written by no later fsync, and may or may not be on the disk), a reader who blocks
 * the checkpoint for longer than it waits.
 *
 * What must hold:
 *   no live key is lost       whenever somebody opens the vault, some place opens the database that is found (`opened`)
 *   no dead key comes back    once a job is done, all rows that were ever written to keys.db, in any mixture, with what is in the
 *                             places, on disk or in the cache, do not lead to its leaf (`attack`)
 *   the job always ends       every run reaches the end with all jobs done (ltl `ends`)
 *
 * What is left out: slots and MRK (the attacker has all secrets), the index (its transactions are SQLite's; a job that was decided
 * is pending until it is done), transactions that turn no epoch, more than one path in the tree. Two nodes stand for a path. */
#ifndef SHREDS
#define SHREDS 2
#endif
#ifndef KILLS
#define KILLS 2
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef READERS
#define READERS 1
#endif
#ifndef MOST
#define MOST 14 /* versions and secrets: more than the bounds above can make, at most 31 */
#endif

#define CLEAN 0 /* on the disk */
#define DIRTY 1 /* in the page cache; the next fsync writes it */
#define LOST 2  /* in the page cache; an fsync failed, and none will write it */

/* A version of the database: its root under RK(e, t), which holds the key of the upper node, which holds that of the lower one, which
 * holds the leaves. Bit j of leaves: the leaf that job j destroys. */
typedef version { byte e, t, upper, lower; int leaves };
version v[MOST];
byte versions, secrets;

/* Every row that was ever written, by the key that opens it: what it holds. */
int roots_under[MOST], uppers_under[MOST];
int leaves_under[MOST];

typedef place { byte e, t, disk_e, disk_t, state }; /* e = 0: torn */
place p[2];

/* keys.db: its root and the nodes on the path are separate pages. Numbers are versions. */
byte root, nodes, disk_root, disk_nodes, pages; /* pages: CLEAN, DIRTY, LOST */
/* keys.db-wal: the version it shows (0: empty), the one that is on the disk, the state of what is behind that, and a version in a log
 * that was taken back after its fsync had failed: its frames may be on the disk, and a power cut may bring them back. */
byte log_shows, log_disk, log_state, log_ghost;

int done;  /* bit j: job j is done; the one before it need not run again */
byte job;
byte kills, cuts, faults, readers;
bool finished;

/* What may be broken, to see it found: the number in the environment of pan, BROKEN, says which; 0: nothing. */
byte broken;
#define KEYS_KEPT 1                 /* nodes on the path keep their keys */
#define UPPER_KEY_KEPT 2            /* only the lower one gets a fresh one */
#define LOWER_KEY_KEPT 3            /* only the upper one */
#define ROOT_UNDER_OLD_SECRET 4     /* the new root goes under E_t */
#define NEVER_OVERWRITTEN 5         /* step 4 is left out */
#define DONE_BEFORE_OVERWRITTEN 6   /* the job is done after step 3 */
#define OVERWRITTEN_BEFORE_COMMIT 7 /* step 4 before the commit of step 3 */
#define REDO_FROM_4 8               /* after a crash E_t is overwritten at once */
#define NO_REDO 9                   /* after a crash nothing is done about E_t */
#define PLACE_TAKEN_AS_FOUND 10     /* what the cache shows of a place is taken for what is on the disk */
#define RETRY_WITHOUT_SYNC 11       /* E' of a commit that failed is overwritten while the commit may come back */
#define LOG_TAKEN_AS_FOUND 12       /* what the cache shows of the log is taken for what an fsync can write */
#define JOB_FORGOTTEN 13            /* nobody takes up a job whose command failed */

mtype = { shred_1, shred_2, shred_3, shred_4, shred_5, shred_6, opened, again, placed, sealed, emptied };
#ifdef TRACE
chan tell = [0] of { mtype, byte, byte };
#define told(what, t, n) tell?what, eval(t), eval(n)
#include "trace.pml" /* active proctype real() { tell!opened, 1, 0; …; assert(false) }: it is found if the model can follow to the end */
#else
#define told(what, t, n) skip
#endif

/* Between two steps. */
inline step() {
  if
  :: kills < KILLS -> kills++; goto killed
  :: cuts < CUTS -> cuts++; goto cut
  :: true
  fi
}
/* An fsync that may fail: then `lost` is done, and the process gives up. */
#define OR_FAILS(lost) :: faults < FAULTS -> faults++; lost; goto failed

/* ---- the archivist: old rows of all times, mixed, and today's places */
inline reach(e_now) {
  i = 1;
  do
  :: i <= versions ->
    k = 1;
    do
    :: k <= versions && e_now && (roots_under[e_now] & (1 << i)) ->
      assert(!((uppers_under[i] & (1 << k)) && (leaves_under[k] & done))); /* a dead key comes back */
      k++
    :: else -> break
    od;
    i++
  :: else -> break
  od
}
inline attack() {
  d_step {
    if :: done -> reach(p[0].e); reach(p[0].disk_e); reach(p[1].e); reach(p[1].disk_e) :: else fi;
    i = 0; k = 0
  }
}

/* ---- the effaceable store: effaceable_write. Once after opening, the other place, which may be in the cache alone, is written as it
 * is; this cannot tear what is the same on the disk. */
inline sync_places() { /* one file */
  if
  :: atomic { sync_place(0); sync_place(1); attack() }
  OR_FAILS(lose_place(0); lose_place(1))
  fi
}
inline write_place(n, new_e, new_t) {
  if
  :: !settled && broken != PLACE_TAKEN_AS_FOUND ->
    atomic { if :: p[1 - (n)].state == LOST -> p[1 - (n)].state = DIRTY :: else fi };
    step();
    sync_places();
    settled = true;
    step()
  :: else
  fi;
  atomic { p[n].e = new_e; p[n].t = new_t; p[n].state = DIRTY; attack() }
  step();
  sync_places();
  told(placed, new_t, n)
}
inline sync_place(n) {
  if :: p[n].state == DIRTY -> p[n].disk_e = p[n].e; p[n].disk_t = p[n].t; p[n].state = CLEAN :: else fi
}
inline lose_place(n) { if :: p[n].state == DIRTY -> p[n].state = LOST :: else fi }

/* ---- SQLite */
inline sync_log() { /* also makes its name durable: what had been taken back cannot return */
  if
  :: atomic { if :: log_state == DIRTY -> log_disk = log_shows; log_state = CLEAN; log_ghost = 0 :: else fi }
  OR_FAILS(if :: log_state == DIRTY -> log_state = LOST :: else fi)
  fi
}
/* Writes version `n` to the log; `fresh_one`: a failed fsync takes it back, unless the process dies before it can. */
inline commit(n) {
  atomic {
    roots_under[v[n].e] = roots_under[v[n].e] | (1 << v[n].upper);
    uppers_under[v[n].upper] = uppers_under[v[n].upper] | (1 << v[n].lower);
    leaves_under[v[n].lower] = leaves_under[v[n].lower] | v[n].leaves;
    attack();
    taken_back = (log_shows != n);
    log_shows = n;
    if :: log_state == CLEAN -> log_state = DIRTY :: else fi /* behind a hole nothing is found */
  }
  step();
  sync_log();
  taken_back = false
}
/* store_checkpoint: wal_checkpoint(TRUNCATE), then fsync of keys.db and of the folder. */
inline checkpoint() {
  sync_log();
  step();
  if
  :: !log_shows
  :: log_shows ->
    if :: readers < READERS -> readers++; goto failed /* who reads what was there before */ :: true fi;
    atomic { root = log_shows; nodes = log_shows; pages = DIRTY }
    step();
    if :: atomic { disk_root = root; disk_nodes = nodes; pages = CLEAN } OR_FAILS(pages = LOST) fi;
    step();
    if :: readers < READERS -> readers++; goto failed /* who reads what is there now */ :: true fi;
    /* That the log is empty is not synced: what may come back is what keys.db holds. */
    atomic { log_shows = 0; log_disk = 0; log_state = CLEAN }
  fi;
  step();
  if :: log_ghost = 0 OR_FAILS(skip) fi
}

/* ---- the disk when the power is cut */
inline cut_place(n) {
  if
  :: p[n].state == CLEAN
  :: p[n].state != CLEAN
  :: p[n].state != CLEAN -> p[n].disk_e = p[n].e; p[n].disk_t = p[n].t
  :: p[n].state != CLEAN && p[n].e != p[n].disk_e -> p[n].disk_e = 0; p[n].disk_t = 0
  fi;
  p[n].e = p[n].disk_e; p[n].t = p[n].disk_t; p[n].state = CLEAN
}
inline cut_pages() {
  if :: pages != CLEAN -> disk_root = root :: true fi;
  if :: pages != CLEAN -> disk_nodes = nodes :: true fi;
  root = disk_root; nodes = disk_nodes; pages = CLEAN
}
inline cut_log() {
  if
  :: log_ghost && log_state != CLEAN -> log_disk = log_ghost
  :: log_ghost && !log_shows -> log_disk = log_ghost
  :: log_state != CLEAN -> log_disk = log_shows
  :: true
  fi;
  log_shows = log_disk; log_state = CLEAN; log_ghost = 0
}

inline finish_job() { atomic { done = done | (1 << job); job++; attack() } }

inline begin() {
  c_code { now.broken = getenv("BROKEN") ? atoi(getenv("BROKEN")) : 0; };
  atomic {
    versions = 1; secrets = 1;
    v[1].e = 1; v[1].t = 1; v[1].upper = 1; v[1].lower = 1; v[1].leaves = (1 << SHREDS) - 1;
    roots_under[1] = 2; uppers_under[1] = 2; leaves_under[1] = v[1].leaves;
    root = 1; nodes = 1; disk_root = 1; disk_nodes = 1;
    p[0].e = 1; p[0].t = 1; p[0].disk_e = 1; p[0].disk_t = 1;
    p[1].e = 1; p[1].t = 1; p[1].disk_e = 1; p[1].disk_t = 1
  }
}

active proctype vault() {
  byte now, next, at, i, k; /* versions; the place that opened the root; counters */
  bool taken_back, settled, unfinished, unsure;

  begin();
start:
  unsure = true;
  /* store_open. What an earlier process left in the log is written once more before anything is built upon it. */
  if
  :: log_shows && broken != LOG_TAKEN_AS_FOUND ->
    atomic { if :: log_state == LOST -> log_state = DIRTY :: else fi };
    step();
    sync_log()
  :: else
  fi;
  /* open_root: place 0 is tried first. */
  atomic {
    if
    :: log_shows -> now = log_shows
    :: else -> assert(root == nodes); now = root /* a live key is lost: half of a change */
    fi;
    assert((p[0].e == v[now].e && p[0].t == v[now].t) || (p[1].e == v[now].e && p[1].t == v[now].t)); /* a live key is lost */
    at = (p[0].e == v[now].e && p[0].t == v[now].t -> 0 : 1);
    settled = false;
    unfinished = p[1 - at].e && p[1 - at].t > v[now].t
  }
  told(opened, v[now].t, at);
  step();

  /* complete_rotation */
  if
  :: (p[1 - at].e && p[1 - at].t >= v[now].t) || broken == NO_REDO
  :: else ->
    told(again, v[now].t, at);
    if
    :: broken == REDO_FROM_4
    :: else ->
      commit(now);
      told(sealed, v[now].t, at);
      step();
      checkpoint();
      told(emptied, v[now].t, at)
    fi;
    write_place(1 - at, v[now].e, v[now].t)
  fi;

  unsure = false;
  do
  :: job == SHREDS -> break
#ifdef TRACE
  :: told(emptied, v[now].t, at); goto start /* a command that destroys nothing ends, and another one begins */
#endif
  :: job < SHREDS ->
    /* rotate */
    told(shred_1, 0, 0);
    step();
    if :: unfinished && broken != RETRY_WITHOUT_SYNC -> checkpoint(); unfinished = false; told(emptied, v[now].t, at) :: else fi;
    step();
    atomic {
      versions++; next = versions; secrets++;
      assert(versions < MOST && secrets < MOST);
      v[next].e = (broken == ROOT_UNDER_OLD_SECRET -> v[now].e : secrets);
      v[next].t = v[now].t + 1;
      v[next].upper = (broken == KEYS_KEPT || broken == UPPER_KEY_KEPT -> v[now].upper : next);
      v[next].lower = (broken == KEYS_KEPT || broken == LOWER_KEY_KEPT -> v[now].lower : next);
      v[next].leaves = v[now].leaves & ~(1 << job)
    }
    write_place(1 - at, v[next].e, v[next].t);
    told(shred_2, 0, 0);
    step();
    told(shred_3, 0, 0);
    step();
    if :: broken == OVERWRITTEN_BEFORE_COMMIT -> write_place(at, v[next].e, v[next].t) :: else fi;
    step();
    unsure = true;
    commit(next);
    told(sealed, v[next].t, 1 - at);
    at = 1 - at;
    now = next;
    step();
    told(shred_4, 0, 0);
    step();
    checkpoint();
    told(emptied, v[now].t, at);
    told(shred_5, 0, 0);
    step();
    if :: broken == DONE_BEFORE_OVERWRITTEN -> finish_job() :: else fi;
    step();
    if :: broken == NEVER_OVERWRITTEN :: else -> write_place(1 - at, v[now].e, v[now].t) fi;
    told(shred_6, 0, 0);
    unsure = false;
    step();
    if :: broken == DONE_BEFORE_OVERWRITTEN :: else -> finish_job() fi;
    step();
  od;
  told(emptied, v[now].t, at);
  finished = true;
  goto over;

failed: /* the command ends with an error, and another one follows; keystore_close touches nothing if a commit is in doubt */
  if :: unsure :: else -> told(emptied, v[now].t, at) fi;
  atomic {
    if
    :: taken_back -> log_ghost = log_shows; log_shows = 0; log_state = CLEAN
    :: true
    fi;
  }
  if :: broken == JOB_FORGOTTEN -> goto over :: else fi;
killed: /* nothing but memory is gone */
  taken_back = false;
  goto start;
cut:
  atomic { taken_back = false; cut_place(0); cut_place(1); cut_pages(); cut_log() }
  goto start;
over:
  skip
}

#ifndef TRACE
ltl ends { <> finished }
#endif
