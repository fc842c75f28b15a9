-- The first schema. FORMAT.md beside this folder explains each table. Steps are numbered, run once and never change.
-- Times are Unix milliseconds. Epochs are 64 random bits, stored as SQLite's signed integers.

CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE machine (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  host_name TEXT NOT NULL,
  instance TEXT NOT NULL,
  site TEXT NOT NULL,
  class TEXT NOT NULL,
  state INTEGER NOT NULL,
  hardware_fingerprint TEXT NOT NULL,
  operating_system TEXT NOT NULL,
  agent_version TEXT NOT NULL,
  address TEXT NOT NULL,
  enrolled_ms INTEGER NOT NULL,
  certificate_expire_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  interval_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX machine_instance ON machine (instance) WHERE state = 1 AND instance <> '';

CREATE TABLE token (
  id TEXT NOT NULL PRIMARY KEY,
  kind INTEGER NOT NULL,
  secret_sha256 BLOB NOT NULL,
  site TEXT NOT NULL,
  class TEXT NOT NULL,
  role TEXT NOT NULL,
  uses_allowed INTEGER NOT NULL,
  uses INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  expire_ms INTEGER NOT NULL,
  revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_secret ON token (secret_sha256);

-- Inventory: the last full set of each machine, its live facts, and what changed between sets.
CREATE TABLE inventory (
  machine INTEGER PRIMARY KEY REFERENCES machine (key),
  seen_ms INTEGER NOT NULL,
  digest BLOB NOT NULL,
  notes BLOB NOT NULL
) STRICT;

CREATE TABLE fact (
  machine INTEGER NOT NULL REFERENCES machine (key),
  fact_group TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  PRIMARY KEY (machine, fact_group, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE fact_change (
  id INTEGER PRIMARY KEY,
  machine INTEGER NOT NULL REFERENCES machine (key),
  time_ms INTEGER NOT NULL,
  fact_group TEXT NOT NULL,
  name TEXT NOT NULL,
  old_value TEXT,
  new_value TEXT
) STRICT;
CREATE INDEX fact_change_machine ON fact_change (machine, time_ms, id);

-- Samples. What an epoch's series mean, in the order the sets came.
CREATE TABLE descriptor_set (
  machine INTEGER NOT NULL REFERENCES machine (key),
  epoch INTEGER NOT NULL,
  number INTEGER NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (machine, epoch, number)
) STRICT;

-- Batches as they came, in the order of their commits. A run's rows are found by following `previous` from its newest.
CREATE TABLE batch (
  id INTEGER PRIMARY KEY,
  previous INTEGER NOT NULL,
  run INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  sample_count INTEGER NOT NULL,
  samples BLOB NOT NULL,
  events BLOB
) STRICT;

-- Batches of one segment, without a hole, that are in `batch`.
CREATE TABLE run (
  key INTEGER PRIMARY KEY,
  machine INTEGER NOT NULL REFERENCES machine (key),
  epoch INTEGER NOT NULL,
  segment_first INTEGER NOT NULL,
  sequence_first INTEGER NOT NULL,
  sequence_last INTEGER NOT NULL,
  batch_first INTEGER NOT NULL,
  batch_last INTEGER NOT NULL,
  time_min_ms INTEGER NOT NULL,
  time_max_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX run_machine ON run (machine, epoch);
CREATE INDEX run_batch_first ON run (batch_first);

-- Batches that have left `batch`: those of one epoch and hour, packed.
CREATE TABLE block (
  key INTEGER PRIMARY KEY,
  machine INTEGER NOT NULL REFERENCES machine (key),
  epoch INTEGER NOT NULL,
  sequence_first INTEGER NOT NULL,
  sequence_last INTEGER NOT NULL,
  time_min_ms INTEGER NOT NULL,
  time_max_ms INTEGER NOT NULL,
  batch_count INTEGER NOT NULL,
  sample_count INTEGER NOT NULL,
  coding INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX block_sequence ON block (machine, epoch, sequence_first);
CREATE INDEX block_time ON block (machine, time_max_ms, time_min_ms);
CREATE INDEX block_age ON block (time_max_ms);

-- Committed sequences of an epoch besides those of its runs: intervals that do not touch each other.
CREATE TABLE committed (
  machine INTEGER NOT NULL REFERENCES machine (key),
  epoch INTEGER NOT NULL,
  sequence_first INTEGER NOT NULL,
  sequence_last INTEGER NOT NULL,
  PRIMARY KEY (machine, epoch, sequence_first)
) STRICT, WITHOUT ROWID;

-- Issues, their history, and what is to be told about them.
CREATE TABLE issue (
  id TEXT NOT NULL PRIMARY KEY,
  dedupe_key TEXT NOT NULL,
  ended INTEGER NOT NULL,
  opened_ms INTEGER NOT NULL,
  ended_ms INTEGER NOT NULL,
  transition INTEGER NOT NULL,
  content BLOB NOT NULL,
  rule_state BLOB NOT NULL
) STRICT;
CREATE INDEX issue_list ON issue (ended, opened_ms);

CREATE TABLE issue_event (
  id INTEGER PRIMARY KEY,
  issue_id TEXT NOT NULL,
  time_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX issue_event_issue ON issue_event (issue_id, id);
CREATE TRIGGER issue_event_no_update BEFORE UPDATE ON issue_event
BEGIN
  SELECT RAISE(ABORT, 'the history of an issue is append-only');
END;
CREATE TRIGGER issue_event_no_delete BEFORE DELETE ON issue_event
WHEN EXISTS (SELECT 1 FROM issue WHERE issue.id = OLD.issue_id)
BEGIN
  SELECT RAISE(ABORT, 'the history of an issue is append-only');
END;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  idempotency_key TEXT NOT NULL,
  channel TEXT NOT NULL,
  event TEXT NOT NULL,
  issue_id TEXT NOT NULL,
  body BLOB NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  next_attempt_ms INTEGER NOT NULL,
  last_answer TEXT NOT NULL,
  UNIQUE (idempotency_key, channel)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (id) WHERE state = 1;
CREATE INDEX outbox_created ON outbox (created_ms) WHERE state <> 1;
