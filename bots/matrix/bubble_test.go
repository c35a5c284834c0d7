//go:build goolm

package matrix_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"maunium.net/go/mautrix/id"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
)

// A bubble is the adapter in front of a server that does what Dendrite never does, in the
// time of a synctest bubble.
type bubble struct {
	*stage
	fake *matrixtest.Fake
	chat id.RoomID
}

// inBubble does fn in a bubble.
func inBubble(t *testing.T, fn func(*testing.T, *bubble), change ...func(*matrix.Config)) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir() // a bubble ends before it is removed
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{fake: matrixtest.NewFake(t)}
		b.stage = &stage{t: t, got: make(chan *core.Update, 1000), seen: map[string]bool{}}
		b.config = matrix.Config{
			Homeserver: matrixtest.FakeURL, User: string(b.fake.User), Password: b.fake.Password,
			Database: "sqlite:" + filepath.Join(dir, "matrix.db"), Dialer: b.fake.Dial,
		}
		for _, fn := range change {
			fn(&b.config)
		}
		b.chat = b.fake.Chat("@anna:example.org")
		fn(t, b)
		if b.stop != nil {
			b.halt()
		}
	})
}

// start runs the adapter until it receives.
func (b *bubble) start() {
	b.t.Helper()
	b.begin()
	synctest.Wait()
	if b.adapter.State() != matrix.Receiving {
		b.t.Fatalf("the adapter is %s", b.adapter.State())
	}
}

// write sends one message as a dispatcher does: again and again, as it is told.
func (b *bubble) write(text string) (waits []time.Duration) {
	b.t.Helper()
	for {
		err := b.trySay(b.chat, text)
		switch core.CodeOf(err) {
		case "":
			return waits
		case core.RateLimited:
			waits = append(waits, core.AfterOf(err))
		case core.Unavailable, core.Uncertain:
			waits = append(waits, time.Minute)
		default:
			b.t.Fatalf("Send = %v", err)
		}
		time.Sleep(waits[len(waits)-1])
	}
}

// limited is a 429 with what it says of how long it lasts.
func limited(header, body string) matrixtest.Answer {
	a := matrixtest.Answer{Status: http.StatusTooManyRequests, Body: `{"errcode":"M_LIMIT_EXCEEDED","error":"slow"` + body + `}`}
	if header != "" {
		a.Header = http.Header{"Retry-After": {header}}
	}
	return a
}

func TestALimitIsObeyedHoweverTheServerSaysIt(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		date := time.Now().Add(40 * time.Second).UTC().Format(http.TimeFormat)
		b.fake.Plan(
			limited("7", `,"retry_after_ms":500`), limited("", `,"retry_after_ms":2500`), limited(date, ""), limited("soon", ""),
		)
		began := time.Now()
		got := b.write("one")
		if want := []time.Duration{7 * time.Second, 2500 * time.Millisecond, 30500 * time.Millisecond, 5 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("it waited %v, want %v", got, want)
		}
		if sent := b.fake.Sent(b.chat); len(sent) != 1 || len(b.fake.Calls("/send/")) != 5 || time.Since(began) != 45*time.Second {
			t.Errorf("after %v and %d calls the chat shows %q", time.Since(began), len(b.fake.Calls("/send/")), sent)
		}
	})
}

// Whom nothing is said doubles the wait, up to five minutes, and begins anew once it went.
func TestAVagueLimitIsWaitedForLongerAndLonger(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Plan(slices.Repeat([]matrixtest.Answer{limited("", "")}, 9)...)
		want := []time.Duration{5, 10, 20, 40, 80, 160, 300, 300, 300}
		for i := range want {
			want[i] *= time.Second
		}
		if got := b.write("one"); !slices.Equal(got, want) {
			t.Errorf("it waited %v, want %v", got, want)
		}
		b.fake.Plan(limited("", ""))
		if got := b.write("two"); !slices.Equal(got, want[:1]) {
			t.Errorf("after a success it waited %v", got)
		}
	})
}

// Messages that were under way together are one reason to wait, not many.
func TestManyAtOnceDoNotWaitLongerThanOne(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Plan(slices.Repeat([]matrixtest.Answer{limited("", "")}, 20)...)
		for range 20 {
			if wait := core.AfterOf(b.trySay(b.chat, "one")); wait != 5*time.Second {
				t.Fatalf("one waits %v", wait)
			}
		}
	})
}

// Synapse knows the name of a send for a day, through restarts of both: what it took
// before it failed is shown once. After that a repeat shows, which docs/matrix.md says.
func TestWhatTheServerTookIsShownOnceForADay(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		for _, c := range []struct {
			status int
			done   bool
			text   string
			want   core.Code
		}{
			{500, true, "one", core.Uncertain}, {502, true, "two", core.Uncertain}, {504, true, "three", core.Uncertain},
			{503, false, "four", core.Unavailable},
		} {
			b.fake.Plan(matrixtest.Answer{Status: c.status, Done: c.done})
			if err := b.trySay(b.chat, c.text); core.CodeOf(err) != c.want {
				t.Errorf("after %d Send = %v, want %s", c.status, err, c.want)
			}
		}
		b.halt()
		time.Sleep(23 * time.Hour)
		b.start()
		want := []string{"one", "two", "three", "four"}
		for _, text := range want {
			b.write(text)
		}
		if got := b.fake.Sent(b.chat); !slices.Equal(got, want) {
			t.Errorf("the chat shows %q", got)
		}
		time.Sleep(2 * time.Hour)
		b.write("one")
		if got := b.fake.Sent(b.chat); len(got) != 5 {
			t.Errorf("the server forgot nothing: %q", got)
		}
	})
}

// A server that forgets the names of sends, as Dendrite does, has shown us what it took.
func TestWhatTheServerHasShownIsNotSentAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Plan(matrixtest.Answer{Status: 502, Done: true}, matrixtest.Answer{Status: 502, Done: true})
		for _, text := range []string{"one", "two"} {
			if err := b.trySay(b.chat, text); core.CodeOf(err) != core.Uncertain {
				t.Fatalf("Send = %v, want Uncertain", err)
			}
		}
		synctest.Wait()
		b.fake.Forget()
		b.write("one")
		time.Sleep(time.Minute)
		b.halt()
		b.start()
		b.write("two")
		if got := b.fake.Sent(b.chat); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("the chat shows %q", got)
		}
	})
}

// What was sent before a crash is known before anything is sent after it.
func TestNothingIsSentBeforeItIsKnownWhatWas(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Trouble(&matrixtest.Answer{Status: 502})
		b.halt()
		b.begin()
		time.Sleep(time.Minute)
		if err := b.trySay(b.chat, "one"); core.CodeOf(err) != core.Unavailable || len(b.fake.Sent(b.chat)) > 0 {
			t.Errorf("Send = %v, want Unavailable", err)
		}
		b.fake.Trouble(nil)
		time.Sleep(time.Minute)
		b.write("one")
	})
}

// A server in trouble is asked less and less often, and what was said meanwhile comes.
func TestAServerInTroubleIsNotStormed(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Trouble(&matrixtest.Answer{Status: 502})
		calls := len(b.fake.Calls("/sync"))
		time.Sleep(time.Hour)
		if n := len(b.fake.Calls("/sync")) - calls; n < 60 || n > 130 {
			t.Errorf("it was asked %d times in an hour", n)
		}
		if b.adapter.State() != matrix.Away {
			t.Errorf("the adapter is %s", b.adapter.State())
		}
		b.fake.Say(b.chat, "are you there?")
		b.fake.Trouble(nil)
		time.Sleep(time.Minute)
		if got := b.hear(); got != "are you there?" || b.adapter.State() != matrix.Receiving {
			t.Errorf("got %q; the adapter is %s", got, b.adapter.State())
		}
	})
}

func TestALimitOnSyncsIsObeyed(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		slow := limited("600", "")
		b.fake.Trouble(&slow)
		time.Sleep(31 * time.Second) // a sync was under way
		calls := len(b.fake.Calls("/sync"))
		time.Sleep(time.Hour)
		if n := len(b.fake.Calls("/sync")) - calls; n > 6 {
			t.Errorf("it was asked %d times in an hour, want one in ten minutes", n)
		}
	})
}

// A token that is taken back is replaced with the password, once, by the same device.
func TestATokenThatIsTakenBackIsReplacedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Say(b.chat, "one")
		b.hear()
		time.Sleep(time.Hour)
		b.fake.Refuse(matrixtest.Refused("M_UNKNOWN_TOKEN"))
		time.Sleep(time.Minute)
		b.fake.Say(b.chat, "two")
		if got := b.hear(); got != "two" {
			t.Errorf("got %q", got)
		}
		logins := b.fake.Calls("POST /login")
		if len(logins) != 2 || !strings.Contains(logins[1].Body, `"device_id":"DEVICE"`) {
			t.Errorf("%d logins, the last with %s; want one more, by the same device", len(logins), logins[len(logins)-1].Body)
		}
	})
}

// One that is taken back again and again does not lock the account: servers count logins.
func TestLoginsAreFarApart(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		for end := time.Now().Add(time.Hour); time.Now().Before(end); time.Sleep(time.Second) {
			b.fake.Refuse(matrixtest.Refused("M_UNKNOWN_TOKEN"))
		}
		logins := b.fake.Calls("POST /login")
		for i := range len(logins) - 1 {
			if apart := logins[i+1].At.Sub(logins[i].At); apart < 5*time.Minute {
				t.Errorf("two logins %v apart", apart)
			}
		}
		if len(logins) < 5 {
			t.Errorf("%d logins in an hour", len(logins))
		}
	})
}

// Whom the server does not let in waits for the operator, and does not ask again.
func TestAnAccountThatIsRefusedWaitsForTheOperator(t *testing.T) {
	for name, c := range map[string]struct {
		code   string
		change func(*matrix.Config)
	}{
		"deactivated": {"M_USER_DEACTIVATED", func(*matrix.Config) {}},
		"locked":      {"M_USER_LOCKED", func(*matrix.Config) {}},
		"token": {"M_UNKNOWN_TOKEN", func(c *matrix.Config) {
			c.Password, c.Token, c.Device = "", "token-0", "DEVICE"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bubble) {
				b.start()
				b.fake.Refuse(matrixtest.Refused(c.code))
				time.Sleep(time.Minute)
				if b.adapter.State() != matrix.NeedsCredentials {
					t.Errorf("the adapter is %s", b.adapter.State())
				}
				calls := len(b.fake.Calls(""))
				time.Sleep(24 * time.Hour)
				if n := len(b.fake.Calls("")) - calls; n > 0 {
					t.Errorf("%d calls more in a day", n)
				}
				if err := b.trySay(b.chat, "hello"); core.CodeOf(err) != core.Unavailable {
					t.Errorf("Send = %v, want Unavailable", err)
				}
			}, c.change)
		})
	}
}

// A token of somebody else, or of another device, is refused before it does harm.
func TestWhoWeAreIsAskedBeforeAnythingElse(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.begin()
		synctest.Wait()
		if b.adapter.State() != matrix.WrongDevice || len(b.fake.Calls("/sync")) > 0 || len(b.fake.Calls("/keys/")) > 0 {
			t.Errorf("the adapter is %s after %d calls", b.adapter.State(), len(b.fake.Calls("")))
		}
	}, func(c *matrix.Config) { c.Password, c.Token, c.Device = "", "token-0", "OTHER" })
}

// Whoever writes sees that it was read, once it is handled: the last of many, and not each.
func TestWhatIsHandledIsShownAsRead(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		var last id.EventID
		for range 5 {
			last = b.fake.Say(b.chat, "hello")
		}
		time.Sleep(10 * time.Second)
		got := b.fake.Calls("/receipt/m.read/")
		if len(got) != 1 || !strings.HasSuffix(got[0].Path, string(last)) {
			t.Errorf("shown as read is %v, want the last message", got)
		}
		if n := len(b.fake.Calls("/typing/")); n > 0 {
			t.Errorf("an answer at once was announced %d times", n)
		}
	})
}

// While an answer takes long, its chat sees that somebody is typing, every ten seconds; and
// what is not handled is not shown as read.
func TestALongAnswerIsAnnounced(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		done := make(chan struct{})
		b.slow = func(*core.Update) <-chan struct{} { return done }
		b.start()
		b.fake.Say(b.chat, "hello")
		time.Sleep(900 * time.Millisecond)
		if n := len(b.fake.Calls("/typing/")); n != 0 {
			t.Errorf("after 0.9 s it was announced %d times", n)
		}
		time.Sleep(25 * time.Second)
		if n := len(b.fake.Calls("/typing/")); n != 3 || len(b.fake.Calls("/receipt/")) != 0 {
			t.Errorf("after 26 s it was announced %d times, and read %d", n, len(b.fake.Calls("/receipt/")))
		}
		close(done)
		time.Sleep(10 * time.Second)
		all := b.fake.Calls("/typing/")
		if len(all) != 4 || !strings.Contains(all[3].Body, "false") || len(b.fake.Calls("/receipt/")) != 1 {
			t.Errorf("at the end it was announced %d times: %v", len(all), all[len(all)-1])
		}
	})
}

func TestWhoIsDiscreetShowsNeither(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		done := make(chan struct{})
		b.slow = func(*core.Update) <-chan struct{} { return done }
		b.start()
		b.fake.Say(b.chat, "hello")
		time.Sleep(10 * time.Second)
		close(done)
		time.Sleep(10 * time.Second)
		if len(b.fake.Calls("/typing/"))+len(b.fake.Calls("/receipt/")) > 0 {
			t.Error("a sign was shown")
		}
	}, func(c *matrix.Config) { c.Discreet = true })
}

// A key that comes after its message is not always told at once: for half a minute it is
// asked for news each second, and then as usual.
func TestAKeyThatIsLateIsAskedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Happen(b.chat, "m.room.encrypted", map[string]any{
			"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": strings.Repeat("A", 120), "session_id": strings.Repeat("B", 43), "sender_key": "x", "device_id": "D",
		})
		synctest.Wait()
		calls := len(b.fake.Calls("/sync"))
		time.Sleep(20 * time.Second)
		soon := len(b.fake.Calls("/sync")) - calls
		time.Sleep(time.Minute)
		calls = len(b.fake.Calls("/sync"))
		time.Sleep(5 * time.Minute)
		if later := len(b.fake.Calls("/sync")) - calls; soon < 18 || soon > 22 || later > 11 {
			t.Errorf("it was asked %d times in 20 s, and then %d times in five minutes", soon, later)
		}
	})
}

// What breaks the adapter, or is no event as the specification has it, is passed over and
// counted, and what is behind it comes.
func TestWhatIsNoEventIsPassedOver(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Happen(b.chat, "m.room.message", map[string]any{"msgtype": "m.text", "body": 7})
		b.fake.Happen(b.chat, "m.room.message", "nothing")
		b.fake.Happen(b.chat, "m.reaction", map[string]any{"m.relates_to": []int{1}})
		b.fake.Say(b.chat, "after")
		if got := b.hear(); got != "after" || b.adapter.Skipped() != 3 {
			t.Errorf("got %q, %d passed over", got, b.adapter.Skipped())
		}
	})
}
