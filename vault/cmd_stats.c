/* stats: counts only. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/backup.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/counts.h"
#include "vault/overdue.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/sweep.h"

#include <stdio.h>
#include <string.h>

static void write_count(struct answer *a, const struct counts *c, size_t n, bool csv, struct bytes *text) {
  char room[FEW_ROOM];
  const struct index_counted *row = counts_row(c, n);
  const char *shown = counts_text(c, n, room);
  if (counts_is_told(c, n))
    answer_number(a, row->name, row->count);
  else
    answer_text(a, row->name, shown);
  bytes_printf(text, csv ? "%s,%s,%s\n" : "  %-14s %-20s %s\n", row->group, row->name, shown);
}

static enum err write_counts(struct vault *v, struct answer *a, bool csv, struct bytes *text) {
  AUTO(counts) struct counts counts = {0};
  const char *group = "";
  TRY(counts_read(v->index, &counts));
  if (csv) bytes_put_text(text, "group,name,count\n");
  for (size_t i = 0; i < counts_number(&counts); i++) {
    const struct index_counted *row = counts_row(&counts, i);
    if (strcmp(group, row->group) != 0) {
      if (*group) answer_object_end(a);
      group = row->group;
      answer_object(a, group);
    }
    write_count(a, &counts, i, csv, text);
  }
  if (*group) answer_object_end(a);
  return bytes_check(text);
}

/* How the vault is doing: about nobody, so in full. */
struct health {
  struct overdue due;
  int64_t swept_ms, backed_up_ms, holds_to_review;
  size_t pending;
};

static enum err look(struct vault *v, struct health *h) {
  AUTO(bytes) struct bytes jobs = {0};
  TRY(overdue_look(v->index, vault_now_ms(v), &h->due));
  TRY(sweep_heartbeat(v->index, &h->swept_ms));
  TRY(backup_last(v->index, &h->backed_up_ms));
  TRY(index_job_pending(v->index, &jobs));
  h->pending = INDEX_COUNT(struct index_job, jobs);
  return index_holds_to_review(v->index, vault_now_ms(v), &h->holds_to_review);
}

static void write_number(struct answer *a, const char *name, int64_t n, bool csv, struct bytes *text) {
  answer_number(a, name, n);
  bytes_printf(text, csv ? "vault,%s,%lld\n" : "  vault          %-20s %lld\n", name, (long long)n);
}

static void write_time(struct answer *a, const char *name, int64_t at_ms, bool csv, struct bytes *text) {
  char at[CLOCK_TEXT];
  answer_time(a, name, at_ms);
  bytes_printf(text, csv ? "vault,%s,%s\n" : "  vault          %-20s %s\n", name,
               at_ms == CLOCK_NEVER_MS ? csv ? "" : "never" : clock_format(at_ms, at));
}

static void write_health(struct answer *a, const struct vault *v, const struct health *h, bool csv, struct bytes *text) {
  write_number(a, "overdue", (int64_t)h->due.count, csv, text);
  write_time(a, "overdue_since", h->due.earliest_ms, csv, text);
  write_number(a, "pending", (int64_t)h->pending, csv, text);
  write_number(a, "holds_to_review", h->holds_to_review, csv, text);
  write_time(a, "last_sweep_at", h->swept_ms, csv, text);
  write_time(a, "last_backup_at", h->backed_up_ms, csv, text);
  answer_text(a, "clock", vault_clock_word(v));
  bytes_printf(text, csv ? "vault,clock,%s\n" : "  vault          clock                %s\n", vault_clock_word(v));
  answer_text(a, "assurance", keystore_assurance(v->keys));
  bytes_printf(text, csv ? "vault,assurance,%s\n" : "  vault          assurance            %s\n", keystore_assurance(v->keys));
  if (h->due.count && !csv)
    bytes_printf(text, "%zu OVERDUE: they are shown to nobody; destroy them with clipvault sweep\n", h->due.count);
}

static enum err run(struct session *s, const struct request *rq, struct reply *reply) {
  const char *format = request_text_or(rq, "format", "text");
  struct vault *v = s->vault;
  struct health health;
  bool csv = strcmp(format, "csv") == 0;
  TRY(account_require(v, ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR, "reports"));
  if (!csv && strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
    return err_set(ERR_USAGE, "--format takes csv or json, not \"%.20s\"", format);
  TRY(look(v, &health));
  struct answer a = answer_begin(reply);
  answer_object(&a, "counts");
  TRY(write_counts(v, &a, csv, &reply->text));
  answer_object_end(&a);
  write_health(&a, v, &health, csv, &reply->text);
  TRY(answer_end(&a));
  if (strcmp(format, "json") == 0) {
    bytes_clear(&reply->text);
    bytes_put(&reply->text, reply->json.data, reply->json.length);
    bytes_put_text(&reply->text, "\n");
  }
  return bytes_check(&reply->text);
}

static const struct command_option options[] = {{"--format", "F", 0, "csv or json; for people if not given"}, {0}};
const struct command cmd_stats = {
    .name = "stats",
    .group = "The vault",
    .synopsis = "[--format csv|json]",
    .summary = "counts, what is overdue, when the last sweep was",
    .help =
        "Counts, for reports: films by state, kind and purpose, people, cases, consents, holds. A count from 1 to 4 is "
        "shown as <5, because it could be about somebody, and kinds not at all where one could be worked out from them. Then how "
        "the vault is doing: what is overdue and since when, what is "
        "pending, which holds are to be looked at again, when the last sweep ran and the last backup was made.\n\n"
        "  clipvault stats --format csv > report.csv",
    .options = options,
    .run = run};
