package botstest

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"tocsin/core"
)

// A property is something that holds for every adapter.
type property struct {
	name  string
	check func(*testing.T, World)
}

// properties are all but two: StopsWithContext stands alone since it counts
// goroutines, EveryVerdict has a World for each fault.
var properties = []property{
	{"UpdatesOfOneChatComeInOrder", updatesOfOneChatComeInOrder},
	{"UpdateIsConfirmedOnlyAfterHandle", updateIsConfirmedOnlyAfterHandle},
	{"UnansweredUpdateOutlivesTheAdapter", unansweredUpdateOutlivesTheAdapter},
	{"RepeatCarriesTheSameID", repeatCarriesTheSameID},
	{"EveryUpdateHasItsOwnID", everyUpdateHasItsOwnID},
	{"UpdateSaysWhereWhoAndWhen", updateSaysWhereWhoAndWhen},
	{"WaitingChatDelaysNoOther", waitingChatDelaysNoOther},
	{"CommandsAreNamed", commandsAreNamed},
	{"TextsComeAsWritten", textsComeAsWritten},
	{"PositionComesAsPoint", positionComesAsPoint},
	{"CorrectionIsMarked", correctionIsMarked},
	{"ChoiceByButtonNumberAndLabel", choiceByButtonNumberAndLabel},
	{"RunReturnsOnceAllIsAnswered", runReturnsOnceAllIsAnswered},
	{"RunFailsWhenTheBotIsShutOut", runFailsWhenTheBotIsShutOut},
	{"MessagesAreShownInTheOrderSent", messagesAreShownInTheOrderSent},
	{"MessagesSentSideBySideAreShownWhole", messagesSentSideBySideAreShownWhole},
	{"TextIsNotMarkup", textIsNotMarkup},
	{"StylesAreShown", stylesAreShown},
	{"LongTextIsNotLost", longTextIsNotLost},
	{"PinIsShown", pinIsShown},
	{"FileArrivesWithItsBytes", fileArrivesWithItsBytes},
	{"EditReplacesWhatIsShown", editReplacesWhatIsShown},
	{"EditOfALongTextLeavesNothingOld", editOfALongTextLeavesNothingOld},
	{"EditToTheSameIsNoFailure", editToTheSameIsNoFailure},
	{"RedactTakesBack", redactTakesBack},
	{"SendsOnceUnderOneKey", sendsOnceUnderOneKey},
	{"SendUnderAnEndedContextSaysWhatIsCertain", sendUnderAnEndedContextSaysWhatIsCertain},
	{"NoSecretInAnError", noSecretInAnError},
}

// Run tests an adapter. open makes a new World for each property, and may be called
// from several at once. The calling test must not be a parallel one: what leaves a
// goroutine behind is sought while nothing else runs.
func Run(t *testing.T, open func(t *testing.T) World) {
	t.Run("StopsWithContext", func(t *testing.T) { stopsWithContext(t, open(t)) })
	t.Run("EveryVerdict", func(t *testing.T) {
		for _, v := range verdicts {
			name := string(v.fault.Kind)
			if v.fault.After > 0 {
				name += " for " + v.fault.After.String()
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				everyVerdict(t, open(t), v)
			})
		}
	})
	for _, p := range properties {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.check(t, open(t))
		})
	}
}

// A session is an adapter that runs.
type session struct {
	t     *testing.T
	w     World
	queue *queue
	stop  context.CancelFunc
	ended chan struct{} // closed when Run has returned
	err   error         // what Run returned, once ended is closed
}

// An answer is what the queue says of an update.
type answer func(context.Context, *core.Update) error

// accept takes every update.
func accept(context.Context, *core.Update) error { return nil }

// begin runs the adapter of w until stop is called or the test ends.
func begin(t *testing.T, w World, a answer) *session {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &session{t: t, w: w, queue: newQueue(a), stop: stop, ended: make(chan struct{})}
	adapter := w.Adapter()
	go func() {
		defer close(s.ended)
		s.err = adapter.Run(ctx, s.queue)
	}()
	t.Cleanup(func() {
		if err := s.finish(patience(w)); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s
}

// finish stops the adapter and returns what Run returned. It fails the test if Run
// takes longer than limit.
func (s *session) finish(limit time.Duration) error {
	s.t.Helper()
	s.stop()
	select {
	case <-s.ended:
		return s.err
	case <-time.After(limit):
		s.t.Errorf("Run has not returned %v after its context ended", limit)
		return nil
	}
}

// next returns the next update. What the platform says of the bot's own standing is
// passed over: platforms differ in when they say it.
func (s *session) next() *core.Update {
	s.t.Helper()
	late := time.After(patience(s.w))
	for {
		select {
		case u := <-s.queue.got:
			if _, ok := u.Event.(core.Membership); !ok {
				return u
			}
		case <-s.ended:
			s.t.Fatalf("Run returned %v, want an update", s.err)
		case <-late:
			s.t.Fatal("no update came")
		}
	}
}

// text returns the text of the next update, and fails the test if it has none.
func (s *session) text() string {
	s.t.Helper()
	u := s.next()
	e, ok := u.Event.(core.Text)
	if !ok {
		s.t.Fatalf("got a %T, want a core.Text", u.Event)
	}
	return e.Body
}

// patience returns how long to wait for something that must come.
func patience(w World) time.Duration {
	if p, ok := w.(Patient); ok {
		return p.Patience()
	}
	return 20 * time.Second
}

// to returns a delivery of c to a person, under a key of its own.
func to(w World, p Person, c core.Content) core.Delivery {
	return core.Delivery{
		Key: core.SendKey(rand.Text()), To: w.Chat(p), Kind: core.Private, Lane: core.Talk, Content: c,
	}
}

// send delivers c to a person and returns its receipt. It ends the test on failure.
func send(t *testing.T, w World, p Person, c core.Content) core.Receipt {
	t.Helper()
	receipt, err := w.Adapter().Send(t.Context(), to(w, p, c))
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	return receipt
}

// say returns a message of one plain span.
func say(text string) *core.Message { return &core.Message{Body: []core.Span{{Text: text}}} }

// standing returns what a person sees that was not taken back.
func standing(w World, p Person) []Shown {
	var out []Shown
	for _, s := range w.Shown(p) {
		if !s.Redacted {
			out = append(out, s)
		}
	}
	return out
}
