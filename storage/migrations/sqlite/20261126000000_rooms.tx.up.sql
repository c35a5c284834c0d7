-- Which places a group follows. Who asked for it is not kept.
CREATE TABLE follows (
	chat INTEGER NOT NULL REFERENCES chats (id),
	place INTEGER NOT NULL REFERENCES places (id),
	radius INTEGER NOT NULL,
	language TEXT NOT NULL,
	PRIMARY KEY (chat, place)
) WITHOUT ROWID;
--bun:split
-- Which actions were announced in a group, what shows each, and how it stood then.
CREATE TABLE posts (
	chat INTEGER NOT NULL REFERENCES chats (id),
	action INTEGER NOT NULL REFERENCES actions (id),
	message INTEGER NOT NULL,
	sequence INTEGER NOT NULL,
	shown BOOLEAN NOT NULL,
	language TEXT NOT NULL,
	day TEXT NOT NULL,
	PRIMARY KEY (chat, action)
) WITHOUT ROWID;
--bun:split
CREATE INDEX posts_action ON posts (action);
