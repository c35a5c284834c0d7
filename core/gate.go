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
func Open(o *Outgoing, f Facts, now time.Time) bool { return Refused(o, f, now) == "" }

// Refused says why o may not be sent at now: "" if it may.
func Refused(o *Outgoing, f Facts, now time.Time) Reason {
	switch {
	case !o.Expires.IsZero() && now.After(o.Expires):
		return TooLate
	case f.Chat == nil || f.Chat.Closed:
		return ChatGone
	case o.Lane == Talk, o.takesBack():
		return ""
	case f.Silent:
		return InSilence
	case f.Chat.Kind != Private, o.changes():
		return "" // a room follows as a room; nobody is written to by name
	}
	s := f.Supporter
	switch {
	case s == nil || s.State != Active || s.Stopped || !f.Messages:
		return NoConsent
	case o.Counts() && s.Settings.Paused(now):
		return OnBreak
	}
	return ""
}

// changes reports whether o changes what is there already, and takesBack whether it
// removes it: nobody is written to by that.
func (o *Outgoing) changes() bool {
	c, ok := o.Content.(*Copy)
	return ok && c.Broadcast.Kind != Announce
}

func (o *Outgoing) takesBack() bool {
	c, ok := o.Content.(*Copy)
	return ok && c.Broadcast.Kind == Recall
}

// NotBefore returns when o may be sent at the earliest: what we begin ourselves waits for
// the end of the person's quiet hours. It is now, or later.
func NotBefore(o *Outgoing, f Facts, now time.Time) time.Time {
	if o.Lane == Talk || o.changes() || f.Supporter == nil || f.Chat == nil || f.Chat.Kind != Private {
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
	if !Counted(o, f) {
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
	if !Counted(o, f) {
		return nil
	}
	return tx.UncountContact(ctx, f.Supporter.ID, DayOf(now))
}

// Counted reports whether Afford counts o: at the first attempt, since a later one is of
// the same message.
func Counted(o *Outgoing, f Facts) bool {
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
