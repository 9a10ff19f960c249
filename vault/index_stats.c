/* Counts over the index, for reports. */
#include "vault/index.h"
#include "vault/index_sql.h"

static const char *const countings[] = {
    "SELECT 'clips', state, count(*) FROM clip GROUP BY state",
    "SELECT 'kinds', kind, count(*) FROM clip WHERE state <> 'shredded' GROUP BY kind",
    "SELECT 'uses', purpose, count(DISTINCT clip) FROM wrap WHERE state = 'live' AND purpose <> '' GROUP BY purpose",
    "SELECT 'people', state, count(*) FROM person GROUP BY state",
    ("SELECT 'cases', CASE WHEN closed_ms IS NULL OR closed_ms = 9223372036854775807 THEN 'open' ELSE 'closed' END AS s, count(*)"
     " FROM casework GROUP BY s"),
    "SELECT 'consents', state, count(*) FROM consent_purpose GROUP BY state",
    "SELECT 'holds', kind, count(*) FROM hold WHERE state = 'live' GROUP BY kind",
    "SELECT 'certificates', 'made', count(*) FROM certificate",
};

static enum err count_one(struct index *ix, const char *sql, struct bytes *out) {
  AUTO(index_sql_query) struct index_sql_query q;
  TRY(index_sql_query(ix, &q, sql, ""));
  while (index_sql_next(&q)) {
    struct index_counted row = {.count = index_sql_int(&q, 2)};
    index_sql_text(&q, 0, row.group, sizeof row.group);
    index_sql_text(&q, 1, row.name, sizeof row.name);
    bytes_put(out, &row, sizeof row);
  }
  TRY(index_sql_end(&q));
  return bytes_check(out);
}

enum err index_counts(struct index *ix, struct bytes *out) {
  for (size_t i = 0; i < sizeof countings / sizeof *countings; i++) TRY(count_one(ix, countings[i], out));
  return ERR_OK;
}

enum err index_holds_to_review(struct index *ix, int64_t now_ms, int64_t *count) {
  return index_sql_one(ix, 0, count, "SELECT count(*) FROM hold WHERE state = 'live' AND review_ms <= ?", "i", now_ms);
}
