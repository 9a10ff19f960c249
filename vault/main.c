/* clipvault: one program for every command. A command is found in the table, its arguments become a request, the request is
 * carried out here or by the process that holds the vault open, and its reply is printed. */
#include "vault/arguments.h"
#include "vault/base/secret.h"
#include "vault/cmd.h"
#include "vault/dispatch.h"
#include "vault/interrupt.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the order of the overview: neighbours of one group stand under one heading. */
static const struct command *const COMMANDS[] = {
    &cmd_init,
    &cmd_serve,
    &cmd_unlock,
    &cmd_lock,
    &cmd_slot_add,
    &cmd_slot_list,
    &cmd_slot_remove,
    &cmd_replica_add,
    &cmd_replica_list,
    &cmd_replica_remove,
    &cmd_replica_adopt,
    &cmd_check,
    &cmd_stats,
    &cmd_report_dpia,
    &cmd_report_processing,
    &cmd_backup,
    &cmd_restore,
    &cmd_case_open,
    &cmd_case_close,
    &cmd_case_accredited,
    &cmd_case_list,
    &cmd_case_show,
    &cmd_case_assign,
    &cmd_person_add,
    &cmd_person_list,
    &cmd_person_show,
    &cmd_person_correct,
    &cmd_person_erase,
    &cmd_consent_record,
    &cmd_consent_list,
    &cmd_consent_show,
    &cmd_consent_renew,
    &cmd_consent_withdraw,
    &cmd_ingest,
    &cmd_cut,
    &cmd_still,
    &cmd_clip_people,
    &cmd_ls,
    &cmd_show,
    &cmd_explain,
    &cmd_export,
    &cmd_play,
    &cmd_obscure_mark,
    &cmd_obscure_show,
    &cmd_obscure_confirm,
    &cmd_obscure_drop,
    &cmd_remark_add,
    &cmd_remark_list,
    &cmd_remark_edit,
    &cmd_remark_remove,
    &cmd_remark_resolve,
    &cmd_remark_export,
    &cmd_tags_list,
    &cmd_cycle_open,
    &cmd_cycle_list,
    &cmd_cycle_show,
    &cmd_cycle_close,
    &cmd_cycle_add,
    &cmd_cycle_remove,
    &cmd_goal_add,
    &cmd_goal_rate,
    &cmd_goal_list,
    &cmd_supervise_ask,
    &cmd_supervise_list,
    &cmd_supervise_note,
    &cmd_supervise_cancel,
    &cmd_supervise_sign_off,
    &cmd_training_show,
    &cmd_training_export,
    &cmd_sweep,
    &cmd_clock_confirm,
    &cmd_shred,
    &cmd_hold_place,
    &cmd_hold_release,
    &cmd_hold_list,
    &cmd_restrict,
    &cmd_unrestrict,
    &cmd_certificate_list,
    &cmd_certificate_show,
    &cmd_certificate_key,
    &cmd_certificate_verify,
    &cmd_audit_list,
    &cmd_audit_verify,
    &cmd_audit_checkpoint,
    &cmd_audit_export,
    &cmd_audit_witness,
    &cmd_user_add,
    &cmd_user_map,
    &cmd_user_reclaim,
    &cmd_user_list,
    &cmd_user_show,
    &cmd_user_disable,
    &cmd_user_enable,
    &cmd_user_link,
    &cmd_user_unlink,
    &cmd_user_password,
    &cmd_user_totp,
    &cmd_user_reset,
    &cmd_user_identity,
    &cmd_grant,
    &cmd_grant_revoke,
    &cmd_grant_list,
    &cmd_break_glass_request,
    &cmd_break_glass_confirm,
    &cmd_version,
    &cmd_help,
    NULL,
};

/* --help and --version are other spellings of two commands. */
static enum err answer_switch(const struct arguments *globals, struct request *rq, struct reply *reply) {
  if (globals->help && rq->command) {
    command_help(rq->command, &reply->text);
    return ERR_OK;
  }
  request_free(rq);
  rq->command = globals->help ? &cmd_help : &cmd_version;
  dispatch_run(COMMANDS, globals, rq, reply);
  return ERR_OK;
}

/* A caller may have closed them; then the first file we open would get their number, and be written to by a message. */
static void fill_standard_descriptors(void) {
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0) IGNORE(open("/dev/null", O_RDWR | O_NOCTTY));
}

static enum err run(int argc, char *argv[], struct reply *reply) {
  AUTO(request) struct request rq = {0};
  struct arguments globals;
  fill_standard_descriptors();
  umask(077);
  TRY(secret_init());
  TRY(interrupt_install());
  TRY(arguments_parse(COMMANDS, argc - 1, argv + 1, &globals, &rq));
  if (globals.help || globals.version) return answer_switch(&globals, &rq, reply);
  dispatch_run(COMMANDS, &globals, &rq, reply);
  return ERR_OK;
}

int main(int argc, char *argv[]) {
  AUTO(reply) struct reply reply = {0};
  enum err e = run(argc, argv, &reply);
  if (e != ERR_OK) reply_fail(&reply, e);
  int code = reply_print(&reply, argc > 0 && arguments_want_json(argc, argv), stdout, stderr);
  secret_wipe_all();
  return code;
}
