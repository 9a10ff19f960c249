#include "player-bridge/http/tus_reply.h"

#include "player-bridge/http/respond.h"
#include "player-bridge/http/tus.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { HTTP_DATE = 40 };

static struct respond_header number_header(const char *name, uint64_t n, char text[24]) {
  snprintf(text, 24, "%" PRIu64, n);
  return (struct respond_header){name, text};
}

static void http_date(uint64_t at_ms, char out[HTTP_DATE]) {
  time_t at_s = (time_t)(at_ms / 1000);
  struct tm tm;
  if (!gmtime_r(&at_s, &tm) || !strftime(out, HTTP_DATE, "%a, %d %b %Y %H:%M:%S GMT", &tm)) out[0] = 0;
}

enum MHD_Result tus_reply(struct MHD_Connection *c, unsigned status, const struct wire_message *m) {
  AUTO(bytes) struct bytes location = {0};
  char offset[24], length[24], most[24], expires[HTTP_DATE];
  struct respond_header headers[10] = {{"Tus-Resumable", TUS_VERSION}};
  size_t count = 1;
  uint64_t n;
  if (wire_message_text(m, "location", 0, 128, &location))
    headers[count++] = (struct respond_header){"Location", bytes_text(&location)};
  if (wire_message_number(m, "upload_offset", 0, &n)) headers[count++] = number_header("Upload-Offset", n, offset);
  if (wire_message_number(m, "upload_length", 0, &n)) headers[count++] = number_header("Upload-Length", n, length);
  if (wire_message_number(m, "upload_expires", 0, &n)) {
    http_date(n, expires);
    headers[count++] = (struct respond_header){"Upload-Expires", expires};
  }
  if (wire_message_number(m, "upload_most", 0, &n)) {
    headers[count++] = number_header("Tus-Max-Size", n, most);
    headers[count++] = (struct respond_header){"Tus-Version", TUS_VERSION};
    headers[count++] = (struct respond_header){"Tus-Extension", TUS_EXTENSIONS};
    headers[count++] = (struct respond_header){"Tus-Checksum-Algorithm", TUS_CHECKSUMS};
  }
  return respond_bare(c, status, headers);
}
