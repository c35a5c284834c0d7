package flows_test

import (
	"strings"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// inside returns who a line is of, in the chat where it happens.
func (p *phones) inside(l transcript.Line) *telegramtest.User {
	switch {
	case l.Chat == "":
		return p.person(l.Who)
	case l.Who == "nobody":
		return p.group(l.Chat).AnonymousAdmin()
	}
	return p.person(l.Who).In(p.group(l.Chat))
}

// stand gives the bot another standing in a group, which is made if there is none: a basic
// one, which may become another.
func (p *phones) stand(l transcript.Line) {
	bot := p.server.Bot()
	if p.groups[l.Chat] == nil {
		p.groups[l.Chat] = p.server.Group(l.Chat)
		p.names[p.groups[l.Chat].ID] = l.Chat
	}
	switch g := p.groups[l.Chat]; standings[l.Text] {
	case core.Added:
		g.Add(bot)
	case core.Promoted:
		g.Promote(bot)
	case core.Removed:
		g.Kick(bot)
	}
}

// migrate makes a supergroup of a group, or has that told once more.
func (p *phones) migrate(l transcript.Line) {
	if p.groups[l.Text] != nil {
		p.server.Bot().Repeat(p.stage.t, p.groups[l.Chat].ID)
		return
	}
	p.groups[l.Text] = p.groups[l.Chat].Migrate()
	p.names[p.groups[l.Text].ID] = l.Text
}

// say writes a text. What names the bot in a group is an answer to what it said last: in
// privacy mode its name alone does not reach it.
func say(u *telegramtest.User, text string) telegramtest.Message {
	if rest, ok := strings.CutPrefix(text, "@bot "); ok {
		return u.Reply(u.Last(), rest)
	}
	return u.Send(text)
}
