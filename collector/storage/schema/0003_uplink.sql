-- What the agents' streams are judged by: where a boot clock stands on the collector's time line, and what was given up.

-- points: pairs of boot clock and wall milliseconds, ascending; FORMAT.md.
CREATE TABLE boot_clock (
  machine INTEGER NOT NULL REFERENCES machine (key),
  boot_id TEXT NOT NULL,
  estimated INTEGER NOT NULL,
  wall_error_ms INTEGER NOT NULL,
  measured_ms INTEGER NOT NULL,
  points BLOB NOT NULL,
  PRIMARY KEY (machine, boot_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE gap (
  machine INTEGER NOT NULL REFERENCES machine (key),
  epoch INTEGER NOT NULL,
  sequence_first INTEGER NOT NULL,
  sequence_last INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  sample_count INTEGER NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  told_ms INTEGER NOT NULL,
  PRIMARY KEY (machine, epoch, sequence_first)
) STRICT, WITHOUT ROWID;
