package core

import (
	"context"
	"time"
)

// MoveLife is how long a chat that lost an account to another may take it back, and for
// how long the account is held there once it did.
const MoveLife = 7 * 24 * time.Hour

// Held reports whether no other chat may take the account of s over at now.
func (s *Supporter) Held(now time.Time) bool {
	return s.Settings.Held != "" && DayOf(now) <= s.Settings.Held
}

// Move makes a the only account of s, and stores it. What was open in the chats of the
// others is closed: it assumed a supporter. Their private chats keep the language and
// the text mode, and the accounts are returned as those of nobody we know, to be told.
// Roles stay with the account that took them up. It fails with Conflict if a turn ends in
// one of the chats at the same time.
func Move(ctx context.Context, tx Tx, s *Supporter, a *Account) ([]Account, error) {
	accounts, err := tx.AccountsOf(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	var left []Account
	for _, o := range accounts {
		if o.ID == a.ID {
			continue
		}
		o.Supporter = 0
		if err := tx.PutAccount(ctx, &o); err != nil {
			return nil, err
		}
		if err := closeTalks(ctx, tx, s, &o); err != nil {
			return nil, err
		}
		left = append(left, o)
	}
	a.Supporter = s.ID
	return left, tx.PutAccount(ctx, a)
}

// closeTalks closes what is open in the chats of an account.
func closeTalks(ctx context.Context, tx Tx, s *Supporter, a *Account) error {
	if err := tx.DropConversations(ctx, a.ID, a.Home); err != nil || a.Home == 0 {
		return err
	}
	c, err := tx.Conversation(ctx, a.Home, a.ID)
	if err != nil {
		return err
	}
	c.Frames, c.Menus, c.Last = nil, nil, nil
	c.Language, c.Plain = s.Language, s.Settings.Plain
	return tx.PutConversation(ctx, c)
}
