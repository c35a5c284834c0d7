package storage

import (
	"context"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// forgetPerson takes what is keyed by a supporter, in the order of the references.
var forgetPerson = []string{
	`UPDATE sponsorships SET barred = (SELECT s.state = 'banned' FROM supporters AS s WHERE s.id = ?0)
		WHERE fingerprint = (SELECT s.proof FROM supporters AS s WHERE s.id = ?0)`,
	// Whoever is forgotten may answer from another chat at once: the actions are held first.
	"UPDATE actions SET taken = taken WHERE id IN (SELECT r.action FROM rsvps AS r WHERE r.supporter = ?0)",
	`UPDATE actions SET taken = taken - (SELECT 1 + r.guests FROM rsvps AS r WHERE r.action = actions.id AND r.supporter = ?0)
		WHERE id IN (SELECT r.action FROM rsvps AS r WHERE r.supporter = ?0 AND r.answer = 'going')`,
	"DELETE FROM rsvps WHERE supporter = ?0",
	"DELETE FROM reminders WHERE supporter = ?0",
	"DELETE FROM briefings WHERE supporter = ?0",
	"DELETE FROM searches WHERE supporter = ?0",
	"DELETE FROM nudges WHERE supporter = ?0",
	"DELETE FROM contacts WHERE supporter = ?0",
	"DELETE FROM digests WHERE supporter = ?0",
	"DELETE FROM consents WHERE supporter = ?0",
	"DELETE FROM grants WHERE supporter = ?0",
	"DELETE FROM audiences WHERE supporter = ?0",
	"UPDATE broadcasts SET proposer = 0 WHERE proposer = ?0",
	"UPDATE broadcasts SET approver = 0 WHERE approver = ?0",
	"UPDATE accounts SET supporter = NULL WHERE supporter = ?0",
}

// Forget implements core.ForgetStore.
func (t *tx) Forget(ctx context.Context, s core.SupporterID) error {
	t.known = known{}
	for _, query := range forgetPerson {
		if _, err := t.NewRaw(query, s).Exec(ctx); err != nil {
			return failed(err, "forget supporter")
		}
	}
	res, err := t.NewRaw("DELETE FROM supporters WHERE id = ?", s).Exec(ctx)
	return once(res, err, core.NotFound, "forget supporter")
}

// dropTalk takes what hangs on the chats of a root ?0.
var dropTalk = []string{
	"DELETE FROM conversations WHERE chat IN (SELECT c.id FROM chats AS c WHERE c.root = ?0)",
	"DELETE FROM menus WHERE chat IN (SELECT c.id FROM chats AS c WHERE c.root = ?0)",
	"DELETE FROM receipts WHERE chat IN (SELECT c.id FROM chats AS c WHERE c.root = ?0)",
	"DELETE FROM outbox WHERE state = 'queued' AND chat IN (SELECT c.id FROM chats AS c WHERE c.root = ?0)",
	"DELETE FROM follows WHERE chat IN (SELECT c.id FROM chats AS c WHERE c.root = ?0)",
	"DELETE FROM posts WHERE chat IN (SELECT c.id FROM chats AS c WHERE c.root = ?0)",
}

// DropTalk implements core.ForgetStore. Of what was sent only the receipts are left, which
// say nothing and go with their retention.
func (t *tx) DropTalk(ctx context.Context, c core.ChatID) error {
	chat, err := t.Chat(ctx, c)
	if err != nil {
		return err
	}
	for _, query := range dropTalk {
		if _, err := t.NewRaw(query, chat.Root).Exec(ctx); err != nil {
			return failed(err, "drop talk of chat")
		}
	}
	return nil
}

// privateChats are the private chats of accounts, with their threads: those that are their
// home, and those in which they have a conversation and nobody else has.
const privateChats = `
	SELECT c.id FROM chats AS c WHERE c.kind = 'private' AND c.root IN (
		SELECT h.root FROM chats AS h WHERE h.id IN (
			SELECT a.home FROM accounts AS a WHERE a.id IN (?0)
			UNION SELECT v.chat FROM conversations AS v WHERE v.account IN (?0)))
	AND NOT EXISTS (SELECT 1 FROM conversations AS o WHERE o.chat = c.id AND o.account NOT IN (0, ?0))`

// forgetAccount takes what is keyed by an account ?0 or its private chats ?1, the account
// before its chats.
var forgetAccount = []string{
	"DELETE FROM conversations WHERE account = ?0 OR chat IN (?1)",
	"DELETE FROM menus WHERE account = ?0 OR chat IN (?1)",
	"DELETE FROM receipts WHERE chat IN (?1)",
	"DELETE FROM challenges WHERE account = ?0",
	"DELETE FROM grants WHERE account = ?0",
	"DELETE FROM outbox WHERE account = ?0 OR chat IN (?1)",
	"DELETE FROM recipients WHERE account = ?0 OR chat IN (?1)",
	"DELETE FROM slots WHERE chat IN (?1)",
	"DELETE FROM follows WHERE chat IN (?1)",
	"DELETE FROM posts WHERE chat IN (?1)",
	"DELETE FROM accounts WHERE id = ?0",
	"UPDATE accounts SET home = NULL WHERE home IN (?1)",
	"DELETE FROM chats WHERE id IN (?1)",
}

// ForgetAccount implements core.ForgetStore.
func (t *tx) ForgetAccount(ctx context.Context, a core.AccountID) error {
	t.chats, t.known = nil, known{}
	account, err := t.Account(ctx, a)
	if err != nil {
		return err
	}
	if account.Supporter != 0 {
		return &core.Error{Code: core.Conflict}
	}
	var chats []core.ChatID
	if err := t.NewRaw(privateChats, bun.List([]core.AccountID{a})).Scan(ctx, &chats); err != nil {
		return failed(err, "find private chats")
	}
	for _, query := range forgetAccount {
		if _, err := t.NewRaw(query, a, bun.List(chats)).Exec(ctx); err != nil {
			return failed(err, "forget account")
		}
	}
	return nil
}
