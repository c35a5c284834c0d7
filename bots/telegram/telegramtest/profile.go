package telegramtest

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A Command is a line of the menu of commands.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// A scope is where and in which language commands are shown.
type scope struct {
	kind       string
	chat, user int64
	language   string
}

// The limits of a bot's profile, in code points.
const (
	maxName        = 64
	maxDescription = 512
	maxShort       = 120
	maxCommands    = 100
	maxCommand     = 32
	maxCommandText = 256
)

var (
	commandLetters = regexp.MustCompile(`^[a-z0-9_]+$`)
	languageCode   = regexp.MustCompile(`^([a-z]{2})?$`)
)

// language reads language_code, "" for all others.
func (c *call) language() (string, *refusal) {
	code := c.params["language_code"]
	if !languageCode.MatchString(code) {
		return "", bad("invalid language code specified")
	}
	return code, nil
}

// scope reads scope and language_code.
func (c *call) scope() (scope, *refusal) {
	language, refused := c.language()
	if refused != nil {
		return scope{}, refused
	}
	var raw struct {
		Type string `json:"type"`
		Chat any    `json:"chat_id"`
		User int64  `json:"user_id"`
	}
	there, err := c.decode("scope", &raw)
	switch {
	case err != nil:
		return scope{}, bad("can't parse BotCommandScope: Bot command scope must be an Object")
	case !there:
		raw.Type = "default"
	}
	at := scope{kind: raw.Type, language: language}
	switch raw.Type {
	case "default", "all_private_chats", "all_group_chats", "all_chat_administrators":
		return at, nil
	case "chat", "chat_administrators", "chat_member":
		ch, refused := c.named(raw.Chat)
		if refused != nil {
			return scope{}, refused
		}
		at.chat = ch.id
		if raw.Type == "chat_member" {
			at.user = raw.User
		}
		return at, nil
	}
	return scope{}, bad("can't parse BotCommandScope: unsupported type specified")
}

// named finds the chat that a field within a parameter names.
func (c *call) named(id any) (*chat, *refusal) {
	inner := *c
	inner.params = map[string]string{"chat_id": text(id)}
	return inner.find("chat_id")
}

func setMyCommands(c *call) answer {
	at, refused := c.scope()
	if refused != nil {
		return refuse(refused)
	}
	var commands []Command
	if _, err := c.decode("commands", &commands); err != nil {
		return refuse(bad("can't parse commands JSON object"))
	}
	if len(commands) > maxCommands {
		return refuse(bad("BOT_COMMANDS_TOO_MUCH"))
	}
	for i, one := range commands {
		one.Command = strings.TrimPrefix(one.Command, "/")
		commands[i] = one
		switch n := utf8.RuneCountInString(one.Description); {
		case one.Command == "":
			return refuse(bad("command must be non-empty"))
		case len(one.Command) > maxCommand:
			return refuse(bad("command length must not exceed %d", maxCommand))
		case !commandLetters.MatchString(one.Command):
			return refuse(bad("BOT_COMMAND_INVALID"))
		case n == 0:
			return refuse(bad("command description must be non-empty"))
		case n > maxCommandText:
			return refuse(bad("command description length must not exceed %d", maxCommandText))
		}
	}
	if len(commands) == 0 {
		delete(c.bot.commands, at)
	} else {
		c.bot.commands[at] = commands
	}
	return yes(true)
}

func getMyCommands(c *call) answer {
	at, refused := c.scope()
	if refused != nil {
		return refuse(refused)
	}
	return yes(append([]Command{}, c.bot.commands[at]...))
}

func deleteMyCommands(c *call) answer {
	at, refused := c.scope()
	if refused != nil {
		return refuse(refused)
	}
	delete(c.bot.commands, at)
	return yes(true)
}

// commandsFor returns the commands that somebody sees in a chat: of the narrowest
// scope that has any, in their language before all others.
func (b *Bot) commandsFor(ch *chat, p *person) []Command {
	scopes := []scope{{kind: "chat", chat: ch.id}, {kind: "all_private_chats"}, {kind: "default"}}
	if ch.kind != privateChat {
		scopes = []scope{{kind: "chat_member", chat: ch.id, user: p.id}}
		if ch.admin(p.id) {
			scopes = append(scopes, scope{kind: "chat_administrators", chat: ch.id})
		}
		scopes = append(scopes, scope{kind: "chat", chat: ch.id})
		if ch.admin(p.id) {
			scopes = append(scopes, scope{kind: "all_chat_administrators"})
		}
		scopes = append(scopes, scope{kind: "all_group_chats"}, scope{kind: "default"})
	}
	short, _, _ := strings.Cut(p.language, "-")
	for _, at := range scopes {
		for _, language := range []string{short, ""} {
			at.language = language
			if found := b.commands[at]; len(found) > 0 {
				return found
			}
		}
	}
	return nil
}

// A profileText is one of the three texts of a bot's profile.
type profileText struct {
	field string
	most  int
	of    func(*Bot) map[string]string
}

var (
	name        = profileText{"name", maxName, func(b *Bot) map[string]string { return b.names }}
	description = profileText{"description", maxDescription, func(b *Bot) map[string]string { return b.texts }}
	short       = profileText{"short_description", maxShort, func(b *Bot) map[string]string { return b.shorts }}
)

func setMyName(c *call) answer             { return c.setText(name) }
func getMyName(c *call) answer             { return c.getText(name) }
func setMyDescription(c *call) answer      { return c.setText(description) }
func getMyDescription(c *call) answer      { return c.getText(description) }
func setMyShortDescription(c *call) answer { return c.setText(short) }
func getMyShortDescription(c *call) answer { return c.getText(short) }

func (c *call) setText(p profileText) answer {
	language, refused := c.language()
	text := c.params[p.field]
	if refused == nil && utf8.RuneCountInString(text) > p.most {
		refused = bad("bot %s is too long", strings.ReplaceAll(p.field, "_", " "))
	}
	if refused != nil {
		return refuse(refused)
	}
	p.of(c.bot)[language] = text
	return yes(true)
}

// getText returns the text in a language, or else that of all others.
func (c *call) getText(p profileText) answer {
	language, refused := c.language()
	if refused != nil {
		return refuse(refused)
	}
	text := p.of(c.bot)[language]
	if text == "" {
		text = p.of(c.bot)[""]
	}
	if text == "" && p.field == "name" {
		text = c.bot.person.first
	}
	return yes(object{p.field: text})
}
