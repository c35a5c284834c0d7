package scheduler_test

import (
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
)

// Of private chats that have to be opened one is in its time; what goes elsewhere does not
// wait for them.
func TestChatsAreOpenedOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{Opens: true, Limits: core.Limits{Open: core.Limit{Every: time.Minute, Burst: 1}}})
		for _, who := range []string{"open:anna", "open:ben", "open:chloe", "dan"} {
			s.meet(who)
			s.write(who, core.Talk, core.TwiceOkay, who)
		}
		s.run(s.dispatcher())
		time.Sleep(5 * time.Minute)
		all := s.all()
		if len(all) != 4 {
			t.Fatalf("%d messages arrive", len(all))
		}
		opened := 0
		for _, m := range all {
			if m.text == "dan" {
				if m.at > 5*time.Second {
					t.Errorf("what opens nothing comes after %s", m.at)
				}
				continue
			}
			if least := time.Duration(opened) * time.Minute; m.at < least || m.at > least+10*time.Second {
				t.Errorf("chat %d is opened after %s", opened, m.at)
			}
			opened++
		}
	})
}
