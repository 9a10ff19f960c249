#include "vault/keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From the kernel's Documentation/security/keys; the UAPI headers do not name them. */
enum {
  POSSESSOR_VIEW = 0x01000000,
  POSSESSOR_READ = 0x02000000,
  POSSESSOR_WRITE = 0x04000000,
  POSSESSOR_SEARCH = 0x08000000,
  POSSESSOR_SETATTR = 0x20000000,
  USER_VIEW = 0x00010000,
  USER_READ = 0x00020000,
  USER_SEARCH = 0x00080000,
  /* Writing and setting a time limit is what replacing needs, also of a key that has expired but is not collected yet. */
  PERMISSIONS = POSSESSOR_VIEW | POSSESSOR_READ | POSSESSOR_WRITE | POSSESSOR_SEARCH | POSSESSOR_SETATTR | USER_VIEW | USER_READ |
                USER_SEARCH
};

static long keyctl(int operation, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return syscall(SYS_keyctl, operation, a, b, c, d);
}

/* A service without a session keyring of its own does not possess its user's keyring; linked to the process it does. */
static void possess_user_keyring(void) {
  keyctl(KEYCTL_LINK, (unsigned long)KEY_SPEC_USER_KEYRING, (unsigned long)KEY_SPEC_PROCESS_KEYRING, 0, 0);
}

static enum err failed(const char *what) {
  if (errno == ENOKEY || errno == EKEYEXPIRED || errno == EKEYREVOKED)
    return err_set(ERR_MISSING, "the vault is not unlocked, or no longer");
  return err_set_errno(ERR_UNAVAILABLE, "the kernel's keyring does not %s a key", what);
}

static enum err find(const char *name, long *key) {
  possess_user_keyring();
  long found = keyctl(KEYCTL_SEARCH, (unsigned long)KEY_SPEC_USER_KEYRING, (unsigned long)"user", (unsigned long)name, 0);
  if (found < 0) return failed("find");
  *key = found;
  return ERR_OK;
}

static void destroy(long key) {
  keyctl(KEYCTL_INVALIDATE, (unsigned long)key, 0, 0, 0);
  keyctl(KEYCTL_UNLINK, (unsigned long)key, (unsigned long)KEY_SPEC_USER_KEYRING, 0, 0);
}

enum err keyring_put(const char *name, const struct secret_key *key, uint32_t seconds) {
  possess_user_keyring();
  long id = syscall(SYS_add_key, "user", name, key->b, sizeof key->b, KEY_SPEC_USER_KEYRING);
  if (id < 0) return failed("take");
  if (!keyctl(KEYCTL_SET_TIMEOUT, (unsigned long)id, seconds, 0, 0) &&
      !keyctl(KEYCTL_SETPERM, (unsigned long)id, PERMISSIONS, 0, 0))
    return ERR_OK;
  enum err e = failed("guard");
  destroy(id);
  return e;
}

enum err keyring_get(const char *name, struct secret_key *key) {
  long id = 0;
  TRY(find(name, &id));
  SECRET_KEY(fresh);
  long length = keyctl(KEYCTL_READ, (unsigned long)id, (unsigned long)fresh->b, sizeof fresh->b, 0);
  if (length < 0) return failed("show");
  if (length != sizeof fresh->b) return err_set(ERR_MISSING, "the kernel's keyring holds something else under our name");
  memcpy(key->b, fresh->b, sizeof key->b);
  return ERR_OK;
}

enum err keyring_remove(const char *name) {
  long id = 0;
  TRY(find(name, &id));
  destroy(id);
  return ERR_OK;
}
