-- Samples rolled up: what is kept of them for each five minutes and each hour, by machine and period.

-- tier: 1 five minutes, 2 hours. period: its number since 1970, a day of tier 1 and seven of tier 2. A period may be in
-- several pieces, whose points are merged; FORMAT.md.
CREATE TABLE rolled (
  key INTEGER PRIMARY KEY,
  machine INTEGER NOT NULL REFERENCES machine (key),
  tier INTEGER NOT NULL,
  period INTEGER NOT NULL,
  coding INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE INDEX rolled_period ON rolled (machine, tier, period);
CREATE INDEX rolled_age ON rolled (tier, period);

-- Whether the hours know a block's batches. 0: none of them, those of older schemas until they are rolled up; 1: all; 2:
-- those that are decoded, while others wait for what they follow.
ALTER TABLE block_position ADD COLUMN rolled_up INTEGER NOT NULL DEFAULT 0;
CREATE INDEX block_position_not_rolled ON block_position (machine) WHERE rolled_up <> 1;
