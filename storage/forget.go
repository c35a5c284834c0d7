package storage

import (
	"context"

	"tocsin/core"
)

// forgetPerson takes what is keyed by a supporter, in the order of the references.
var forgetPerson = []string{
	`UPDATE sponsorships SET barred = TRUE
		WHERE fingerprint = (SELECT s.proof FROM supporters AS s WHERE s.id = ?0 AND s.state = 'banned')`,
	// Whoever is forgotten may answer from another chat at once: the actions are held first.
	"UPDATE actions SET taken = taken WHERE id IN (SELECT r.action FROM rsvps AS r WHERE r.supporter = ?0)",
	`UPDATE actions SET taken = taken - (SELECT 1 + r.guests FROM rsvps AS r WHERE r.action = actions.id AND r.supporter = ?0)
		WHERE id IN (SELECT r.action FROM rsvps AS r WHERE r.supporter = ?0 AND r.answer = 'going')`,
	"DELETE FROM rsvps WHERE supporter = ?0",
	"DELETE FROM searches WHERE supporter = ?0",
	"DELETE FROM consents WHERE supporter = ?0",
	"DELETE FROM grants WHERE supporter = ?0",
	"UPDATE accounts SET supporter = NULL WHERE supporter = ?0",
}

// Forget implements core.ForgetStore.
func (t *tx) Forget(ctx context.Context, s core.SupporterID) error {
	for _, query := range forgetPerson {
		if _, err := t.NewRaw(query, s).Exec(ctx); err != nil {
			return failed(err, "forget supporter")
		}
	}
	res, err := t.NewRaw("DELETE FROM supporters WHERE id = ?", s).Exec(ctx)
	return once(res, err, core.NotFound, "forget supporter")
}

// privateChats are the private chat of an account and its threads.
const privateChats = `(SELECT c.id FROM chats AS c WHERE c.kind = 'private' AND c.root IN
	(SELECT h.root FROM chats AS h JOIN accounts AS a ON a.home = h.id WHERE a.id = ?0))`

// forgetAccount takes what is keyed by an account or its private chat. The chat
// itself is found through the account, so both go last, and apart.
var forgetAccount = []string{
	"DELETE FROM conversations WHERE account = ?0 OR chat IN " + privateChats,
	"DELETE FROM menus WHERE account = ?0 OR chat IN " + privateChats,
	"DELETE FROM receipts WHERE chat IN " + privateChats,
	"DELETE FROM challenges WHERE account = ?0",
	"DELETE FROM grants WHERE account = ?0",
	"DELETE FROM outbox WHERE account = ?0 OR chat IN " + privateChats,
	"DELETE FROM recipients WHERE account = ?0 OR chat IN " + privateChats,
	"DELETE FROM slots WHERE chat IN " + privateChats,
}

// ForgetAccount implements core.ForgetStore.
func (t *tx) ForgetAccount(ctx context.Context, a core.AccountID) error {
	account, err := t.Account(ctx, a)
	if err != nil {
		return err
	}
	if account.Supporter != 0 {
		return &core.Error{Code: core.Conflict}
	}
	for _, query := range forgetAccount {
		if _, err := t.NewRaw(query, a).Exec(ctx); err != nil {
			return failed(err, "forget account")
		}
	}
	var chats []core.ChatID
	if err := t.NewRaw("SELECT id FROM "+privateChats+" AS p", a).Scan(ctx, &chats); err != nil {
		return failed(err, "find private chats")
	}
	if _, err := t.NewRaw("DELETE FROM accounts WHERE id = ?", a).Exec(ctx); err != nil {
		return failed(err, "forget account")
	}
	for _, c := range chats {
		if _, err := t.NewRaw("DELETE FROM chats WHERE id = ?", c).Exec(ctx); err != nil {
			return failed(err, "forget chat")
		}
	}
	return nil
}
