#include "vault/cmd.h"
#include "vault/json.h"
#include "vault/reply.h"
#include "vault/session.h"

#include <openssl/crypto.h>
#include <sodium.h>
#include <sqlite3.h>

#ifndef CLIPVAULT_VERSION
#define CLIPVAULT_VERSION "0.1"
#endif

/* The sealed container's: what an archived vault needs to be read again. */
static const char FORMAT[] = "CLIPVLT1";

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)s, (void)rq;
  const char *const facts[][3] = {
      {"version", "clipvault ", CLIPVAULT_VERSION},         {"format", "container format ", FORMAT},
      {"libsodium", "libsodium ", sodium_version_string()}, {"sqlite", "SQLite ", sqlite3_libversion()},
      {"libcrypto", "", OpenSSL_version(OPENSSL_VERSION)},
  };
  struct json j = json_begin(&reply->json);
  json_object(&j);
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
    json_key(&j, facts[i][0]);
    json_text(&j, facts[i][2]);
    bytes_printf(&reply->text, "%s%s\n", facts[i][1], facts[i][2]);
  }
  json_close(&j);
  return json_end(&j);
}

const struct command cmd_version = {
    .name = "version",
    .group = "Help",
    .summary = "which version this is, and of what it is made",
    .help =
        "Names the version of clipvault, of the container format it writes, and of the libraries it runs with: what a "
        "report of a problem should contain.",
    .flags = COMMAND_NO_VAULT,
    .run = run,
};
