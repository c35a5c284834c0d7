package storagetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// An item is something that leaves by itself, stored at now; its name is its own. It
// reports whether it is still there.
type item func(ctx context.Context, tx core.Tx, name string, now time.Time) (there, error)

// there reports whether an item is still stored. It may change it.
type there func(ctx context.Context, tx core.Tx) (bool, error)

// leavings are an item of each kind, and as how many rows it is counted.
var leavings = map[core.Kept]struct {
	put  item
	rows int
}{
	core.KeptSeenTelegram: {seenOn("telegram:1"), 1},
	core.KeptSeen:         {seenOn("matrix:@telegram:example.org"), 1},
	core.KeptOutbox:       {aSentMessage, 1},
	core.KeptBlobs:        {aBlob, 1},
	core.KeptMenus:        {aMenu, 1},
	core.KeptChallenges:   {aChallenge, 1},
	core.KeptTallies:      {aTallyAndSlot, 2},
	core.KeptOffers:       {anOffer, 1},
	core.KeptInvitations:  {anInvitation, 1},
	core.KeptTalks:        {aTalk, 1},
	core.KeptCells:        {aPlaceOfAPerson, 1},
	core.KeptSearches:     {aSearch, 1},
	core.KeptTold:         {anAnnouncement, 1},
	core.KeptContacts:     {aContact, 1},
	core.KeptActions:      {anActionOfTwo, 8},
	core.KeptTrails:       {aTrail, 1},
	core.KeptRuns:         {aRun, 1},
}

// found reports whether err is nil rather than NotFound.
func found(err error) (bool, error) {
	if core.CodeOf(err) == core.NotFound {
		return false, nil
	}
	return err == nil, err
}

func seenOn(b core.BotID) item {
	return func(ctx context.Context, tx core.Tx, name string, _ time.Time) (there, error) {
		return func(ctx context.Context, tx core.Tx) (bool, error) {
			err := tx.MarkSeen(ctx, b, name)
			if core.CodeOf(err) == core.Conflict {
				return true, nil
			}
			return false, err
		}, tx.MarkSeen(ctx, b, name)
	}
}

// enterBoth enters a chat and an account.
func enterBoth(ctx context.Context, tx core.Tx, name string) (core.ChatID, core.AccountID, error) {
	c, err := tx.EnterChat(ctx, chatRef(name), core.Private)
	if err != nil {
		return 0, 0, err
	}
	a, err := tx.EnterAccount(ctx, accountRef(name))
	if err != nil {
		return 0, 0, err
	}
	return c.ID, a.ID, nil
}

func aSentMessage(ctx context.Context, tx core.Tx, name string, _ time.Time) (there, error) {
	c, _, err := enterBoth(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	o := &core.Outgoing{Chat: c, Lane: core.Talk, Content: say("hello")}
	if err := tx.Enqueue(ctx, o); err != nil {
		return nil, err
	}
	os, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: everyLane, Max: 1, Lease: lease})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		_, err := tx.Receipt(ctx, o.ID)
		return found(err)
	}, tx.Settle(ctx, os[0], sent("1"))
}

func aBlob(ctx context.Context, tx core.Tx, name string, _ time.Time) (there, error) {
	id, err := tx.PutBlob(ctx, []byte(name))
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		_, err := tx.Blob(ctx, id)
		return found(err)
	}, err
}

func aMenu(ctx context.Context, tx core.Tx, name string, _ time.Time) (there, error) {
	c, _, err := enterBoth(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	m := &core.Menu{Token: core.MenuToken("aaaaaaaaaaa" + name), Chat: c, Message: 1_000_000}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		_, err := tx.Menu(ctx, m.Token)
		return found(err)
	}, tx.PutMenu(ctx, m)
}

func aChallenge(ctx context.Context, tx core.Tx, name string, now time.Time) (there, error) {
	_, a, err := enterBoth(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		_, err := tx.Challenge(ctx, a)
		return found(err)
	}, tx.PutChallenge(ctx, &core.Challenge{Account: a, Code: "12345678", Made: now, LastSend: now})
}

// aTallyAndSlot counts an attempt and takes a slot: rows of the limiter that are long at
// rest leave with the counts.
func aTallyAndSlot(ctx context.Context, tx core.Tx, name string, _ time.Time) (there, error) {
	c, _, err := enterBoth(ctx, tx, name+" of its own") // one that is not ready takes no message
	if err != nil {
		return nil, err
	}
	slot := core.SlotKey{Bot: testBot, Chat: c}
	if _, err := tx.Reserve(ctx, slot, core.Limit{Every: time.Second, Burst: 1}, 1); err != nil {
		return nil, err
	}
	key := core.TallyKey{Kind: "code.account", Subject: name}
	_, err = tx.Tally(ctx, key, time.Hour)
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		n, err := tx.Tally(ctx, key, time.Hour)
		return n > 1, err
	}, err
}

func anOffer(ctx context.Context, tx core.Tx, name string, now time.Time) (there, error) {
	o := &core.Offer{Code: core.NewCode(), Role: core.Organiser, Area: core.AreaID(name), Expires: now.Add(core.OfferLife)}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		_, err := tx.TakeOffer(ctx, o.Code, now)
		return found(err)
	}, tx.CreateOffer(ctx, o)
}

func anInvitation(ctx context.Context, tx core.Tx, _ string, now time.Time) (there, error) {
	i := core.NewInvitation(core.Link{}, now)
	i.Expires = now
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		_, err := tx.Invitation(ctx, i.Token, now.Add(-time.Second))
		return found(err)
	}, tx.CreateInvitation(ctx, i)
}

func aTalk(ctx context.Context, tx core.Tx, name string, now time.Time) (there, error) {
	c, a, err := enterBoth(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		kept, err := tx.Conversation(ctx, c, a)
		return err == nil && len(kept.Frames) > 0, err
	}, tx.PutConversation(ctx, &core.Conversation{Chat: c, Account: a, Frames: []core.Frame{{Flow: "signup"}}, At: now})
}

func aPlaceOfAPerson(ctx context.Context, tx core.Tx, _ string, now time.Time) (there, error) {
	p := personSeen(now)
	p.Cell, p.Place, p.Area = -42, 7, "FR/84/69"
	err := tx.CreateSupporter(ctx, p)
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		kept, err := tx.Supporter(ctx, p.ID)
		return err == nil && (kept.Cell != 0 || kept.Place != 0 || kept.Area != ""), err
	}, err
}

// aSearch is dated as if its week began today.
func aSearch(ctx context.Context, tx core.Tx, _ string, now time.Time) (there, error) {
	p := personSeen(now)
	if err := tx.CreateSupporter(ctx, p); err != nil {
		return nil, err
	}
	s := core.Search{Supporter: p.ID, Square: geo.CellOf(centers[0]).Square(), Week: core.DayOf(now)}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		kept, err := tx.Searches(ctx, p.ID)
		return len(kept) > 0, err
	}, tx.NoteSearch(ctx, s)
}

func personSeen(at time.Time) *core.Supporter {
	return &core.Supporter{
		State: core.Active, Language: "fr", Zone: "Europe/Paris", Radius: core.DefaultRadius, Often: core.Daily,
		Since: core.DayOf(at), Seen: core.DayOf(at),
	}
}

// anAnnouncement is that of an action which has just begun.
func anAnnouncement(ctx context.Context, tx core.Tx, _ string, now time.Time) (there, error) {
	p := personSeen(now)
	if err := tx.CreateSupporter(ctx, p); err != nil {
		return nil, err
	}
	told := func(ctx context.Context, tx core.Tx) (*core.Watcher, error) {
		ws, err := tx.Watchers(ctx, []core.SupporterID{p.ID})
		if err != nil {
			return nil, err
		}
		return &ws[0], nil
	}
	w, err := told(ctx, tx)
	if err != nil {
		return nil, err
	}
	_, err = tx.PutDigests(ctx, []core.Digest{{Of: w, Told: []core.Told{{Action: 4711, StartsAt: now}}}})
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		w, err := told(ctx, tx)
		return err == nil && len(w.Told) > 0, err
	}, err
}

func aContact(ctx context.Context, tx core.Tx, _ string, now time.Time) (there, error) {
	p := personSeen(now)
	if err := tx.CreateSupporter(ctx, p); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		n, err := tx.Contacts(ctx, p.ID, core.DayOf(now))
		return n > 0, err
	}, tx.CountContact(ctx, p.ID, core.DayOf(now), 1)
}

// anActionOfTwo is an action to which two people come.
func anActionOfTwo(ctx context.Context, tx core.Tx, name string, now time.Time) (there, error) {
	a := &core.Action{
		Source: "test:" + name, Title: "Leafleting", Kind: "leafleting", Zone: "Europe/Paris",
		StartsAt: now.Add(time.Minute), EndsAt: now.Add(time.Hour), Area: "FR/84/69",
		Point: geo.Point{Lat: 45.76, Lon: 4.83}, Visibility: core.ForSupporters, State: core.Public,
	}
	if _, _, err := tx.PutActions(ctx, []*core.Action{a}); err != nil {
		return nil, err
	}
	for range 2 {
		p := personSeen(now)
		if err := tx.CreateSupporter(ctx, p); err != nil {
			return nil, err
		}
		err := tx.PutRsvp(ctx, &core.Rsvp{Action: a.ID, Supporter: p.ID, Answer: core.Going, On: core.DayOf(now)})
		if err != nil {
			return nil, err
		}
		if _, err := tx.Brief(ctx, p.ID, core.EveKind, []core.ActionID{a.ID}); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		_, err := tx.Action(ctx, a.ID)
		return found(err)
	}, nil
}

func aRun(ctx context.Context, tx core.Tx, name string, now time.Time) (there, error) {
	r := &core.Run{Job: core.JobName(name), Planned: "2026-11-22T02:30 UTC", Started: now}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		_, err := tx.LastRun(ctx, r.Job)
		return found(err)
	}, tx.StartRun(ctx, r)
}

// aTrail is the copy of a broadcast that is over, and of one that is not.
func aTrail(ctx context.Context, tx core.Tx, name string, _ time.Time) (there, error) {
	c, err := tx.EnterChat(ctx, chatRef("of the trail "+name), core.Private)
	if err != nil {
		return nil, err
	}
	over, running := &core.Broadcast{State: core.Finished}, &core.Broadcast{State: core.Paused}
	for _, b := range []*core.Broadcast{over, running} {
		if err := tx.CreateBroadcast(ctx, b); err != nil {
			return nil, err
		}
		if err := tx.AddRecipients(ctx, b.ID, core.MainWave, []core.Recipient{{Chat: c.ID}}); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, tx core.Tx) (bool, error) {
		waits, err := tx.Waits(ctx, over.ID, core.MainWave)
		if err != nil {
			return false, err
		}
		for id, want := range map[core.BroadcastID]int{over.ID: 1, running.ID: 1} { // the counts stay
			p, err := tx.Progress(ctx, id)
			if err != nil || p.Queued != want {
				return waits, errors.Join(err, fmt.Errorf("%d copies are counted, want %d", p.Queued, want))
			}
		}
		return waits, nil
	}, nil
}
