package flows_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// phones are the people of a transcript on Telegram: our adapter, by long polling, in front
// of our own Bot API server. What is shown there is read back from the server. This is all
// that is made alike; what else differs is a fault:
//
//	in a group, apps put the bot's name behind a command       "/near Lyon" is sent as "/near@tocsin_bot Lyon"
//	in a group, "@bot" is an answer to what the bot said last  its name alone would not reach it
//	a link is beneath its words                                "words (address)"
//	a place and a file are messages of their own, below        they are lines of the text that they come with
//	a message of several, or with a place, cannot be edited    taken back and sent anew: "bot edits"
//	the offer to share a position is a key of the keyboard     it is left out, as in all transcripts; its words are checked
//	a choice beside that offer is a key, which writes          the stage types it everywhere
//	the bot says where it is                                   "on Telegram" is "in a terminal" in the files
//	a chat takes about one message a second                    there is no limit, since answers show the time of day
type phones struct {
	*telegram.Adapter
	pace   telegramtest.Limits // zero: none
	stage  *stage
	server *telegramtest.Server
	people map[string]*telegramtest.User
	groups map[string]*telegramtest.Group
	names  map[int64]string // of the chats
	wrote  map[string]telegramtest.Message
	taps   []telegramtest.Tap
	writes chan struct{} // somebody does
	read   int           // of what the bot said
}

var _ platform = (*phones)(nil)

// openTelegram starts a stage on Telegram, where no more is taken than pace allows.
func openTelegram(t *testing.T, lang string, pace telegramtest.Limits) (*stage, *phones) {
	t.Helper()
	p := &phones{
		pace: pace, writes: make(chan struct{}, 1),
		server: telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, InMemory: true, Limits: pace}),
		people: map[string]*telegramtest.User{}, groups: map[string]*telegramtest.Group{},
		names: map[int64]string{}, wrote: map[string]telegramtest.Message{},
	}
	var err error
	p.Adapter, err = telegram.New(telegram.Config{Token: p.server.Bot().Token, API: "http://localhost", Dialer: p.server.Dial})
	if err != nil {
		t.Fatal(err)
	}
	s := openOn(t, lang, func(s *stage) platform {
		p.stage, p.Adapter.Log = s, s.bot.Log
		return p
	})
	synctest.Wait() // it knows its name
	return s, p
}

// Capabilities implements core.Adapter.
func (p *phones) Capabilities() core.Capabilities {
	can := p.Adapter.Capabilities()
	if p.pace == (telegramtest.Limits{}) {
		can.Limits = core.Limits{}
	}
	return can
}

// listening is how long the adapter is there after somebody wrote. Where weeks pass it is
// stopped, and started again with the next word: it would only poll, 1,728 times a day.
const listening = 10 * time.Minute

// Run implements core.Adapter.
func (p *phones) Run(ctx context.Context, q core.Queue) error {
	for {
		until, stop := context.WithTimeout(ctx, listening)
		err := p.Adapter.Run(until, q)
		stop()
		if err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.writes:
		}
	}
}

// person returns somebody in their private chat.
func (p *phones) person(who string) *telegramtest.User {
	if p.people[who] == nil {
		p.people[who] = p.server.User(who, p.stage.lang)
		p.names[p.people[who].ID] = who
	}
	return p.people[who]
}

// group returns a group that has had the bot for long.
func (p *phones) group(name string) *telegramtest.Group {
	if p.groups[name] == nil {
		p.groups[name] = p.server.Supergroup(name)
		p.groups[name].Met(p.server.Bot())
		p.names[p.groups[name].ID] = name
	}
	return p.groups[name]
}

// home implements platform.
func (p *phones) home(who string) (core.ChatRef, core.AccountRef) {
	u := p.person(who)
	u.Met()
	id := strconv.FormatInt(u.ID, 10)
	return core.ChatRef{Bot: p.Bot(), Chat: id}, core.AccountRef{Bot: p.Bot(), ID: id}
}

// act implements platform.
func (p *phones) act(l transcript.Line) error {
	err := p.do(l)
	select {
	case p.writes <- struct{}{}:
	default: // it will be there
	}
	synctest.Wait()
	for _, tap := range p.taps {
		if n := len(tap.Answers()); n != 1 {
			p.stage.t.Errorf("%s: the press is acknowledged %d times", l.Text, n)
		}
	}
	p.taps = nil
	if n := p.server.Bot().Pending(); n > 0 && err == nil {
		err = fmt.Errorf("%d updates are not confirmed", n)
	}
	return err
}

func (p *phones) do(l transcript.Line) error {
	switch l.Verb {
	case transcript.Gives:
		p.stand(l)
		return nil
	case transcript.Moves:
		p.migrate(l)
		return nil
	case transcript.Runs:
		p.group(l.Chat).MakeAdmin(p.person(l.Who))
		return nil
	}
	u, at := p.inside(l), l.Who+"@"+l.Chat
	switch l.Verb {
	case transcript.Says:
		p.wrote[at] = p.write(u, l)
		return nil
	case transcript.Press:
		return p.press(u, l.Text)
	case transcript.Edits:
		u.Edit(p.wrote[at], l.Text)
		return nil
	case transcript.Shares:
		share(u, l.Lat, l.Lon)
		return nil
	case transcript.Sends:
		return send(u, core.MediaKind(l.Text))
	}
	return fmt.Errorf("nobody %s on Telegram", l.Verb)
}

// write writes a text; in a group the app puts the bot's name behind a command.
func (p *phones) write(u *telegramtest.User, l transcript.Line) telegramtest.Message {
	if l.Chat == "" || !strings.HasPrefix(l.Text, "/") {
		return say(u, l.Text)
	}
	word, arg, _ := strings.Cut(l.Text, " ")
	return u.Send(strings.TrimSpace(word + "@" + p.server.Bot().Username + " " + arg))
}

// press presses the last button with a label that can be seen in the chat, or the key of
// the keyboard that is there now.
func (p *phones) press(u *telegramtest.User, label string) error {
	keyboard := u.Keyboard()
	for _, m := range slices.Backward(u.Chat()) {
		for _, b := range m.Labels() {
			if visible(b) == label {
				p.taps = append(p.taps, u.Tap(m, b))
				return nil
			}
		}
		if m.Keyboard == nil || m.Keyboard != keyboard {
			continue
		}
		for _, key := range slices.Concat(keyboard.Keys...) {
			if visible(key.Text) == label && !key.Location {
				u.Press(key.Text)
				return nil
			}
		}
	}
	return fmt.Errorf("nothing shows the button %q", label)
}

// share sends a position, by the key that asks for one if it is there.
func share(u *telegramtest.User, lat, lon float64) {
	asks := func(k telegramtest.Key) bool { return k.Location }
	if k := u.Keyboard(); k != nil && slices.ContainsFunc(slices.Concat(k.Keys...), asks) {
		u.PressLocation(lat, lon)
		return
	}
	u.ShareLocation(lat, lon)
}

func send(u *telegramtest.User, kind core.MediaKind) error {
	switch kind {
	case core.Sticker:
		u.SendSticker("👍")
	case core.Voice:
		u.SendVoice(3 * time.Second)
	case core.Video:
		u.SendVideo(3 * time.Second)
	case core.Photo:
		u.SendPhoto("")
	case core.File:
		u.SendDocument("a.txt", "text/plain", []byte("a"))
	default:
		return fmt.Errorf("nobody sends a %s", kind)
	}
	return nil
}
