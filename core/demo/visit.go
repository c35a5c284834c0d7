package demo

import (
	"context"
	"slices"

	"tocsin/core"
)

// A visitor is what the store holds of who has just spoken.
type visitor struct {
	facts
	chat     core.ChatID
	account  core.AccountID
	language string // chosen; may be empty
	wants    bool   // an alert
}

// visit reads what the store holds of who has just spoken.
func visit(ctx context.Context, tx core.Tx, u *core.Update) (*visitor, error) {
	chat, err := tx.EnterChat(ctx, u.Chat, u.Kind)
	if err != nil {
		return nil, err
	}
	account, err := tx.EnterAccount(ctx, *u.Sender)
	if err != nil {
		return nil, err
	}
	talk, err := tx.Conversation(ctx, chat.ID, account.ID)
	if err != nil {
		return nil, err
	}
	v := &visitor{chat: chat.ID, account: account.ID, language: talk.Language}
	if c, ok := u.Event.(core.Command); ok {
		v.asked = c.Name
	}
	if n := len(talk.Frames); n > 0 {
		v.step = talk.Frames[n-1].Flow + "." + talk.Frames[n-1].Step
	}
	if v.offered, err = offered(ctx, tx, talk); err != nil || account.Supporter == 0 {
		return v, err
	}
	signing := slices.ContainsFunc(talk.Frames, func(f core.Frame) bool { return f.Flow == "signup" })
	return v, v.recognise(ctx, tx, account.Supporter, signing)
}

// recognise reads what is known of a supporter.
func (v *visitor) recognise(ctx context.Context, tx core.Tx, id core.SupporterID, signing bool) error {
	s, err := tx.Supporter(ctx, id)
	if err != nil {
		return err
	}
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	agenda, err := tx.Agenda(ctx, id, now)
	if err != nil {
		return err
	}
	v.language, v.going = s.Language, len(agenda) > 0
	if v.member = s.State == core.Active && !signing; v.member {
		v.wants, err = wantsAlert(ctx, tx, s)
	}
	return err
}

// offered returns what the buttons do that were offered last.
func offered(ctx context.Context, tx core.Tx, c *core.Conversation) ([]core.Verb, error) {
	var out []core.Verb
	for _, token := range c.Menus {
		m, err := tx.Menu(ctx, token)
		if core.CodeOf(err) == core.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, b := range m.Buttons {
			out = append(out, b.Do.Verb)
		}
	}
	return out, nil
}
