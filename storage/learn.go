package storage

import (
	"context"

	"tocsin/core"
)

// known is what a transaction has read of those whom it has claimed copies for: the gate
// asks for each of them, and the database is asked once. Whatever changes any of it
// forgets all of it.
type known struct {
	accounts   map[core.AccountID]core.Account
	supporters map[core.SupporterID]core.Supporter
	agreed     map[core.SupporterID]bool // to messages
}

// learn reads what the gate will ask about copies.
func (t *tx) learn(ctx context.Context, os []*core.Outgoing) error {
	if err := t.learnChats(ctx, chatsOf(os)); err != nil {
		return err
	}
	t.known = known{
		accounts: map[core.AccountID]core.Account{}, supporters: map[core.SupporterID]core.Supporter{},
		agreed: map[core.SupporterID]bool{},
	}
	var accounts []core.AccountID
	for _, o := range os {
		if o.Account != 0 {
			accounts = append(accounts, o.Account)
		}
	}
	if len(accounts) == 0 {
		return nil
	}
	people, err := t.learnAccounts(ctx, accounts)
	if err != nil || len(people) == 0 {
		return err
	}
	return t.learnPeople(ctx, people)
}

func (t *tx) learnAccounts(ctx context.Context, ids []core.AccountID) (people []core.SupporterID, err error) {
	among, list := idsIn(t, "a.id", ids)
	var rows []accountRow
	if err := t.often(selectAccounts+"WHERE "+among, list).Scan(ctx, &rows); err != nil {
		return nil, failed(err, "read accounts")
	}
	for i := range rows {
		a, err := t.account(&rows[i])
		if core.CodeOf(err) == core.Internal {
			continue // who asks for this account alone is told
		}
		if err != nil {
			return nil, err
		}
		if t.known.accounts[a.ID] = *a; a.Supporter != 0 {
			people = append(people, a.Supporter)
		}
	}
	return people, nil
}

// A personRow is a person with their latest answer about messages.
type personRow struct {
	supporterRow
	Agreed bool
}

func (t *tx) learnPeople(ctx context.Context, ids []core.SupporterID) error {
	among, list := idsIn(t, "s.id", ids)
	var rows []personRow
	err := t.often(`SELECT `+string(supporterColumns)+`, COALESCE((SELECT k.given FROM consents AS k WHERE k.supporter = s.id AND k.purpose = 'messages'
			ORDER BY k.id DESC LIMIT 1), FALSE) AS agreed FROM supporters AS s WHERE `+among, list).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "read supporters")
	}
	for i := range rows {
		s, err := t.supporter(&rows[i].supporterRow)
		if core.CodeOf(err) == core.Internal {
			continue
		}
		if err != nil {
			return err
		}
		t.known.supporters[s.ID], t.known.agreed[s.ID] = *s, rows[i].Agreed
	}
	return nil
}
