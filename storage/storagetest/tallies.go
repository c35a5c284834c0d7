package storagetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"tocsin/core"
)

var tallyProperties = []property{
	{"Tally/CountsThisOneToo", tallyCounts},
	{"Tally/KeepsKindsAndSubjectsApart", tallyApart},
	{"Tally/NeverForgetsWithinTheWindow", tallyWithinWindow},
	{"Tally/ForgetsAfterTheWindow", tallyAfterWindow},
	{"Tally/CountsAllThatComeAtOnce", tallyAtOnce},
}

// tally counts an attempt in windows of an hour.
func tally(t *testing.T, s core.Store, k core.TallyKey) int {
	t.Helper()
	var n int
	do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
		n, err = tx.Tally(ctx, k, time.Hour)
		return err
	})
	return n
}

func tallyCounts(t *testing.T, s core.Store) {
	for want := 1; want <= 4; want++ {
		if got := tally(t, s, core.TallyKey{Kind: "mail.hour", Subject: "7"}); got != want {
			t.Errorf("counted %d, want %d", got, want)
		}
	}
}

func tallyApart(t *testing.T, s core.Store) {
	for _, k := range []core.TallyKey{
		{Kind: "mail.hour", Subject: "7"}, {Kind: "mail.hour", Subject: "8"}, {Kind: "code.account", Subject: "7"},
	} {
		if got := tally(t, s, k); got != 1 {
			t.Errorf("%+v: counted %d, want 1", k, got)
		}
	}
}

// Wherever the window begins in its first bucket, an attempt counts to its very end.
func tallyWithinWindow(t *testing.T, s core.Store) {
	k := core.TallyKey{Kind: "mail.hour", Subject: "7"}
	for want := 1; want <= 8; want++ {
		k.Subject += "+"
		tally(t, s, k)
		advance(t, s, time.Hour-time.Minute)
		if got := tally(t, s, k); got != 2 {
			t.Errorf("attempt %d: counted %d a minute before the window's end, want 2", want, got)
		}
		advance(t, s, 100*time.Second)
	}
}

func tallyAfterWindow(t *testing.T, s core.Store) {
	k := core.TallyKey{Kind: "mail.hour", Subject: "7"}
	for range 3 {
		tally(t, s, k)
	}
	advance(t, s, time.Hour+5*time.Minute)
	if got := tally(t, s, k); got != 1 {
		t.Errorf("counted %d after the window, want 1", got)
	}
}

func tallyAtOnce(t *testing.T, s core.Store) {
	k := core.TallyKey{Kind: "mail.hour", Subject: "7"}
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			err := s.Tx(t.Context(), func(tx core.Tx) error {
				_, err := tx.Tally(t.Context(), k, time.Hour)
				return err
			})
			if err != nil {
				t.Errorf("tally: %v", err)
			}
		})
	}
	wait.Wait()
	if got := tally(t, s, k); got != 11 {
		t.Errorf("counted %d, want 11", got)
	}
}
