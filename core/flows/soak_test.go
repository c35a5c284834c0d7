package flows_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"

	"tocsin/core"
	"tocsin/core/flows"
)

// A run of the soak is one evening of a few people on one stage.
const (
	evenings = 40  // 50 times as many with SOAK
	inputs   = 500 // of one evening: 20,000 in all, 1,000,000 with SOAK
	variants = 4   // two shapes, two languages
)

// people are who is there: two are supporters when the evening begins, and the last one
// never sponsored.
var people = []string{"anna", "ben", "chloe", "dora"}

// What the largest platforms take: Telegram's Bot API, sendMessage and InlineKeyboard.
const (
	mostUnits   = 4096 // UTF-16 units of one text
	mostButtons = 8    // what fits on a phone, and on the reactions of a Matrix client
	mostLabel   = 64   // runes of a label: more is cut on a phone
)

// Whatever people do, in whatever state, for as long as they like: they are answered
// and never at a dead end, nothing is too long for a platform, nothing is said that
// stands in no catalogue, and nothing breaks.
func TestNothingThatPeopleDoBreaksTheBot(t *testing.T) {
	t.Parallel()
	n := evenings
	if os.Getenv("SOAK") != "" {
		n *= 50
	}
	evening := drawEvening(commandWords(t))
	var been visits
	t.Run("evenings", func(t *testing.T) { // which returns when all have ended
		for i, shape := range []string{"buttons", "numbers"} {
			for j, lang := range []string{"fr", "en"} {
				first := 2*i + j
				t.Run(shape+"."+lang, func(t *testing.T) {
					t.Parallel()
					for i := range n / variants {
						drawn := evening.Example(i*variants + first)
						synctest.Test(t, func(t *testing.T) { (&soak{stage: open(t, shape, lang), been: &been}).play(drawn) })
						if t.Failed() {
							return
						}
						if i%50 == 49 {
							t.Logf("%d inputs so far", (i+1)*inputs)
						}
					}
				})
			}
		}
	})
	been.check(t)
}

// visits are the steps that were open at some time.
type visits struct{ steps sync.Map }

// check fails unless nine in ten of all steps were open: else the people have not been
// everywhere, and what they did proves little.
func (v *visits) check(t *testing.T) {
	t.Helper()
	var missed []string
	all := 0
	for _, f := range flows.All() {
		for step := range f.Steps {
			all++
			if _, ok := v.steps.Load(f.Name + "/" + step); !ok {
				missed = append(missed, f.Name+"/"+step)
			}
		}
	}
	if len(missed) > all/10 {
		t.Errorf("of %d steps, nobody came to %q", all, missed)
	}
}

// A soak plays an evening, and looks after each input whether all is well.
type soak struct {
	*stage
	ever []key
	last *core.Update
	log  []string // what happened, the newest last
	// taken are the places that were taken before anybody answered.
	taken map[core.ActionID]int
	codes map[core.Address]string
	been  *visits
}

func (s *soak) play(inputs []input) {
	s.taken, s.codes = s.places(), map[core.Address]string{}
	for who, place := range map[string]string{"ben": "Lyon", "chloe": ""} {
		if err := s.join(who, place); err != nil {
			s.t.Fatal(err)
		}
	}
	for i, in := range inputs {
		if in.kind == waits {
			time.Sleep(in.pass)
			synctest.Wait()
			s.shown = nil
			continue
		}
		u := s.happen(i, in)
		s.log = append(s.log, fmt.Sprintf("%d %T %+v", in.who, u.Event, u.Event))
		repeated := in.kind == repeats && s.last != nil
		s.last = u
		s.give(u)
		s.been.steps.Store(s.top(u), true)
		if fault := s.fault(u, repeated); fault != "" {
			s.t.Errorf("%s\nafter\n%s\nit said\n%s\nlog\n%s", fault, strings.Join(tail(s.log, 12), "\n"),
				strings.Join(s.shown, "\n"), tail(strings.Split(s.stage.log.String(), "\n"), 5))
			return
		}
		s.shown, s.sent = nil, nil
		s.readLetters()
	}
	s.count()
}

// readLetters learns the codes that were sent.
func (s *soak) readLetters() {
	for _, l := range s.mail.Letters()[s.stage.read:] {
		s.stage.read++
		s.code = codeInLetter.FindString(l.Text)
		s.codes[core.Address(l.To)] = s.code
	}
}

func tail(lines []string, n int) []string { return lines[max(0, len(lines)-n):] }

// happen makes the update of an input.
func (s *soak) happen(i int, in input) *core.Update {
	who := people[in.who]
	chat, kind := who, core.Private
	if in.group {
		chat, kind = "group", core.Group
	}
	if in.kind == repeats && s.last != nil {
		return s.last
	}
	u := &core.Update{
		ID: fmt.Sprint(i), Chat: core.ChatRef{Bot: s.Bot(), Chat: chat}, Kind: kind,
		Sender: &core.AccountRef{Bot: s.Bot(), ID: who}, Language: s.lang, At: time.Now(),
	}
	text := strings.NewReplacer("{code}", s.code, "{wrong}", wrong(s.code), "{address}", string(s.address(in.who))).Replace(in.text)
	switch in.kind {
	case commands:
		name, arg, _ := strings.Cut(text, " ")
		u.Event = core.Command{Name: name, Arg: arg}
	case goesOn:
		u.Event = s.answer(in, chat, u)
	case presses, pressesOld:
		u.Event = s.button(in, chat)
	case edits:
		u.Event = core.Text{Body: text, Edited: true, In: s.wrote[who]}
	case shares:
		u.Event = core.Position{Point: in.at, Live: in.n%4 == 0}
	case sends:
		kinds := []core.MediaKind{core.Sticker, core.Voice, core.Photo, core.Video, core.File, core.Contact, core.Forwarded, core.Unknown}
		u.Event = core.Media{Kind: kinds[in.n%len(kinds)]}
	case leaves:
		events := []core.Event{core.Membership{Now: core.Removed}, core.Membership{Now: core.Added}, core.Unreadable{}, core.Unheard{}}
		u.Event = events[in.n%len(events)]
	default:
		s.wrote[who] = core.ReceiptID(u.ID)
		u.Event = core.Text{Body: text, In: core.ReceiptID(u.ID)}
	}
	return u
}

// address returns the address of a person.
func (s *soak) address(who int) core.Address {
	if a, ok := addresses[people[who]]; ok {
		return a
	}
	return "dora@example.org"
}

// button presses one of the buttons that can be seen in a chat, or any that was ever
// shown to anybody.
func (s *soak) button(in input, chat string) core.Event {
	keys := tailKeys(s.keys[chat], 12)
	if in.kind == pressesOld {
		keys = s.ever
	}
	switch {
	case !s.can.Buttons && in.kind == presses:
		return core.Text{Body: fmt.Sprint(in.n%mostButtons + 1)}
	case len(keys) == 0:
		return core.Press{Token: "nosuchtoken.1"}
	}
	return core.Press{Token: keys[in.n%len(keys)].token}
}

// answers are what the steps that wait for words want.
var answers = map[string]string{
	"signup/name": "Anna", "signup/place": "Lyon", "signup/radius": "10 km", "settings/line": "jeudi 18h30",
	"settings/budget": "10", "settings/reminders": "3 h", "where/place": "Villeurbanne", "near/place": "Lyon",
}

// idle is what somebody does of whom nothing is asked.
var idle = []string{
	"start", "near", "agenda", "settings", "where", "settings quiet", "settings line", "settings budget", "settings snooze", "settings reminders",
}

// answer does what the open question asks for.
func (s *soak) answer(in input, chat string, u *core.Update) core.Event {
	top := s.top(u)
	text := answers[top]
	switch top {
	case "":
		name, arg, _ := strings.Cut(idle[in.n%len(idle)], " ")
		return core.Command{Name: name, Arg: arg}
	case "signup/email":
		text = string(s.address(in.who))
	case "signup/code":
		text = s.codes[s.address(in.who)]
	}
	if text == "" {
		in.kind = presses
		return s.button(in, chat)
	}
	return core.Text{Body: text, In: core.ReceiptID(u.ID)}
}

func tailKeys(keys []key, n int) []key { return keys[max(0, len(keys)-n):] }

// give hands an update over, and waits until all is still.
func (s *soak) give(u *core.Update) {
	seen := map[string]int{}
	for chat, keys := range s.keys {
		seen[chat] = len(keys)
	}
	if err := s.bot.Handle(s.t.Context(), u); err != nil {
		s.t.Error(err)
	}
	for _, wake := range s.wake {
		wake <- struct{}{}
	}
	time.Sleep(time.Second)
	synctest.Wait()
	for chat, keys := range s.keys {
		s.ever = append(s.ever, keys[min(seen[chat], len(keys)):]...)
	}
}

var (
	unresolved = regexp.MustCompile(`\[[a-z]+\.[a-z_.]+\]|\[[A-Z][A-Za-z]*\]`)
	wayOn      = regexp.MustCompile(`(^|\s)/[a-z]+|\?|https://`)
	// noted says that what was asked for is done, or which number to type: that is enough.
	noted = regexp.MustCompile(`^(C’est noté|C’est déjà noté|Voici|Noted|Here is|Here are)|le numéro|the number`)
)

// fault says what is wrong with how an update was answered; "" if nothing is.
func (s *soak) fault(u *core.Update, repeated bool) string {
	if log := s.stage.log.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "panic") {
		return "something broke"
	}
	silent := repeated || u.Kind != core.Private
	switch e := u.Event.(type) {
	case core.Membership:
		silent = true
	case core.Text:
		silent = silent || e.Body == ""
	}
	if len(s.sent) == 0 && !silent && !s.closed(u) {
		return "no answer"
	}
	on := len(s.sent) == 0 || u.Kind != core.Private
	for _, m := range s.sent {
		text := m.PlainText()
		on = on || m.Menu != "" || wayOn.MatchString(text) || noted.MatchString(text)
		switch {
		case len(utf16.Encode([]rune(text))) > mostUnits:
			return "too long for a platform"
		case len(m.Buttons) > mostButtons:
			return "too many buttons"
		case unresolved.MatchString(text):
			return "a sentence that is not in the catalogue"
		case strings.TrimSpace(text) == "":
			return "an empty message"
		}
		for _, b := range m.Buttons {
			if n := len([]rune(b.Label)); n > mostLabel || n == 0 {
				return "a label that is too long, or empty"
			}
		}
	}
	if !on && s.top(u) == "" { // an open question is a way on
		return "a dead end"
	}
	return ""
}

// closed reports whether nobody can be written to in the chat of u.
func (s *soak) closed(u *core.Update) (closed bool) {
	s.tx(func(ctx context.Context, tx core.Tx) error {
		chat, err := tx.EnterChat(ctx, u.Chat, u.Kind)
		closed = err == nil && chat.Closed
		return err
	})
	return closed
}

// top names the flow and the step that are open: "signup/email"; "" if none is.
func (s *soak) top(u *core.Update) (top string) {
	s.tx(func(ctx context.Context, tx core.Tx) error {
		chat, err := tx.EnterChat(ctx, u.Chat, u.Kind)
		if err != nil {
			return err
		}
		account, err := tx.EnterAccount(ctx, *u.Sender)
		if err != nil {
			return err
		}
		talk, err := tx.Conversation(ctx, chat.ID, account.ID)
		if err != nil || len(talk.Frames) == 0 {
			return err
		}
		f := talk.Frames[len(talk.Frames)-1]
		top = f.Flow + "/" + f.Step
		return nil
	})
	return top
}

func (s *soak) tx(fn func(context.Context, core.Tx) error) {
	ctx := s.t.Context()
	if err := s.store.Tx(ctx, func(tx core.Tx) error { return fn(ctx, tx) }); err != nil {
		s.t.Fatal(err)
	}
}

// count checks that the places that are taken are those of the answers.
func (s *soak) count() {
	s.tx(func(ctx context.Context, tx core.Tx) error {
		taken := map[core.ActionID]int{}
		for _, who := range people {
			account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: who})
			if err != nil || account.Supporter == 0 {
				continue
			}
			es, err := tx.Agenda(ctx, account.Supporter, opening.AddDate(-1, 0, 0))
			if err != nil {
				return err
			}
			for _, e := range es {
				taken[e.Action.ID] += e.Rsvp.Places()
			}
		}
		for id, n := range s.places() {
			if want := s.taken[id] + taken[id]; n != want {
				s.t.Errorf("action %d: %d places are taken, those of the answers are %d", id, n, want)
			}
		}
		return nil
	})
}

// places returns how many places of each action are taken.
func (s *soak) places() map[core.ActionID]int {
	out := map[core.ActionID]int{}
	err := s.store.Read(s.t.Context(), func(r core.Reader) error {
		for id := core.ActionID(1); ; id++ {
			a, err := r.Action(s.t.Context(), id)
			if core.CodeOf(err) == core.NotFound {
				return nil
			}
			if err != nil {
				return err
			}
			if a.Capacity > 0 && a.Taken > a.Capacity {
				s.t.Errorf("action %d: %d of %d places are taken", id, a.Taken, a.Capacity)
			}
			out[id] = a.Taken
		}
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}
