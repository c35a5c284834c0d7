package telegram

import (
	"context"
	"strconv"
	"sync"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/core"
)

// How long it is believed who runs a group, how long the question may take, and of how
// many groups the answer is kept.
const (
	staffFor  = time.Minute
	staffTime = 3 * time.Second
	staffAway = 10 * time.Second // of an answer that did not come
	mostStaff = 1000
)

// staffs remembers who runs groups.
type staffs struct {
	mu sync.Mutex
	of map[string]staff // by chat
}

// A staff is the administrators of a group, as they were at an instant.
type staff struct {
	ids map[string]bool
	at  time.Time
}

// rank says whether who speaks in a group runs it: the administrators, and who speaks in
// the group's own name. If that cannot be found out, nobody does.
func (a *Adapter) rank(ctx context.Context, u *core.Update, in *incoming) core.Rank {
	if u.Kind != core.Group {
		return core.Ordinary
	}
	if m := in.Message; m != nil && m.SenderChat != nil && m.Chat != nil && m.SenderChat.ID == m.Chat.ID {
		return core.Manager // an administrator who stays anonymous
	}
	switch u.Event.(type) {
	case core.Command, core.Press, core.Text:
	default:
		return core.Ordinary
	}
	if u.Sender != nil && a.staffOf(ctx, u.Chat.Chat)[u.Sender.ID] {
		return core.Manager
	}
	return core.Ordinary
}

// staffOf returns the administrators of a group.
func (a *Adapter) staffOf(ctx context.Context, chat string) map[string]bool {
	a.staffs.mu.Lock()
	known, ok := a.staffs.of[chat]
	a.staffs.mu.Unlock()
	if ok && time.Since(known.at) < staffFor {
		return known.ids
	}
	ctx, cancel := context.WithTimeout(ctx, staffTime)
	defer cancel()
	p := params{}
	p.text("chat_id", chat)
	var members []tgbotapi.ChatMember
	at := time.Now()
	if err := a.client.call(ctx, getChatAdmins, p, &members); err != nil {
		a.Log.Debug("telegram: who runs a group is not known", "kind", kindOf(err))
		at = at.Add(staffAway - staffFor)
	}
	ids := map[string]bool{}
	for _, m := range members {
		if m.User != nil {
			ids[strconv.FormatInt(m.User.ID, 10)] = true
		}
	}
	a.staffs.mu.Lock()
	defer a.staffs.mu.Unlock()
	if len(a.staffs.of) >= mostStaff || a.staffs.of == nil {
		a.staffs.of = map[string]staff{}
	}
	a.staffs.of[chat] = staff{ids, at}
	return ids
}
