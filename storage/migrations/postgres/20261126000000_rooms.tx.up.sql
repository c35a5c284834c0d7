-- Which places a group follows. Who asked for it is not kept.
CREATE TABLE follows (
	chat BIGINT NOT NULL REFERENCES chats (id),
	place BIGINT NOT NULL REFERENCES places (id),
	radius BIGINT NOT NULL,
	language TEXT NOT NULL,
	PRIMARY KEY (chat, place)
);
--bun:split
-- Which actions were announced in a group, what shows each, and how it stood then.
CREATE TABLE posts (
	chat BIGINT NOT NULL REFERENCES chats (id),
	action BIGINT NOT NULL REFERENCES actions (id),
	message BIGINT NOT NULL,
	sequence BIGINT NOT NULL,
	shown BOOLEAN NOT NULL,
	language TEXT NOT NULL,
	day TEXT NOT NULL,
	PRIMARY KEY (chat, action)
);
--bun:split
CREATE INDEX posts_action ON posts (action);
