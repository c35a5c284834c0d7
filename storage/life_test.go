package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/golang/geo/s2"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/storage"
)

// moment returns an instant that is like no other: number n of a far day.
func moment(n int) time.Time { return time.Date(2099, 3, 10, 8, 0, n, 0, time.UTC) }

// A life is a person who touches every table that leads to one. Whatever can be chosen
// holds their name, or a number or instant of its own, so that it is known again.
type life struct {
	name    string
	chat    *core.Chat
	old     *core.Chat
	group   *core.Chat
	account *core.Account
	person  *core.Supporter
	action  core.ActionID
}

// lifeBot is the bot that they speak to.
const lifeBot core.BotID = "telegram:1"

// lived lets a person live, and returns their account.
func lived(t *testing.T, s *storage.Store, db *sql.DB, name string, action core.ActionID) *core.Account {
	t.Helper()
	l := &life{name: name, action: action}
	for _, part := range []func(context.Context, core.Tx) error{l.begin, l.join, l.act, l.speak, l.hear, l.hearOfMany, l.end} {
		must(t, s.Tx(t.Context(), func(tx core.Tx) error { return part(t.Context(), tx) }))
	}
	wide := s2.CellID(l.person.Cell).Parent(9)
	for _, query := range []string{
		fmt.Sprintf("INSERT INTO searches (supporter, cell, day) VALUES (%d, %d, '2099-03-16')", l.person.ID, int64(wide)),
		fmt.Sprintf("UPDATE sponsorships SET barred = TRUE WHERE fingerprint = (SELECT proof FROM supporters WHERE id = %d)", l.person.ID),
	} {
		_, err := db.Exec(query)
		must(t, err)
	}
	return l.account
}

// all runs calls until one fails.
func all(calls ...func() error) error {
	for _, call := range calls {
		if err := call(); err != nil {
			return err
		}
	}
	return nil
}

// begin enters the rooms in which they speak: a private chat with a thread, an older one,
// and a group.
func (l *life) begin(ctx context.Context, tx core.Tx) (err error) {
	if l.old, err = tx.EnterChat(ctx, core.ChatRef{Bot: lifeBot, Chat: "old-" + l.name}, core.Private); err != nil {
		return err
	}
	if l.group, err = tx.EnterChat(ctx, core.ChatRef{Bot: lifeBot, Chat: "group"}, core.Group); err != nil {
		return err
	}
	if l.chat, err = tx.EnterChat(ctx, core.ChatRef{Bot: lifeBot, Chat: "chat-" + l.name, Thread: "thread-" + l.name}, core.Private); err != nil {
		return err
	}
	if l.chat, err = tx.EnterChat(ctx, core.ChatRef{Bot: lifeBot, Chat: "chat-" + l.name}, core.Private); err != nil {
		return err
	}
	l.account, err = tx.EnterAccount(ctx, core.AccountRef{Bot: lifeBot, ID: "account-" + l.name})
	return err
}

func (l *life) join(ctx context.Context, tx core.Tx) error {
	area, five := core.AreaID("area-"+l.name), 5
	place := core.NamedPlace{Place: core.Place{Source: l.name, Name: "place-" + l.name, Point: geo.Point{Lat: 45, Lon: 5}}}
	l.person = &core.Supporter{
		State: core.Suspended, Name: "name-" + l.name, Language: "language-" + l.name, Zone: "zone-" + l.name,
		Cell: geo.CellOf(geo.Point{Lat: 45.764, Lon: 4.836}), Area: area, Radius: 37, Often: core.Weekly, Stopped: true,
		Since: "2099-03-11", Seen: "2099-03-12",
		Settings: core.Settings{
			Kinds: []core.KindID{core.KindID("kind-" + l.name)}, Times: []core.Times{core.Evenings},
			Quiet: &core.Quiet{From: 3, Until: 4}, Plain: true, Held: "2099-03-13", Moved: 4076956800,
			Leads: &core.Leads{First: 49, Last: 7},
			Line:  "1 2 * * 3", Free: true, Budget: &five, Pause: "2099-03-19",
			Snoozed: map[core.KindID]core.Day{core.KindID("snoozed-" + l.name): "2099-03-20"},
		},
	}
	address := tx.Fingerprint(core.Address(l.name + "@example.org"))
	sponsored := core.Sponsorship{Fingerprint: address, At: "2099-03-14", Department: "department-" + l.name, Revoked: true}
	return all(
		func() error { return tx.PutAreas(ctx, []core.Area{{ID: area, Name: "areaname-" + l.name}}) },
		func() error { _, err := tx.PutPlaces(ctx, []core.NamedPlace{place}); return err },
		func() error {
			found, err := tx.NearestPlace(ctx, geo.CellOf(place.Point))
			for err == nil && found.Name != place.Name { // of two at one point, any is the nearest
				found, err = tx.Place(ctx, found.ID+1)
			}
			if err == nil {
				l.person.Place = found.ID
			}
			return err
		},
		func() error { return tx.CreateSupporter(ctx, l.person) },
		func() error {
			l.account.Supporter, l.account.Home = l.person.ID, l.chat.ID
			return tx.PutAccount(ctx, l.account)
		},
		func() error { _, err := tx.PutSponsorships(ctx, []core.Sponsorship{sponsored}); return err },
		func() error { return tx.Prove(ctx, l.person.ID, address) },
		func() error { return l.beTold(ctx, tx) },
	)
}

// beTold leaves a digest that told them of an action, and counted messages.
func (l *life) beTold(ctx context.Context, tx core.Tx) error {
	ws, err := tx.Watchers(ctx, []core.SupporterID{l.person.ID})
	if err != nil || len(ws) != 1 {
		return errors.Join(err, fmt.Errorf("%d watchers", len(ws)))
	}
	d := core.Digest{Of: &ws[0], Last: moment(13), Next: moment(14), Told: []core.Told{{Action: l.action, StartsAt: moment(15)}}}
	first := core.Nudge{Supporter: l.person.ID, Step: core.NudgeAction}
	nudge := func() error {
		return tx.PutNudge(ctx, core.Nudge{Supporter: l.person.ID, Step: core.NudgeTeam, Due: moment(18)}, first)
	}
	count := func() error { return tx.CountContact(ctx, l.person.ID, "2099-03-18", 2) }
	return all(
		func() error { _, err := tx.PutDigests(ctx, []core.Digest{d}); return err },
		count, count, nudge,
	)
}

func (l *life) act(ctx context.Context, tx core.Tx) error {
	c := &core.Consent{
		Supporter: l.person.ID, Purpose: core.ToTeam, Given: true, Version: "version-" + l.name,
		Platform: core.Platform("platform-" + l.name), At: moment(1).AddDate(0, 0, 5),
	}
	g := &core.Grant{
		Supporter: l.person.ID, Account: l.account.ID, Role: core.Lead, Area: core.AreaID("area-" + l.name), Expires: moment(2),
	}
	r := &core.Rsvp{Action: l.action, Supporter: l.person.ID, Answer: core.Going, Guests: 2, On: "2099-03-17"}
	return all(
		func() error { return tx.RecordConsent(ctx, c) },
		func() error { return tx.CreateGrant(ctx, g) },
		func() error { _, err := core.Respond(ctx, tx, r, time.Now()); return err },
		func() error { return tx.PutRsvp(ctx, r) },
		func() error { return tx.PutRsvp(ctx, r) },
		func() error { return tx.PutRsvp(ctx, r) },
		func() error { return l.beReminded(ctx, tx) },
	)
}

// beReminded leaves a reminder that was sent, one that waits, and what they said of an
// action that they organise.
func (l *life) beReminded(ctx context.Context, tx core.Tx) error {
	due, err := tx.DueReminders(ctx, core.ReminderPoint{}, moment(0), 9)
	if err != nil {
		return err
	}
	for i := range due {
		if due[i].Supporter != l.person.ID {
			continue
		}
		step := core.ReminderStep{
			Of: &due[i], About: &core.Action{StartsAt: moment(17)}, Plan: core.ReminderPlan{Sent: core.FirstReminder, Next: moment(16)},
		}
		if _, err := tx.PutReminders(ctx, []core.ReminderStep{step}); err != nil {
			return err
		}
	}
	b := &core.Briefing{Supporter: l.person.ID, Action: l.action, Outcome: core.FewCame, On: "2099-03-22"}
	return all(
		func() error { return tx.PutOutcome(ctx, b) },
		func() error {
			_, err := tx.Brief(ctx, l.person.ID, core.EveKind, []core.ActionID{l.action})
			return err
		},
	)
}

// speak leaves an open question, a code, and counted attempts.
func (l *life) speak(ctx context.Context, tx core.Tx) error {
	address := tx.Fingerprint(core.Address(l.name + "@example.org"))
	open := func(when string) []core.Frame {
		return []core.Frame{{
			Flow: when + "flow-" + l.name, Step: when + "step-" + l.name,
			Data: map[string]string{when + "key-" + l.name: when + "typed-" + l.name},
		}}
	}
	talk := &core.Conversation{
		Chat: l.chat.ID, Account: l.account.ID, Frames: open(""), Menus: []core.MenuToken{"token-of-" + core.MenuToken(l.name)},
		Language: "spoken-" + l.name, Plain: true, At: moment(7),
		Last: &core.Answered{In: core.ReceiptID("last-" + l.name), Frames: open("last")},
	}
	code := &core.Challenge{
		Account: l.account.ID, Fingerprint: address, Code: "31415926", Made: moment(3), Tries: 4, Sends: 5, LastSend: moment(6),
	}
	count := func(k core.TallyKey) func() error {
		return func() error { _, err := tx.Tally(ctx, k, time.Hour); return err }
	}
	mine := core.TallyKey{Kind: "mine-" + core.TallyKind(l.name), Subject: core.OfAccount(l.account.ID)}
	return all(
		func() error { return tx.PutConversation(ctx, talk) },
		func() error {
			return tx.PutConversation(ctx, &core.Conversation{Chat: l.old.ID, Account: l.account.ID})
		},
		func() error {
			return tx.PutConversation(ctx, &core.Conversation{Chat: l.group.ID, Account: l.account.ID})
		},
		func() error { return tx.PutChallenge(ctx, code) },
		count(mine), count(mine),
		count(core.TallyKey{Kind: "ours-" + core.TallyKind(l.name), Subject: core.OfAddress(address)}),
	)
}

// hear leaves a message that was sent at the second attempt, and two that wait.
func (l *life) hear(ctx context.Context, tx core.Tx) error {
	text := func(s string) *core.Message { return &core.Message{Body: []core.Span{{Text: s + "-" + l.name}}} }
	to := func(c core.Content) *core.Outgoing {
		return &core.Outgoing{Chat: l.chat.ID, Account: l.account.ID, Lane: core.Talk, Content: c, Again: core.TwiceOkay}
	}
	first, second, third := to(text("first")), to(&core.Reference{Kind: core.ReferenceKind("about-" + l.name)}), to(text("third"))
	menu := &core.Menu{
		Token: "token-of-" + core.MenuToken(l.name), Chat: l.chat.ID, Account: l.account.ID,
		Buttons: []core.Button{{Label: "label-" + l.name, Do: core.Do{Verb: "do." + core.Verb(l.name), Arg: "arg-" + l.name}}},
	}
	second.Due = moment(0).AddDate(-90, 0, 0)
	third.Lane, third.Again, third.Due, third.Expires = core.Notice, core.Once, moment(8), moment(9)
	final := core.Verdict{State: core.Sent, Code: core.Code("why-" + l.name), Receipt: core.Receipt{core.ReceiptID("part-" + l.name)}}
	return all(
		func() error { return tx.Enqueue(ctx, first) },
		func() error { menu.Message = first.ID; return tx.PutMenu(ctx, menu) },
		l.settle(ctx, tx, core.Verdict{State: core.Queued, Unsure: true}),
		l.settle(ctx, tx, final),
		func() error { return tx.Enqueue(ctx, second) },
		l.settle(ctx, tx, core.Verdict{State: core.Queued, Next: moment(11)}),
		func() error {
			id, err := tx.PutBlob(ctx, []byte("content-"+l.name))
			third.Content.(*core.Message).File = &core.Attachment{Name: "file-" + l.name, MIME: "text/" + l.name, Blob: id}
			return err
		},
		func() error { return tx.Enqueue(ctx, third) },
	)
}

// settle claims the one message that is due, and gives it a verdict.
func (l *life) settle(ctx context.Context, tx core.Tx, v core.Verdict) func() error {
	return func() error {
		claimed, err := tx.Claim(ctx, core.Claim{Bot: lifeBot, Lanes: []core.Lane{core.Talk}, Max: 9, Lease: time.Minute})
		if err != nil || len(claimed) != 1 {
			return errors.Join(err, fmt.Errorf("%d messages are due", len(claimed)))
		}
		return tx.Settle(ctx, claimed[0], v)
	}
}

// hearOfMany leaves a broadcast that was sent, and one that waits.
func (l *life) hearOfMany(ctx context.Context, tx core.Tx) error {
	left := core.Verdict{State: core.Sent, Code: core.Code("because-" + l.name), Receipt: core.Receipt{core.ReceiptID("copy-" + l.name)}}
	for text, verdicts := range map[string][]core.Verdict{
		"left-":  {{State: core.Queued, Unsure: true}, left},
		"draft-": {{State: core.Queued, Next: moment(10)}},
	} {
		b := &core.Broadcast{
			State: core.Running, Due: moment(0).AddDate(-90, 0, 0), Letterhead: core.Letterhead{
				Texts: inFrench(text + l.name), Answers: [][]core.Wording{inFrench("yes"), inFrench("no")},
			},
		}
		if text == "left-" {
			b.Proposer = l.person.ID
		}
		if err := tx.CreateBroadcast(ctx, b); err != nil {
			return err
		}
		if err := tx.AddRecipients(ctx, b.ID, core.MainWave, []core.Recipient{{Chat: l.chat.ID, Account: l.account.ID}}); err != nil {
			return err
		}
		for _, v := range verdicts {
			claimed, err := tx.ClaimRecipients(ctx, core.Claim{Bot: lifeBot, Max: 9, Lease: time.Minute})
			if err != nil || len(claimed) != 1 {
				return errors.Join(err, fmt.Errorf("%d copies are due", len(claimed)))
			}
			if err := tx.SettleRecipients(ctx, []core.Settlement{{Outgoing: claimed[0], Verdict: v}}); err != nil {
				return err
			}
		}
		if err := tx.Answer(ctx, b.ID, l.chat.ID, 2); err != nil {
			return err
		}
	}
	return tx.PutAudience(ctx, &core.SavedAudience{Owner: l.person.ID, Name: "kept-" + l.name})
}

func inFrench(text string) []core.Wording {
	return []core.Wording{{Language: "fr", Body: []core.Span{{Text: text}}}}
}

// end leaves a chat that is closed, and may not be written to for long.
func (l *life) end(ctx context.Context, tx core.Tx) error {
	if err := tx.Hold(ctx, core.SlotKey{Bot: lifeBot, Chat: l.chat.ID}, moment(12)); err != nil {
		return err
	}
	return tx.CloseChat(ctx, l.chat.ID, true)
}
