#include "vault/statement_words.h"

#include <string.h>

void statement_words_text(struct bytes *out, const char *text) {
  for (; *text; text++) switch (*text) {
      case '<': bytes_put_text(out, "&lt;"); break;
      case '>': bytes_put_text(out, "&gt;"); break;
      case '&': bytes_put_text(out, "&amp;"); break;
      case '"': bytes_put_text(out, "&quot;"); break;
      case '\'': bytes_put_text(out, "&#39;"); break;
      default: bytes_put_u8(out, (uint8_t)*text < ' ' || *text == 0x7f ? ' ' : (uint8_t)*text);
    }
}

static bool is_time(const char *text) { return strlen(text) == 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T'; }

void statement_words_day(struct bytes *out, const char *time) {
  static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};
  int month = is_time(time) ? (time[5] - '0') * 10 + time[6] - '0' : 0;
  if (month < 1 || month > 12) {
    statement_words_text(out, time);
    return;
  }
  if (time[8] != '0') bytes_put(out, time + 8, 1);
  bytes_put(out, time + 9, 1);
  bytes_printf(out, "&nbsp;%s ", months[month - 1]);
  bytes_put(out, time, 4);
}

void statement_words_hour(struct bytes *out, const char *time) {
  if (!is_time(time)) return;
  bytes_put_text(out, ", ");
  bytes_put(out, time + 11, 5);
  bytes_put_text(out, "&nbsp;(UTC)");
}

bool statement_words_earlier(const char *time, const char *than) {
  return is_time(time) && is_time(than) && strncmp(time, than, 10) < 0;
}

struct word {
  const char *of, *words;
};
static const char *look_up(const struct word *words, const char *of) {
  while (words->of && strcmp(words->of, of) != 0) words++;
  return words->words;
}

void statement_words_purpose(struct bytes *out, const char *purpose) {
  static const struct word words[] = {{"intervention", "the work with the family"},
                                      {"case_consultation", "talking with school and others around the child"},
                                      {"supervision", "the practitioner’s own supervision"},
                                      {"accreditation", "the practitioner’s accreditation"},
                                      {"peer_training", "training among colleagues"},
                                      {"service_training", "training within the service"},
                                      {"external_training", "training outside the service, such as conferences"},
                                      {"research", "research"},
                                      {"publication", "publication"},
                                      {"quality_assurance", "checking the quality of the service’s work"},
                                      {"client_copy", "a copy for the family to keep"},
                                      {0}};
  const char *known = look_up(words, purpose);
  statement_words_text(out, known ? known : purpose);
}

const char *statement_words_role(const char *role) {
  static const struct word words[] = {{"body", "the recording"},
                                      {"original", "the file as it came from the camera"},
                                      {"poster", "preview pictures"},
                                      {"strip", "preview pictures"},
                                      {"peaks", "the drawing of its sound"},
                                      {"form", "the scanned form"},
                                      {0}};
  return look_up(words, role);
}

const char *statement_words_rendition(const char *rendition) {
  static const struct word words[] = {{"as-filmed", ""},
                                      {"obscured", " (the version with people made unrecognisable)"},
                                      {"original", " (the file from the camera)"},
                                      {0}};
  const char *known = look_up(words, rendition);
  return known ? known : "";
}

enum { KB = 1000, MB = 1000000 };

void statement_words_files(struct bytes *out, size_t count, uint64_t size_bytes) {
  bytes_printf(out, "%zu locked file%s, ", count, count == 1 ? "" : "s");
  if (size_bytes < MB)
    bytes_printf(out, "%llu&nbsp;KB", (unsigned long long)(size_bytes + KB - 1) / KB);
  else
    bytes_printf(out, "%llu&nbsp;MB", (unsigned long long)(size_bytes + MB / 2) / MB);
}
