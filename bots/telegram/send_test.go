package telegram_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A post is an adapter that only sends, and the server that it sends to.
type post struct {
	t       testing.TB
	server  *telegramtest.Server
	adapter *telegram.Adapter
	log     *bytes.Buffer
	sends   int
}

func newPost(t testing.TB) *post {
	t.Helper()
	return postTo(t, telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real}), nil)
}

// postTo makes a post of one of a server's bots; nil is the first.
func postTo(t testing.TB, server *telegramtest.Server, b *telegramtest.Bot) *post {
	t.Helper()
	if b == nil {
		b = server.Bot()
	}
	a, err := telegram.New(telegram.Config{Token: b.Token, API: server.URL(), PollTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	p := &post{t: t, server: server, adapter: a, log: new(bytes.Buffer)}
	a.Log = slog.New(slog.NewTextHandler(p.log, nil))
	return p
}

// person returns somebody who has begun to talk to the bot.
func (p *post) person(name string) *telegramtest.User {
	u := p.server.User(name, "fr")
	u.Met()
	return u
}

// to returns a delivery to somebody.
func (p *post) to(u *telegramtest.User, c core.Content) core.Delivery {
	p.sends++
	return core.Delivery{
		Key: core.SendKey(fmt.Sprintf("key %d", p.sends)), To: core.ChatRef{Bot: p.adapter.Bot(), Chat: strconv.FormatInt(u.ID, 10)},
		Kind: core.Private, Lane: core.Talk, Content: c,
	}
}

// send sends, and returns the receipt.
func (p *post) send(d core.Delivery) core.Receipt {
	p.t.Helper()
	r, err := p.adapter.Send(p.t.Context(), d)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// words returns a message of plain text.
func words(text string) *core.Message { return &core.Message{Body: []core.Span{{Text: text}}} }

// offering returns a message with buttons.
func offering(text string, labels ...string) *core.Message {
	m := words(text)
	m.Menu = "abcdefghijklmnop"
	for _, l := range labels {
		m.Buttons = append(m.Buttons, core.Button{Label: l})
	}
	return m
}

// picture returns a message with a picture of a size.
func picture(text string, width, height int) *core.Message {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		panic(err)
	}
	m := words(text)
	m.File = &core.Attachment{Name: "poster.png", MIME: "image/png", Data: b.Bytes()}
	return m
}

// shown describes what somebody sees of the bot: "kind: text (buttons)".
func shown(u *telegramtest.User) []string {
	var out []string
	for _, m := range u.Chat() {
		s := m.Kind + ": " + m.Text
		if labels := m.Labels(); len(labels) > 0 {
			s += " [" + strings.Join(labels, "|") + "]"
		}
		out = append(out, s)
	}
	return out
}

func expectShown(t *testing.T, u *telegramtest.User, want ...string) {
	t.Helper()
	if got := shown(u); !slices.Equal(got, want) {
		t.Errorf("shown\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestAPictureHasItsTextBelowIt(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	m := picture("Samedi, place Bellecour.", 640, 480)
	m.Menu, m.Buttons = "abcdefghijklmnop", []core.Button{{Label: "J’y serai"}}
	p.send(p.to(anna, m))
	expectShown(t, anna, "photo: Samedi, place Bellecour. [J’y serai]")

	ben := p.person("Ben")
	long := strings.TrimSpace(strings.Repeat("Nous nous retrouvons. ", 60))
	m = picture(long, 640, 480)
	m.Menu, m.Buttons = "abcdefghijklmnop", []core.Button{{Label: "J’y serai"}}
	p.send(p.to(ben, m))
	expectShown(t, ben, "photo: ", "text: "+long+" [J’y serai]")
}

// A picture that the server would shrink or refuse goes as it is: as a document.
func TestAPictureThatIsNoPhotoGoesAsADocument(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	p.send(p.to(anna, picture("Une frise.", 4200, 2)))
	huge := words("En grand.")
	huge.File = &core.Attachment{Name: "poster.png", MIME: "image/png", Data: make([]byte, 10<<20+1)}
	p.send(p.to(anna, huge))
	moving := words("Elle bouge.")
	moving.File = &core.Attachment{Name: "wave.gif", MIME: "image/gif", Data: []byte("GIF89a")}
	p.send(p.to(anna, moving))
	expectShown(t, anna, "document: Une frise.", "text: En grand.", "document: ", "text: Elle bouge.", "document: ")
	if n := len(p.server.Calls("sendPhoto")); n != 1 {
		t.Errorf("%d photos were tried", n)
	}
}

func TestAFileIsUploadedOnceForAllWhoGetIt(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	uploads := func(method string) (n int) {
		for _, c := range p.server.Calls(method) {
			n += len(c.Files)
		}
		return n
	}
	calendar := words("Pour votre agenda.")
	calendar.File = &core.Attachment{Name: "action.ics", MIME: "text/calendar", Data: []byte("BEGIN:VCALENDAR\r\n")}
	var people []*telegramtest.User
	var all sync.WaitGroup
	for i := range 12 {
		u := p.person(fmt.Sprintf("Person %d", i))
		people = append(people, u)
		for _, d := range []core.Delivery{p.to(u, picture("La même pour tous.", 64, 48)), p.to(u, calendar)} {
			all.Go(func() {
				if _, err := p.adapter.Send(context.Background(), d); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	for _, u := range people {
		files := 0
		for _, m := range u.Chat() {
			if m.File != nil && len(m.File.Data) > 0 {
				files++
			}
		}
		if files != 2 {
			t.Errorf("somebody got %d files", files)
		}
	}
	if a, b := uploads("sendPhoto"), uploads("sendDocument"); a != 1 || b != 1 {
		t.Errorf("uploaded %d photos and %d documents, for 12 people each", a, b)
	}

	// Another bot knows none of the first one's names.
	second := p.server.AddBot("second_bot")
	there := p.server.User("Zoe", "fr").With(second)
	there.Met()
	other := postTo(t, p.server, second)
	other.send(other.to(there, picture("La même pour tous.", 64, 48)))
	if n := uploads("sendPhoto"); n != 2 {
		t.Errorf("two bots have uploaded %d photos", n)
	}
}

// A name that the server has forgotten is no reason not to send.
func TestAFileThatTheServerForgotIsUploadedAgain(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	m := picture("Une affiche.", 64, 48)
	p.send(p.to(anna, m))
	p.server.Plan(telegramtest.Fault{Kind: telegramtest.Refused, Method: "sendPhoto", On: 1, Code: 400, Text: "Bad Request: wrong file identifier/HTTP URL specified"})
	p.send(p.to(anna, m))
	expectShown(t, anna, "photo: Une affiche.", "photo: Une affiche.")
}

// The name and the bytes arrive, and the type that goes with the name.
func TestFilesKeepTheirNameTheirTypeAndTheirBytes(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	for name, kind := range map[string]string{"action.ics": "text/calendar", "mydata.json": "application/json"} {
		m := &core.Message{File: &core.Attachment{Name: name, MIME: kind + "; charset=utf-8", Data: []byte("of " + name)}}
		p.send(p.to(anna, m))
		f := anna.Last().File
		if f == nil || f.Name != name || f.MIME != kind || string(f.Data) != "of "+name {
			t.Errorf("%s arrived as %+v", name, f)
		}
	}
}

// The equator and the first meridian are inhabited: 0 is sent like any other number.
func TestAPlaceAtZeroIsAPlace(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	for _, at := range []geo.Point{{Lat: 0, Lon: 0}, {Lat: 51.4779, Lon: 0}, {Lat: 0, Lon: 9.45}, {Lat: -0.0000001, Lon: -179.9999999}} {
		p.send(p.to(anna, &core.Message{Pin: &core.Pin{Point: at, Title: "Ici"}}))
		if v := anna.Last().Venue; v == nil || v.Title != "Ici" || v.Location.Latitude != at.Lat || v.Location.Longitude != at.Lon {
			t.Errorf("%v arrived as %+v", at, v)
		}
	}
	p.send(p.to(anna, &core.Message{Pin: &core.Pin{}}))
	if m := anna.Last(); m.Kind != "location" || m.Location == nil {
		t.Errorf("a place without a name arrived as %+v", m)
	}
}

// What somebody waits for makes a sound, what the campaign sends does not; nothing shows
// the page behind a link, nothing is paid for, and what people get is theirs to keep.
func TestOnlyAnswersMakeASound(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	for lane, silent := range map[core.Lane]bool{core.Talk: false, core.Notice: true, core.Bulk: true} {
		d := p.to(anna, words("https://example.org/page"))
		d.Lane = lane
		p.send(d)
		if m := anna.Last(); m.Silent != silent || !m.NoPreview || m.Protected || m.Paid || m.Effect != "" {
			t.Errorf("lane %d: %+v", lane, m)
		}
	}
}

func TestOnlyWhatSaysSoIsPaidFor(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	d := p.to(anna, words("à tous"))
	d.Paid = true
	p.send(d)
	calls := p.server.Calls("sendMessage")
	if got := calls[len(calls)-1].Params["allow_paid_broadcast"]; got != "true" {
		t.Errorf("allow_paid_broadcast is %q", got)
	}
}

// The key that shares a position stands beside the choices, which are typed or skipped
// like everything else; it goes away when it is told to.
func TestTheOfferToShareAPositionLeavesTheOtherWays(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	m := offering("Où êtes-vous ?", "Passer")
	m.AskHere, m.Here = true, "Partager ma position"
	p.send(p.to(anna, m))
	k := anna.Keyboard()
	if k == nil || !k.Resized || !k.OneTime || fmt.Sprint(k.Keys) != "[[{Partager ma position true false}] [{Passer false false}]]" {
		t.Fatalf("the keyboard is %+v", k)
	}
	anna.Press("Passer")
	next := words("C’est noté.")
	next.Unask = true
	p.send(p.to(anna, next))
	if k := anna.Keyboard(); k != nil {
		t.Errorf("the keyboard stays: %+v", k)
	}

	group := p.server.Supergroup("Lyon 3e") // where nobody can be asked for a position
	group.Add(p.server.Bot())
	d := p.to(anna, m)
	d.To.Chat, d.Kind = strconv.FormatInt(group.ID, 10), core.Group
	p.send(d)
	if got := group.Chat(); len(got[len(got)-1].Labels()) != 1 {
		t.Errorf("in a group: %+v", got)
	}
}

func TestAButtonThatCarriesTooMuchIsNeverSent(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	exact, long, mute := offering("?", "Oui"), offering("?", "Oui"), offering("?", "")
	exact.Menu, long.Menu = core.MenuToken(strings.Repeat("a", 62)), core.MenuToken(strings.Repeat("a", 63))
	p.send(p.to(anna, exact))
	for _, m := range []*core.Message{long, mute} {
		for _, c := range []core.Content{m, &core.Edit{Message: m, Parts: core.Receipt{"1"}}} {
			if _, err := p.adapter.Send(t.Context(), p.to(anna, c)); core.CodeOf(err) != core.Invalid {
				t.Errorf("%T: %v", c, err)
			}
		}
	}
	if n := len(p.server.Calls("")); n != 1 {
		t.Errorf("%d calls were made", n)
	}
}

// A mistake of ours in the HTML must not silence a message. The operator hears of it.
func TestTextThatTheServerCannotReadGoesPlain(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	bold := &core.Message{Body: []core.Span{{Text: "Attention", Style: locale.Strong}, {Text: " : <3 & 4"}}}
	refuse := func(method string) {
		p.server.Heal()
		p.server.Plan(telegramtest.Fault{Kind: telegramtest.Refused, Method: method, On: 1, Code: 400, Text: `Bad Request: can't parse entities: Unsupported start tag "foo" at byte offset 0`})
	}
	refuse("sendMessage")
	r := p.send(p.to(anna, bold))
	refuse("editMessageText")
	p.send(p.to(anna, &core.Edit{Message: &core.Message{Body: append(slices.Clone(bold.Body), core.Span{Text: "!", Style: locale.Code})}, Parts: r}))
	refuse("sendPhoto")
	below := picture("", 64, 48)
	below.Body = bold.Body
	p.send(p.to(anna, below))
	expectShown(t, anna, "text: Attention : <3 & 4!", "photo: Attention : <3 & 4")
	if n := strings.Count(p.log.String(), "level=ERROR"); n != 3 {
		t.Errorf("the log has %d errors: %s", n, p.log)
	}
	if strings.Contains(p.log.String(), "Attention") {
		t.Error("the log holds what was said")
	}
}

func TestEditsEndWithWhatIsToBeSeen(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	asking := offering("Où êtes-vous ?", "Passer")
	asking.AskHere, asking.Here = true, "Partager ma position"
	for _, tt := range []struct {
		name          string
		before, after *core.Message
		meanwhile     func(*telegramtest.User)
		want          []string
	}{
		{"another text", words("un"), offering("deux", "Oui"), nil, []string{"text: deux [Oui]"}},
		{"the same text", words("un"), words("un"), nil, []string{"text: un"}},
		{"one that is gone", words("un"), words("deux"), func(u *telegramtest.User) { u.Delete(u.Last()) }, []string{"text: deux"}},
		{"one with a keyboard", asking, words("deux"), nil, []string{"text: Où êtes-vous ?", "text: deux"}},
		{"an edit to a keyboard", words("un"), asking, nil, []string{"text: Où êtes-vous ?"}},
		{"one with a picture", picture("un", 64, 48), offering("deux", "Oui"), nil, []string{"text: deux [Oui]"}},
		{"an edit to a picture", words("un"), picture("deux", 64, 48), nil, []string{"photo: deux"}},
	} {
		u := p.person(tt.name)
		r := p.send(p.to(u, tt.before))
		if tt.meanwhile != nil {
			tt.meanwhile(u)
		}
		if got := p.send(p.to(u, &core.Edit{Message: tt.after, Parts: r})); len(got) == 0 {
			t.Errorf("%s: no receipt", tt.name)
		}
		if got := shown(u); !slices.Equal(got, tt.want) {
			t.Errorf("%s: shown %q, want %q", tt.name, got, tt.want)
		}
	}
}

// The server may take a message for later: it has no id then, and cannot be edited.
func TestAMessageWithoutAnIDIsSentAnew(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	p.server.Plan(telegramtest.Fault{Kind: telegramtest.ZeroID, On: 1})
	r := p.send(p.to(anna, words("un")))
	p.send(p.to(anna, &core.Edit{Message: words("deux"), Parts: r}))
	p.send(p.to(anna, &core.Redact{Parts: r}))
	expectShown(t, anna, "text: un", "text: deux")
}
