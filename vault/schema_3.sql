-- What version 3 of index.db adds to version 2 (schema_2.sql): the work of review. The same rules hold: ids, words and times in clear,
-- what anybody said of a film or of a family sealed, no key. Run in one transaction, on a new index too.

CREATE TABLE remark (                -- what somebody said of a moment of a clip; sealed under MK(XK): who, when, where, and what
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, clip BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE INDEX remark_of_clip ON remark (clip);

CREATE TABLE cycle (                 -- film, shared review, supervision; sealed under the key of its case: the helping question
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kase BLOB NOT NULL,
  opened_ms INTEGER NOT NULL, closed_ms INTEGER, sealed BLOB NOT NULL);
CREATE INDEX cycle_of_case ON cycle (kase);
CREATE TABLE cycle_clip (            -- which clips it has, and as what: film | review | moment. Says nothing of who may see them
  cycle BLOB NOT NULL, clip BLOB NOT NULL, role TEXT NOT NULL, PRIMARY KEY (cycle, clip)) WITHOUT ROWID;
CREATE INDEX cycle_of_clip ON cycle_clip (clip);
CREATE TABLE goal (                  -- sealed under the key of its case: its words and all its ratings
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kase BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE INDEX goal_of_case ON goal (kase);

CREATE TABLE supervision (           -- a clip or a cycle that waits for a supervisor, or was looked at (vault/supervision.h)
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,
  account BLOB NOT NULL,             -- the supervisor
  target BLOB NOT NULL, target_kind INTEGER NOT NULL, -- a clip or a cycle (enum id_kind)
  sealed BLOB NOT NULL);             -- under MK of the clip, or the key of the cycle's case: what was asked, and said
CREATE INDEX supervision_queue ON supervision (account);
CREATE INDEX supervision_target ON supervision (target);
CREATE TABLE sign_off (              -- a cycle that a supervisor signed, with hours; outlives the case's words
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, cycle BLOB NOT NULL UNIQUE, practitioner BLOB NOT NULL,
  sealed BLOB NOT NULL,              -- under the system key users: who signed, for how long, when
  note BLOB NOT NULL);               -- under the key of the cycle's case: what was said of it
CREATE INDEX sign_off_of ON sign_off (practitioner);
