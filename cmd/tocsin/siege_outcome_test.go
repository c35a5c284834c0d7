package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/scheduler"
)

// An outcome is what came of a siege, of everybody in the same order.
type outcome struct {
	told    [][]delivery // the answers
	held    []string     // all that is held about each
	alerts  []int        // how many each got
	unsure  int          // alerts of which nobody knows whether they arrived
	updates int          // that were seen
	repeats int          // updates that came twice by plan
}

// A delivery is one message as somebody saw it: its text, its place, its file.
type delivery string

// outcome looks at everything once the program has ended.
func (s *siege) outcome() *outcome {
	s.t.Helper()
	s.listen()
	out := &outcome{
		updates: s.count("SELECT count(*) FROM seen_updates"), repeats: s.repeats,
		unsure: s.count("SELECT count(*) FROM outbox WHERE state = 'doubtful' AND lane = 2"),
	}
	if n := s.count("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'doubtful') OR state = 'doubtful' AND lane <> 2"); n > 0 {
		s.t.Errorf("%d messages were not sent", n)
	}
	for _, p := range s.people {
		told, alerts := p.told()
		out.told, out.alerts = append(out.told, told), append(out.alerts, alerts)
	}
	s.inStore(func(ctx context.Context, o *opened) error {
		return o.store.Tx(ctx, func(tx core.Tx) error {
			for _, p := range s.people {
				all, err := tx.MyData(ctx, p.account)
				if err != nil {
					return err
				}
				out.held = append(out.held, lasting(s.t, all))
			}
			return nil
		})
	})
	return out
}

// comers are what an action's card says of how many go: it depends on who was faster.
var comers = regexp.MustCompile(`\n(Pour l’instant, moins de onze|Au moins [0-9  \x{202f}\x{a0}]+) personnes? y v(ont|a)\.`)

// told returns the answers that a person got, and how many alerts. A place or a file
// belongs to the text before it.
func (p *talker) told() (all []delivery, alerts int) {
	for _, m := range p.heard {
		text := comers.ReplaceAllString(m.Text, "")
		switch {
		case m.Text == alert:
			alerts++
		case m.Kind == "text":
			all = append(all, delivery(fmt.Sprintf("%s %q", text, m.Labels())))
		case len(all) > 0:
			all[len(all)-1] += delivery(fmt.Sprintf("\n<%s %s>", m.Kind, piece(m)))
		}
	}
	return all, alerts
}

func piece(m telegramtest.Message) string {
	if m.Venue != nil {
		return m.Venue.Title
	}
	return m.File.Name
}

// lasting is all that is held about a person, without what differs between two runs of
// the same: instants, how often a message was tried, and the platform's names of messages.
func lasting(t *testing.T, d *core.MyData) string {
	t.Helper()
	d.Made = time.Time{}
	for i := range d.Consents {
		d.Consents[i].At = time.Time{}
	}
	for i := range d.Chats {
		d.Chats[i].Next, d.Chats[i].Held = time.Time{}, time.Time{}
	}
	for i := range d.Conversations {
		d.Conversations[i].At = time.Time{}
		if last := d.Conversations[i].Last; last != nil {
			last.Message = ""
		}
	}
	for i := range d.Messages {
		m := &d.Messages[i]
		m.Due, m.Next, m.Expires, m.Attempts, m.Unsure, m.Parts = time.Time{}, time.Time{}, time.Time{}, 0, false, nil
		if m.Again == core.Once {
			m.State, m.Why = "", ""
		}
	}
	for i := range d.Receipts {
		d.Receipts[i].Part = ""
	}
	for i := range d.Answers {
		d.Answers[i].Reminder = time.Time{}
	}
	if d.Digests != nil {
		d.Digests.Last, d.Digests.Next, d.Digests.NudgeDue = time.Time{}, time.Time{}, time.Time{}
	}
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compare fails t unless o is what came of a siege without kills, but for what was under
// way at each kill: an answer may have come once more, an alert may be missing.
func (o *outcome) compare(t *testing.T, calm *outcome, size scale) {
	t.Helper()
	if o.updates != size.updates() || calm.updates != o.updates {
		t.Errorf("%d updates were seen, %d without kills, of %d", o.updates, calm.updates, size.updates())
	}
	if o.repeats < size.updates()/10-1 {
		t.Errorf("only %d updates were repeated", o.repeats)
	}
	twice, waited, got := 0, 0, 0
	for i := range calm.told {
		again, fault := apart(o.told[i], calm.told[i])
		if twice += again; fault != "" {
			t.Fatalf("person %d: %s", i, fault)
		}
		if o.held[i] != calm.held[i] {
			t.Fatalf("of person %d is held\n%s", i, difference(o.held[i], calm.held[i]))
		}
		waited += calm.alerts[i]
		if got += o.alerts[i]; o.alerts[i] > calm.alerts[i] {
			t.Errorf("person %d got %d alerts", i, o.alerts[i])
		}
	}
	most := scheduler.DefaultInFlight * size.kills
	missing := waited - got
	if twice > most || missing > o.unsure || o.unsure > most {
		t.Errorf("%d answers came twice, %d alerts are missing, %d are uncertain; %d were under way", twice, missing, o.unsure, most)
	}
	t.Logf("%d kills, %d updates, %d repeated: %d answers came twice, %d of %d alerts are uncertain, %d of these did not come",
		size.kills, o.updates, o.repeats, twice, o.unsure, waited, missing)
}

// apart returns how many deliveries came again, whole or in part, directly before or
// after themselves; and what else is wrong.
func apart(got, want []delivery) (again int, fault string) {
	i := 0
	for n, d := range got {
		switch {
		case i < len(want) && d == want[i]:
			i++
		case i > 0 && strings.HasPrefix(string(want[i-1]), string(d)), i < len(want) && strings.HasPrefix(string(want[i]), string(d)):
			again++
		default:
			next := delivery("nothing")
			if i < len(want) {
				next = want[i]
			}
			return again, fmt.Sprintf("answer %d is\n%s\nand not\n%s", n, d, next)
		}
	}
	if i < len(want) {
		return again, "this never came:\n" + string(want[i])
	}
	return again, ""
}

// difference returns the first lines in which two texts differ.
func difference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			from := max(0, i-8)
			return fmt.Sprintf("%s\nand not\n%s", strings.Join(left[from:i+1], "\n"), strings.Join(right[from:i+1], "\n"))
		}
	}
	return fmt.Sprintf("%d lines and not %d", len(left), len(right))
}
