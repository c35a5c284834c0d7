package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"tocsin/core"
)

// An accountRow is an account as it is stored; the rest of its ref is sealed.
type accountRow struct {
	ID        core.AccountID
	Bot       core.BotID
	Supporter core.SupporterID
	Home      core.ChatID
	Sealed    []byte
}

// selectAccounts begins a query of accountRows.
const selectAccounts = `SELECT a.id, b.name AS bot, coalesce(a.supporter, 0) AS supporter,
	coalesce(a.home, 0) AS home, a.sealed FROM accounts AS a JOIN bots AS b ON b.id = a.bot `

func accountCell(id core.AccountID) cell {
	return cell{Table: "accounts", Column: "sealed", Row: strconv.FormatInt(int64(id), 10)}
}

// account opens r.
func (t *tx) account(r *accountRow) (*core.Account, error) {
	id, err := t.keys.open(accountCell(r.ID), r.Sealed)
	if err != nil {
		return nil, err
	}
	ref := core.AccountRef{Bot: r.Bot, ID: string(id)}
	return &core.Account{ID: r.ID, Ref: ref, Supporter: r.Supporter, Home: r.Home}, nil
}

// Account implements core.ChatReader.
func (t *tx) Account(ctx context.Context, id core.AccountID) (*core.Account, error) {
	if a, ok := t.known.accounts[id]; ok {
		return &a, nil
	}
	r := new(accountRow)
	if err := t.NewRaw(selectAccounts+"WHERE a.id = ?", id).Scan(ctx, r); err != nil {
		return nil, failed(err, "read account")
	}
	return t.account(r)
}

// AccountsOf implements core.ChatReader. The oldest account comes first.
func (t *tx) AccountsOf(ctx context.Context, s core.SupporterID) ([]core.Account, error) {
	return t.someAccounts(ctx, "WHERE a.supporter = ? ORDER BY a.id", s)
}

// AccountsAt implements core.ChatReader. The oldest account comes first.
func (t *tx) AccountsAt(ctx context.Context, c core.ChatID) ([]core.Account, error) {
	return t.someAccounts(ctx, "WHERE a.home = ? ORDER BY a.id", c)
}

// someAccounts returns the accounts that a condition chooses.
func (t *tx) someAccounts(ctx context.Context, which string, arg any) ([]core.Account, error) {
	var rows []accountRow
	err := t.NewRaw(selectAccounts+which, arg).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read accounts")
	}
	accounts := make([]core.Account, len(rows))
	for i := range rows {
		a, err := t.account(&rows[i])
		if err != nil {
			return nil, err
		}
		accounts[i] = *a
	}
	return accounts, nil
}

// EnterAccount implements core.ChatStore.
func (t *tx) EnterAccount(ctx context.Context, ref core.AccountRef) (*core.Account, error) {
	find := t.keys.find("account", string(ref.Bot), ref.ID)
	a, err := t.findAccount(ctx, ref, find)
	if core.CodeOf(err) != core.NotFound {
		return a, err
	}
	bot, err := t.bot(ctx, ref.Bot)
	if err != nil {
		return nil, err
	}
	a = &core.Account{Ref: ref}
	err = t.NewRaw(`
		INSERT INTO accounts (bot, find, sealed) VALUES (?, ?, ?)
		ON CONFLICT (find) DO NOTHING RETURNING id`, bot, find, []byte{}).Scan(ctx, &a.ID)
	if errors.Is(err, sql.ErrNoRows) { // another transaction was faster
		return t.findAccount(ctx, ref, find)
	}
	if err != nil {
		return nil, failed(err, "create account")
	}
	sealed, err := t.keys.seal(accountCell(a.ID), []byte(ref.ID))
	if err != nil {
		return nil, err
	}
	_, err = t.NewRaw("UPDATE accounts SET sealed = ? WHERE id = ?", sealed, a.ID).Exec(ctx)
	return a, failed(err, "name account")
}

// findAccount fails with NotFound if there is none.
func (t *tx) findAccount(ctx context.Context, ref core.AccountRef, find []byte) (*core.Account, error) {
	a := &core.Account{Ref: ref}
	err := t.often("SELECT id, coalesce(supporter, 0), coalesce(home, 0) FROM accounts WHERE find = ?", find).
		Scan(ctx, &a.ID, &a.Supporter, &a.Home)
	if err != nil {
		return nil, failed(err, "find account")
	}
	return a, nil
}

// PutAccount implements core.ChatStore. It fails with NotFound if there is no such
// account.
func (t *tx) PutAccount(ctx context.Context, a *core.Account) error {
	t.known = known{}
	res, err := t.NewRaw("UPDATE accounts SET supporter = NULLIF(?, 0), home = NULLIF(?, 0) WHERE id = ?",
		a.Supporter, a.Home, a.ID).Exec(ctx)
	return once(res, err, core.NotFound, "put account")
}
