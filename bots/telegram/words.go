package telegram

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/core"
)

// words reads a text: a command, or words. In a group only what is said to us counts:
// a command, an answer to what we said, our name.
func (a *Adapter) words(u *core.Update, m *tgbotapi.Message) core.Event {
	in := core.ReceiptID(strconv.Itoa(m.MessageID))
	if name, arg, ok := command(m); ok {
		name, to, addressed := strings.Cut(name, "@")
		known := a.name() != "" || u.Kind != core.Private // else nobody but us reads it
		if addressed && known && !strings.EqualFold(to, a.name()) {
			return nil
		}
		return core.Command{Name: strings.ToLower(name), Arg: strings.TrimSpace(arg)}
	}
	if u.Kind == core.Private {
		if m := marked.FindStringSubmatch(m.Text); m != nil {
			return core.Command{Name: strings.ToLower(m[1]), Arg: strings.TrimSpace(m[2])}
		}
		return core.Text{Body: m.Text, In: in}
	}
	body, named := a.unnamed(m)
	answers := m.ReplyToMessage != nil && m.ReplyToMessage.From != nil &&
		strconv.FormatInt(m.ReplyToMessage.From.ID, 10) == a.config.id()
	if !answers && !named {
		return nil
	}
	return core.Text{Body: body, In: in}
}

// unnamed returns the text without the bot's name, and reports whether it is named in it:
// "@tocsin_bot, help", "help, @Tocsin_bot".
func (a *Adapter) unnamed(m *tgbotapi.Message) (string, bool) {
	text := utf16.Encode([]rune(m.Text))
	for _, e := range m.Entities {
		end := e.Offset + e.Length
		if e.Type != "mention" || e.Offset < 0 || e.Length < 2 || end > len(text) {
			continue
		}
		if name := string(utf16.Decode(text[e.Offset+1 : end])); a.name() != "" && strings.EqualFold(name, a.name()) {
			rest := string(utf16.Decode(text[:e.Offset])) + string(utf16.Decode(text[end:]))
			return strings.Trim(rest, " \n,:;"), true
		}
	}
	return strings.TrimSpace(m.Text), false
}

// marked is a command as it is written in a Matrix room; people who know it from there
// write it here too.
var marked = regexp.MustCompile(`(?s)^!(\pL[\pL\pN_-]*)(?:\s+(.*))?$`)

// slashed is a command as people write it. The server marks only ASCII letters, digits and
// _ as one: of "/mes-données" it marks "/mes", and of "/réglages" nothing.
var slashed = regexp.MustCompile(`(?s)^/([\pL\pM\pN_-]+(?:@\w+)?)(?:\s+(.*))?$`)

// command parts a message that begins with a command, which may be marked. The length of the
// mark is in UTF-16 units.
func command(m *tgbotapi.Message) (name, arg string, ok bool) {
	if f := slashed.FindStringSubmatch(m.Text); f != nil {
		return f[1], f[2], true
	}
	if len(m.Entities) == 0 || m.Entities[0].Type != "bot_command" || m.Entities[0].Offset != 0 {
		return "", "", false
	}
	text := utf16.Encode([]rune(m.Text))
	n := m.Entities[0].Length
	if n < 2 || n > len(text) {
		return "", "", false
	}
	return string(utf16.Decode(text[1:n])), string(utf16.Decode(text[n:])), true
}
