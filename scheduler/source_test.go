package scheduler_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
)

// What is broadcast to many and what one person is written in the same lane share the
// limit: neither waits until the other is through.
func TestSourcesOfBroadcastsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, telegramLike)
		const people = 100
		var all []core.Recipient
		for _, who := range numbered("p", people) {
			s.meet(who)
			all = append(all, core.Recipient{Chat: s.chats[who].Chat, Account: s.chats[who].Account})
		}
		for _, who := range numbered("q", people) {
			s.meet(who)
			s.write(who, core.Bulk, core.Once, "one")
		}
		s.tx(func(tx core.Tx) error {
			b := &core.Broadcast{State: core.Running, Letterhead: core.Letterhead{
				Speaker: "us", Texts: []core.Wording{{Language: "en", Body: []core.Span{{Text: "many"}}}},
			}}
			if err := tx.CreateBroadcast(t.Context(), b); err != nil {
				return err
			}
			return tx.AddRecipients(t.Context(), b.ID, core.MainWave, all)
		})
		stop := s.run(s.dispatcher())
		time.Sleep(time.Minute)
		stop()
		got := s.texts()
		if len(got) != 2*people {
			t.Fatalf("%d arrived", len(got))
		}
		half := strings.Join(got[:people], " ")
		for _, text := range []string{"one", "many"} {
			if n := strings.Count(half, text); n < people/3 {
				t.Errorf("%d of the first %d are %q", n, people, text)
			}
		}
	})
}
