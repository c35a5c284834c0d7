package core

import (
	"context"
	"time"
)

// Facts are what the gate asks about the person an Outgoing goes to, read in the
// transaction in which it was claimed.
type Facts struct {
	Chat      *Chat
	Supporter *Supporter // nil: nobody who consented
	Messages  bool       // the consent to be written to
	Silent    bool       // a silence window covers the person's area
}

// Open reports whether o may be sent at now. Answers go to whoever asked, unless
// the chat is gone or they came too late to be of use; what we begin ourselves
// needs a person who agreed and has not said stop.
func Open(o *Outgoing, f Facts, now time.Time) bool {
	if !o.Expires.IsZero() && now.After(o.Expires) {
		return false
	}
	if f.Chat == nil || f.Chat.Closed {
		return false
	}
	if o.Lane == Talk {
		return true
	}
	if f.Chat.Kind != Private {
		return !f.Silent // a room follows as a room; nobody is written to by name
	}
	s := f.Supporter
	if s == nil || o.Counts() && s.Settings.Paused(now) {
		return false
	}
	return s.State == Active && !s.Stopped && f.Messages && !f.Silent
}

// NotBefore returns when o may be sent at the earliest: what we begin ourselves waits for
// the end of the person's quiet hours. It is now, or later.
func NotBefore(o *Outgoing, f Facts, now time.Time) time.Time {
	if o.Lane == Talk || f.Supporter == nil || f.Chat == nil || f.Chat.Kind != Private {
		return now
	}
	loc, err := time.LoadLocation(f.Supporter.Zone)
	if err != nil {
		loc = time.UTC
	}
	return f.Supporter.Settings.QuietHours().End(now.In(loc))
}

// Afford counts o as one of the messages that the person of f is sent unasked, if it is
// one and was not counted before. It reports false if their budget is used up.
func Afford(ctx context.Context, tx Tx, o *Outgoing, f Facts, c *Campaign, now time.Time) (bool, error) {
	if !o.counted(f) {
		return true, nil
	}
	err := tx.CountContact(ctx, f.Supporter.ID, DayOf(now), c.BudgetOf(&f.Supporter.Settings))
	if CodeOf(err) == Conflict {
		return false, nil
	}
	return err == nil, err
}

// Refund undoes Afford for an o that is not sent after all.
func Refund(ctx context.Context, tx Tx, o *Outgoing, f Facts, now time.Time) error {
	if !o.counted(f) {
		return nil
	}
	return tx.UncountContact(ctx, f.Supporter.ID, DayOf(now))
}

// counted reports whether Afford counts o: at the first attempt, since a later one is of
// the same message.
func (o *Outgoing) counted(f Facts) bool {
	return o.Attempt <= 1 && o.Counts() && f.Supporter != nil && f.Chat.Kind == Private
}

// FactsOf reads the facts about where o goes. It fails with NotFound if the chat is
// not there any more.
func FactsOf(ctx context.Context, r Reader, o *Outgoing, c *Campaign, now time.Time) (Facts, error) {
	var f Facts
	var err error
	if f.Chat, err = r.Chat(ctx, o.Chat); err != nil {
		return f, err
	}
	if o.Lane == Talk {
		return f, nil
	}
	if f.Supporter, err = personOf(ctx, r, o); err != nil {
		return f, err
	}
	area := World
	if s := f.Supporter; s != nil {
		area = s.Area
		if f.Messages, err = r.Consented(ctx, s.ID, ToMessages); err != nil {
			return f, err
		}
	}
	f.Silent = c.Silent(area, now)
	return f, nil
}

// personOf returns who o goes to, or nil: also where the account is another person's now.
func personOf(ctx context.Context, r Reader, o *Outgoing) (*Supporter, error) {
	if o.Account == 0 {
		return nil, nil
	}
	a, err := r.Account(ctx, o.Account)
	if CodeOf(err) == NotFound {
		return nil, nil
	}
	if err != nil || a.Supporter == 0 {
		return nil, err
	}
	if r, ok := o.Content.(*Reference); ok && r.Supporter != 0 && r.Supporter != a.Supporter {
		return nil, nil // who it is about speaks from another account now
	}
	s, err := r.Supporter(ctx, a.Supporter)
	if CodeOf(err) == NotFound {
		return nil, nil
	}
	return s, err
}
