/* Plain English for what a certificate says in words of its own: for the page that a parent reads. Everything appended is safe in
 * HTML. Pure. */
#ifndef CLIPVAULT_STATEMENT_WORDS_H
#define CLIPVAULT_STATEMENT_WORDS_H

#include "vault/base/bytes.h"

/* Somebody's text: letters that mean something in HTML are escaped, control characters become spaces. */
void statement_words_text(struct bytes *out, const char *text);
/* "2026-11-26T10:17:32Z" as "26 November 2026"; anything else as it is. */
void statement_words_day(struct bytes *out, const char *time);
/* ", 10:17 (UTC)" of such a time. */
void statement_words_hour(struct bytes *out, const char *time);
/* "research", "the practitioner’s own supervision"; a purpose of the service's own as it is. */
void statement_words_purpose(struct bytes *out, const char *purpose);
/* "the film itself" of a role, NULL if it is nothing that a person would name. */
const char *statement_words_role(const char *role);
/* What a rendition is called after "the recording": "", " with faces hidden", " as it came from the camera". */
const char *statement_words_rendition(const char *rendition);
/* "3 files, 118 KB" */
void statement_words_files(struct bytes *out, size_t count, uint64_t size_bytes);
/* Whether the first time lies on an earlier day than the second. */
bool statement_words_earlier(const char *time, const char *than);

#endif
