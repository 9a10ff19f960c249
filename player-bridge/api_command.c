#include "player-bridge/api_command.h"

#include "vault/base/id.h"
#include "vault/base/io.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_VALUE = 4096 };

static const struct api_command rows[] = {
    {.name = "cases.list", .command = "case list", .wrap = "cases"},
    {.name = "cases.open", .command = "case open", .unsafe = true},
    {.name = "cases.show", .command = "case show", .id = "CASE"},
    {.name = "cases.close", .command = "case close", .id = "CASE", .unsafe = true},
    {.name = "cases.accredited", .command = "case accredited", .id = "CASE", .unsafe = true},
    {.name = "cases.assign", .command = "case assign", .id = "CASE", .unsafe = true},

    {.name = "persons.list", .command = "person list", .wrap = "persons"},
    {.name = "persons.add", .command = "person add", .unsafe = true},
    {.name = "persons.show", .command = "person show", .id = "PERSON"},
    {.name = "persons.correct", .command = "person correct", .id = "PERSON", .unsafe = true, .proven = true},
    {.name = "persons.erase", .command = "person erase", .id = "PERSON", .unsafe = true, .proven = true},
    {.name = "persons.withdraw", .command = "consent withdraw", .id = "person", .unsafe = true, .proven = true},

    {.name = "consents.list", .command = "consent list", .wrap = "consents"},
    {.name = "consents.record", .command = "consent record", .unsafe = true},
    {.name = "consents.show", .command = "consent show", .id = "CONSENT"},
    {.name = "consents.renew", .command = "consent renew", .id = "CONSENT", .unsafe = true},
    {.name = "consents.withdraw", .command = "consent withdraw", .id = "CONSENT", .unsafe = true, .proven = true},

    {.name = "clips.list", .command = "ls", .wrap = "clips"},
    {.name = "clips.show", .command = "show", .id = "CLIP"},
    {.name = "clips.explain", .command = "explain", .id = "CLIP", .also = {{"as", "user", NULL}}, .discreet = true},
    {.name = "clips.people.add",
     .command = "clip people",
     .id = "CLIP",
     .also = {{"ACTION", NULL, "add"}, {"PERSON", "person", NULL}},
     .unsafe = true},
    {.name = "clips.people.remove",
     .command = "clip people",
     .id = "CLIP",
     .also = {{"ACTION", NULL, "remove"}, {"PERSON", "person", NULL}},
     .unsafe = true},
    {.name = "clips.cut", .command = "cut", .id = "CLIP", .unsafe = true},
    {.name = "clips.still", .command = "still", .id = "CLIP", .unsafe = true},
    {.name = "obscure.show", .command = "obscure show", .id = "CLIP"},
    {.name = "obscure.mark", .command = "obscure mark", .id = "CLIP", .unsafe = true},
    {.name = "obscure.confirm", .command = "obscure confirm", .id = "CLIP", .unsafe = true},
    {.name = "obscure.drop", .command = "obscure drop", .id = "CLIP", .unsafe = true},
    {.name = "clips.shred", .command = "shred", .id = "CLIP", .unsafe = true, .proven = true},

    {.name = "cycles.list", .command = "cycle list", .wrap = "cycles"},
    {.name = "cycles.open", .command = "cycle open", .unsafe = true},
    {.name = "cycles.show", .command = "cycle show", .id = "CYCLE"},
    {.name = "cycles.close", .command = "cycle close", .id = "CYCLE", .unsafe = true},
    {.name = "cycles.add", .command = "cycle add", .id = "CYCLE", .also = {{"CLIP", "clip", NULL}}, .unsafe = true},
    {.name = "cycles.remove", .command = "cycle remove", .id = "CYCLE", .also = {{"CLIP", "clip", NULL}}, .unsafe = true},
    {.name = "goals.list", .command = "goal list", .wrap = "goals"},
    {.name = "goals.add", .command = "goal add", .unsafe = true},
    {.name = "goals.rate", .command = "goal rate", .id = "GOAL", .unsafe = true},

    {.name = "tags.list", .command = "tags list"},
    {.name = "remarks.list", .command = "remark list", .id = "CLIP"},
    {.name = "remarks.add", .command = "remark add", .id = "CLIP", .unsafe = true},
    {.name = "remarks.vtt",
     .command = "remark export",
     .id = "CLIP",
     .also = {{"format", NULL, "vtt"}},
     .type = "text/vtt; charset=utf-8",
     .unsafe = true},
    {.name = "remarks.eaf",
     .command = "remark export",
     .id = "CLIP",
     .also = {{"format", NULL, "eaf"}},
     .type = "application/xml; charset=utf-8",
     .unsafe = true},
    {.name = "remarks.boris",
     .command = "remark export",
     .id = "CLIP",
     .also = {{"format", NULL, "boris"}},
     .type = "text/csv; charset=utf-8",
     .unsafe = true},
    {.name = "remarks.csv",
     .command = "remark export",
     .id = "CLIP",
     .also = {{"format", NULL, "csv"}},
     .type = "text/csv; charset=utf-8",
     .unsafe = true},
    {.name = "remarks.json",
     .command = "remark export",
     .id = "CLIP",
     .also = {{"format", NULL, "json"}},
     .type = "application/json",
     .unsafe = true},
    {.name = "remarks.edit", .command = "remark edit", .id = "REMARK", .unsafe = true},
    {.name = "remarks.remove", .command = "remark remove", .id = "REMARK", .unsafe = true},
    {.name = "remarks.resolve", .command = "remark resolve", .id = "REMARK", .unsafe = true},

    {.name = "supervision.sign-off", .command = "supervise sign-off", .id = "CYCLE", .unsafe = true},
    {.name = "supervision.list", .command = "supervise list", .wrap = "supervision"},
    {.name = "supervision.ask", .command = "supervise ask", .also = {{"TARGET", "target", NULL}}, .unsafe = true},
    {.name = "supervision.note", .command = "supervise note", .id = "SUPERVISION", .unsafe = true},
    {.name = "supervision.cancel", .command = "supervise cancel", .id = "SUPERVISION", .unsafe = true},
    {.name = "training.show", .command = "training show"},
    {.name = "training.export", .command = "training export", .type = "application/json", .unsafe = true},

    {.name = "grants.list", .command = "grant list", .wrap = "grants"},
    {.name = "grants.add", .command = "grant", .also = {{"TARGET", "target", NULL}}, .unsafe = true},
    {.name = "grants.revoke", .command = "grant revoke", .id = "GRANT", .unsafe = true},
    {.name = "break-glass.request",
     .command = "break-glass request",
     .also = {{"CLIP", "clip", NULL}},
     .unsafe = true,
     .proven = true},
    {.name = "break-glass.confirm", .command = "break-glass confirm", .id = "REQUEST", .unsafe = true, .proven = true},

    {.name = "users.list", .command = "user list", .wrap = "users"},
    {.name = "users.show", .command = "user show", .id = "USER"},
    {.name = "users.add", .command = "user add", .unsafe = true, .proven = true},
    {.name = "users.disable", .command = "user disable", .id = "USER", .unsafe = true},
    {.name = "users.enable", .command = "user enable", .id = "USER", .unsafe = true},
    {.name = "users.password", .command = "user password", .id = "USER", .unsafe = true, .proven = true, .coded = true},
    {.name = "users.reset", .command = "user reset", .id = "USER", .unsafe = true, .proven = true, .coded = true},
    {.name = "users.totp", .command = "user totp", .id = "USER", .unsafe = true, .proven = true, .coded = true},
    {.name = "links.add",
     .command = "user link",
     .also = {{"SUPERVISOR", "supervisor", NULL}, {"PRACTITIONER", "practitioner", NULL}},
     .unsafe = true},
    {.name = "links.remove",
     .command = "user unlink",
     .also = {{"SUPERVISOR", "supervisor", NULL}, {"PRACTITIONER", "practitioner", NULL}},
     .unsafe = true},

    {.name = "holds.list", .command = "hold list", .wrap = "holds"},
    {.name = "holds.place", .command = "hold place", .unsafe = true, .proven = true},
    {.name = "holds.release", .command = "hold release", .id = "HOLD", .unsafe = true, .proven = true},
    {.name = "restrictions.place", .command = "restrict", .unsafe = true, .proven = true},
    {.name = "restrictions.release", .command = "unrestrict", .id = "HOLD", .unsafe = true, .proven = true},
    {.name = "sweep.look", .command = "sweep", .also = {{"dry-run", NULL, ""}}},
    {.name = "sweep.run", .command = "sweep", .unsafe = true, .proven = true},
    {.name = "clock.confirm", .command = "clock confirm", .unsafe = true, .proven = true},

    {.name = "certificates.list", .command = "certificate list", .wrap = "certificates"},
    {.name = "certificates.show",
     .command = "certificate show",
     .id = "CRT",
     .also = {{"format", NULL, "json"}},
     .type = "application/json"},
    {.name = "certificates.text",
     .command = "certificate show",
     .id = "CRT",
     .also = {{"format", NULL, "text"}},
     .type = "text/plain; charset=utf-8"},
    {.name = "certificates.page",
     .command = "certificate show",
     .id = "CRT",
     .also = {{"format", NULL, "html"}},
     .type = "text/html; charset=utf-8"},
    {.name = "audit.list", .command = "audit list", .wrap = "entries"},
    {.name = "audit.verify", .command = "audit verify"},
    {.name = "audit.checkpoint", .command = "audit checkpoint", .unsafe = true},
    {.name = "stats", .command = "stats"},
    {.name = "stats.csv", .command = "stats", .also = {{"format", NULL, "csv"}}, .type = "text/csv; charset=utf-8"},
    {.name = "check", .command = "check"},
    {.name = "slots.list", .command = "slot list", .wrap = "slots"},
    {.name = "replicas.list", .command = "replica list", .wrap = "replicas"},
};

const struct api_command *api_command_find(const char *name) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].name, name) == 0) return &rows[i];
  return NULL;
}

/* ---- from members to options */

static enum err take_text(const struct wire_message *ask, const char *member, size_t n, struct bytes *out) {
  if (wire_message_text(ask, member, n, MOST_VALUE, out)) return ERR_OK;
  return err_set(ERR_USAGE, "\"%.32s\" takes a shorter text", member);
}

/* An option that can be given once takes the values of an array joined by commas, as the command line does. */
static enum err add_joined(const struct wire_message *ask, const char *member, const char *key, struct request *rq) {
  AUTO(bytes) struct bytes all = {0}, one = {0};
  if (!wire_message_find(ask, member, 0)) return ERR_OK;
  for (size_t i = 0; wire_message_find(ask, member, i); i++) {
    TRY(take_text(ask, member, i, &one));
    bytes_printf(&all, "%s%s", i ? "," : "", bytes_text(&one));
  }
  TRY(bytes_check(&all));
  return request_add(rq, key, bytes_text(&all), -1);
}

static enum err add_each(const struct wire_message *ask, const char *member, const char *key, struct request *rq) {
  AUTO(bytes) struct bytes one = {0};
  for (size_t i = 0; wire_message_find(ask, member, i); i++) {
    TRY(take_text(ask, member, i, &one));
    TRY(request_add(rq, key, bytes_text(&one), -1));
  }
  return ERR_OK;
}

/* Whoever carries it out gets a file, as from the command line; it lies in memory alone. */
static enum err add_file(const struct wire_message *ask, const char *member, const char *key, struct request *rq) {
  const struct wire_message_field *f = wire_message_find(ask, member, 0);
  if (!f) return ERR_OK;
  AUTO(io) int fd = memfd_create(key, MFD_CLOEXEC);
  if (fd < 0) return err_set_errno(ERR_UNAVAILABLE, "there is no room for a file in memory");
  TRY(io_write_all(fd, f->value, f->length));
  if (lseek(fd, 0, SEEK_SET) < 0) return err_set_errno(ERR_IO, "cannot go back in a file in memory");
  int given = fd;
  fd = -1;
  return request_add(rq, key, key, given);
}

/* The member that is the file of that option; NULL: none, it cannot be given so. */
static const char *file_member(const char *option) {
  static const struct {
    const char *option, *member;
  } files[] = {{"form", "form"}, {"password-file", "password"}, {"file", "marks"}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (strcmp(files[i].option, option) == 0) return files[i].member;
  return NULL;
}

static enum err add_option(const struct wire_message *ask, const struct command_option *o, struct request *rq) {
  const char *key = command_option_key(o);
  char member[WIRE_MESSAGE_MOST_NAME + 1];
  if (o->flags & OPTION_FILE_IN && file_member(key)) return add_file(ask, file_member(key), key, rq);
  if (command_is_positional(o) || (o->flags & (OPTION_FILE_IN | OPTION_FILE_OUT | OPTION_PREPARED))) return ERR_OK;
  if (strlen(key) >= sizeof member || request_count(rq, key)) return ERR_OK;
  snprintf(member, sizeof member, "%s", key);
  for (char *c = member; *c; c++)
    if (*c == '-') *c = '_';
  if (o->flags & OPTION_SWITCH) return wire_message_find(ask, member, 0) ? request_add(rq, key, "", -1) : ERR_OK;
  return o->flags & OPTION_REPEAT ? add_each(ask, member, key, rq) : add_joined(ask, member, key, rq);
}

static enum err add_also(const struct api_command *c, const struct wire_message *ask, struct request *rq) {
  for (size_t i = 0; i < API_COMMAND_ALSO && c->also[i].option; i++) {
    if (c->also[i].member)
      TRY(add_joined(ask, c->also[i].member, c->also[i].option, rq));
    else
      TRY(request_add(rq, c->also[i].option, c->also[i].value, -1));
  }
  return ERR_OK;
}

static const char *member_of(const struct api_command *c, const char *option) {
  for (size_t i = 0; i < API_COMMAND_ALSO && c->also[i].option; i++)
    if (c->also[i].member && strcmp(c->also[i].option, option) == 0) return c->also[i].member;
  return file_member(option) ? file_member(option) : option;
}

static enum err check_required(const struct api_command *c, const struct request *rq) {
  for (const struct command_option *o = rq->command->options; o && o->name; o++)
    if ((o->flags & OPTION_REQUIRED) && !request_count(rq, command_option_key(o)))
      return err_set(ERR_USAGE, "\"%s\" is missing", member_of(c, command_option_key(o)));
  return ERR_OK;
}

enum err api_command_build(const struct api_command *c, command_table commands, const struct wire_message *ask,
                           struct request *out) {
  AUTO(bytes) struct bytes id = {0};
  out->command = command_by_name(commands, c->command);
  out->json = true;
  if (!out->command) return err_set(ERR_BUG, "there is no command %s", c->command);
  if (c->id && !wire_message_text(ask, "id", 0, ID_TEXT, &id)) return err_set(ERR_USAGE, "an id is missing");
  if (c->id) TRY(request_add(out, c->id, bytes_text(&id), -1));
  TRY(add_also(c, ask, out));
  for (const struct command_option *o = out->command->options; o && o->name; o++) TRY(add_option(ask, o, out));
  return check_required(c, out);
}

void api_command_body(const struct api_command *c, const struct reply *reply, struct bytes *out) {
  const struct bytes *from = c->type ? &reply->text : &reply->json;
  if (c->wrap) bytes_printf(out, "{\"%s\":", c->wrap);
  bytes_put(out, from->data, from->length);
  if (c->wrap) bytes_put_text(out, "}");
}
