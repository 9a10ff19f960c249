#include "vault/base/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err folder(char out[PATH_MAX]) {
#ifdef CLIPVAULT_LIBEXECDIR
  _Static_assert(sizeof CLIPVAULT_LIBEXECDIR > 1 && sizeof CLIPVAULT_LIBEXECDIR < PATH_MAX, "a full path");
  memcpy(out, CLIPVAULT_LIBEXECDIR, sizeof CLIPVAULT_LIBEXECDIR);
#else
  ssize_t length = readlink("/proc/self/exe", out, PATH_MAX - 1);
  if (length < 0) return err_set_errno(ERR_UNAVAILABLE, "cannot find our own program");
  out[length] = 0;
  char *slash = strrchr(out, '/');
  if (!slash) return err_set(ERR_UNAVAILABLE, "cannot find our own program");
  *slash = 0;
#endif
  return ERR_OK;
}

enum err program_path(const char *name, char out[PATH_MAX]) {
  char where[PATH_MAX];
  TRY(folder(where));
  int length = snprintf(out, PATH_MAX, "%s/%s", where, name);
  if (length < 0 || length >= PATH_MAX) return err_set(ERR_UNAVAILABLE, "cannot find %s: its path would be too long", name);
  return ERR_OK;
}

enum err program_missing(const char *path) {
  const char *why = strerrordesc_np(errno);
  return err_set(ERR_UNAVAILABLE,
                 "cannot start %.300s (%s): it belongs to clipvault, which must be built or installed as a whole", path,
                 why ? why : "unknown");
}
