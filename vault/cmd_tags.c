/* tags list: what moments are tagged with. */
#include "vault/answer.h"
#include "vault/cmd.h"
#include "vault/session.h"
#include "vault/tags.h"

static void write_layer(struct answer *a, const struct tags *t, unsigned layer) {
  answer_object(a, NULL);
  answer_text(a, "layer", t->layers[layer]);
  answer_array(a, "tags");
  for (size_t i = 0; i < t->count; i++) {
    const struct tag *tag = &t->tags[i];
    char key[2] = {tag->key, 0};
    if (tag->layer != layer) continue;
    answer_object(a, NULL);
    answer_text(a, "code", tag->code);
    answer_text(a, "label", tag->label);
    if (tag->key)
      answer_text(a, "key", key);
    else
      answer_null(a, "key");
    answer_object_end(a);
  }
  answer_array_end(a);
  answer_object_end(a);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  struct tags t;
  TRY(tags_load(s->vault->dir, &t, &reply->text));
  struct answer a = answer_begin(reply);
  answer_array(&a, "layers");
  for (unsigned i = 0; i < t.layer_count; i++) write_layer(&a, &t, i);
  answer_array_end(&a);
  return answer_end(&a);
}

const struct command cmd_tags_list = {
    .name = "tags list",
    .group = "Review",
    .synopsis = "",
    .summary = "what moments are tagged with",
    .help =
        "Prints the layers and their tags, in order, in the form of the file that they come from: tags.conf in the vault's "
        "folder, "
        "or, where there is none, the principles of attuned interaction as they are shipped. To change them, begin with that "
        "text; a line that is not understood is told by its number.\n\n"
        "  clipvault tags list >vault/tags.conf",
    .run = run};
