package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var myDataProperties = []property{
	{"MyData/OfNobodyIsNotFound", myDataOfNobody},
	{"MyData/OfAPersonIsOfAllTheirAccounts", myDataOfAllAccounts},
	{"MyData/IsTheSameTwice", myDataTwice},
	{"MyData/OfAGroupShowsNobodyElse", myDataOfAGroup},
	{"MyData/IsAloneWithWhatWasProven", myDataUnproven},
	{"MyData/ShowsNoDraft", myDataDraft},
}

// myData returns what is held about an account, without the time at which it was asked.
func myData(t *testing.T, s core.Store, a core.AccountID) *core.MyData {
	t.Helper()
	var d *core.MyData
	read(t, s, func(ctx context.Context, r core.Reader) (err error) {
		d, err = r.MyData(ctx, a)
		return err
	})
	if d.Schema != core.MyDataSchema || d.Made.IsZero() {
		t.Errorf("the schema is %q, made at %v", d.Schema, d.Made)
	}
	d.Made = time.Time{}
	return d
}

func myDataOfNobody(t *testing.T, s core.Store) {
	read(t, s, func(ctx context.Context, r core.Reader) error {
		_, err := r.MyData(ctx, 4711)
		wantCode(t, err, core.NotFound)
		return nil
	})
}

// speaks stores an account with its private chat, an open question and a message that
// waits, and lets it be a supporter's if who is not 0.
func speaks(t *testing.T, s core.Store, name string, who core.SupporterID) core.AccountID {
	t.Helper()
	var id core.AccountID
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		c, a, err := enterBoth(ctx, tx, name)
		if err != nil {
			return err
		}
		id = a
		if err := tx.PutAccount(ctx, &core.Account{ID: a, Supporter: who, Home: c}); err != nil {
			return err
		}
		talk := &core.Conversation{Chat: c, Account: a, Frames: []core.Frame{{Flow: "signup", Data: map[string]string{"name": name}}}}
		if err := tx.PutConversation(ctx, talk); err != nil {
			return err
		}
		return tx.Enqueue(ctx, &core.Outgoing{Chat: c, Account: a, Lane: core.Talk, Content: say("hello " + name), Due: noon})
	})
	return id
}

func myDataOfAllAccounts(t *testing.T, s core.Store) {
	who := supporter(t, s)
	first, second, other := speaks(t, s, "first", who), speaks(t, s, "second", who), speaks(t, s, "other", 0)
	for _, a := range []core.AccountID{first, second} {
		d := myData(t, s, a)
		if d.Person == nil || len(d.Accounts) != 2 || len(d.Chats) != 2 || len(d.Conversations) != 2 || len(d.Messages) != 2 {
			t.Errorf("a person of two accounts is %+v", d)
		}
	}
	d := myData(t, s, other)
	if d.Person != nil || d.Sponsorship != nil || len(d.Accounts) != 1 || d.Accounts[0].ID != accountRef("other").ID ||
		len(d.Messages) != 1 || d.Messages[0].Text != "hello other" || len(d.Conversations) != 1 {
		t.Errorf("a stranger is %+v", d)
	}
}

func myDataTwice(t *testing.T, s core.Store) {
	a := speaks(t, s, "anna", supporter(t, s))
	if d := cmp.Diff(myData(t, s, a), myData(t, s, a)); d != "" {
		t.Errorf("asked twice, what is held differs:\n%s", d)
	}
}

// In a group, what was said to one person is no other's.
func myDataOfAGroup(t *testing.T, s core.Store) {
	anna, ben := account(t, s, "anna"), account(t, s, "ben")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		g, err := tx.EnterChat(ctx, chatRef("group"), core.Group)
		if err != nil {
			return err
		}
		for _, a := range []core.AccountID{anna, ben} {
			if err := tx.PutConversation(ctx, &core.Conversation{Chat: g.ID, Account: a}); err != nil {
				return err
			}
			o := &core.Outgoing{Chat: g.ID, Account: a, Lane: core.Talk, Content: say("hello")}
			if err := tx.Enqueue(ctx, o); err != nil {
				return err
			}
			menu := &core.Menu{Token: core.MenuToken(fmt.Sprintf("aaaaaaaaaaaaaa%02d", a)), Chat: g.ID, Account: a, Message: o.ID}
			if err := tx.PutMenu(ctx, menu); err != nil {
				return err
			}
		}
		return nil
	})
	d := myData(t, s, anna)
	if len(d.Chats) != 1 || len(d.Conversations) != 1 || len(d.Messages) != 1 || len(d.Buttons) != 1 {
		t.Errorf("of a group of two, one is shown %d chats, %d conversations, %d messages, %d messages with buttons",
			len(d.Chats), len(d.Conversations), len(d.Messages), len(d.Buttons))
	}
}

// Who typed an address without proving it learns nothing of it: neither that it is known,
// nor that somebody else tried it.
func myDataUnproven(t *testing.T, s core.Store) {
	const known, unknown = core.Address("known@example.org"), core.Address("unknown@example.org")
	told := map[core.Address]*core.MyData{}
	for _, address := range []core.Address{known, unknown} {
		a := speaks(t, s, string(address), 0)
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			f := tx.Fingerprint(address)
			if address == known {
				if _, err := tx.PutSponsorships(ctx, []core.Sponsorship{{Fingerprint: f}}); err != nil {
					return err
				}
				if _, err := tx.Tally(ctx, core.TallyKey{Kind: "mail.day", Subject: core.OfAddress(f)}, 24*time.Hour); err != nil {
					return err
				}
			}
			return tx.PutChallenge(ctx, &core.Challenge{Account: a, Fingerprint: f, Code: "12345678", Made: noon, LastSend: noon})
		})
		told[address] = myData(t, s, a)
	}
	d, e := told[known], told[unknown]
	if d.Sponsorship != nil || len(d.Codes) != 1 || len(d.Attempts) != 0 || len(d.Codes) != len(e.Codes) || len(d.Attempts) != len(e.Attempts) {
		t.Errorf("an address that is known shows %+v, one that is not %+v", d, e)
	}
}

// What an organiser has written to many is nobody's before it has left.
func myDataDraft(t *testing.T, s core.Store) {
	a := speaks(t, s, "anna", supporter(t, s))
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		account, err := tx.Account(ctx, a)
		if err != nil {
			return err
		}
		b := &core.Broadcast{State: core.Draft, Letterhead: core.Letterhead{Texts: words("not yet"), Again: core.Once}}
		if err := tx.CreateBroadcast(ctx, b); err != nil {
			return err
		}
		return tx.AddRecipients(ctx, b.ID, core.MainWave, []core.Recipient{{Chat: account.Home, Account: a}})
	})
	if d := myData(t, s, a); len(d.Broadcasts) != 1 || d.Broadcasts[0].Text != "" || d.Broadcasts[0].State != core.Queued {
		t.Errorf("a broadcast that has not left shows as %+v", d.Broadcasts)
	}
}
