package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"tocsin/core"
)

// A point that could not be stored is brought again with the id that it had, and is no
// second one.
func TestAPointOfATrackThatIsBroughtAgainIsTakenAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret})
		var broken bool
		var got []string
		h.run(t, queueFunc(func(_ context.Context, u *core.Update) error {
			got = append(got, u.ID)
			if broken {
				return errors.New("the database is away")
			}
			return nil
		}))
		synctest.Wait()
		point := func(id, minute int) int {
			at := 1_800_000_000 + 60*minute
			body := fmt.Sprintf(`{"update_id":%d,"edited_message":{"message_id":1,"date":1800000000,"edit_date":%d,
				"chat":{"id":5,"type":"private"},"from":{"id":5,"first_name":"Ada"},
				"location":{"latitude":45.7,"longitude":4.8,"live_period":3600}}}`, id, at)
			r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", newSecret)
			out := httptest.NewRecorder()
			h.webhook.ServeHTTP(out, r)
			return out.Code
		}
		broken = true
		if code := point(1, 0); code != http.StatusServiceUnavailable {
			t.Errorf("while the database is away: %d", code)
		}
		broken = false
		for i, minute := range []int{0, 3, 9, 10} {
			id := i + 1 // the first is the one that was not stored
			if code := point(id, minute); code != http.StatusOK {
				t.Errorf("point %d: %d", id, code)
			}
		}
		if want := "1 1 4"; strings.Join(got, " ") != want {
			t.Errorf("taken are the updates %q and not %q", got, want)
		}
	})
}
