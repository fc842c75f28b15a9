-- Every query of samples looks for what a machine goes on for.
CREATE INDEX machine_continued ON machine (continued_as) WHERE continued_as <> '';
