/* manual FOLDER DATE: writes the pages of the manual to FOLDER/man/, completion to FOLDER/bash and FOLDER/zsh, and the
 * configuration with every key at its default to FOLDER/clipvault.conf. Used while building only (make manual); it is no part of
 * what is installed. */
#include "vault/base/io.h"
#include "vault/cmd.h"
#include "vault/config.h"
#include "vault/manual/complete.h"
#include "vault/manual/page.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static enum err keep(const char *folder, const char *name, const struct bytes *text) {
  char path[PATH_MAX];
  TRY(bytes_check(text));
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return err_set(ERR_USAGE, "%s is too long", folder);
  FILE *file = fopen(path, "we");
  if (!file) return err_set_errno(ERR_CREATE, "cannot write %s", path);
  bool written = fwrite(text->data, 1, text->length, file) == text->length;
  if (fclose(file) || !written) return err_set_errno(ERR_IO, "cannot write %s", path);
  return ERR_OK;
}

static enum err keep_page(const char *folder, const char *name, const struct bytes *text) {
  char file[PAGE_NAME + 32];
  snprintf(file, sizeof file, "man/clipvault-%s.1", name);
  return keep(folder, file, text);
}

static enum err keep_commands(const char *folder, const char *date) {
  for (command_table t = cmd_all; *t; t++) {
    AUTO(bytes) struct bytes page = {0};
    char name[PAGE_NAME];
    page_name((*t)->name, name);
    page_command(*t, date, &page);
    TRY(keep_page(folder, name, &page));
  }
  return ERR_OK;
}

/* A first word that is no command itself: one page for all that follows it. */
static enum err keep_families(const char *folder, const char *date) {
  for (command_table t = cmd_all; *t; t++) {
    AUTO(bytes) struct bytes page = {0};
    char word[PAGE_NAME];
    snprintf(word, sizeof word, "%s", (*t)->name);
    word[strcspn(word, " ")] = 0;
    if (command_by_name(cmd_all, word)) continue;
    page_family(cmd_all, word, date, &page);
    TRY(keep_page(folder, word, &page));
  }
  return ERR_OK;
}

static enum err keep_others(const char *folder, const char *date) {
  AUTO(bytes) struct bytes overview = {0}, conf_page = {0}, conf = {0}, bash = {0}, zsh = {0};
  page_overview(cmd_all, date, &overview);
  TRY(keep(folder, "man/clipvault.1", &overview));
  page_configuration(config_default_text(), date, &conf_page);
  TRY(keep(folder, "man/clipvault.conf.5", &conf_page));
  bytes_put_text(&conf, config_default_text());
  TRY(keep(folder, "clipvault.conf", &conf));
  complete_bash(cmd_all, &bash);
  TRY(keep(folder, "bash", &bash));
  complete_zsh(cmd_all, &zsh);
  return keep(folder, "zsh", &zsh);
}

static enum err make(const char *folder, const char *date) {
  char man[PATH_MAX];
  if (snprintf(man, sizeof man, "%s/man", folder) >= (int)sizeof man) return err_set(ERR_USAGE, "%s is too long", folder);
  IGNORE(mkdir(folder, 0755));
  IGNORE(mkdir(man, 0755));
  TRY(keep_commands(folder, date));
  TRY(keep_families(folder, date));
  return keep_others(folder, date);
}

int main(int argc, char *argv[]) {
  if (argc != 3) {
    fprintf(stderr, "usage: manual FOLDER DATE\n");
    return ERR_USAGE;
  }
  enum err e = make(argv[1], argv[2]);
  if (e != ERR_OK) fprintf(stderr, "manual: %s\n", err_text());
  return (int)e;
}
