-- No broadcast was ever made before.
DROP TABLE recipients;
--bun:split
DROP TABLE broadcasts;
--bun:split
-- counts are those of a broadcast whose copies were deleted.
CREATE TABLE broadcasts (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL,
	kind TEXT NOT NULL,
	original INTEGER NOT NULL,
	state TEXT NOT NULL,
	moved INTEGER NOT NULL,
	why TEXT NOT NULL,
	sealed BLOB NOT NULL,
	blob INTEGER NOT NULL,
	menu TEXT NOT NULL UNIQUE,
	due INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	again TEXT NOT NULL,
	large BOOLEAN NOT NULL,
	proposer INTEGER NOT NULL,
	approver INTEGER NOT NULL,
	hash BLOB,
	frozen INTEGER NOT NULL,
	upto INTEGER NOT NULL,
	streak INTEGER NOT NULL,
	counts TEXT NOT NULL
);
--bun:split
CREATE INDEX broadcasts_state ON broadcasts (state);
--bun:split
-- A million of these are made at once, so nothing refers from here: whoever deletes a
-- chat deletes its copies.
CREATE TABLE recipients (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	broadcast INTEGER NOT NULL,
	bot INTEGER NOT NULL,
	chat INTEGER NOT NULL,
	account INTEGER NOT NULL,
	wave INTEGER NOT NULL,
	target INTEGER NOT NULL,
	state TEXT NOT NULL,
	next_at INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	settled INTEGER NOT NULL,
	unsure BOOLEAN NOT NULL,
	code TEXT NOT NULL,
	receipt TEXT NOT NULL,
	answer INTEGER NOT NULL,
	UNIQUE (broadcast, chat)
);
--bun:split
CREATE INDEX recipients_due ON recipients (broadcast, bot, wave, next_at, id) WHERE state = 'queued';
--bun:split
CREATE INDEX recipients_sending ON recipients (broadcast) WHERE state = 'queued' AND attempt > settled;
--bun:split
-- Who keeps which audiences; the name and the filters are sealed.
CREATE TABLE audiences (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	supporter INTEGER NOT NULL REFERENCES supporters (id),
	sealed BLOB NOT NULL
);
--bun:split
CREATE INDEX audiences_supporter ON audiences (supporter);
