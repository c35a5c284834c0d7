package telegram

import (
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/core"
)

// standing reads what the bot itself has become in a chat. Who is added as an
// administrator at once is added.
func (a *Adapter) standing(u *core.Update, m *tgbotapi.ChatMemberUpdated) *core.Update {
	a.place(u, &m.Chat, nil)
	a.speak(u, &m.From, nil)
	u.At = time.Unix(int64(m.Date), 0)
	was, is := m.OldChatMember, m.NewChatMember
	switch {
	case !inside(is):
		u.Event = core.Membership{Now: core.Removed}
	case !inside(was):
		u.Event = core.Membership{Now: core.Added}
	case is.Status == "administrator" && was.Status != "administrator":
		u.Event = core.Membership{Now: core.Promoted}
	default:
		return nil
	}
	return u
}

// inside reports whether somebody is in a chat. Who is restricted may be or not.
func inside(m tgbotapi.ChatMember) bool {
	switch m.Status {
	case "left", "kicked":
		return false
	case "restricted":
		return m.IsMember
	}
	return true
}
