#include "player-bridge/http/exchange_inside.h"
#include "player-bridge/http/origin.h"
#include "player-bridge/http/range.h"
#include "player-bridge/http/respond.h"

#include <inttypes.h>
#include <stdio.h>

static bool claim_of(const struct exchange *x, struct stream_claim *claim) {
  *claim = (struct stream_claim){.by_session = x->route->kind == ROUTE_FILM, .beside = x->route->ask ? x->route->ask : ""};
  if (!exchange_from_hex(x->id, claim->token)) return false;
  if (claim->by_session)
    exchange_session(x, claim->session); /* none: zeroes, which are nobody's */
  else
    origin_peer(x->connection, claim->peer);
  return true;
}

/* Whether the first byte of a film is among what is wanted. */
static bool from_start(const struct exchange *x) {
  struct range range = range_of(exchange_header(x, "Range"), NULL, "", UINT64_MAX);
  return !x->head && range.kind != RANGE_NOTHING && range.first == 0;
}

static enum MHD_Result want_film(struct exchange *x, const struct stream_claim *claim) {
  AUTO(bytes) struct bytes message = {0};
  uint64_t number = line_number();
  exchange_begin_message(x, &message, WIRE_FILM, number);
  wire_message_put(&message, "token", claim->token, sizeof claim->token);
  wire_message_put(&message, "peer", claim->peer, sizeof claim->peer);
  wire_message_put_number(&message, "by_session", claim->by_session);
  wire_message_put_number(&message, "from_start", from_start(x));
  if (*claim->beside) wire_message_put_text(&message, "beside", claim->beside);
  return exchange_send_off(x, &message, number);
}

static enum MHD_Result no_range(const struct exchange *x, uint64_t size) {
  char all[48];
  snprintf(all, sizeof all, "bytes */%" PRIu64, size);
  return respond_problem(x->connection, 416, "usage", "the film has no such part; ask for one range of bytes within it",
                         "Content-Range", all);
}

static bool add_film_headers(struct MHD_Response *r, const struct stream_film *f, const struct range *range) {
  char which[96];
  bool all = MHD_add_response_header(r, "Content-Type", stream_mime(f)) == MHD_YES &&
             MHD_add_response_header(r, "Accept-Ranges", "bytes") == MHD_YES &&
             MHD_add_response_header(r, "ETag", stream_etag(f)) == MHD_YES &&
             MHD_add_response_header(r, "Content-Disposition", "inline") == MHD_YES;
  if (range->kind != RANGE_PART) return all;
  snprintf(which, sizeof which, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->first, range->first + range->length - 1,
           stream_size(f));
  return all && MHD_add_response_header(r, "Content-Range", which) == MHD_YES;
}

static enum MHD_Result send_film(struct exchange *x, struct stream_film *f) {
  struct range range = range_of(exchange_header(x, "Range"), exchange_header(x, "If-Range"), stream_etag(f), stream_size(f));
  if (range.kind == RANGE_NOTHING) return no_range(x, stream_size(f));
  if (!stream_may_begin(f, !x->head && range.first == 0))
    return respond_problem(x->connection, 403, "refused", "this address was used already; it is good for once", NULL, NULL);
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct MHD_Response *r = info ? stream_response(f, info->connect_fd, range.first, range.length, x->head) : NULL;
  if (!r) return respond_problem(x->connection, 403, "refused", "this is not allowed any more", NULL, NULL);
  if (add_film_headers(r, f, &range)) return respond_with(x->connection, range.kind == RANGE_PART ? 206 : 200, r);
  MHD_destroy_response(r);
  return exchange_no_memory(x);
}

enum MHD_Result exchange_film(struct exchange *x) {
  struct stream_claim claim;
  bool allowed;
  if (!claim_of(x, &claim)) return respond_problem(x->connection, 404, "missing", "there is no film at this address", NULL, NULL);
  struct stream_film *f = stream_find(&claim, &allowed);
  enum MHD_Result result = MHD_YES;
  if (f && allowed)
    result = send_film(x, f);
  else if (x->stage == EXCHANGE_FRESH)
    result = want_film(x, &claim);
  else
    result = respond_problem(x->connection, 503, "unavailable", "the film could not be opened", NULL, NULL);
  if (f) stream_release(f);
  return result;
}
