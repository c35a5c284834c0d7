CREATE TABLE meta (
	key TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);
--bun:split
CREATE TABLE bots (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE
);
--bun:split
-- Platform ids stand in chats and accounts alone: find is a keyed hash, sealed the id.
CREATE TABLE chats (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	bot INTEGER NOT NULL REFERENCES bots (id),
	root INTEGER NOT NULL,
	kind TEXT NOT NULL,
	closed BOOLEAN NOT NULL,
	find BLOB NOT NULL UNIQUE,
	sealed BLOB NOT NULL
);
--bun:split
CREATE INDEX chats_root ON chats (root);
--bun:split
CREATE TABLE supporters (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	state TEXT NOT NULL,
	name BLOB,
	language TEXT NOT NULL,
	zone TEXT NOT NULL,
	cell INTEGER NOT NULL,
	place INTEGER NOT NULL,
	area TEXT NOT NULL,
	radius INTEGER NOT NULL,
	radius_class INTEGER NOT NULL,
	often TEXT NOT NULL,
	stopped BOOLEAN NOT NULL,
	since TEXT NOT NULL,
	seen TEXT NOT NULL,
	proof BLOB UNIQUE
);
--bun:split
CREATE INDEX supporters_near ON supporters (radius_class, cell);
--bun:split
CREATE INDEX supporters_seen ON supporters (seen) WHERE cell <> 0 OR place <> 0 OR area <> '';
--bun:split
CREATE TABLE accounts (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	bot INTEGER NOT NULL REFERENCES bots (id),
	supporter INTEGER REFERENCES supporters (id),
	home INTEGER REFERENCES chats (id),
	find BLOB NOT NULL UNIQUE,
	sealed BLOB NOT NULL
);
--bun:split
CREATE INDEX accounts_supporter ON accounts (supporter);
--bun:split
CREATE TABLE seen_updates (
	bot INTEGER NOT NULL,
	update_id TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (bot, update_id)
) WITHOUT ROWID;
--bun:split
CREATE INDEX seen_updates_at ON seen_updates (bot, at);
--bun:split
CREATE TABLE conversations (
	chat INTEGER NOT NULL REFERENCES chats (id),
	account INTEGER NOT NULL,
	sealed BLOB NOT NULL,
	version INTEGER NOT NULL,
	day TEXT NOT NULL,
	PRIMARY KEY (chat, account)
) WITHOUT ROWID;
--bun:split
CREATE INDEX conversations_day ON conversations (day);
--bun:split
CREATE TABLE menus (
	token TEXT NOT NULL PRIMARY KEY,
	chat INTEGER NOT NULL REFERENCES chats (id),
	account INTEGER NOT NULL,
	message INTEGER NOT NULL,
	sealed BLOB NOT NULL,
	day TEXT NOT NULL
);
--bun:split
CREATE INDEX menus_message ON menus (message);
--bun:split
CREATE INDEX menus_day ON menus (day);
--bun:split
CREATE TABLE consents (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	supporter INTEGER NOT NULL REFERENCES supporters (id),
	purpose TEXT NOT NULL,
	given BOOLEAN NOT NULL,
	version TEXT NOT NULL,
	platform TEXT NOT NULL,
	day TEXT NOT NULL,
	sealed BLOB NOT NULL
);
--bun:split
CREATE INDEX consents_supporter ON consents (supporter, purpose, id);
--bun:split
CREATE TABLE sponsorships (
	fingerprint BLOB NOT NULL PRIMARY KEY,
	day TEXT NOT NULL,
	department TEXT NOT NULL,
	revoked BOOLEAN NOT NULL
) WITHOUT ROWID;
--bun:split
CREATE TABLE challenges (
	account INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id),
	fingerprint BLOB NOT NULL,
	code BLOB,
	made INTEGER NOT NULL,
	tries INTEGER NOT NULL,
	sends INTEGER NOT NULL,
	last_send INTEGER NOT NULL,
	closed BOOLEAN NOT NULL
);
--bun:split
-- bucket is when a bucket begins, in microseconds.
CREATE TABLE tallies (
	kind TEXT NOT NULL,
	subject BLOB NOT NULL,
	bucket INTEGER NOT NULL,
	count INTEGER NOT NULL,
	PRIMARY KEY (kind, subject, bucket)
) WITHOUT ROWID;
--bun:split
CREATE TABLE areas (
	id TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	name TEXT NOT NULL
);
--bun:split
CREATE TABLE places (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	source TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	fold TEXT NOT NULL,
	country TEXT NOT NULL,
	area TEXT NOT NULL,
	lat REAL NOT NULL,
	lon REAL NOT NULL,
	cell INTEGER NOT NULL,
	population INTEGER NOT NULL,
	zone TEXT NOT NULL,
	seat BOOLEAN NOT NULL
);
--bun:split
CREATE INDEX places_fold ON places (fold);
--bun:split
CREATE INDEX places_cell ON places (cell);
--bun:split
CREATE INDEX places_area ON places (area) WHERE seat;
--bun:split
CREATE TABLE postcodes (
	code TEXT NOT NULL,
	place INTEGER NOT NULL REFERENCES places (id),
	PRIMARY KEY (code, place)
) WITHOUT ROWID;
--bun:split
CREATE INDEX postcodes_place ON postcodes (place);
--bun:split
CREATE TABLE teams (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL,
	area TEXT NOT NULL
);
--bun:split
CREATE TABLE actions (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	source TEXT NOT NULL UNIQUE,
	sequence INTEGER NOT NULL,
	title TEXT NOT NULL,
	kind TEXT NOT NULL,
	starts_at INTEGER NOT NULL,
	ends_at INTEGER NOT NULL,
	zone TEXT NOT NULL,
	online BOOLEAN NOT NULL,
	place TEXT NOT NULL,
	area TEXT NOT NULL,
	lat REAL NOT NULL,
	lon REAL NOT NULL,
	cell INTEGER NOT NULL,
	capacity INTEGER NOT NULL,
	taken INTEGER NOT NULL,
	visibility TEXT NOT NULL,
	state TEXT NOT NULL,
	note TEXT NOT NULL,
	team INTEGER REFERENCES teams (id)
);
--bun:split
-- These two hold all that a search looks at, so that it reads no row but those it returns.
CREATE INDEX actions_start ON actions (starts_at, id, cell, lat, lon, visibility, kind, state) WHERE state = 'public';
--bun:split
CREATE INDEX actions_cell ON actions (cell, starts_at, id, lat, lon, visibility, kind, state) WHERE state = 'public';
--bun:split
CREATE TABLE rsvps (
	supporter INTEGER NOT NULL REFERENCES supporters (id),
	action INTEGER NOT NULL REFERENCES actions (id),
	answer TEXT NOT NULL,
	guests INTEGER NOT NULL,
	day TEXT NOT NULL,
	PRIMARY KEY (supporter, action)
) WITHOUT ROWID;
--bun:split
CREATE INDEX rsvps_action ON rsvps (action);
--bun:split
CREATE TABLE offers (
	hash BLOB NOT NULL PRIMARY KEY,
	role TEXT NOT NULL,
	area TEXT NOT NULL,
	expires INTEGER NOT NULL
);
--bun:split
CREATE TABLE grants (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	supporter INTEGER NOT NULL REFERENCES supporters (id),
	role TEXT NOT NULL,
	area TEXT NOT NULL,
	expires INTEGER NOT NULL,
	UNIQUE (supporter, role, area)
);
--bun:split
CREATE TABLE outbox (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL,
	bot INTEGER NOT NULL,
	chat INTEGER NOT NULL,
	account INTEGER NOT NULL,
	lane INTEGER NOT NULL,
	kind TEXT NOT NULL,
	sealed BLOB,
	due INTEGER NOT NULL,
	next_at INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	again TEXT NOT NULL,
	state TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	settled INTEGER NOT NULL,
	unsure BOOLEAN NOT NULL,
	code TEXT NOT NULL,
	receipt TEXT NOT NULL
);
--bun:split
CREATE INDEX outbox_due ON outbox (bot, lane, next_at, id) WHERE state = 'queued';
--bun:split
CREATE INDEX outbox_order ON outbox (chat, lane, id, due) WHERE state = 'queued';
--bun:split
CREATE INDEX outbox_settled ON outbox (due) WHERE state <> 'queued';
--bun:split
-- The parts of the messages that carry a menu: a press may name only the part.
CREATE TABLE receipts (
	chat INTEGER NOT NULL,
	part TEXT NOT NULL,
	message INTEGER NOT NULL,
	day TEXT NOT NULL,
	PRIMARY KEY (chat, part)
) WITHOUT ROWID;
--bun:split
CREATE INDEX receipts_day ON receipts (day);
--bun:split
CREATE TABLE blobs (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL,
	sealed BLOB NOT NULL,
	day TEXT NOT NULL
);
--bun:split
CREATE INDEX blobs_day ON blobs (day);
--bun:split
CREATE TABLE slots (
	bot INTEGER NOT NULL,
	chat INTEGER NOT NULL,
	next_at INTEGER NOT NULL,
	ready_at INTEGER NOT NULL,
	held INTEGER NOT NULL,
	got INTEGER NOT NULL,
	PRIMARY KEY (bot, chat)
) WITHOUT ROWID;
--bun:split
CREATE TABLE leases (
	name TEXT NOT NULL PRIMARY KEY,
	holder TEXT NOT NULL,
	term INTEGER NOT NULL,
	expires INTEGER NOT NULL
);
--bun:split
CREATE TABLE runs (
	job TEXT NOT NULL,
	planned TEXT NOT NULL,
	started INTEGER NOT NULL,
	ended INTEGER NOT NULL,
	count INTEGER NOT NULL,
	outcome TEXT NOT NULL,
	PRIMARY KEY (job, planned)
);
--bun:split
CREATE INDEX runs_started ON runs (job, started);
--bun:split
CREATE TABLE broadcasts (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid TEXT NOT NULL,
	state TEXT NOT NULL,
	sealed BLOB NOT NULL,
	due INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	again TEXT NOT NULL
);
--bun:split
CREATE TABLE recipients (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	broadcast INTEGER NOT NULL REFERENCES broadcasts (id),
	bot INTEGER NOT NULL,
	chat INTEGER NOT NULL REFERENCES chats (id),
	account INTEGER NOT NULL,
	state TEXT NOT NULL,
	next_at INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	settled INTEGER NOT NULL,
	unsure BOOLEAN NOT NULL,
	code TEXT NOT NULL,
	receipt TEXT NOT NULL,
	UNIQUE (broadcast, chat)
);
--bun:split
CREATE INDEX recipients_due ON recipients (broadcast, bot, next_at, id) WHERE state = 'queued';
--bun:split
CREATE INDEX recipients_state ON recipients (broadcast, state);
