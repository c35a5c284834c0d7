package telegram_test

import (
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"tocsin/bots/botstest"
	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A world is the adapter in front of our own Bot API server, in real time.
type world struct {
	t       *testing.T
	server  *telegramtest.Server
	adapter *telegram.Adapter
	people  map[botstest.Person]*telegramtest.User
	last    map[botstest.Person]telegramtest.Message
}

var (
	_ botstest.World     = (*world)(nil)
	_ botstest.Presser   = (*world)(nil)
	_ botstest.Sharer    = (*world)(nil)
	_ botstest.Corrector = (*world)(nil)
	_ botstest.Repeater  = (*world)(nil)
	_ botstest.Restarter = (*world)(nil)
	_ botstest.Stylist   = (*world)(nil)
)

func newWorld(t *testing.T) botstest.World {
	w := &world{
		t: t, server: telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real}),
		people: map[botstest.Person]*telegramtest.User{}, last: map[botstest.Person]telegramtest.Message{},
	}
	for _, p := range w.People() {
		w.people[p] = w.server.User(string(p), "fr")
	}
	w.Restart()
	return w
}

func TestContract(t *testing.T) { botstest.Run(t, newWorld) }

func (w *world) Adapter() core.Adapter     { return w.adapter }
func (w *world) People() []botstest.Person { return []botstest.Person{"ada", "bruno"} }
func (w *world) Secrets() []string {
	_, secret, _ := strings.Cut(w.server.Bot().Token, ":")
	return []string{secret}
}

func (w *world) Restart() {
	a, err := telegram.New(telegram.Config{Token: w.server.Bot().Token, API: w.server.URL(), PollTimeout: 5 * time.Second})
	if err != nil {
		w.t.Fatal(err)
	}
	if os.Getenv("TRACE") != "" {
		a.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	w.adapter = a
}

// Chat returns a chat that the person has begun, as the bot cannot.
func (w *world) Chat(p botstest.Person) core.ChatRef {
	u := w.people[p]
	u.Met()
	return core.ChatRef{Bot: w.adapter.Bot(), Chat: strconv.FormatInt(u.ID, 10)}
}

func (w *world) Write(p botstest.Person, text string) { w.last[p] = w.people[p].Send(text) }

func (w *world) Correct(p botstest.Person, text string) { w.people[p].Edit(w.last[p], text) }

// Repeat waits until the update is confirmed: before, it would come again by itself.
func (w *world) Repeat(p botstest.Person) {
	w.server.Bot().WaitConfirmed(w.t)
	w.server.Bot().Repeat(w.t, w.people[p].ID)
}

func (w *world) Share(p botstest.Person, at geo.Point) {
	w.people[p].ShareLocation(at.Lat, at.Lon)
}

func (w *world) Press(p botstest.Person, number int) {
	messages := w.people[p].Chat()
	for i := len(messages) - 1; i >= 0; i-- {
		if labels := messages[i].Labels(); len(labels) > 0 {
			w.people[p].Tap(messages[i], labels[number-1])
			return
		}
	}
	w.t.Fatal("no message has buttons")
}

func (w *world) Styles() []locale.Style {
	return []locale.Style{locale.Strong, locale.Emphasis, locale.Code, locale.Link}
}

// Shown returns what the bot wrote; a message that it sent in parts comes in parts.
func (w *world) Shown(p botstest.Person) []botstest.Shown {
	var out []botstest.Shown
	for _, m := range w.people[p].History() {
		if m.From != w.server.Bot().ID {
			continue
		}
		s := botstest.Shown{Text: m.Text, Buttons: m.Labels(), Edited: !m.Edited.IsZero(), Redacted: m.Deleted}
		s.Styled = styled(m)
		if m.File != nil {
			s.File = &botstest.File{Name: m.File.Name, Bytes: m.File.Data}
		}
		if m.Venue != nil {
			s.Pin = &core.Pin{Point: geo.Point{Lat: m.Venue.Location.Latitude, Lon: m.Venue.Location.Longitude}, Title: m.Venue.Title}
		}
		out = append(out, s)
	}
	return out
}

// faults are what the server does for each fault of the contract.
var faults = map[botstest.FaultKind]telegramtest.Fault{
	botstest.Unreachable: {Kind: telegramtest.Refused, Code: 403, Text: "Forbidden: bot was blocked by the user"},
	botstest.RateLimited: {Kind: telegramtest.Limited},
	botstest.Unavailable: {Kind: telegramtest.Restart},
	botstest.Delivered:   {Kind: telegramtest.ResetAfter},
	botstest.Lost:        {Kind: telegramtest.ResetBefore},
	botstest.Invalid:     {Kind: telegramtest.Refused, Code: 400, Text: "Bad Request: message is too long"},
}

func (w *world) Fail(f botstest.Fault) bool {
	plan, ok := faults[f.Kind]
	plan.After = int(f.After / time.Second)
	for _, method := range []string{"sendMessage", "sendVenue", "sendDocument", "editMessageText", "deleteMessage"} {
		plan.Method = method
		w.server.Plan(plan)
	}
	return ok
}

func (w *world) Mend() { w.server.Heal() }

// styled returns the stretches of a message that are not plain.
func styled(m telegramtest.Message) []core.Span {
	styles := map[string]locale.Style{"bold": locale.Strong, "italic": locale.Emphasis, "code": locale.Code, "text_link": locale.Link}
	text := utf16.Encode([]rune(m.Text))
	var out []core.Span
	for _, e := range m.Entities {
		if style, ok := styles[e.Type]; ok {
			out = append(out, core.Span{Text: string(utf16.Decode(text[e.Offset : e.Offset+e.Length])), Style: style, URL: e.URL})
		}
	}
	return out
}
