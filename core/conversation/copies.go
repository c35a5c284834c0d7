package conversation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin/core"
	"tocsin/core/locale"
)

// PrepareCopies implements core.Preparer. What is the same for many is made once: all who
// read a language share a message, and one statement counts all that is sent.
func (b *Bot) PrepareCopies(ctx context.Context, tx core.Tx, os []*core.Outgoing, now time.Time) ([]core.Prepared, error) {
	c := &copying{Bot: b, tx: tx, now: now, made: map[sameCopy]*core.Message{}, printers: map[string]*locale.Printer{}}
	out := make([]core.Prepared, len(os))
	facts := make([]core.Facts, len(os))
	for i, o := range os {
		var err error
		if facts[i], out[i], err = c.gate(ctx, o); err != nil {
			return nil, err
		}
	}
	if err := c.afford(ctx, os, facts, out); err != nil {
		return nil, err
	}
	for i, o := range os {
		if out[i].State != "" {
			continue
		}
		var err error
		if out[i], err = c.prepare(ctx, o, facts[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// A copying prepares copies in one transaction.
type copying struct {
	*Bot
	tx       core.Tx
	now      time.Time
	made     map[sameCopy]*core.Message
	printers map[string]*locale.Printer // by what a person chose
}

// A sameCopy is what copies have in common whose message is the same.
type sameCopy struct {
	of       core.BroadcastID
	language string
	kind     core.ChatKind
}

// gate asks whether o is sent now. The State is "" if so.
func (c *copying) gate(ctx context.Context, o *core.Outgoing) (core.Facts, core.Prepared, error) {
	f, err := core.FactsOf(ctx, c.tx, o, c.Campaign, c.now)
	if core.CodeOf(err) == core.NotFound {
		return f, core.Prepared{State: core.Unsent, Reason: core.ChatGone}, nil
	}
	if err != nil {
		return f, core.Prepared{}, err
	}
	if why := core.Refused(o, f, c.now); why != "" {
		return f, core.Prepared{State: core.Unsent, Reason: why}, nil
	}
	if due := core.NotBefore(o, f, c.now); due.After(c.now) {
		return f, core.Prepared{State: core.Queued, Delivery: core.Delivery{Due: due}}, nil
	}
	return f, core.Prepared{}, nil
}

// afford counts what is sent against the budgets, as core.Afford does for one.
func (c *copying) afford(ctx context.Context, os []*core.Outgoing, facts []core.Facts, out []core.Prepared) error {
	var counted []core.ContactOf
	for i, o := range os {
		if out[i].State == "" && core.Counted(o, facts[i]) {
			s := facts[i].Supporter
			one := core.ContactOf{Supporter: s.ID, Most: c.Campaign.BudgetOf(&s.Settings)}
			if slices.Contains(counted, one) { // two broadcasts at once: one of them comes later
				out[i] = core.Prepared{State: core.Queued, Delivery: core.Delivery{Due: c.now.Add(time.Second)}}
				continue
			}
			counted = append(counted, one)
		}
	}
	may, err := c.tx.CountContacts(ctx, core.DayOf(c.now), counted)
	if err != nil {
		return err
	}
	for i, o := range os {
		if out[i].State == "" && core.Counted(o, facts[i]) && !slices.Contains(may, facts[i].Supporter.ID) {
			out[i] = core.Prepared{State: core.Unsent, Reason: core.OverBudget}
		}
	}
	return nil
}

// prepare renders one copy.
func (c *copying) prepare(ctx context.Context, o *core.Outgoing, f core.Facts) (core.Prepared, error) {
	s := &Scene{
		Tx: c.tx, Now: c.now, Chat: f.Chat, Supporter: f.Supporter, Campaign: c.Campaign, Can: c.Can(f.Chat.Ref.Bot),
		Language: c.printer(f.Supporter),
	}
	s.wish(false)
	content, err := c.safely(ctx, s, o)
	switch {
	case core.CodeOf(err) == core.Internal:
		return core.Prepared{State: core.Failed, Err: err}, core.Refund(ctx, c.tx, o, f, c.now)
	case err != nil:
		return core.Prepared{}, err
	case content == nil:
		why := core.NothingNow
		if o.Content.(*core.Copy).Target != 0 {
			why = core.Unedited
		}
		return core.Prepared{State: core.Unsent, Reason: why}, core.Refund(ctx, c.tx, o, f, c.now)
	}
	return core.Prepared{State: core.Queued, Delivery: core.Delivery{
		Key: o.Key, To: f.Chat.Ref, Kind: f.Chat.Kind, Lane: o.Lane, Content: content, Paid: o.Content.(*core.Copy).Broadcast.Stars > 0,
	}}, nil
}

func (c *copying) printer(s *core.Supporter) *locale.Printer {
	language := ""
	if s != nil {
		language = s.Language
	}
	p := c.printers[language]
	if p == nil {
		p = c.Locale.Printer(c.Locale.Match(language, c.Campaign.Language))
		c.printers[language] = p
	}
	return p
}

// safely renders; a panic is an Internal error.
func (c *copying) safely(ctx context.Context, s *Scene, o *core.Outgoing) (content core.Content, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = core.Wrap(core.Internal, fmt.Errorf("panic (%T)", p), "conversation: prepare copy")
		}
	}()
	return c.content(ctx, s, o, o.Content.(*core.Copy))
}

// content returns what is sent of a copy, or nil if that is nothing any more.
func (c *copying) content(ctx context.Context, s *Scene, o *core.Outgoing, copied *core.Copy) (core.Content, error) {
	b := copied.Broadcast
	if b.Kind == core.Recall {
		return c.render(ctx, s, &core.Outgoing{Content: &core.Redact{Of: copied.Target}})
	}
	if b.Kind == core.Correct && !s.Can.Edits {
		return nil, nil
	}
	same := sameCopy{b.ID, string(s.Language.Language()), s.Chat.Kind}
	m, ok := c.made[same]
	if !ok {
		var err error
		if m, err = c.message(ctx, s, b); err != nil {
			return nil, err
		}
		c.made[same] = m
	}
	switch {
	case m == nil:
		return nil, nil
	case b.Kind == core.Correct:
		return c.render(ctx, s, &core.Outgoing{Content: &core.Edit{Of: copied.Target, Message: m}})
	case !s.Can.Buttons && len(m.Buttons) > 0: // what is typed is the person's own
		return c.offered(ctx, s, o, m)
	}
	return m, nil
}

// message makes the message of a broadcast in the language of a scene.
func (c *copying) message(ctx context.Context, s *Scene, b *core.Broadcast) (*core.Message, error) {
	for _, f := range c.Flows {
		if f.Copy == nil {
			continue
		}
		m, err := f.Copy(ctx, s, b)
		if err != nil || m == nil {
			return nil, err
		}
		if len(m.Buttons) > 0 {
			m.Menu = b.Menu
		}
		filled, err := filled(ctx, s.Tx, m)
		if err != nil {
			return nil, err
		}
		return filled.(*core.Message), nil
	}
	return nil, core.Wrap(core.Internal, errors.New("no flow renders broadcasts"), "conversation: prepare copy")
}

// renderCopy renders one copy by itself.
func (b *Bot) renderCopy(ctx context.Context, s *Scene, o *core.Outgoing, copied *core.Copy) (core.Content, error) {
	c := &copying{Bot: b, tx: s.Tx, now: s.Now, made: map[sameCopy]*core.Message{}, printers: map[string]*locale.Printer{}}
	s.Language = c.printer(s.Supporter)
	s.wish(false)
	return c.content(ctx, s, o, copied)
}
