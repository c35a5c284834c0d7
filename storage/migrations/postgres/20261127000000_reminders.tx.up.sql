-- Of each answer, when the next reminder is due (NULL: none, 0: not planned yet), and, as bits,
-- which were sent for the start of the action. A row is written only by who knows its version.
CREATE TABLE reminders (
	supporter BIGINT NOT NULL REFERENCES supporters (id),
	action BIGINT NOT NULL REFERENCES actions (id),
	due BIGINT,
	sent BIGINT NOT NULL,
	start BIGINT NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (supporter, action)
);
--bun:split
INSERT INTO reminders (supporter, action, due, sent, start, version)
SELECT supporter, action, 0, 0, 0, 0 FROM rsvps WHERE answer = 'going';
--bun:split
CREATE INDEX reminders_due ON reminders (due, supporter, action) WHERE due IS NOT NULL;
--bun:split
CREATE INDEX reminders_action ON reminders (action);
--bun:split
-- Who organises an action was told on the eve who comes, was asked afterwards how it went, and
-- what they said ('': nothing), on which day.
CREATE TABLE briefings (
	supporter BIGINT NOT NULL REFERENCES supporters (id),
	action BIGINT NOT NULL REFERENCES actions (id),
	eve BOOLEAN NOT NULL,
	after BOOLEAN NOT NULL,
	outcome TEXT NOT NULL,
	day TEXT NOT NULL,
	PRIMARY KEY (supporter, action)
);
--bun:split
CREATE INDEX briefings_action ON briefings (action);
--bun:split
CREATE INDEX actions_ends ON actions (ends_at);
