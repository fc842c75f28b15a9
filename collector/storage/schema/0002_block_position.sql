-- Where a block's batches stand in the order of commits: `positions` are the ids that their rows in `batch` had, ascending
-- by sequence. NULL for the blocks of schema 1, which did not keep them: one after the other from `batch_first`, before
-- everything else.
CREATE TABLE block_position (
  block INTEGER PRIMARY KEY REFERENCES block (key) ON DELETE CASCADE,
  machine INTEGER NOT NULL,
  batch_first INTEGER NOT NULL,
  batch_last INTEGER NOT NULL,
  positions BLOB
) STRICT;
CREATE INDEX block_position_last ON block_position (batch_last, batch_first, machine);
CREATE INDEX block_position_machine ON block_position (machine, batch_last, batch_first);
INSERT INTO block_position (block, machine, batch_first, batch_last)
  SELECT key, machine, (key << 20) - (1 << 62), (key << 20) - (1 << 62) + batch_count - 1 FROM block;
