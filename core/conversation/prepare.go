package conversation

import (
	"context"
	"fmt"
	"time"

	"tocsin/core"
)

// Prepare implements core.Preparer. A rendering that panics is an Internal error.
func (b *Bot) Prepare(ctx context.Context, tx core.Tx, o *core.Outgoing, now time.Time) (d core.Delivery, _ core.State, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = core.Wrap(core.Internal, fmt.Errorf("panic (%T)", p), "conversation: prepare")
		}
	}()
	facts, err := core.FactsOf(ctx, tx, o, b.Campaign, now)
	if core.CodeOf(err) == core.NotFound || err == nil && !core.Open(o, facts, now) {
		return d, core.Unsent, nil
	}
	if err != nil {
		return d, "", err
	}
	if due := core.NotBefore(o, facts, now); due.After(now) {
		return core.Delivery{Key: o.Key, Due: due}, core.Queued, nil
	}
	s := &Scene{
		Tx: tx, Now: now, Chat: facts.Chat, Supporter: facts.Supporter,
		Campaign: b.Campaign, Can: b.Can(facts.Chat.Ref.Bot),
	}
	if may, err := core.Afford(ctx, tx, o, facts, b.Campaign, now); err != nil || !may {
		return d, core.Unsent, err
	}
	content, err := b.render(ctx, s, o)
	if err != nil {
		return d, "", err
	}
	if content == nil {
		return d, core.Unsent, core.Refund(ctx, tx, o, facts, now)
	}
	return core.Delivery{
		Key: o.Key, To: facts.Chat.Ref, Kind: facts.Chat.Kind, Lane: o.Lane, Content: content,
	}, core.Queued, nil
}

// render returns what the adapter is given, or nil if there is nothing to say any
// more.
func (b *Bot) render(ctx context.Context, s *Scene, o *core.Outgoing) (core.Content, error) {
	switch c := o.Content.(type) {
	case *core.Message:
		return filled(ctx, s.Tx, c)
	case *core.Copy:
		return b.renderCopy(ctx, s, o, c)
	case *core.Edit:
		return b.renderEdit(ctx, s, c)
	case *core.Redact:
		parts, err := s.Tx.Receipt(ctx, c.Of)
		if core.CodeOf(err) == core.NotFound || err == nil && !s.Can.Redacts {
			return nil, nil
		}
		return &core.Redact{Of: c.Of, Parts: parts}, err
	case *core.Reference:
		return b.renderReference(ctx, s, o, c)
	}
	return nil, core.Wrap(core.Internal, fmt.Errorf("content %T", o.Content), "conversation: render")
}

// filled returns m with the bytes of its file, unless it was rendered with them. A file
// that the retention took is left out: the words are worth more than nothing.
func filled(ctx context.Context, tx core.Tx, m *core.Message) (core.Content, error) {
	if m.File == nil || m.File.Data != nil {
		return m, nil
	}
	out, file := *m, *m.File
	data, err := tx.Blob(ctx, file.Blob)
	switch core.CodeOf(err) {
	case "":
		file.Data = data
		out.File = &file
	case core.NotFound:
		out.File = nil
	default:
		return nil, err
	}
	return &out, nil
}

// renderEdit finds what the platform took. Where it cannot edit, or does not have
// the message any more, the new text is sent as a message of its own.
func (b *Bot) renderEdit(ctx context.Context, s *Scene, e *core.Edit) (core.Content, error) {
	parts, err := s.Tx.Receipt(ctx, e.Of)
	switch {
	case err != nil && core.CodeOf(err) != core.NotFound:
		return nil, err
	case err != nil, !s.Can.Edits:
		return filled(ctx, s.Tx, e.Message)
	}
	return &core.Edit{Of: e.Of, Message: e.Message, Parts: parts}, nil
}

// renderReference makes the message of a reference, in the language of the person
// it goes to, and stores its menu.
func (b *Bot) renderReference(ctx context.Context, s *Scene, o *core.Outgoing, r *core.Reference) (core.Content, error) {
	if s.Supporter == nil && r.Supporter != 0 {
		p, err := s.Tx.Supporter(ctx, r.Supporter)
		if err != nil && core.CodeOf(err) != core.NotFound {
			return nil, err
		}
		s.Supporter = p
	}
	talk, err := s.Tx.Conversation(ctx, o.Chat, o.Account)
	if err != nil {
		return nil, err
	}
	language := talk.Language
	if s.Supporter != nil {
		language = s.Supporter.Language
	}
	s.Language = b.Locale.Printer(b.Locale.Match(language, r.Language, b.Campaign.Language))
	s.wish(talk.Plain)
	s.About = r
	for _, f := range b.Flows {
		rendering := f.References[r.Kind]
		if rendering == nil {
			continue
		}
		m, err := rendering(ctx, s, r.Subjects)
		if err != nil || m == nil {
			return nil, err
		}
		content, err := b.offered(ctx, s, o, m)
		if shown, ok := content.(*core.Message); ok && err == nil && r.Of != 0 {
			return b.renderEdit(ctx, s, &core.Edit{Of: r.Of, Message: shown})
		}
		return content, err
	}
	return nil, core.Wrap(core.Internal, fmt.Errorf("no flow renders %q", r.Kind), "conversation: render")
}

// offered stores the menu of a message that is rendered when it is sent. It becomes
// what the person may type; while a question is open, that stays so too, and the numbers
// count on from it: "1" never answers what came in between.
func (b *Bot) offered(ctx context.Context, s *Scene, o *core.Outgoing, m *core.Message) (core.Content, error) {
	c, err := s.Tx.Conversation(ctx, o.Chat, o.Account)
	if err != nil {
		return nil, err
	}
	kept, before, err := asked(ctx, s.Tx, c)
	if err != nil {
		return nil, err
	}
	shaped, menu := s.shape(m, before)
	if menu == nil {
		return filled(ctx, s.Tx, shaped)
	}
	menu.Chat, menu.Account, menu.Message = o.Chat, o.Account, o.ID
	if err := s.Tx.PutMenu(ctx, menu); err != nil {
		return nil, err
	}
	c.Menus = append(kept, menu.Token)
	if err := s.Tx.PutConversation(ctx, c); err != nil {
		return nil, err
	}
	return filled(ctx, s.Tx, shaped)
}

// asked returns the menus of the open question, and how many buttons they have.
func asked(ctx context.Context, r core.ConversationStore, c *core.Conversation) ([]core.MenuToken, int, error) {
	const most = 3 // those of the question come first; what came in between is left out
	if len(c.Frames) == 0 {
		return nil, 0, nil
	}
	var kept []core.MenuToken
	buttons := 0
	for _, token := range c.Menus[:min(len(c.Menus), most)] {
		m, err := r.Menu(ctx, token)
		switch core.CodeOf(err) {
		case "":
			kept, buttons = append(kept, token), buttons+len(m.Buttons)
		case core.NotFound:
		default:
			return nil, 0, err
		}
	}
	return kept, buttons, nil
}

// RunTask implements core.TaskRunner.
func (b *Bot) RunTask(ctx context.Context, task *core.Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = core.Wrap(core.Internal, fmt.Errorf("panic (%T)", p), "conversation: run task")
		}
	}()
	for _, f := range b.Flows {
		if run := f.Tasks[task.Name]; run != nil {
			return run(ctx, b, task.Payload)
		}
	}
	return core.Wrap(core.Internal, fmt.Errorf("no flow does %q", task.Name), "conversation: run task")
}
