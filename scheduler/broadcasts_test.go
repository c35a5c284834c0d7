package scheduler_test

import (
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/flows"
	"tocsin/scheduler"
)

// A campaignStage is a stage on which broadcasts are led.
func newCampaignStage(t *testing.T, can core.Capabilities) *stage {
	s := newStage(t, can)
	s.bot.Flows = flows.All()
	return s
}

func (s *stage) leader() *scheduler.Broadcasts {
	return &scheduler.Broadcasts{
		Store: s.store, Campaign: s.bot.Campaign, Holder: "leader", Log: slog.New(slog.DiscardHandler),
	}
}

// announce stores an approved broadcast to everybody.
func (s *stage) announce(text string, change func(*core.Broadcast)) *core.Broadcast {
	s.t.Helper()
	b := &core.Broadcast{State: core.Approved, Letterhead: core.Letterhead{
		Speaker: "The campaign", Texts: []core.Wording{{Language: "en", Body: []core.Span{{Text: text}}}}, Again: core.Once,
	}}
	s.tx(func(tx core.Tx) error {
		now, err := tx.Now(s.t.Context())
		if err != nil {
			return err
		}
		if b.Due = now; change != nil {
			change(b)
		}
		return tx.CreateBroadcast(s.t.Context(), b)
	})
	return b
}

// now returns a broadcast as it stands, with its progress.
func (s *stage) standing(id core.BroadcastID) (b *core.Broadcast, p *core.Progress) {
	s.t.Helper()
	s.tx(func(tx core.Tx) (err error) {
		if b, err = tx.Broadcast(s.t.Context(), id); err != nil {
			return err
		}
		p, err = tx.Progress(s.t.Context(), id)
		return err
	})
	return b, p
}

// act does to a broadcast what a person does.
func (s *stage) act(id core.BroadcastID, do func(*core.Broadcast)) {
	s.t.Helper()
	s.tx(func(tx core.Tx) error {
		b, err := tx.Broadcast(s.t.Context(), id)
		if err != nil {
			return err
		}
		from := b.State
		do(b)
		return tx.PutBroadcast(s.t.Context(), b, from)
	})
}

func TestABroadcastReachesItsAudienceOnceAndFinishes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, telegramLike)
		people := numbered("p", 50)
		for _, who := range people {
			s.meet(who)
		}
		b := s.announce("come all", nil)
		stop := s.run(s.dispatcher(), s.dispatcher(), s.leader())
		time.Sleep(time.Minute)
		stop()
		now, p := s.standing(b.ID)
		if now.State != core.Finished || p.Sent != len(people) || p.Total() != len(people) {
			t.Errorf("it is %s with %+v", now.State, p)
		}
		want := "come all\n\n\u2068The campaign\u2069\nWhy this message: you agreed that the campaign may write to you."
		for _, text := range s.texts() {
			if text != want && len(text) < len(want) {
				t.Errorf("arrived %q", text)
			}
		}
		if got := s.chatsOnce(); got != len(people) {
			t.Errorf("%d people got it, want %d, each once", got, len(people))
		}
	})
}

// chatsOnce returns how many messages arrived under different keys; it fails if one came twice.
func (s *stage) chatsOnce() int {
	s.t.Helper()
	seen := map[core.SendKey]bool{}
	for _, m := range s.all() {
		if seen[m.key] {
			s.t.Error("a copy arrived twice")
		}
		seen[m.key] = true
	}
	return len(seen)
}

func TestALargeBroadcastIsHeldAndACanaryGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, core.Capabilities{})
		people := numbered("p", 300)
		for _, who := range people {
			s.meet(who)
		}
		s.start = time.Now()
		var states []core.BroadcastState
		leader := s.leader()
		leader.Moved = nil
		b := s.announce("to all", func(b *core.Broadcast) { b.Large = true })
		stop := s.run(s.dispatcher(), leader)
		for range 200 {
			time.Sleep(time.Second)
			if now, _ := s.standing(b.ID); len(states) == 0 || states[len(states)-1] != now.State {
				states = append(states, now.State)
			}
		}
		stop()
		if all := s.all(); len(all) != len(people) || all[0].at < core.HoldTime {
			t.Errorf("%d arrived, the first after %s", len(all), all[0].at)
		}
		if states[0] != core.Holding || states[len(states)-1] != core.Finished {
			t.Errorf("it was %v", states)
		}
	})
}

func TestTheRestIsHeldWhenACanaryIsNotTakenWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, core.Capabilities{})
		for _, who := range numbered("p", 300) {
			s.meet(who)
		}
		s.planned(func(core.Delivery) error { return &core.Error{Code: core.Unreachable} })
		b := s.announce("to all", func(b *core.Broadcast) { b.Large = true })
		s.run(s.dispatcher(), s.leader())
		time.Sleep(5 * time.Minute)
		now, p := s.standing(b.ID)
		if now.State != core.Paused || now.Why != core.ByCanary || p.Blocked == 0 || p.Blocked > 20 {
			t.Fatalf("it is %s (%s) with %+v", now.State, now.Why, p)
		}
		s.planned(nil)
		s.act(b.ID, func(b *core.Broadcast) { b.State, b.Why = core.Running, "" })
		time.Sleep(time.Minute)
		if now, after := s.standing(b.ID); now.State != core.Finished || after.Sent != p.Queued {
			t.Errorf("after it goes on it is %s with %+v", now.State, after)
		}
	})
}

// A token that was revoked fails all in the same way: the rest waits, and so do those for
// whom it failed.
func TestTheSameFailureEverywherePausesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, code := range []core.Code{core.Invalid, core.Unavailable} {
			s := newCampaignStage(t, core.Capabilities{})
			for _, who := range numbered("p", 300) {
				s.meet(who)
			}
			s.planned(func(core.Delivery) error { return &core.Error{Code: code} })
			b := s.announce("to all", nil)
			stop := s.run(s.dispatcher(), s.leader())
			time.Sleep(10 * time.Second)
			now, p := s.standing(b.ID)
			if now.State != core.Paused || now.Why != core.ByFailures || p.Failed != 0 || s.calls > 300 {
				t.Fatalf("%s: it is %s (%s) with %+v after %d calls", code, now.State, now.Why, p, s.calls)
			}
			s.planned(nil)
			s.act(b.ID, func(b *core.Broadcast) { b.State, b.Why = core.Running, "" })
			time.Sleep(time.Minute)
			if now, p := s.standing(b.ID); now.State != core.Finished || p.Sent != 300 {
				t.Errorf("%s: after it goes on it is %s with %+v", code, now.State, p)
			}
			stop()
		}
	})
}

func TestOneFailureStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, core.Capabilities{})
		for _, who := range numbered("p", 100) {
			s.meet(who)
		}
		s.planned(func(d core.Delivery) error {
			switch d.To.Chat {
			case "p3":
				return &core.Error{Code: core.Invalid}
			case "p4":
				return &core.Error{Code: core.Unreachable}
			case "p5":
				return &core.Error{Code: core.Uncertain}
			}
			return nil
		})
		b := s.announce("to all", nil)
		s.run(s.dispatcher(), s.leader())
		time.Sleep(time.Minute)
		now, p := s.standing(b.ID)
		if now.State != core.Finished || p.Sent != 97 || p.Failed != 1 || p.Blocked != 1 || p.Uncertain != 1 {
			t.Errorf("it is %s with %+v", now.State, p)
		}
	})
}

func TestWhoSaysStopMeanwhileGetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, telegramLike)
		people := numbered("p", 100)
		for _, who := range people {
			s.meet(who)
		}
		b := s.announce("to all", nil)
		s.run(s.dispatcher(), s.leader())
		time.Sleep(3 * time.Second)
		left := len(s.all())
		s.tx(func(tx core.Tx) error {
			for _, who := range people {
				a, err := tx.Account(t.Context(), s.chats[who].Account)
				if err != nil {
					return err
				}
				p, err := tx.Supporter(t.Context(), a.Supporter)
				if err != nil {
					return err
				}
				p.Stopped = true
				if err := tx.PutSupporter(t.Context(), p); err != nil {
					return err
				}
			}
			return nil
		})
		time.Sleep(time.Minute)
		now, p := s.standing(b.ID)
		if left == 0 || left > 90 || now.State != core.Finished || p.Sent > left+5 || p.Skipped[core.NoConsent] < 5 || p.Total() != 100 {
			t.Errorf("%d had left; it is %s with %+v", left, now.State, p)
		}
	})
}

func TestWhatIsExpiredIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, telegramLike)
		for _, who := range numbered("p", 200) {
			s.meet(who)
		}
		b := s.announce("now or never", func(b *core.Broadcast) { b.Expires = b.Due.Add(4 * time.Second) })
		s.run(s.dispatcher(), s.leader())
		time.Sleep(time.Minute)
		now, p := s.standing(b.ID)
		if now.State != core.Finished || p.Sent < 50 || p.Sent > 120 || p.Skipped[core.TooLate] != 200-p.Sent {
			t.Errorf("it is %s with %+v", now.State, p)
		}
		for _, m := range s.all() {
			if m.at > 5*time.Second {
				t.Errorf("one left after %s", m.at)
			}
		}
	})
}

func TestACorrectionEditsAndARecallTakesBackWhatArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, core.Capabilities{Edits: true, Redacts: true})
		shown := map[core.ReceiptID]string{}
		d := s.dispatcher()
		d.Adapter = &board{platform: s.platform, shown: shown}
		for _, who := range numbered("p", 20) {
			s.meet(who)
		}
		b := s.announce("at noone", nil)
		s.run(d, s.leader())
		time.Sleep(10 * time.Second)
		first, _ := s.standing(b.ID)
		fixed := first.Correction([]core.Wording{{Language: "en", Body: []core.Span{{Text: "at noon"}}}})
		fixed.State, fixed.Due = core.Approved, first.Due
		s.tx(func(tx core.Tx) error { return tx.CreateBroadcast(t.Context(), fixed) })
		time.Sleep(10 * time.Second)
		if n := count(shown, "at noon\n"); n != 20 || len(shown) != 20 {
			t.Errorf("%d of %d copies are corrected", n, len(shown))
		}
		gone := &core.Broadcast{Kind: core.Recall, Of: b.ID, Letterhead: first.Letterhead, State: core.Freezing, Due: first.Due}
		s.tx(func(tx core.Tx) error { return tx.CreateBroadcast(t.Context(), gone) })
		time.Sleep(10 * time.Second)
		if now, _ := s.standing(b.ID); now.State != core.Recalled || len(shown) != 0 {
			t.Errorf("it is %s, and %d copies are left", now.State, len(shown))
		}
	})
}

func count(shown map[core.ReceiptID]string, begins string) (n int) {
	for _, text := range shown {
		if len(text) >= len(begins) && text[:len(begins)] == begins {
			n++
		}
	}
	return n
}

func TestBroadcastsShareTheRateOfABot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, telegramLike)
		for _, who := range numbered("p", 200) {
			s.meet(who)
		}
		s.announce("one", nil)
		s.announce("two", nil)
		s.run(s.dispatcher(), s.leader())
		time.Sleep(12 * time.Second)
		var got []string
		for _, text := range s.texts() {
			got = append(got, text[:3])
		}
		slices.Sort(got)
		ones := slices.Index(got, "two")
		if twos := len(got) - ones; max(ones, twos) > 2*min(ones, twos) {
			t.Errorf("%d of one and %d of the other left", ones, twos)
		}
	})
}
