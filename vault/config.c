#include "vault/config.h"

#include "vault/base/bytes.h"
#include "vault/base/clock.h"
#include "vault/base/io.h"
#include "vault/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY_SECONDS = 24 * 60 * 60 };

struct config config_default(void) {
  return (struct config){.quarantine_days = 14,
                         .open_end_months = 24,
                         .most_file_bytes = (uint64_t)64 << 30,
                         .most_pixels = 64 << 20,
                         .most_streams = 32,
                         .most_duration_seconds = DAY_SECONDS,
                         .most_packets = 64 << 20,
                         .most_seconds = DAY_SECONDS};
}

/* ---- values */

static bool parse_time_zone(const char *value, struct config *c) {
  size_t length = strlen(value);
  if (length >= sizeof c->time_zone) return false;
  memcpy(c->time_zone, value, length + 1);
  return true;
}

static bool parse_count(const char *value, uint32_t most, uint32_t *out) {
  uint64_t count = 0;
  if (!bytes_parse_u64(value, most, &count) || !count) return false;
  *out = (uint32_t)count;
  return true;
}

static bool parse_open_end(const char *value, struct config *c) { return parse_count(value, 1200, &c->open_end_months); }
static bool parse_quarantine(const char *value, struct config *c) { return parse_count(value, 365, &c->quarantine_days); }

static bool parse_most_streams(const char *value, struct config *c) { return parse_count(value, 1000, &c->most_streams); }

static bool parse_most_duration(const char *value, struct config *c) {
  return parse_count(value, 366 * DAY_SECONDS, &c->most_duration_seconds);
}

static bool parse_most_seconds(const char *value, struct config *c) {
  return parse_count(value, 30 * DAY_SECONDS, &c->most_seconds);
}

static bool parse_keep_originals(const char *value, struct config *c) {
  c->keep_originals = !strcmp(value, "yes");
  return c->keep_originals || !strcmp(value, "no");
}

static bool parse_large(const char *value, uint64_t most, uint64_t *out) {
  static const char SUFFIX[] = "KMGT";
  char digits[24];
  size_t length = strspn(value, "0123456789");
  const char *suffix = value[length] ? strchr(SUFFIX, value[length]) : NULL;
  if (!length || length >= sizeof digits || (value[length] && (!suffix || value[length + 1]))) return false;
  memcpy(digits, value, length);
  digits[length] = 0;
  unsigned shift = suffix ? 10 * (unsigned)(suffix - SUFFIX + 1) : 0;
  uint64_t number = 0;
  if (!bytes_parse_u64(digits, most >> shift, &number) || !number) return false;
  *out = number << shift;
  return true;
}

static bool parse_most_file_bytes(const char *value, struct config *c) {
  return parse_large(value, (uint64_t)1 << 50, &c->most_file_bytes);
}

static bool parse_most_pixels(const char *value, struct config *c) { return parse_large(value, 1 << 30, &c->most_pixels); }

static bool parse_most_packets(const char *value, struct config *c) {
  return parse_large(value, (uint64_t)1 << 40, &c->most_packets);
}

static bool parse_alarm_command(const char *value, struct config *c) {
  size_t length = strlen(value);
  if (length >= sizeof c->alarm_command || (length && value[0] != '/')) return false;
  memcpy(c->alarm_command, value, length + 1);
  return true;
}

static const struct key {
  const char *name, *accepted;
  bool (*parse)(const char *value, struct config *c);
} KEYS[] = {
    {"time_zone", "a name like Europe/London, or nothing for the system's", parse_time_zone},
    {"quarantine_days", "1 to 365", parse_quarantine},
    {"open_end_months", "1 to 1200", parse_open_end},
    {"keep_originals", "yes or no", parse_keep_originals},
    {"most_file_bytes", "a number, also with K, M, G or T (64G), at most 1024T", parse_most_file_bytes},
    {"most_pixels", "a number, also with K, M or G (64M), at most 1G", parse_most_pixels},
    {"most_streams", "1 to 1000", parse_most_streams},
    {"most_duration_seconds", "1 to 31622400 (366 days)", parse_most_duration},
    {"most_packets", "a number, also with K, M, G or T (64M), at most 1T", parse_most_packets},
    {"most_seconds", "1 to 2592000 (30 days)", parse_most_seconds},
    {"alarm_command", "the full path of a program and its arguments, or nothing", parse_alarm_command},
};
enum { KEY_COUNT = sizeof KEYS / sizeof *KEYS };

/* ---- lines */

struct place {
  const char *name;
  unsigned line;
  bool seen[KEY_COUNT];
};

static enum err unknown_key(const struct place *at, const char *key) {
  const char *names[KEY_COUNT];
  for (size_t i = 0; i < KEY_COUNT; i++) names[i] = KEYS[i].name;
  const char *near = command_near(key, KEY_COUNT, names);
  if (near) return err_set(ERR_CONFIG, "%s:%u: there is no key \"%.40s\"; did you mean %s?", at->name, at->line, key, near);
  return err_set(ERR_CONFIG, "%s:%u: there is no key \"%.40s\"", at->name, at->line, key);
}

static enum err parse_line(struct place *at, char *line, struct config *c) {
  char *key = bytes_trim(line);
  if (!*key || *key == '#') return ERR_OK;
  char *equals = strchr(key, '=');
  if (!equals) return err_set(ERR_CONFIG, "%s:%u: a line must read \"key = value\"", at->name, at->line);
  *equals = 0;
  key = bytes_trim(key);
  size_t i = 0;
  while (i < KEY_COUNT && strcmp(KEYS[i].name, key)) i++;
  if (i == KEY_COUNT) return unknown_key(at, key);
  if (at->seen[i]) return err_set(ERR_CONFIG, "%s:%u: %s is set a second time", at->name, at->line, key);
  at->seen[i] = true;
  if (!KEYS[i].parse(bytes_trim(equals + 1), c))
    return err_set(ERR_CONFIG, "%s:%u: %s must be %s", at->name, at->line, key, KEYS[i].accepted);
  return ERR_OK;
}

enum err config_parse(const char *name, const void *text, size_t length, struct config *out) {
  struct config c = config_default();
  struct place at = {.name = name};
  AUTO(bytes) struct bytes copy = {0};
  if (length > CONFIG_MOST_BYTES) return err_set(ERR_CONFIG, "%s is larger than %d bytes", name, CONFIG_MOST_BYTES);
  if (length && memchr(text, 0, length)) return err_set(ERR_CONFIG, "%s is not a text file", name);
  if (length) bytes_put(&copy, text, length);
  TRY(bytes_check(&copy));
  for (char *line = (char *)copy.data, *next; line; line = next) {
    next = strchr(line, '\n');
    if (next) *next++ = 0;
    at.line++;
    TRY(parse_line(&at, line, &c));
  }
  *out = c;
  return ERR_OK;
}

/* ---- the file */

/* It names a command that we run: only its owner may have written it. */
static enum err check_owner(int dirfd) {
  struct stat st;
  if (fstatat(dirfd, CONFIG_FILE, &st, AT_SYMLINK_NOFOLLOW)) return err_set_errno(ERR_CONFIG, "cannot look at %s", CONFIG_FILE);
  if (!S_ISREG(st.st_mode)) return err_set(ERR_CONFIG, "%s is not a regular file", CONFIG_FILE);
  if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
    return err_set(ERR_CONFIG, "%s can be written by others; take the vault's owner and chmod 600", CONFIG_FILE);
  return ERR_OK;
}

enum err config_load(int dirfd, struct config *out) {
  AUTO(bytes) struct bytes text = {0};
  struct config c = config_default();
  if (!faccessat(dirfd, CONFIG_FILE, F_OK, AT_SYMLINK_NOFOLLOW)) {
    TRY(check_owner(dirfd));
    TRY(io_read_file(dirfd, CONFIG_FILE, CONFIG_MOST_BYTES, &text));
    TRY(config_parse(CONFIG_FILE, text.data, text.length, &c));
  } else if (errno != ENOENT) {
    return err_set_errno(ERR_CONFIG, "cannot look at %s", CONFIG_FILE);
  }
  TRY(clock_set_zone(c.time_zone));
  *out = c;
  return ERR_OK;
}

const char *config_default_text(void) {
  return "# clipvault.conf: what this vault does by itself. Every key is shown at its default;\n"
         "# remove the # in front to change it. An unknown key is an error, so slips are found.\n"
         "\n"
         "# Where a day ends: \"until 2027-03-31\" means the end of that day there.\n"
         "# A name like Europe/London; empty: the time zone of this machine.\n"
         "#time_zone =\n"
         "\n"
         "# A recording of people who have not all agreed yet stays closed to everyone for so\n"
         "# many days (1 to 365); then it is destroyed.\n"
         "#quarantine_days = 14\n"
         "\n"
         "# Months after which a consent ends that runs from a day that has not come (end of involvement, accreditation).\n"
         "#open_end_months = 24\n"
         "\n"
         "# Whether the file as it came from the camera is kept beside the playable copy (yes, no).\n"
         "# It may carry place, device and more of what was said than the copy does.\n"
         "#keep_originals = no\n"
         "\n"
         "# The largest file that is taken in; K, M, G or T may follow the number.\n"
         "#most_file_bytes = 64G\n"
         "\n"
         "# What one file may cost while it is taken in. Whatever needs more is refused, and the\n"
         "# refusal names the key. The pixels of one picture:\n"
         "#most_pixels = 64M\n"
         "# Tracks of picture, sound, subtitles and data (1 to 1000):\n"
         "#most_streams = 32\n"
         "# How long a recording may be, in seconds; 86400 is a day:\n"
         "#most_duration_seconds = 86400\n"
         "# Packets (a packet is a frame, or a few hundredths of a second of sound):\n"
         "#most_packets = 64M\n"
         "# Seconds of computing, all processors together, and of waiting for it:\n"
         "#most_seconds = 86400\n"
         "\n"
         "# A program (full path, arguments) that is run when a destruction is overdue or pending,\n"
         "# the disk fills up or a verification fails. It is given the event (overdue, pending,\n"
         "# verification, disk-full) and a sentence with ids, never names.\n"
         "#alarm_command =\n";
}
