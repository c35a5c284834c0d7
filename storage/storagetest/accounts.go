package storagetest

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var accountProperties = []property{
	{"Account/ComesBackEqual", accountComesBackEqual},
	{"Account/IsOneHoweverManyEnterAtOnce", accountIsOne},
	{"Account/AreListedOldestFirst", accountsOldestFirst},
	{"Account/UnknownIsNotFound", accountUnknown},
}

func accountComesBackEqual(t *testing.T, s core.Store) {
	want := &core.Account{Ref: core.AccountRef{Bot: "matrix:@tocsin:example.org", ID: "@änna\x00:example.org"}}
	want.Supporter, want.Home = supporter(t, s), chat(t, s, "anna")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		a, err := tx.EnterAccount(ctx, want.Ref)
		must(t, err)
		want.ID = a.ID
		if a.Supporter != 0 || a.Home != 0 {
			t.Errorf("a new account has supporter %d and home %d", a.Supporter, a.Home)
		}
		must(t, tx.PutAccount(ctx, want))
		a, err = tx.EnterAccount(ctx, want.Ref)
		must(t, err)
		if !cmp.Equal(a, want) {
			t.Errorf("entered again: supporter %d, home %d", a.Supporter, a.Home)
		}
		return nil
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Account(ctx, want.ID)
		must(t, err)
		if !cmp.Equal(got, want) {
			t.Errorf("read: supporter %d, home %d, or another ref", got.Supporter, got.Home)
		}
		return nil
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		want.Supporter, want.Home = 0, 0
		must(t, tx.PutAccount(ctx, want))
		got, err := tx.Account(ctx, want.ID)
		must(t, err)
		if !cmp.Equal(got, want) {
			t.Errorf("unlinked: supporter %d, home %d", got.Supporter, got.Home)
		}
		return nil
	})
}

// Several enter the same accounts in the same order, so that they meet.
func accountIsOne(t *testing.T, s core.Store) {
	var ids [4][20]core.AccountID
	var wait sync.WaitGroup
	for who := range ids {
		wait.Go(func() {
			for i := range ids[who] {
				err := s.Tx(t.Context(), func(tx core.Tx) error {
					a, err := tx.EnterAccount(t.Context(), accountRef(strconv.Itoa(i)))
					if err == nil {
						ids[who][i] = a.ID
					}
					return err
				})
				if err != nil {
					t.Errorf("account %d: %v", i, err)
				}
			}
		})
	}
	wait.Wait()
	for who := range ids {
		if ids[who] != ids[0] || ids[who][0] == 0 {
			t.Errorf("the same accounts have the ids %v and %v", ids[who], ids[0])
		}
	}
}

func accountsOldestFirst(t *testing.T, s core.Store) {
	p, other := supporter(t, s), supporter(t, s)
	a, b, c := account(t, s, "telegram"), account(t, s, "matrix"), account(t, s, "other")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutAccount(ctx, &core.Account{ID: b, Supporter: p}))
		must(t, tx.PutAccount(ctx, &core.Account{ID: a, Supporter: p}))
		return tx.PutAccount(ctx, &core.Account{ID: c, Supporter: other})
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.AccountsOf(ctx, p)
		must(t, err)
		want := []core.Account{
			{ID: a, Ref: accountRef("telegram"), Supporter: p}, {ID: b, Ref: accountRef("matrix"), Supporter: p},
		}
		if !cmp.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		none, err := r.AccountsOf(ctx, 404)
		must(t, err)
		if len(none) != 0 {
			t.Errorf("nobody has the accounts %+v", none)
		}
		return nil
	})
}

func accountUnknown(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Account(ctx, 404)
		wantCode(t, err, core.NotFound)
		wantCode(t, tx.PutAccount(ctx, &core.Account{ID: 404}), core.NotFound)
		return nil
	})
}
