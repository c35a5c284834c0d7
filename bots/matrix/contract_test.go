//go:build goolm

package matrix_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/bots/botstest"
	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
	"tocsin/storage/pgtest"
)

// A world is the adapter before a real homeserver, with people who write to it in
// encrypted chats.
type world struct {
	t       *testing.T
	proxy   *matrixtest.Proxy
	bot     matrixtest.Account
	config  matrix.Config
	adapter *matrix.Adapter
	people  map[botstest.Person]*matrixtest.Human
	chats   map[botstest.Person]*matrixtest.Chat
	last    map[botstest.Person]id.EventID
}

var (
	_ botstest.World     = (*world)(nil)
	_ botstest.Presser   = (*world)(nil)
	_ botstest.Sharer    = (*world)(nil)
	_ botstest.Corrector = (*world)(nil)
	_ botstest.Restarter = (*world)(nil)
	_ botstest.Stylist   = (*world)(nil)
	_ botstest.Hanger    = (*world)(nil)
)

// newWorld opens a world whose operator has stated an exemption, so that there are
// buttons.
func newWorld(t *testing.T) botstest.World {
	return newWorldOn(t, "sqlite:"+filepath.Join(t.TempDir(), "matrix.db"))
}

func newWorldOn(t *testing.T, database string) botstest.World {
	server := matrixtest.Shared(t)
	w := &world{
		t: t, proxy: server.Proxy(t), bot: server.Register(t, "bot"),
		people: map[botstest.Person]*matrixtest.Human{}, chats: map[botstest.Person]*matrixtest.Chat{}, last: map[botstest.Person]id.EventID{},
	}
	w.human("ada")
	w.config = matrix.Config{
		Homeserver: w.proxy.URL(), User: string(w.bot.ID), Password: w.bot.Password,
		Database: database, Unlimited: true,
	}
	w.Restart()
	if _, err := w.adapter.Identify(t.Context()); err != nil { // people find its keys
		t.Fatal(err)
	}
	return w
}

func TestContract(t *testing.T) { botstest.Run(t, newWorld) }

func TestContractOnPostgreSQL(t *testing.T) {
	botstest.Run(t, func(t *testing.T) botstest.World { return newWorldOn(t, pgtest.New(t)) })
}

func (w *world) Adapter() core.Adapter     { return w.adapter }
func (w *world) People() []botstest.Person { return []botstest.Person{"ada", "bruno"} }
func (w *world) Secrets() []string         { return []string{w.bot.Password, string(w.bot.ID)} }

func (w *world) Restart() { w.adapter = newAdapter(w.t, w.config) }

// newAdapter makes an adapter whose keys are always the same.
func newAdapter(t testing.TB, c matrix.Config) *matrix.Adapter {
	t.Helper()
	a, err := matrix.New(c)
	if err != nil {
		t.Fatal(err)
	}
	a.Key = bytes.Repeat([]byte{7}, 32)
	if os.Getenv("TRACE") != "" {
		a.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return a
}

// human returns a person, who comes when they are needed.
func (w *world) human(p botstest.Person) *matrixtest.Human {
	if w.people[p] == nil {
		w.people[p] = matrixtest.Shared(w.t).Human(w.t, string(p))
	}
	return w.people[p]
}

// chat returns the chat of a person, who opens it when they need it.
func (w *world) chat(p botstest.Person) *matrixtest.Chat {
	if w.chats[p] == nil {
		w.chats[p] = w.human(p).Direct(w.bot.ID)
	}
	return w.chats[p]
}

// Chat waits until the bot has come into the chat.
func (w *world) Chat(p botstest.Person) core.ChatRef {
	c := w.chat(p)
	c.Joined(w.bot.ID)
	return core.ChatRef{Bot: w.adapter.Bot(), Chat: string(c.Room)}
}

func (w *world) Write(p botstest.Person, text string) { w.last[p] = w.chat(p).Write(text) }

func (w *world) Correct(p botstest.Person, text string) { w.chat(p).Edit(w.last[p], text) }

func (w *world) Share(p botstest.Person, at geo.Point) {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	w.chat(p).Share("geo:" + number(at.Lat) + "," + number(at.Lon) + ";u=20")
}

func (w *world) HangUp() {
	for _, h := range w.people {
		h.Leave()
	}
	http.DefaultClient.CloseIdleConnections()
	w.proxy.HangUp()
}

// Press taps the bot's own reaction.
func (w *world) Press(p botstest.Person, number int) {
	all := w.chat(p).History()
	for i := len(all) - 1; i >= 0; i-- {
		if len(all[i].Reactions) > 0 {
			w.chat(p).React(all[i].ID, strconv.Itoa(number)+"\u20e3") // without the variation selector
			return
		}
	}
	w.t.Fatal("no message has reactions")
}

func (w *world) Styles() []locale.Style {
	return []locale.Style{locale.Strong, locale.Emphasis, locale.Code, locale.Link}
}

// Shown returns what the bot wrote, as a client shows it. The lines that say what the
// bot's reactions mean are its buttons.
func (w *world) Shown(p botstest.Person) []botstest.Shown {
	var out []botstest.Shown
	for _, m := range w.chat(p).History() {
		s := botstest.Shown{Text: m.Text, Edited: m.Edited, Redacted: m.Redacted}
		if m.Sealed || !m.Encrypted && !m.Redacted {
			w.t.Errorf("a message cannot be read, or is not encrypted")
		}
		if m.HTML != "" {
			s.Text, s.Styled = rendered(w.t, m.HTML)
		}
		for n := 1; len(m.Reactions[strconv.Itoa(n)+"\ufe0f\u20e3"]) > 0; n++ {
			before, line, _ := strings.Cut(s.Text, strconv.Itoa(n)+"\ufe0f\u20e3 ")
			after := ""
			line, after, _ = strings.Cut(line, "\n")
			s.Buttons = append(s.Buttons, line)
			if s.Text = before; after != "" {
				s.Text += after
			}
		}
		if s.Buttons != nil {
			s.Text = strings.TrimRight(s.Text, "\n")
		}
		switch m.Type {
		case event.MsgFile:
			name, data := w.chat(p).Download(m)
			s.File, s.Text = &botstest.File{Name: name, Bytes: data}, ""
		case event.MsgLocation:
			s.Pin = &core.Pin{Point: pointOf(m.GeoURI()), Title: m.Text}
		}
		out = append(out, s)
	}
	return out
}

func pointOf(uri string) geo.Point {
	lat, lon, _ := strings.Cut(strings.TrimPrefix(uri, "geo:"), ",")
	var p geo.Point
	p.Lat, _ = strconv.ParseFloat(lat, 64)
	p.Lon, _ = strconv.ParseFloat(lon, 64)
	return p
}

// sends are the paths of the calls by which messages go out.
var sends = []string{"/send/", "/redact/", "/upload"}

// faults are what the server does for each fault of the contract.
var faults = map[botstest.FaultKind]matrixtest.Fault{
	botstest.Unreachable: {Status: 403, Body: `{"errcode":"M_FORBIDDEN","error":"not in the room"}`},
	botstest.Unavailable: {Status: 503},
	botstest.Invalid:     {Status: 413, Body: `{"errcode":"M_TOO_LARGE","error":"too large"}`},
	botstest.Delivered:   {Cut: matrixtest.After},
	botstest.Lost:        {Cut: matrixtest.Before},
}

func (w *world) Fail(f botstest.Fault) bool {
	plan, ok := faults[f.Kind]
	if f.Kind == botstest.RateLimited {
		plan, ok = matrixtest.Limit(f.After), true
	}
	plan.Paths = sends
	if ok {
		w.proxy.Fail(plan)
	}
	return ok
}

func (w *world) Mend() { w.proxy.Heal() }

// rendered returns the text of HTML as it is shown, and its stretches that are not plain.
func rendered(t *testing.T, source string) (string, []core.Span) {
	styles := map[string]locale.Style{"strong": locale.Strong, "em": locale.Emphasis, "code": locale.Code, "a": locale.Link}
	var text strings.Builder
	var styled []core.Span
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return text.String(), styled
		case html.TextToken:
			s := string(z.Text())
			text.WriteString(s)
			if n := len(styled); n > 0 && styled[n-1].Text == "" {
				styled[n-1].Text = s
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if token.Data == "br" {
				text.WriteString("\n")
				continue
			}
			style, ok := styles[token.Data]
			if !ok {
				t.Errorf("unknown element %q", token.Data)
			}
			span := core.Span{Style: style}
			for _, a := range token.Attr {
				span.URL = a.Val
			}
			styled = append(styled, span)
		}
	}
}
