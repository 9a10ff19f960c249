/* Whatever a client of the control socket may send: a request decodes and encodes to the same bytes, or is refused; a reply
 * never crashes the client. The first byte chooses, and says how many descriptors came along. */
#include "vault/base/secret.h"
#include "vault/reply.h"
#include "vault/request.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct command_option ingest_options[] = {{"FILE", NULL, OPTION_REPEAT | OPTION_FILE_IN, ""},
                                                       {"--case", "CASE", OPTION_REQUIRED, ""},
                                                       {"--to", "FILE", OPTION_FILE_OUT, ""},
                                                       {"--dry-run", NULL, OPTION_SWITCH, ""},
                                                       {"--secret", NULL, OPTION_PREPARED, ""},
                                                       {0}};
static const struct command ingest = {.name = "ingest", .options = ingest_options};
static const struct command list = {.name = "ls"};
static const struct command *const TABLE[] = {&list, &ingest, NULL};

enum { MOST_SENT = 4 };

static void check_same(const struct request *rq, const uint8_t *data, size_t size) {
  AUTO(bytes) struct bytes again = {0};
  int fds[REQUEST_MOST_FDS];
  size_t count = 0;
  if (request_encode(rq, &again, fds, &count) != ERR_OK) abort();
  /* Which number a descriptor has is the sender's choice; without any, the bytes are the same. */
  if (count == 0 && (again.length != size || memcmp(again.data, data, size))) abort();
}

static void try_request(const uint8_t *data, size_t size, size_t sent) {
  AUTO(request) struct request rq = {0};
  int fds[MOST_SENT];
  for (size_t i = 0; i < sent; i++) fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (request_decode(TABLE, data, size, fds, sent, &rq) == ERR_OK) check_same(&rq, data, size);
  for (size_t i = 0; i < sent; i++)
    if (fds[i] >= 0) close(fds[i]);
}

static void try_reply(const uint8_t *data, size_t size) {
  AUTO(reply) struct reply reply = {0}, same = {0};
  AUTO(bytes) struct bytes again = {0};
  if (reply_decode(data, size, &reply) != ERR_OK || reply_encode(&reply, &again) != ERR_OK) return;
  if (again.length != size || reply_decode(again.data, again.length, &same) != ERR_OK || same.status != reply.status) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool ready;
  if (!ready && secret_init() != ERR_OK) abort();
  ready = true;
  if (!size) return 0;
  if (data[0] & 0x80)
    try_reply(data + 1, size - 1);
  else
    try_request(data + 1, size - 1, data[0] % (MOST_SENT + 1));
  return 0;
}
