#include "vault/base/id.h"

#include <sodium.h>
#include <string.h>

static const struct {
  const char *prefix, *word;
} kinds[] = {
    [ID_VAULT] = {"vlt_", "vault"},
    [ID_PERSON] = {"per_", "person"},
    [ID_CASE] = {"cas_", "case"},
    [ID_CONSENT] = {"con_", "consent"},
    [ID_CLIP] = {"clp_", "clip"},
    [ID_USER] = {"usr_", "user"},
    [ID_HOLD] = {"hld_", "hold"},
    [ID_CERTIFICATE] = {"crt_", "certificate"},
    [ID_SLOT] = {"slt_", "slot"},
    [ID_OBJECT] = {"obj_", "object"},
    [ID_JOB] = {"job_", "job"},
    [ID_GRANT] = {"grn_", "grant"},
    [ID_UPLOAD] = {"upl_", "upload"},
    [ID_REMARK] = {"rem_", "remark"},
    [ID_CYCLE] = {"cyc_", "cycle"},
    [ID_GOAL] = {"goa_", "goal"},
    [ID_SUPERVISION] = {"sup_", "supervision"},
};

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

struct id id_new(void) {
  struct id id;
  randombytes_buf(id.b, sizeof id.b);
  return id;
}

bool id_equal(const struct id *a, const struct id *b) { return memcmp(a->b, b->b, sizeof a->b) == 0; }

bool id_is_zero(const struct id *a) { return sodium_is_zero(a->b, sizeof a->b); }

int id_compare(const void *a, const void *b) { return memcmp(a, b, sizeof(struct id)); }

/* 128 bits are 25 characters of 5 bits and one of 3, padded with two zero bits. */
const char *id_format(enum id_kind kind, const struct id *id, char out[ID_TEXT]) {
  memcpy(out, kinds[kind].prefix, 4);
  for (unsigned i = 0; i < 26; i++) {
    unsigned bit = 5 * i, high = id->b[bit / 8], low = bit / 8 + 1 < 16 ? id->b[bit / 8 + 1] : 0;
    out[4 + i] = alphabet[((high << 8 | low) >> (11 - bit % 8)) & 31];
  }
  out[ID_TEXT - 1] = 0;
  return out;
}

enum err id_parse(enum id_kind kind, const char *text, struct id *out) {
  const char *word = kinds[kind].word;
  if (strncmp(text, kinds[kind].prefix, 4) != 0 || strlen(text) != ID_TEXT - 1)
    return err_set(ERR_USAGE, "\"%.40s\" is not a %s id: it should look like %s followed by 26 letters and digits", text, word,
                   kinds[kind].prefix);
  struct id id = {0};
  for (unsigned i = 0; i < 26; i++) {
    const char *found = strchr(alphabet, text[4 + i]);
    if (!found) return err_set(ERR_USAGE, "\"%s\" is not a %s id: it has a character that no id has", text, word);
    unsigned value = (unsigned)(found - alphabet), bit = 5 * i;
    for (unsigned k = 0; k < 5; k++) {
      if (!(value >> (4 - k) & 1)) continue;
      if (bit + k >= 128) return err_set(ERR_USAGE, "\"%s\" is not a %s id: its last character is wrong", text, word);
      id.b[(bit + k) / 8] |= (uint8_t)(0x80 >> (bit + k) % 8);
    }
  }
  *out = id;
  return ERR_OK;
}
