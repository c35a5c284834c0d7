-- Of each person, when the next digest is due (NULL: none, 0: not planned yet), which was the
-- last, and, sealed, which actions they were told of; told_until is when the last of those
-- begins. A row is written only by who knows its version.
CREATE TABLE digests (
	supporter BIGINT NOT NULL PRIMARY KEY REFERENCES supporters (id),
	due BIGINT,
	last BIGINT NOT NULL,
	told BYTEA,
	told_until BIGINT NOT NULL,
	version BIGINT NOT NULL
);
--bun:split
INSERT INTO digests (supporter, due, last, told_until, version) SELECT id, 0, 0, 0, 0 FROM supporters;
--bun:split
CREATE INDEX digests_due ON digests (due, supporter) WHERE due IS NOT NULL;
--bun:split
-- How many messages that we begin a person was sent, by day.
CREATE TABLE contacts (
	supporter BIGINT NOT NULL REFERENCES supporters (id),
	day TEXT NOT NULL,
	count BIGINT NOT NULL,
	PRIMARY KEY (supporter, day)
);
--bun:split
CREATE INDEX contacts_day ON contacts (day);
--bun:split
-- Since when an action is public as it stands, whether its announcement waits, and whether
-- people further away were called.
CREATE TABLE openings (
	action BIGINT NOT NULL PRIMARY KEY REFERENCES actions (id),
	since BIGINT NOT NULL,
	waiting BOOLEAN NOT NULL,
	called BOOLEAN NOT NULL
);
--bun:split
INSERT INTO openings (action, since, waiting, called) SELECT id, 0, FALSE, FALSE FROM actions WHERE state = 'public';
--bun:split
CREATE INDEX openings_since ON openings (since, action) WHERE waiting;
--bun:split
-- How many people are needed; 0: nobody said.
ALTER TABLE actions ADD COLUMN quorum INTEGER NOT NULL DEFAULT 0;
--bun:split
-- Who hears of an action at once: all that the search looks at.
DROP INDEX supporters_near;
--bun:split
CREATE INDEX supporters_near ON supporters (radius_class, cell, radius, id)
	WHERE often = 'instantly' AND state = 'active' AND NOT stopped;
