package conversation

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"

	"tocsin/core"
)

// A saying is one message of a turn.
type saying struct {
	message  *core.Message
	replaces core.OutgoingID // what it is shown in place of; 0: nothing
}

// content returns what is stored of a message in the shape of the platform.
func (s saying) content(shaped *core.Message) core.Content {
	if s.replaces == 0 {
		return shaped
	}
	return &core.Edit{Of: s.replaces, Message: shaped}
}

// apart returns what was said with choices last: where they are lines, and a place or a
// file is shown below the text, they come behind it as a message of their own.
func (t *Turn) apart() []saying {
	var out []saying
	for _, s := range t.said {
		m := s.message
		if t.Can.Buttons || len(m.Buttons) == 0 || m.Pin == nil && m.File == nil {
			out = append(out, s)
			continue
		}
		shown := *m
		shown.Buttons = nil
		out = append(out, saying{message: &shown, replaces: s.replaces}, saying{message: &core.Message{Buttons: m.Buttons}})
	}
	return out
}

// offerHere puts a label on the offer to share a position, and takes one of an earlier
// turn away: some platforms keep it until they are told.
func (t *Turn) offerHere() {
	asked := t.Conversation.Asked
	for i, s := range t.said {
		m := *s.message
		switch {
		case m.AskHere:
			t.Conversation.Asked, m.Here = true, t.Language.Text("talk.here", nil)
		case asked && s.replaces == 0 && len(m.Buttons) == 0: // other messages cannot take it away
			t.Conversation.Asked, asked, m.Unask = false, false, true
		}
		t.said[i].message = &m
	}
}

// flush stores what was said in the turn, and what is to be done later.
func (t *Turn) flush(ctx context.Context) error {
	n := 0
	var menus, public []core.MenuToken
	t.offerHere()
	for _, s := range t.apart() {
		shaped, menu := t.shape(s.message, n)
		n += len(s.message.Buttons)
		o := &core.Outgoing{
			Chat: t.Chat.ID, Lane: core.Talk, Content: s.content(shaped), Due: t.Now, Again: core.TwiceOkay,
		}
		if t.Account != nil {
			o.Account = t.Account.ID
		}
		if err := t.Tx.Enqueue(ctx, o); err != nil {
			return err
		}
		if menu == nil {
			continue
		}
		menu.Chat, menu.Account, menu.Message = o.Chat, o.Account, o.ID
		if t.forAll(menu) {
			menu.Account, public = 0, append(public, menu.Token)
		}
		if err := t.Tx.PutMenu(ctx, menu); err != nil {
			return err
		}
		menus = append(menus, menu.Token)
	}
	if menus != nil {
		t.Conversation.Menus = menus
	}
	if public != nil {
		if err := t.share(ctx, public); err != nil {
			return err
		}
	}
	for _, o := range t.later {
		if err := t.Tx.Enqueue(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// shape returns m as a platform can show it and its reader wants it, and the menu of
// its buttons, nil if it has none. Where there are no buttons they become numbered
// lines, which count on from the first messages of the turn, so that a number names
// one button.
func (s *Scene) shape(m *core.Message, before int) (*core.Message, *core.Menu) {
	if s.Plain {
		m = plain(m)
	}
	if len(m.Buttons) == 0 {
		return m, nil
	}
	out := *m
	out.Menu = core.MenuToken(strings.ToLower(rand.Text()[:16]))
	menu := &core.Menu{Token: out.Menu, Buttons: m.Buttons}
	if s.Can.Buttons {
		return &out, menu
	}
	out.Body = append([]core.Span(nil), m.Body...)
	gap := "\n\n"
	if len(m.Body) == 0 {
		gap = ""
	}
	for i, b := range m.Buttons {
		out.Body = append(out.Body, core.Span{Text: gap + strconv.Itoa(before+i+1) + ". " + b.Label})
		gap = "\n"
	}
	out.Buttons = nil
	return &out, menu
}
