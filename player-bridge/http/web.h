/* The files of the web application (player-bridge/web/), which this program carries: pages, styles, scripts. None of them says
 * anything about anybody, so whoever asks gets them. */
#ifndef CLIPVAULT_BRIDGE_WEB_H
#define CLIPVAULT_BRIDGE_WEB_H

#include <microhttpd.h>
#include <stddef.h>

/* One that is served at `path`; `etag` is of its bytes, with its quotes. `packed` is the same under gzip. */
struct web_file {
  const char *path, *type, *etag;
  const unsigned char *plain;
  size_t plain_length;
  const unsigned char *packed;
  size_t packed_length;
};

/* Made when the program is built, by web/pack.sh; ended by one without a path. */
extern const struct web_file web_files[];

/* NULL: there is no such file. */
const struct web_file *web_find(const char *path);
/* Answers a GET or HEAD with it: gzipped for whoever takes that, 304 for whoever has it. */
enum MHD_Result web_answer(struct MHD_Connection *c, const struct web_file *f);

#endif
