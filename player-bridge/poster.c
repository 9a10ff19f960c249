#include "player-bridge/poster.h"

#include "vault/dispatch.h"
#include "vault/film.h"
#include "vault/inquiry.h"

enum { MOST_POSTER = 1 << 20 };

struct wanted {
  const struct wire_message *ask;
  struct bytes *out;
};

static enum err read_whole(struct film *f, struct bytes *out) {
  uint64_t length = film_length(f);
  size_t got = 0;
  if (!length || length > MOST_POSTER) return err_set(ERR_DATA, "this is no picture for a list");
  uint8_t *room = bytes_extend(out, (size_t)length);
  TRY(bytes_check(out));
  TRY(film_read(f, 0, room, (size_t)length, &got));
  return got == length ? ERR_OK : err_set(ERR_DATA, "a picture ends before its end");
}

static enum err read_poster(struct vault *v, void *context) {
  struct wanted *w = context;
  AUTO(bytes) struct bytes text = {0};
  AUTO(film) struct film *film = NULL;
  struct id clip;
  struct inquiry_leave leave;
  struct inquiry_about about = {&clip, POLICY_VIEW, PURPOSE_INTERVENTION, NULL};
  if (!wire_message_text(w->ask, "id", 0, ID_TEXT, &text)) return err_set(ERR_USAGE, "a clip is missing");
  TRY(id_parse(ID_CLIP, bytes_text(&text), &clip));
  TRY(inquiry_require_some(v, &about, &about.purpose));
  TRY(inquiry_require(v, &about, &leave));
  TRY(film_open(v, &clip, leave.rendition, about.purpose, "poster", &film));
  return read_whole(film, w->out);
}

enum err poster_read(struct session *session, const struct session_visitor *visitor, const struct wire_message *ask,
                     struct bytes *out) {
  struct wanted w = {ask, out};
  return dispatch_within(session, visitor, read_poster, &w);
}
