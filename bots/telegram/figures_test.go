package telegram

import (
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
)

// Who looks at the webhook now is another process: what this one saw last would be told
// for ever.
func TestWhatWasSeenOfAWebhookIsForgottenWithTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret})
		lease := new(held)
		h.Lease = lease
		h.run(t, queueFunc(takes))
		synctest.Wait()
		h.server.User("Ada", "fr").Send("Lyon")
		time.Sleep(look)
		synctest.Wait()
		if f := h.Figures(); f.Pending != 1 || f.LastHookFail.IsZero() {
			t.Errorf("with the lease: %+v", f)
		}
		lease.Store(true)
		time.Sleep(2 * core.RenewEvery)
		synctest.Wait()
		if f := h.Figures(); f.State != Waiting || f.Pending != 0 || !f.LastHookFail.IsZero() {
			t.Errorf("without it: %+v", f)
		}
	})
}
