//go:build goolm

package matrix

import (
	"testing"
	"testing/synctest"

	"maunium.net/go/mautrix/id"
)

func TestOneAtATimeDealsWithTheDevicesOfAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		people := newTurnstile("@bot:x")
		leave := people.enter([]id.UserID{"@anna:x", "@bot:x"})
		people.enter([]id.UserID{"@ben:x", "@bot:x"})()
		entered := make(chan struct{})
		go func() {
			defer people.enter([]id.UserID{"@ben:x", "@anna:x"})()
			close(entered)
		}()
		synctest.Wait()
		select {
		case <-entered:
			t.Error("two deal with the same person")
		default:
		}
		leave()
		<-entered
		people.enter([]id.UserID{"@anna:x"})()
	})
}
