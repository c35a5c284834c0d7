-- Who signed up and was not yet shown a first action (step 1) or a team (2): when it is looked
-- at again (0: not planned yet). A row goes once all was done.
CREATE TABLE nudges (
	supporter INTEGER NOT NULL PRIMARY KEY REFERENCES supporters (id),
	step INTEGER NOT NULL,
	due INTEGER NOT NULL
);
--bun:split
CREATE INDEX nudges_due ON nudges (due, supporter);
--bun:split
-- Of which squares somebody was told that people search there in vain, and in the week of which
-- Monday. Who searched stands in searches alone.
CREATE TABLE demands (
	cell INTEGER NOT NULL,
	day TEXT NOT NULL,
	PRIMARY KEY (cell, day)
) WITHOUT ROWID;
