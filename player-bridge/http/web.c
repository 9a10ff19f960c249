#include "player-bridge/http/web.h"

#include "player-bridge/http/respond.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

const struct web_file *web_find(const char *path) {
  for (const struct web_file *f = web_files; f->path; f++)
    if (strcmp(f->path, path) == 0) return f;
  return NULL;
}

static const char *header(struct MHD_Connection *c, const char *name) {
  const char *value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
  return value ? value : "";
}

/* "gzip;q=0" is how somebody says that they do not take it; nobody who does says so with a weight. */
static bool takes_gzip(struct MHD_Connection *c) {
  const char *said = header(c, "Accept-Encoding"), *found = strstr(said, "gzip");
  return found && found[strlen("gzip")] != ';';
}

static bool add(struct MHD_Response *r, const char *name, const char *value) {
  return MHD_add_response_header(r, name, value) == MHD_YES;
}

/* A browser may keep these, but asks each time: what the server sends is what it was started with. */
enum MHD_Result web_answer(struct MHD_Connection *c, const struct web_file *f) {
  bool packed = takes_gzip(c), known = strstr(header(c, "If-None-Match"), f->etag) != NULL;
  const unsigned char *body = packed ? f->packed : f->plain;
  size_t length = packed ? f->packed_length : f->plain_length;
  struct MHD_Response *r = MHD_create_response_from_buffer(known ? 0 : length, (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);
  bool all = r && add(r, "ETag", f->etag) && add(r, "Vary", "Accept-Encoding");
  if (all && !known) all = add(r, "Content-Type", f->type) && (!packed || add(r, "Content-Encoding", "gzip"));
  if (all) return respond_keepable(c, known ? 304 : 200, r, known ? 0 : length);
  if (r) MHD_destroy_response(r);
  return MHD_NO;
}
