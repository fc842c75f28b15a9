-- What was observed of each machine and day, the events that explain what was not, and machines that were joined.

-- day: days since 1970, UTC. The day comes first: those of today, which change all the time, lie together.
CREATE TABLE coverage (
  day INTEGER NOT NULL,
  machine INTEGER NOT NULL REFERENCES machine (key),
  content BLOB NOT NULL,
  PRIMARY KEY (day, machine)
) STRICT, WITHOUT ROWID;

CREATE TABLE machine_event (
  machine INTEGER NOT NULL REFERENCES machine (key),
  time_ms INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  PRIMARY KEY (machine, time_ms, kind)
) STRICT, WITHOUT ROWID;

-- The id of the machine that a retired one goes on as.
ALTER TABLE machine ADD COLUMN continued_as TEXT NOT NULL DEFAULT '';
