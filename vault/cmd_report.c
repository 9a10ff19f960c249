/* report dpia, report processing: papers a service must have on file, filled from what this vault knows of itself. */
#include "vault/account.h"
#include "vault/answer.h"
#include "vault/base/clock.h"
#include "vault/cmd.h"
#include "vault/counts.h"
#include "vault/overdue.h"
#include "vault/paper.h"
#include "vault/purpose.h"
#include "vault/request.h"
#include "vault/session.h"
#include "vault/sweep.h"

#include <stdio.h>
#include <string.h>

enum { MOST_SLOTS = 64 };

enum fact {
  VAULT,
  DATE,
  PEOPLE,
  CASES,
  CLIPS,
  QUARANTINED,
  HOLDS,
  CERTIFICATES,
  PURPOSES,
  ACCOUNTS,
  EXTERNALS,
  QUARANTINE_DAYS,
  OPEN_END_MONTHS,
  KEEP_ORIGINALS,
  TIME_ZONE,
  ALARM,
  SLOTS,
  COPIES,
  ASSURANCE,
  LIMITS,
  OVERDUE,
  SWEPT,
  FACT_COUNT
};
static const char *const names[FACT_COUNT] = {
    [VAULT] = "vault",
    [DATE] = "date",
    [PEOPLE] = "people",
    [CASES] = "cases",
    [CLIPS] = "clips",
    [QUARANTINED] = "quarantined",
    [HOLDS] = "holds",
    [CERTIFICATES] = "certificates",
    [PURPOSES] = "purposes",
    [ACCOUNTS] = "accounts",
    [EXTERNALS] = "externals",
    [QUARANTINE_DAYS] = "quarantine_days",
    [OPEN_END_MONTHS] = "open_end_months",
    [KEEP_ORIGINALS] = "keep_originals",
    [TIME_ZONE] = "time_zone",
    [ALARM] = "alarm",
    [SLOTS] = "slots",
    [COPIES] = "copies",
    [ASSURANCE] = "assurance",
    [LIMITS] = "limits",
    [OVERDUE] = "overdue",
    [SWEPT] = "swept",
};

struct facts {
  struct bytes of[FACT_COUNT];
};
static void facts_auto(struct facts *f) {
  for (int i = 0; i < FACT_COUNT; i++) bytes_free(&f->of[i]);
}

/* ---- what is in it: counts that may be small are told as such */
static void put_purposes(struct bytes *out, const struct counts *counts) {
  char room[FEW_ROOM];
  bytes_put_text(out, "| purpose | what it means | films in use for it |\n| --- | --- | --- |");
  for (int p = 0; p < PURPOSE_COUNT; p++)
    bytes_printf(out, "\n| %s | %s | %s |", purpose_label(p), purpose_about(p),
                 counts_one(counts, "uses", purpose_name(p), room));
}

/* Sums are told as far as `stats` tells their parts, which somebody else may have on file. */
static enum err look_inside(struct vault *v, struct facts *f) {
  static const struct {
    enum fact fact;
    const char *group, *name, *except;
  } told[] = {{PEOPLE, "people", "live", NULL},   {CASES, "cases", NULL, NULL},
              {CLIPS, "clips", NULL, "shredded"}, {QUARANTINED, "clips", "quarantined", NULL},
              {HOLDS, "holds", NULL, NULL},       {CERTIFICATES, "certificates", NULL, NULL}};
  AUTO(counts) struct counts counts = {0};
  char room[FEW_ROOM];
  TRY(counts_read(v->index, &counts));
  for (size_t i = 0; i < sizeof told / sizeof *told; i++)
    bytes_put_text(&f->of[told[i].fact], told[i].name ? counts_one(&counts, told[i].group, told[i].name, room)
                                                      : counts_all(&counts, told[i].group, told[i].except, room));
  put_purposes(&f->of[PURPOSES], &counts);
  return ERR_OK;
}

/* ---- who uses it: colleagues, not people filmed, so in full */
static enum err look_at_accounts(struct vault *v, struct facts *f) {
  static const char *const roles[] = {"practitioners", "supervisors", "officers", "administrators"};
  AUTO(bytes) struct bytes rows = {0};
  int64_t with[4] = {0}, externals = 0;
  TRY(index_account_list(v->index, &rows));
  const struct index_account *row = INDEX_ROWS(struct index_account, rows);
  for (size_t i = 0; i < INDEX_COUNT(struct index_account, rows); i++) {
    AUTO(account) struct account a = {0};
    TRY(account_read(v, &row[i].id, &a));
    if (account_standing(&a, vault_now_ms(v)) != ACCOUNT_ACTS) continue;
    for (int r = 0; r < 4; r++) with[r] += a.row.roles >> r & 1;
    externals += a.external;
  }
  for (int r = 0; r < 4; r++) bytes_printf(&f->of[ACCOUNTS], "%s%s: %lld", r ? ", " : "", roles[r], (long long)with[r]);
  bytes_printf(&f->of[EXTERNALS], "%lld", (long long)externals);
  return ERR_OK;
}

/* ---- how it is set up */
static void look_at_settings(const struct vault *v, struct facts *f) {
  bytes_printf(&f->of[QUARANTINE_DAYS], "%u", v->config.quarantine_days);
  bytes_printf(&f->of[OPEN_END_MONTHS], "%u", v->config.open_end_months);
  bytes_put_text(&f->of[KEEP_ORIGINALS], v->config.keep_originals ? "always" : "only where a practitioner asks for it");
  bytes_put_text(&f->of[TIME_ZONE], v->config.time_zone[0] ? v->config.time_zone : "of the machine");
  bytes_put_text(&f->of[ALARM], v->config.alarm_command[0] ? "set" : "NOT SET (alarm_command in clipvault.conf)");
  bytes_put_text(&f->of[ASSURANCE], keystore_assurance(v->keys));
  bytes_put_text(&f->of[LIMITS], keystore_limits(v->keys));
}

static enum err look_at_slots(struct vault *v, struct facts *f) {
  struct slot_info slots[MOST_SLOTS];
  size_t count;
  TRY(keystore_slot_list(v->keys, slots, MOST_SLOTS, &count));
  for (enum slot_kind kind = SLOT_PASSPHRASE; kind <= SLOT_TPM; kind++) {
    unsigned of_kind = 0;
    for (size_t i = 0; i < count; i++) of_kind += slots[i].kind == kind;
    if (of_kind) bytes_printf(&f->of[SLOTS], "%s%u %s", f->of[SLOTS].length ? ", " : "", of_kind, slot_kind_name(kind));
  }
  return ERR_OK;
}

static void look_at_copies(struct vault *v, struct facts *f) {
  const struct keystore_copy *copies;
  size_t count = keystore_copies(v->keys, &copies), of_kind[3] = {0};
  for (size_t i = 0; i < count; i++) of_kind[copies[i].kind]++;
  bytes_printf(&f->of[COPIES], "holders of the secret elsewhere: %zu; replicas of keys and index: %zu", of_kind[KEYSTORE_HOLDER],
               of_kind[KEYSTORE_NODES]);
  if (of_kind[KEYSTORE_LOST]) bytes_printf(&f->of[COPIES], "; holders given up: %zu", of_kind[KEYSTORE_LOST]);
  if (!of_kind[KEYSTORE_HOLDER]) bytes_put_text(&f->of[COPIES], " (WITHOUT A HOLDER NOTHING CAN BE RESTORED)");
}

static enum err look_at_ends(struct vault *v, struct facts *f) {
  struct overdue due;
  int64_t swept_ms;
  char at[CLOCK_TEXT];
  TRY(overdue_look(v->index, vault_now_ms(v), &due));
  TRY(sweep_heartbeat(v->index, &swept_ms));
  bytes_printf(&f->of[OVERDUE], "%zu", due.count);
  bytes_put_text(&f->of[SWEPT], swept_ms == CLOCK_NEVER_MS ? "NEVER" : clock_format(swept_ms, at));
  return ERR_OK;
}

static enum err look(struct vault *v, struct facts *f) {
  char text[ID_TEXT], at[CLOCK_TEXT];
  bytes_put_text(&f->of[VAULT], id_format(ID_VAULT, &v->id, text));
  bytes_printf(&f->of[DATE], "%.10s", clock_format(vault_now_ms(v), at));
  TRY(look_inside(v, f));
  TRY(look_at_accounts(v, f));
  look_at_settings(v, f);
  TRY(look_at_slots(v, f));
  look_at_copies(v, f);
  return look_at_ends(v, f);
}

/* ---- telling */
static enum err tell(struct session *s, const char *paper, struct reply *reply) {
  AUTO(facts) struct facts f = {0};
  struct paper_fact facts[FACT_COUNT];
  TRY(account_require(s->vault, ACCOUNT_OFFICER | ACCOUNT_ADMINISTRATOR, "reports"));
  TRY(look(s->vault, &f));
  for (int i = 0; i < FACT_COUNT; i++) {
    if (!f.of[i].length) bytes_put_text(&f.of[i], "none");
    TRY(bytes_check(&f.of[i]));
    facts[i] = (struct paper_fact){names[i], bytes_text(&f.of[i])};
  }
  TRY(paper_fill(paper_text(paper), FACT_COUNT, facts, &reply->text));
  struct answer a = answer_begin(reply);
  answer_text(&a, "paper", paper);
  answer_object(&a, "facts");
  for (int i = 0; i < FACT_COUNT; i++) answer_text(&a, facts[i].name, facts[i].text);
  answer_object_end(&a);
  answer_bytes(&a, "text", &reply->text);
  return answer_end(&a);
}

static enum err dpia_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  return tell(s, "dpia", reply);
}

static enum err processing_run(struct session *s, const struct request *rq, struct reply *reply) {
  (void)rq;
  return tell(s, "processing", reply);
}

const struct command cmd_report_dpia = {
    .name = "report dpia",
    .group = "The vault",
    .synopsis = "",
    .summary = "a draft of the data protection impact assessment",
    .help =
        "Prints a draft of the data protection impact assessment, filled with how this vault is set up today and what it holds, "
        "counts only. What only the service can know stands in [brackets]. It is Markdown: any word processor takes it.\n\n"
        "  clipvault report dpia > dpia.md",
    .run = dpia_run};
const struct command cmd_report_processing = {
    .name = "report processing",
    .group = "The vault",
    .synopsis = "",
    .summary = "the entry for the record of processing activities",
    .help =
        "Prints the entry for the service's record of processing activities, filled in the same way as report dpia.\n\n"
        "  clipvault report processing > processing.md",
    .run = processing_run};
