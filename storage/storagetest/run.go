// Package storagetest says, as tests, what every core.Store must do. Each file holds
// the properties of one noun.
package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tocsin/core"
)

// A property is one promise of a Store, and its test. The Store is new and empty.
type property struct {
	Name string // "Noun/WhatHolds"
	Test func(t *testing.T, s core.Store)
}

// Run tests a Store: each property is a subtest on a Store of its own. open returns a
// new, empty one and closes it with t. A Store whose clock tests can move has a method
// Advance(time.Duration); without it the properties of time are skipped.
func Run(t *testing.T, open func(t *testing.T) core.Store) {
	for _, p := range slices.Concat(
		accountProperties,
		actionProperties,
		alertProperties,
		audienceProperties,
		broadcastProperties,
		chatProperties,
		claimProperties,
		consentProperties,
		conversationProperties,
		followProperties,
		invitationProperties,
		leaseProperties,
		moveProperties,
		myDataProperties,
		nearProperties,
		nearestProperties,
		nudgeProperties,
		outboxProperties,
		placeProperties,
		recipientProperties,
		reminderProperties,
		retentionProperties,
		roleProperties,
		rsvpProperties,
		runProperties,
		searchProperties,
		slotProperties,
		sourceProperties,
		sponsorshipProperties,
		supporterProperties,
		tallyProperties,
		transactionProperties,
	) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			p.Test(t, open(t))
		})
	}
}

// do runs fn in a transaction that must be committed. As Store.Tx asks, one that lost a
// race is run again.
func do(t *testing.T, s core.Store, fn func(ctx context.Context, tx core.Tx) error) {
	t.Helper()
	must(t, try(t, s, fn))
}

// try runs fn in a transaction, again and again while Tx says that it lost a race.
func try(t *testing.T, s core.Store, fn func(ctx context.Context, tx core.Tx) error) error {
	t.Helper()
	for range 100 {
		err := s.Tx(t.Context(), func(tx core.Tx) error { return fn(t.Context(), tx) })
		if core.CodeOf(err) != core.Conflict {
			return err
		}
	}
	return fmt.Errorf("100 transactions in a row met a conflict")
}

// read runs fn on a consistent view.
func read(t *testing.T, s core.Store, fn func(ctx context.Context, r core.Reader) error) {
	t.Helper()
	must(t, s.Read(t.Context(), func(r core.Reader) error { return fn(t.Context(), r) }))
}

// must ends the test if err is not nil.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get ends the test if a call failed, and returns what it returned: get[int](t)(call()).
func get[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// wantCode ends the test unless err has the given code.
func wantCode(t *testing.T, err error, code core.Code) {
	t.Helper()
	if core.CodeOf(err) != code {
		t.Fatalf("got %v, want the code %q", err, code)
	}
}

// now returns the store's clock.
func now(t *testing.T, s core.Store) time.Time {
	t.Helper()
	n, err := s.Now(t.Context())
	must(t, err)
	return n
}

// advance moves the store's clock, or skips the test if it has none that moves.
func advance(t *testing.T, s core.Store, d time.Duration) {
	t.Helper()
	clock, ok := s.(interface{ Advance(time.Duration) })
	if !ok {
		t.Skip("the clock of this Store cannot be moved")
	}
	clock.Advance(d)
}

// The bot of the fixtures, and the refs of a person there, by name.
const testBot core.BotID = "telegram:4711"

func chatRef(name string) core.ChatRef { return core.ChatRef{Bot: testBot, Chat: "chat-" + name} }
func accountRef(name string) core.AccountRef {
	return core.AccountRef{Bot: testBot, ID: "account-" + name}
}

// chat stores the private chat of a person, by name, and returns its id.
func chat(t *testing.T, s core.Store, name string) core.ChatID {
	t.Helper()
	var id core.ChatID
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		c, err := tx.EnterChat(ctx, chatRef(name), core.Private)
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

// account stores an account, by name, and returns its id.
func account(t *testing.T, s core.Store, name string) core.AccountID {
	t.Helper()
	var id core.AccountID
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		a, err := tx.EnterAccount(ctx, accountRef(name))
		if err == nil {
			id = a.ID
		}
		return err
	})
	return id
}

// supporter stores an active supporter and returns its id.
func supporter(t *testing.T, s core.Store) core.SupporterID {
	t.Helper()
	p := &core.Supporter{
		State: core.Active, Language: "fr", Zone: "Europe/Paris", Radius: core.DefaultRadius,
		Often: core.Daily, Since: "2026-11-22", Seen: "2026-11-22",
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateSupporter(ctx, p) })
	return p.ID
}
