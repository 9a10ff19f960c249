/* Pages of the manual, in mdoc, from what `clipvault help` reads: a struct command (vault/command.h) becomes a page of its own.
 */
#ifndef CLIPVAULT_MANUAL_PAGE_H
#define CLIPVAULT_MANUAL_PAGE_H

#include "vault/command.h"

/* `date` stands in each page's head, "March 1, 2027". */

/* clipvault-consent-record(1). */
void page_command(const struct command *c, const char *date, struct bytes *out);
/* clipvault-consent(1): of all commands whose first word is `word`, one line each. */
void page_family(command_table table, const char *word, const char *date, struct bytes *out);
/* clipvault(1): all commands, what holds for each, files, variables, exit codes. */
void page_overview(command_table table, const char *date, struct bytes *out);
/* clipvault.conf(5): `text` is a configuration with every key at its default, each explained. */
void page_configuration(const char *text, const char *date, struct bytes *out);

/* "consent-record": as pages and files are called. `out` has PAGE_NAME bytes. */
enum { PAGE_NAME = 64 };
void page_name(const char *command, char out[PAGE_NAME]);

#endif
