#include "vault/clip.h"

#include "vault/hold.h"
#include "vault/seal.h"

#include <sodium.h>
#include <string.h>

enum { CLIP_FORM = 1 };

static void put_text(struct bytes *out, const char *text) { bytes_put_field(out, text, strlen(text)); }

static enum err encode(const struct clip_facts *f, struct bytes *out) {
  bytes_put_u8(out, CLIP_FORM);
  put_text(out, f->file_name);
  put_text(out, f->mime);
  put_text(out, f->source);
  put_text(out, f->settings);
  put_text(out, f->tools);
  bytes_put(out, f->source_sha256, sizeof f->source_sha256);
  bytes_put_u64(out, f->source_bytes);
  bytes_put_u32(out, f->width);
  bytes_put_u32(out, f->height);
  bytes_put_u32(out, f->rate_num);
  bytes_put_u32(out, f->rate_den);
  bytes_put_u64(out, (uint64_t)f->duration_ms);
  bytes_put_u64(out, f->frames);
  bytes_put_u64(out, f->frames_damaged);
  bytes_put_u64(out, f->packets_damaged);
  put_text(out, f->choice);
  put_text(out, f->repairs);
  bytes_put_u32(out, f->places);
  for (int i = 0; i < CLIP_MOST_PLACES; i++) bytes_put_u64(out, (uint64_t)f->damaged_ms[i]);
  bytes_put(out, f->parent.b, sizeof f->parent.b);
  bytes_put_u64(out, (uint64_t)f->from_frame);
  bytes_put_u64(out, (uint64_t)f->to_frame);
  return bytes_check(out);
}

static void get_text(struct bytes_reader *r, char out[CLIP_TEXT]) {
  size_t length;
  const uint8_t *text = bytes_get_field(r, CLIP_TEXT - 1, &length);
  if (text) memcpy(out, text, length);
  out[text ? length : 0] = 0;
}

static void decode_later(struct bytes_reader *r, struct clip_facts *f) {
  get_text(r, f->choice);
  get_text(r, f->repairs);
  f->places = bytes_get_u32(r);
  if (f->places > CLIP_MOST_PLACES) r->failed = true;
  for (int i = 0; i < CLIP_MOST_PLACES; i++) f->damaged_ms[i] = (int64_t)bytes_get_u64(r);
  bytes_get(r, f->parent.b, sizeof f->parent.b);
  f->from_frame = (int64_t)bytes_get_u64(r);
  f->to_frame = (int64_t)bytes_get_u64(r);
}

static enum err decode(const struct bytes *plain, struct clip_facts *f) {
  struct bytes_reader r = bytes_reader(plain->data, plain->length);
  uint8_t form = bytes_get_u8(&r);
  *f = (struct clip_facts){0};
  get_text(&r, f->file_name);
  get_text(&r, f->mime);
  get_text(&r, f->source);
  get_text(&r, f->settings);
  get_text(&r, f->tools);
  bytes_get(&r, f->source_sha256, sizeof f->source_sha256);
  f->source_bytes = bytes_get_u64(&r);
  f->width = bytes_get_u32(&r);
  f->height = bytes_get_u32(&r);
  f->rate_num = bytes_get_u32(&r);
  f->rate_den = bytes_get_u32(&r);
  f->duration_ms = (int64_t)bytes_get_u64(&r);
  f->frames = bytes_get_u64(&r);
  f->frames_damaged = bytes_get_u64(&r);
  f->packets_damaged = bytes_get_u64(&r);
  decode_later(&r, f);
  return form == CLIP_FORM && bytes_done(&r) ? ERR_OK : err_set(ERR_DATA, "a clip's record is of an unknown form");
}

enum err clip_seal(const struct secret_key *xk, const struct id *clip, const struct clip_facts *facts, struct bytes *sealed) {
  AUTO(bytes) struct bytes plain = {0};
  SECRET_KEY(mk);
  seal_derive(xk, "meta", mk);
  TRY(encode(facts, &plain));
  return seal_put(mk, "clip", clip, &plain, sealed);
}

enum err clip_meta_key(struct vault *v, const struct id *clip, struct secret_key *mk) {
  SECRET_KEY(xk);
  struct index_clip row;
  TRY(index_clip_get(v->index, clip, &row, NULL));
  if (row.leaf) {
    TRY(keystore_get(v->keys, row.leaf, xk));
    seal_derive(xk, "meta", mk);
    return ERR_OK;
  }
  return hold_open(v, clip, "", mk) == ERR_OK ? ERR_OK : err_set(ERR_MISSING, "this clip has ended; its keys are destroyed");
}

enum err clip_facts(struct vault *v, const struct id *clip, struct clip_facts *out) {
  AUTO(bytes) struct bytes sealed = {0}, plain = {0};
  SECRET_KEY(mk);
  struct index_clip row;
  struct clip_facts facts;
  TRY(index_clip_get(v->index, clip, &row, &sealed));
  TRY(clip_meta_key(v, clip, mk));
  TRY(seal_get(mk, "clip", clip, &sealed, &plain));
  TRY(decode(&plain, &facts));
  *out = facts;
  return ERR_OK;
}

enum err clip_beat(struct vault *v, const struct id *clip, struct clip_beat *out) {
  struct clip_facts f;
  TRY(clip_facts(v, clip, &f));
  struct clip_beat beat = {
      .sound = strncmp(f.mime, "audio/", 6) == 0, .frames = f.frames ? (int64_t)f.frames : 1, .num = 1, .den = 1};
  if (beat.sound) beat.frames = f.duration_ms, beat.num = 1000;
  if (!beat.sound && f.rate_num && f.rate_den) beat.num = f.rate_num, beat.den = f.rate_den;
  sodium_memzero(&f, sizeof f);
  *out = beat;
  return ERR_OK;
}

enum err clip_source_mac(struct vault *v, const uint8_t sha256[32], uint8_t mac[32]) {
  SECRET_KEY(key);
  TRY(keystore_system_key(v->keys, KEYSTORE_BLIND_INDEX, key));
  crypto_generichash(mac, 32, sha256, 32, key->b, sizeof key->b);
  return ERR_OK;
}
