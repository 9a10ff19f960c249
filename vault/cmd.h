/* The commands. One file each (vault/cmd_NAME.c; cmd_consent.c carries all of "consent …"), listed in cmd_all.c. */
#ifndef CLIPVAULT_CMD_H
#define CLIPVAULT_CMD_H

#include "vault/command.h"

extern const struct command cmd_init, cmd_slot_add, cmd_slot_list, cmd_slot_remove, cmd_unlock, cmd_lock, cmd_check, cmd_stats,
    cmd_backup, cmd_restore;
extern const struct command cmd_case_open, cmd_case_close, cmd_case_accredited, cmd_case_list, cmd_case_show, cmd_case_assign;
extern const struct command cmd_replica_add, cmd_replica_list, cmd_replica_remove, cmd_replica_adopt;
extern const struct command cmd_person_add, cmd_person_list, cmd_person_show, cmd_person_correct, cmd_person_erase;
extern const struct command cmd_consent_record, cmd_consent_renew, cmd_consent_list, cmd_consent_show, cmd_consent_withdraw;
extern const struct command cmd_ingest, cmd_cut, cmd_still, cmd_clip_people, cmd_ls, cmd_show, cmd_explain, cmd_export;
extern const struct command cmd_obscure_mark, cmd_obscure_show, cmd_obscure_confirm, cmd_obscure_drop;
extern const struct command cmd_remark_add, cmd_remark_list, cmd_remark_edit, cmd_remark_remove, cmd_remark_resolve,
    cmd_remark_export;
extern const struct command cmd_tags_list;
extern const struct command cmd_cycle_open, cmd_cycle_list, cmd_cycle_show, cmd_cycle_close, cmd_cycle_add, cmd_cycle_remove;
extern const struct command cmd_supervise_ask, cmd_supervise_list, cmd_supervise_note, cmd_supervise_cancel,
    cmd_supervise_sign_off;
extern const struct command cmd_training_show, cmd_training_export;
extern const struct command cmd_goal_add, cmd_goal_rate, cmd_goal_list;
extern const struct command cmd_sweep, cmd_clock_confirm, cmd_shred;
extern const struct command cmd_hold_place, cmd_hold_release, cmd_hold_list, cmd_restrict, cmd_unrestrict;
extern const struct command cmd_certificate_list, cmd_certificate_show, cmd_certificate_key, cmd_certificate_verify;
extern const struct command cmd_audit_list, cmd_audit_verify, cmd_audit_checkpoint, cmd_audit_export, cmd_audit_witness;
extern const struct command cmd_user_add, cmd_user_map, cmd_user_reclaim, cmd_user_list, cmd_user_show, cmd_user_disable,
    cmd_user_enable;
extern const struct command cmd_user_link, cmd_user_unlink, cmd_grant, cmd_grant_revoke, cmd_grant_list;
extern const struct command cmd_break_glass_request, cmd_break_glass_confirm;
extern const struct command cmd_user_password, cmd_user_totp, cmd_user_reset, cmd_user_identity;
extern const struct command cmd_report_dpia, cmd_report_processing;
extern const struct command cmd_serve, cmd_play;
extern const struct command cmd_version, cmd_help;

/* All of them, ended by NULL (a command_table). */
extern const struct command *const cmd_all[];

#endif
