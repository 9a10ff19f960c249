/* Requests of the API that are a command of the command line: which, and what of a request becomes which of its options. A row of
 * the table is all there is to it; who may do what is the command's own business. */
#ifndef CLIPVAULT_BRIDGE_API_COMMAND_H
#define CLIPVAULT_BRIDGE_API_COMMAND_H

#include "player-bridge/wire_message.h"
#include "vault/reply.h"
#include "vault/request.h"

enum { API_COMMAND_ALSO = 2 };

struct api_command {
  const char *name;    /* of the request: "cases.show" */
  const char *command; /* "case show" */
  const char *id;      /* what the id in the path is to the command; NULL: the path has none */
  struct {
    const char *option, *member, *value; /* a member under another name, or (member NULL) always this value */
  } also[API_COMMAND_ALSO];
  const char *wrap; /* the member that its list becomes */
  const char *type; /* of its text, which is then the answer, in the place of its JSON */
  bool unsafe;      /* changes something */
  bool proven;      /* and only by somebody who gave their password not long ago (visit_is_proven) */
  bool coded;       /* and by whoever has an app only with a code of it: it changes how somebody signs in */
  bool discreet;    /* it tells something even of what is not theirs: not through the API */
};

/* NULL if there is none of that name. */
const struct api_command *api_command_find(const char *name);
/* Every option that the request has a member for: "--signed-by" is called signed_by. Of files only a form is given so, a
 * password, in `password`, and marks of people, in `marks`. ERR_USAGE if one that the command needs is missing. */
enum err api_command_build(const struct api_command *c, command_table commands, const struct wire_message *ask,
                           struct request *out);
/* What of the reply is the answer's body. */
void api_command_body(const struct api_command *c, const struct reply *reply, struct bytes *out);

#endif
