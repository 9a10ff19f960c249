-- What version 2 of index.db adds to version 1 (schema.sql). The same rules hold: ids, states and times in clear, whatever names or
-- describes a person sealed, no key. Run in one transaction, on a new index too.

CREATE TABLE credential (            -- what a user signs in with: password record, second factor; sealed under the system key users
  account BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE permit (                -- who else may look: a grant, a supervisor's link, a break-glass viewing; `account` is who may,
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, -- `target` the clip, the case or the practitioner; both are sealed with the rest
  account BLOB NOT NULL, target BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE INDEX permit_account ON permit (account);
CREATE INDEX permit_target ON permit (target);
CREATE INDEX case_of_person ON case_person (person);

CREATE TABLE hold (                  -- keeps what would be destroyed; `kind`: hold | restriction
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kind TEXT NOT NULL,
  target BLOB NOT NULL, target_kind INTEGER NOT NULL,  -- a clip, a case or a person (enum id_kind)
  leaf INTEGER NOT NULL,             -- HK
  state TEXT NOT NULL,               -- live | released; `job` set while its key is being destroyed
  placed_ms INTEGER NOT NULL, review_ms INTEGER NOT NULL, released_ms INTEGER, job BLOB,
  account BLOB NOT NULL,             -- who placed it
  sealed BLOB NOT NULL);             -- reason and owner, under the system key audit; what stands in clear is sealed with them
CREATE INDEX hold_target ON hold (target) WHERE state = 'live';
CREATE TABLE held (                  -- a rendition's DEK and the clip's MK under HK alone: opens to no viewer
  hold BLOB NOT NULL, clip BLOB NOT NULL, rendition TEXT NOT NULL, ct BLOB NOT NULL,
  PRIMARY KEY (clip, rendition, hold)) WITHOUT ROWID;
CREATE INDEX held_by ON held (hold);

CREATE TABLE deferral (              -- what a job would have destroyed and a hold keeps; until its certificate says so
  job BLOB NOT NULL, clip BLOB NOT NULL, purpose TEXT NOT NULL, -- '': the clip altogether
  hold BLOB NOT NULL, owner TEXT NOT NULL, due_ms INTEGER NOT NULL, review_ms INTEGER NOT NULL,
  PRIMARY KEY (job, clip, purpose, hold)) WITHOUT ROWID;
ALTER TABLE casework ADD COLUMN accredited_ms INTEGER; -- NULL until then; sealed with the case, with which it must agree
CREATE TABLE commitment (            -- of a key that a certificate may name one day; until that is written (vault/commitment.h)
  leaf INTEGER PRIMARY KEY, hash BLOB NOT NULL,
  published BLOB NOT NULL, entry INTEGER NOT NULL);  -- in which entry of the audit log `published` stands; -1: in the next one
CREATE INDEX commitment_waiting ON commitment (leaf) WHERE entry = -1;

CREATE TABLE upload (                -- a recording on its way in (vault/upload.h); what it is called and whom it shows is sealed
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, account BLOB NOT NULL,
  leaf INTEGER NOT NULL,             -- UK; 0 once it was destroyed
  state TEXT NOT NULL,               -- arriving | waiting | done
  length INTEGER NOT NULL, made_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
  sealed BLOB NOT NULL,              -- under UK; with what stands in clear
  result BLOB);                      -- what became of it, under the system key audit
CREATE TABLE segment (               -- a container of it, spool/obj_…
  object BLOB PRIMARY KEY, upload BLOB NOT NULL, n INTEGER NOT NULL,
  bytes INTEGER NOT NULL) WITHOUT ROWID; -- of plaintext; -1 until it was finished
CREATE INDEX segment_of ON segment (upload, n);
