/* How every function here fails.
 *
 * A fallible function returns `enum err`. Its values are the program's documented exit codes, so a command
 * ends with what it got. Who *detects* a failure describes it once, in words that say what to do, with
 * err_set(); who merely passes it on uses TRY(); who is outermost prints err_text() once.
 * Out-parameters are written only on ERR_OK. The description is per thread and survives until the next err_set(). */
#ifndef CLIPVAULT_BASE_ERR_H
#define CLIPVAULT_BASE_ERR_H

#include <stdbool.h>

enum [[nodiscard]] err{
    ERR_OK = 0,           ERR_USAGE = 64, /* the caller's words are wrong */
    ERR_DATA = 65,                        /* bytes from outside are wrong: file refused, corrupt container */
    ERR_MISSING = 66,                     /* no such thing (or no right to know of it) */
    ERR_UNAVAILABLE = 69,                 /* something needed is not there: memlock, cage, terminal */
    ERR_BUG = 70,                         /* ours */
    ERR_CREATE = 73,                      /* an output cannot be made */
    ERR_IO = 74,                          /* disk or socket; also out of memory */
    ERR_BUSY = 75,                        /* try again: locked, pending */
    ERR_REFUSED = 77,                     /* no consent, wrong purpose, held, not your case, wrong key */
    ERR_CONFIG = 78,                      /* clipvault.conf */
};

/* Describes a failure; its value is `code`. The text is a sentence for the person at the terminal: no secrets,
 * no names of people. Longer than 511 bytes is cut.
 * (A macro so that compilers and analysers see the code: they would else follow failures that are none.) */
#define err_set(code, ...) (err_describe(__VA_ARGS__), (enum err)(code))
void err_describe(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As err_set, with ": " and strerror(errno) appended. */
#define err_set_errno(code, ...) (err_describe_errno(__VA_ARGS__), (enum err)(code))
void err_describe_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether, since it was last forgotten, a failure was one of having no room left on a disk. err_describe_errno notes it by
 * itself; err_note_full is for those who know it from elsewhere. */
void err_note_full(void);
bool err_saw_full(void);
void err_forget_full(void);

/* The last description of this thread; never NULL. */
const char *err_text(void);

/* One lower-case word for a code ("refused"), as JSON output and the control socket name it; "bug" if unknown. */
const char *err_word(enum err code);

/* Leaves the function at once, passing the failure on. */
#define TRY(expression)                            \
  do {                                             \
    enum err try_result_ = (expression);           \
    if (try_result_ != ERR_OK) return try_result_; \
  } while (0)

/* A variable that `type_auto(&variable)` cleans up when its scope ends. */
#define AUTO(type) __attribute__((cleanup(type##_auto)))

/* Where a failure can only be ignored (cleanup paths), said on purpose. */
#define IGNORE(expression) ((void)(expression))

#endif
