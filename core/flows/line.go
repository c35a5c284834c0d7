package flows

import (
	"context"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// The page of the times at which a person hears of actions: a day and an hour by buttons,
// any others in words or as a cron line. The next dates are shown before it is kept.

const datesShown = 3

func openLine(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg != "" {
		return takeLine(ctx, t, arg)
	}
	t.Aside("settings", "line")
	return nil
}

func askLine(_ context.Context, t *conversation.Turn) error {
	s := t.Supporter
	m := t.Message("line.now", locale.Args{"Often": rhythmSaid(s)})
	if l := s.Line(); l != "" {
		dates, err := core.NextDates(t.Planner(), l, s.Zone, t.Now, datesShown)
		if err == nil {
			m.Body = joined("\n", m.Body, datesOf(t, dates))
		}
	}
	m.Body = joined("\n", m.Body, t.Language.Spans("line.ask", nil))
	m.Buttons = []core.Button{
		t.Button("line.daily", "settings.hours", "*"), t.Button("line.weekly", "settings.days"), backTo(t, "messages"),
	}
	t.Replace(m)
	return nil
}

// datesOf lists instants on the person's clock, a line each.
func datesOf(t *conversation.Turn, dates []time.Time) []locale.Span {
	lines := [][]locale.Span{t.Language.Spans("line.next", nil)}
	for _, at := range dates {
		lines = append(lines, t.Language.Spans("line.date", locale.Args{"Moment": locale.Moment{At: ownClock(t, at), Now: t.Now}}))
	}
	return joined("\n", lines...)
}

// pickDay shows the days of a week.
func pickDay(ctx context.Context, t *conversation.Turn, _ string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	m := t.Message("line.which_day", nil)
	for _, d := range weekdays {
		m.Buttons = append(m.Buttons, core.Button{
			Label: t.Language.Weekday(d), Do: core.Do{Verb: "settings.hours", Arg: daysField([]time.Weekday{d})},
		})
	}
	m.Buttons = append(m.Buttons, backTo(t, "line"))
	t.Replace(m)
	return nil
}

// hoursOffered are those that buttons name; any other may be written.
var hoursOffered = [...]int{8, 10, 12, 14, 17, 18, 20}

// pickHour shows hours for the days of arg.
func pickHour(ctx context.Context, t *conversation.Turn, days string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	m := t.Message("line.which_hour", nil)
	for _, h := range hoursOffered {
		label := t.Language.Text("line.hour", locale.Args{"Time": hourValue(h)})
		m.Buttons = append(m.Buttons, core.Button{Label: label, Do: core.Do{Verb: "settings.line", Arg: "0 " + itoa(int64(h)) + " * * " + days}})
	}
	m.Buttons = append(m.Buttons, backTo(t, "line"))
	t.Replace(m)
	return nil
}

func takeLine(_ context.Context, t *conversation.Turn, text string) error {
	l, err := readLine(t, text)
	if err != nil {
		return err
	}
	return propose(t, l)
}

// proposeLine shows what a line would mean.
func proposeLine(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	if err := t.Planner().Check(core.CronLine(arg)); err != nil {
		return err
	}
	return propose(t, core.CronLine(arg))
}

// propose says a line in words with the dates that come of it, and asks whether it is meant.
func propose(t *conversation.Turn, l core.CronLine) error {
	dates, err := core.NextDates(t.Planner(), l, t.Supporter.Zone, t.Now, datesShown)
	if err != nil {
		return err
	}
	m := t.Message("line.propose", locale.Args{"Line": lineSaid(l)})
	m.Body = joined("\n", m.Body, datesOf(t, dates))
	if q := t.Supporter.Settings.QuietHours(); q.Holds(ownClock(t, dates[0])) {
		m.Body = joined("\n", m.Body, t.Language.Spans("line.quiet", locale.Args{"Quiet": quietSaid(q), "Until": hourValue(q.Until)}))
	}
	m.Body = joined("\n", m.Body, t.Language.Spans("line.sure", nil))
	m.Buttons = []core.Button{t.Button("line.keep", "settings.keep", string(l)), t.Button("line.other", "settings.open", "line")}
	t.Replace(m)
	return nil
}

// keepLine stores a line that was shown.
func keepLine(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	l := core.CronLine(arg)
	if err := t.Planner().Check(l); err != nil {
		return err
	}
	dates, err := core.NextDates(t.Planner(), l, t.Supporter.Zone, t.Now, datesShown)
	if err != nil {
		return err
	}
	leaveSettings(t)
	t.Supporter.SetLine(core.RhythmOf(dates), l)
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	m := t.Message("line.stored", locale.Args{"Line": lineSaid(l)})
	m.Buttons = []core.Button{backTo(t, "messages")}
	t.Replace(m)
	return nil
}
