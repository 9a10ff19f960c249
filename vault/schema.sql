-- index.db: what ties a clip to people, consents, purposes and expiry. Only ids, states, purposes and times are in
-- clear, so that what is due can be found; every column called `sealed` is a CLIPVAULT sealed field (vault/seal.h) and
-- opens only with a living key. No key is stored here: `leaf` columns are numbers of leaves in keys.db, `ct` columns are
-- wraps that open through living leaves alone. Times are milliseconds since 1970, 9223372036854775807 is "never".

CREATE TABLE meta (k TEXT PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE account (               -- users of the vault
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, uid INTEGER UNIQUE, roles INTEGER NOT NULL,
  state TEXT NOT NULL, sealed BLOB NOT NULL);

CREATE TABLE person (                -- who may be filmed; sealed: name, kind, birthday, under PK
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, leaf INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, state TEXT NOT NULL, job BLOB, sealed BLOB);

CREATE INDEX person_job ON person (job) WHERE job IS NOT NULL;

CREATE TABLE casework (              -- sealed: title, and when it was closed, with which the clear column must agree
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, leaf INTEGER NOT NULL, practitioner BLOB NOT NULL,
  opened_ms INTEGER NOT NULL, closed_ms INTEGER, sealed BLOB);
CREATE TABLE case_person (kase BLOB NOT NULL, person BLOB NOT NULL, PRIMARY KEY (kase, person)) WITHOUT ROWID;

CREATE TABLE consent (               -- sealed under PK: who signed, as what, how, which rules, which form
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, person BLOB NOT NULL, kase BLOB,
  given_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, media INTEGER NOT NULL, ident INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,           -- when the sweep ends it; moves when its case is closed or a birthday is corrected
  sealed BLOB NOT NULL);             -- what stands in clear (but for due_ms) is sealed with the rest, and must agree
CREATE INDEX consent_person ON consent (person);
CREATE TABLE consent_purpose (       -- one verdict for one purpose; leaf = CK, 0 for a "no"
  consent BLOB NOT NULL, purpose TEXT NOT NULL, leaf INTEGER NOT NULL,
  state TEXT NOT NULL,               -- live | refused | withdrawn | overridden | expired; `job` set while keys are being destroyed
  ended_ms INTEGER, job BLOB,
  ended_after INTEGER NOT NULL DEFAULT 0, -- how many consents of the person were recorded when it was ended
  PRIMARY KEY (consent, purpose)) WITHOUT ROWID;
CREATE INDEX verdict_job ON consent_purpose (job) WHERE job IS NOT NULL;

CREATE TABLE grant_ (                -- SPK(person, purpose, scope) under CK(consent, purpose)
  consent BLOB NOT NULL, purpose TEXT NOT NULL, kase BLOB NOT NULL, media INTEGER NOT NULL, ident INTEGER NOT NULL,
  person BLOB NOT NULL, leaf INTEGER NOT NULL, ct BLOB NOT NULL,
  PRIMARY KEY (person, purpose, kase, media, ident, consent)) WITHOUT ROWID;
CREATE INDEX grant_leaf ON grant_ (leaf);

CREATE TABLE clip (                  -- sealed under MK(XK): file name, title, technical facts
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kase BLOB NOT NULL, kind TEXT NOT NULL,
  state TEXT NOT NULL,               -- live | quarantined | shredded; `job` set while it is dying
  leaf INTEGER NOT NULL,             -- XK
  recorded_ms INTEGER NOT NULL, ingested_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
  quarantine_ms INTEGER NOT NULL,    -- until when, while quarantined
  source_mac BLOB, job BLOB, sealed BLOB);
CREATE INDEX clip_case ON clip (kase);
CREATE INDEX clip_job ON clip (job) WHERE job IS NOT NULL;
CREATE INDEX clip_expires ON clip (expires_ms) WHERE state <> 'shredded';
CREATE INDEX clip_quarantine ON clip (quarantine_ms) WHERE state = 'quarantined';
CREATE UNIQUE INDEX clip_source ON clip (source_mac) WHERE source_mac IS NOT NULL;
CREATE TABLE clip_person (clip BLOB NOT NULL, person BLOB NOT NULL, PRIMARY KEY (clip, person)) WITHOUT ROWID;
CREATE INDEX clip_of_person ON clip_person (person);

CREATE TABLE object (                -- sealed containers; the file's name is the id
  id BLOB PRIMARY KEY, clip BLOB NOT NULL, rendition TEXT NOT NULL, role TEXT NOT NULL,
  plain_bytes INTEGER NOT NULL, file_bytes INTEGER NOT NULL, binding BLOB NOT NULL, sha256 BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX object_clip ON object (clip);

CREATE TABLE rendition (             -- what is kept of one that is more than its objects; sealed under MK(XK), bound to `body`
  clip BLOB NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL, sealed BLOB NOT NULL,
  PRIMARY KEY (clip, name)) WITHOUT ROWID;
CREATE TABLE marks (                 -- whom to obscure, as far as a person has marked it; sealed under MK(XK)
  clip BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE wrap (                  -- a rendition's DEK for one purpose; purpose '' is the quarantine wrap under QK alone
  clip BLOB NOT NULL, purpose TEXT NOT NULL, rendition TEXT NOT NULL, leaf INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,       -- when a person's consent or the clip's own date ends it (derived; earliest wins)
  state TEXT NOT NULL,               -- live | new (waits for its job) | dying (its job destroys it)
  job BLOB, ct BLOB NOT NULL,
  PRIMARY KEY (clip, purpose, rendition, leaf)) WITHOUT ROWID;
CREATE INDEX wrap_due ON wrap (expires_ms);
CREATE INDEX wrap_job ON wrap (job) WHERE job IS NOT NULL;

CREATE TABLE job (                   -- a destruction, from the moment it is decided; `reason` sealed under the system key audit
  id BLOB PRIMARY KEY, state TEXT NOT NULL, reason BLOB NOT NULL, account BLOB NOT NULL,
  created_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, certificate BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE job_leaf (job BLOB NOT NULL, leaf INTEGER NOT NULL, PRIMARY KEY (job, leaf)) WITHOUT ROWID;
CREATE TABLE stale_leaf (leaf INTEGER PRIMARY KEY);  -- keys that open nothing any more; the next sweep destroys them

CREATE TABLE certificate (
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, made_ms INTEGER NOT NULL, signed BLOB NOT NULL);
CREATE TABLE doomed (object BLOB PRIMARY KEY) WITHOUT ROWID;  -- ciphertext whose keys are gone, still to be deleted

CREATE TABLE audit (seq INTEGER PRIMARY KEY, entry BLOB NOT NULL);
