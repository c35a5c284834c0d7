package botstest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"tocsin/bots/botstest"
	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A platform is a chat network in memory that has everything the contract knows of.
type platform struct {
	t      *testing.T
	broken sabotage
	bot    core.BotID
	token  string

	mu       sync.Mutex
	changed  chan struct{} // closed and made anew when something is delivered
	incoming []*incoming
	count    int
	shown    map[string][]*message
	taken    map[core.SendKey]core.Receipt
	fault    *botstest.Fault
	revoked  bool
	adapter  *adapter
}

// An incoming is something that a person did, until the adapter confirms it.
type incoming struct {
	id    int
	chat  string
	event core.Event
	held  bool // given to the adapter, not yet answered
	done  bool
}

// A message is what the bot sent, as it is shown.
type message struct {
	botstest.Shown
	id   core.ReceiptID
	menu core.MenuToken
}

const maxText = 1000

func open(t *testing.T, broken sabotage) *platform {
	p := &platform{
		t: t, broken: broken, bot: "model:bot", token: "4711:secret-token", changed: make(chan struct{}),
		shown: map[string][]*message{}, taken: map[core.SendKey]core.Receipt{},
	}
	p.Restart()
	return p
}

var (
	_ botstest.World     = (*platform)(nil)
	_ botstest.Presser   = (*platform)(nil)
	_ botstest.Sharer    = (*platform)(nil)
	_ botstest.Corrector = (*platform)(nil)
	_ botstest.Repeater  = (*platform)(nil)
	_ botstest.Restarter = (*platform)(nil)
	_ botstest.Revoker   = (*platform)(nil)
	_ botstest.Stylist   = (*platform)(nil)
	_ botstest.Hanger    = (*platform)(nil)
	_ botstest.Patient   = (*platform)(nil)
)

func (p *platform) Adapter() core.Adapter     { return p.adapter }
func (p *platform) People() []botstest.Person { return []botstest.Person{"ada", "bruno"} }
func (p *platform) Secrets() []string         { return []string{p.token} }
func (p *platform) Restart()                  { p.adapter = &adapter{platform: p} }
func (p *platform) HangUp()                   {}

// Patience is short where something is expected to fail.
func (p *platform) Patience() time.Duration {
	if p.broken != "" {
		return 300 * time.Millisecond
	}
	return 10 * time.Second
}

func (p *platform) Styles() []locale.Style {
	return []locale.Style{locale.Strong, locale.Emphasis, locale.Code, locale.Link}
}

func (p *platform) Chat(person botstest.Person) core.ChatRef {
	return core.ChatRef{Bot: p.bot, Chat: "chat of " + string(person)}
}

// happen delivers an event from a chat.
func (p *platform) happen(person botstest.Person, e core.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	p.incoming = append(p.incoming, &incoming{id: p.count, chat: p.Chat(person).Chat, event: e})
	p.wake()
}

// wake tells who waits that something has changed. It is called with mu held.
func (p *platform) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *platform) Write(person botstest.Person, text string) {
	p.happen(person, core.Text{Body: text})
}

func (p *platform) Correct(person botstest.Person, text string) {
	p.happen(person, core.Text{Body: text, Edited: true})
}

func (p *platform) Share(person botstest.Person, at geo.Point) {
	p.happen(person, core.Position{Point: at})
}

func (p *platform) Press(person botstest.Person, number int) {
	if menu := p.menu(p.Chat(person).Chat, number); menu != "" {
		p.happen(person, core.Press{Token: fmt.Sprintf("%s.%d", menu, number)})
		return
	}
	p.t.Errorf("no message has a button %d", number)
}

// menu returns the token of the last message of a chat that has a button so numbered.
func (p *platform) menu(chat string, number int) core.MenuToken {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.shown[chat]) {
		if len(m.Buttons) >= number {
			return m.menu
		}
	}
	return ""
}

func (p *platform) Repeat(person botstest.Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := *p.incoming[len(p.incoming)-1]
	again.done, again.held = false, false
	p.incoming = append(p.incoming, &again)
	p.wake()
}

func (p *platform) Revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked = true
	p.wake()
}

func (p *platform) Fail(f botstest.Fault) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = &f
	return true
}

func (p *platform) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = nil
}

func (p *platform) Shown(person botstest.Person) []botstest.Shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []botstest.Shown
	for _, m := range p.shown[p.Chat(person).Chat] {
		out = append(out, m.Shown)
	}
	return out
}

// find returns the message of a chat that has the name id, or nil.
func (p *platform) find(chat string, id core.ReceiptID) *message {
	for _, m := range p.shown[chat] {
		if m.id == id {
			return m
		}
	}
	return nil
}

// split cuts spans into messages of at most maxText UTF-16 units, between words.
func split(body []core.Span) [][]core.Span {
	parts := [][]core.Span{nil}
	used := 0
	for _, s := range body {
		for _, word := range strings.SplitAfter(s.Text, " ") {
			units := len(utf16.Encode([]rune(word)))
			if used += units; used > maxText {
				parts, used = append(parts, nil), units
			}
			last := &parts[len(parts)-1]
			if n := len(*last); n > 0 && (*last)[n-1].Style == s.Style {
				(*last)[n-1].Text += word
			} else if word != "" {
				*last = append(*last, core.Span{Text: word, Style: s.Style, URL: s.URL})
			}
		}
	}
	return slices.DeleteFunc(parts, func(part []core.Span) bool { return len(part) == 0 })
}
