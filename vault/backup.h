/* Backup: ciphertext, index and nodes of keys, copied where they may be kept as long as one likes. None of it opens anything
 * without the effaceable secret, which is never copied: each destruction makes every earlier backup of what it destroyed useless.
 *
 *   DIR/backup.json   what it is of and when (written last: a folder without one is not a whole backup)
 *   DIR/index.db  DIR/keys.db  DIR/clipvault.conf  DIR/objects/obj_…
 * An earlier backup of the same vault in DIR is brought up to date: objects are copied once, and what has ended is taken away.
 *
 * Drill: is what a backup promises true? Its index and its ciphertext against the keys of today: everything that lives must open
 * to its last byte, and nothing that ended may. */
#ifndef CLIPVAULT_BACKUP_H
#define CLIPVAULT_BACKUP_H

#include "vault/session.h"
#include "vault/vault.h"

#define BACKUP_NOTE "backup.json"

struct backup_result {
  uint64_t objects, bytes, copied, removed; /* in the backup now; copied and taken away this time */
  uint64_t epoch;
};
/* `folder` exists. Attends to other commands between objects. ERR_CREATE if there is something else in it, ERR_DATA if an object
 * is not the one the index knows. */
enum err backup_make(struct session *s, const char *folder, struct backup_result *out);
/* When the last one of this vault was whole: CLOCK_NEVER_MS if none was, or it is not known. In clear in the index, like the
 * sweep's. */
enum err backup_last(struct index *ix, int64_t *at_ms);
/* Inside a transaction, once backup_make is done. */
enum err backup_note(struct vault *v);

/* Copies a backup into `to`, which is no vault yet: index and keys from `keys` (a replica that followed) where that is given. */
struct backup_restored {
  uint64_t objects, missing; /* missing: rows of the index whose file the backup does not have */
};
enum err backup_restore(const char *from, const char *keys, const char *to, struct backup_restored *out);

struct backup_drill {
  uint64_t survivors, dead; /* clips of the backup's index: that open, and that nothing opens any more */
  uint64_t newer;           /* that live and are not in the backup yet */
  struct bytes wrong;       /* a line for each clip that is not as it should be */
};
void backup_drill_free(struct backup_drill *d);
#define backup_drill_auto backup_drill_free
/* ERR_DATA if the folder is no whole backup of this vault. */
enum err backup_drill(struct session *s, const char *folder, struct backup_drill *out);

#endif
