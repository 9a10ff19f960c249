#include "vault/follow.h"

#include "vault/base/io.h"
#include "vault/base/log.h"

#include <fcntl.h>
#include <unistd.h>

static bool is_wanted(const struct vault *v) {
  const struct keystore_copy *copies;
  size_t count = keystore_copies(v->keys, &copies);
  bool any = false;
  for (size_t i = 0; i < count; i++) any |= copies[i].kind == KEYSTORE_NODES;
  return any;
}

enum err follow_begin(struct vault *v) { return is_wanted(v) ? index_follow_begin(v->index) : ERR_OK; }

static enum err send_one(struct vault *v, const char *folder) {
  uint64_t bytes = 0;
  AUTO(io) int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot open the folder %s", folder);
  if (faccessat(dir, "keys.db", F_OK, 0)) return err_set(ERR_UNAVAILABLE, "%s holds no replica", folder);
  return index_follow_send(v->index, dir, &bytes);
}

void follow_send(struct vault *v) {
  const struct keystore_copy *copies;
  size_t count = keystore_copies(v->keys, &copies);
  if (!v->index->follow) return;
  for (size_t i = 0; i < count; i++)
    if (copies[i].kind == KEYSTORE_NODES && send_one(v, copies[i].where) != ERR_OK)
      log_warn("the replica %s lags behind (%s); it gets what it lacks when it is there again", copies[i].name, err_text());
  index_follow_sent(v->index);
}
