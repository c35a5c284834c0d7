ALTER TABLE supporters ADD COLUMN settings BYTEA;
--bun:split
-- How often an answer has changed: a calendar follows the highest number.
ALTER TABLE rsvps ADD COLUMN changes BIGINT NOT NULL DEFAULT 0;
--bun:split
-- A role is used from the account that took it up, and from no other.
ALTER TABLE grants ADD COLUMN account BIGINT REFERENCES accounts (id);
--bun:split
UPDATE grants SET account = (SELECT min(a.id) FROM accounts AS a WHERE a.supporter = grants.supporter);
--bun:split
CREATE INDEX grants_account ON grants (account);
--bun:split
-- Whoever was barred stays so after they were forgotten.
ALTER TABLE sponsorships ADD COLUMN barred BOOLEAN NOT NULL DEFAULT FALSE;
--bun:split
-- Searches that found nothing, on a coarse grid: cell is of level 9, day the Monday of the week.
CREATE TABLE searches (
	supporter BIGINT NOT NULL REFERENCES supporters (id),
	cell BIGINT NOT NULL,
	day TEXT NOT NULL,
	PRIMARY KEY (supporter, cell, day)
);
--bun:split
CREATE INDEX searches_day ON searches (day, cell);
--bun:split
-- Links that end by themselves; hash is keyed, subject what they lead to.
CREATE TABLE invitations (
	hash BYTEA NOT NULL PRIMARY KEY,
	subject TEXT NOT NULL,
	uses BIGINT NOT NULL,
	expires BIGINT NOT NULL
);
--bun:split
CREATE INDEX invitations_expires ON invitations (expires);
--bun:split
-- How many signed up from where.
CREATE TABLE sources (
	id TEXT NOT NULL PRIMARY KEY,
	joined BIGINT NOT NULL
);
--bun:split
CREATE INDEX actions_team ON actions (team, starts_at) WHERE team IS NOT NULL;
--bun:split
-- What is one person's is found by their chats and accounts: /mydata and /deleteme ask so.
CREATE INDEX conversations_account ON conversations (account);
--bun:split
CREATE INDEX menus_chat ON menus (chat);
--bun:split
CREATE INDEX outbox_chat ON outbox (chat);
