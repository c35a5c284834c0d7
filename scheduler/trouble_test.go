package scheduler_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
)

// A message that breaks when it is rendered ends as failed. It stops no other, neither of
// its chat nor of any other, nor the program.
func TestAMessageThatCannotBeRenderedStopsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.bot.Flows = []*conversation.Flow{{Name: "broken", References: map[core.ReferenceKind]conversation.Rendering{
			"broken": func(context.Context, *conversation.Scene, []int64) (*core.Message, error) { panic("boom") },
		}}}
		s.meet("anna")
		for _, kind := range []core.ReferenceKind{"broken", "of a later version"} {
			s.tx(func(tx core.Tx) error {
				o := s.chats["anna"]
				o.Lane, o.Again, o.Content = core.Talk, core.TwiceOkay, &core.Reference{Kind: kind}
				return tx.Enqueue(t.Context(), &o)
			})
		}
		s.write("anna", core.Talk, core.TwiceOkay, "an answer")
		stop := s.run(s.dispatcher())
		time.Sleep(5 * time.Second)
		stop()
		if got := s.texts(); len(got) != 1 || got[0] != "an answer" {
			t.Errorf("arrived %q", got)
		}
	})
}

// Two answers to two chats that both meet a limit have met the bot's own: until it ends,
// nobody is called.
func TestALimitOfTheWholeBotStopsAnswersToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		for _, who := range []string{"anna", "ben", "chloe"} {
			s.meet(who)
		}
		const limit = 40 * time.Second
		s.planned(func(core.Delivery) error {
			if since := time.Since(s.start); since < limit {
				return &core.Error{Code: core.RateLimited, After: limit - since}
			}
			return nil
		})
		s.write("anna", core.Talk, core.TwiceOkay, "to anna")
		stop := s.run(s.dispatcher())
		time.Sleep(5 * time.Second)
		s.write("ben", core.Talk, core.TwiceOkay, "to ben")
		time.Sleep(5 * time.Second)
		s.write("chloe", core.Talk, core.TwiceOkay, "to chloe")
		time.Sleep(2 * time.Minute)
		stop()
		if got := s.texts(); len(got) != 3 {
			t.Errorf("arrived %q", got)
		}
		if early := s.calls - 3; early != 2 {
			t.Errorf("%d calls met the limit, want those that showed it, 2", early)
		}
	})
}

// A platform that is slow to take broadcasts has room for an answer all the same.
func TestSlowBroadcastsLeaveRoomForAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		slow := &slowPlatform{platform: s.platform}
		for _, text := range numbered("broadcast ", 100) {
			s.meet(text)
			s.write(text, core.Bulk, core.Once, text)
		}
		d := s.dispatcher()
		d.Adapter = slow
		stop := s.run(d)
		time.Sleep(3 * time.Second)
		s.write("anna", core.Talk, core.TwiceOkay, "an answer")
		asked := time.Since(s.start)
		time.Sleep(time.Minute)
		stop()
		for _, m := range s.all() {
			if m.text == "an answer" && m.at-asked > 2*time.Second {
				t.Errorf("it left after %s", m.at-asked)
			}
		}
	})
}

// A slowPlatform takes nine seconds for all but answers.
type slowPlatform struct{ *platform }

func (p *slowPlatform) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	if d.Lane != core.Talk {
		time.Sleep(9 * time.Second)
	}
	return p.platform.Send(ctx, d)
}

// A limit that lasts is for the operator to see, with its length; a short one is a trifle.
func TestALongLimitIsAnErrorInTheLog(t *testing.T) {
	for after, want := range map[time.Duration]string{
		time.Minute:     "level=WARN code=rate_limited after=1m0s\n",
		5 * time.Minute: "level=ERROR code=rate_limited after=5m0s\n",
	} {
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, core.Capabilities{})
				s.meet("anna")
				s.planned(func(core.Delivery) error { return &core.Error{Code: core.RateLimited, After: after} })
				s.write("anna", core.Talk, core.TwiceOkay, "an answer")
				var log strings.Builder
				d := s.dispatcher()
				d.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: only("level", "code", "after")}))
				stop := s.run(d)
				time.Sleep(time.Second)
				stop()
				if log.String() != want {
					t.Errorf("the log says %q, not %q", &log, want)
				}
			})
		})
	}
}

// only leaves out of a log line all but some fields.
func only(names ...string) func([]string, slog.Attr) slog.Attr {
	return func(_ []string, a slog.Attr) slog.Attr {
		if slices.Contains(names, a.Key) {
			return a
		}
		return slog.Attr{}
	}
}
