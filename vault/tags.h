/* What moments are tagged with: layers in order, and in each its tags. A text that a service may edit, `tags.conf` in the vault's
 * folder; where there is none, or nothing in it, the principles of attuned interaction, as vault/tags.conf has them. Parsing is
 * pure. */
#ifndef CLIPVAULT_TAGS_H
#define CLIPVAULT_TAGS_H

#include "vault/base/bytes.h"
#include "vault/base/err.h"
#include "vault/remark.h"

#define TAGS_FILE "tags.conf"
enum { TAGS_MOST = 200, TAGS_LAYERS = 9, TAGS_LABEL = 80, TAGS_MOST_BYTES = 64 * 1024 };

struct tags {
  size_t layer_count, count;
  char layers[TAGS_LAYERS][TAGS_LABEL + 1]; /* the first is the foundation */
  struct tag {
    unsigned layer; /* 0 … layer_count - 1, never less than that of the tag before */
    char code[REMARK_TAG + 1], label[TAGS_LABEL + 1];
    char key; /* '1' … '9', or 0 */
  } tags[TAGS_MOST];
};

/* The text of a whole file; `name` only for messages. ERR_CONFIG naming the line, and what is accepted. */
enum err tags_parse(const char *name, const void *text, size_t length, struct tags *out);
/* The file in `dirfd`, or what is shipped; its text too, if `text` is not NULL. */
enum err tags_load(int dirfd, struct tags *out, struct bytes *text);
const char *tags_default_text(void);

/* NULL: there is no such tag (any more). */
const struct tag *tags_find(const struct tags *t, const char *code);

#endif
