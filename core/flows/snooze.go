package flows

import (
	"context"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// The page of the kinds of action of which a person wants to hear nothing for a week.

func openSnooze(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg != "" {
		return readSnooze(ctx, t, arg)
	}
	t.Aside("settings", "snooze")
	return nil
}

func askSnooze(_ context.Context, t *conversation.Turn) error {
	t.Replace(snoozePage(t, int(atoi(t.Data("page")))))
	return nil
}

// snoozePage shows the kinds from the one at index first on, as interestsPage does.
func snoozePage(t *conversation.Turn, first int) *core.Message {
	shown, next := kindsFrom(t.Campaign.Kinds, &first)
	m := t.Message("snooze.ask", locale.Args{"Snoozed": snoozedSaid(t)})
	for _, k := range shown {
		is := core.Switch(t.Supporter.Settings.Snoozed[k.ID] >= core.DayOf(t.Now))
		m.Buttons = append(m.Buttons, ticked(t, k.In(string(t.Language.Language())), is,
			core.Do{Verb: "settings.snooze", Arg: itoa(int64(first)) + " " + turned(string(k.ID), is)}))
	}
	if len(shown) < len(t.Campaign.Kinds) {
		m.Buttons = append(m.Buttons, t.Button("interests.more", "settings.snoozes", itoa(int64(next))))
	}
	m.Buttons = append(m.Buttons, backTo(t, "limits"))
	return m
}

// kindsFrom returns the kinds of one page from an index on, and the index of the next; an
// index that is none becomes one.
func kindsFrom(kinds []core.Kind, first *int) (shown []core.Kind, next int) {
	if len(kinds) <= kindsAtOnce {
		*first = 0
		return kinds, 0
	}
	*first = min(max(*first, 0), len(kinds)-1)
	shown = kinds[*first:min(*first+kindsPerPage, len(kinds))]
	return shown, (*first + len(shown)) % len(kinds)
}

// turnSnoozes shows the kinds from an index on.
func turnSnoozes(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	if f := t.Top(); f != nil && f.Flow == "settings" && f.Step == "snooze" {
		t.Keep("page", arg)
	}
	t.Replace(snoozePage(t, int(atoi(arg))))
	return nil
}

func changeSnooze(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	first, rest, _ := strings.Cut(arg, " ")
	one, to := switchOf(rest)
	if err := snooze(ctx, t, core.KindID(one), to); err != nil {
		return err
	}
	return turnSnoozes(ctx, t, first)
}

// snooze stores that a kind is not announced for a while, or is again. What is over, or of
// a kind that is no more, goes.
func snooze(ctx context.Context, t *conversation.Turn, k core.KindID, to core.Switch) error {
	s := &t.Supporter.Settings
	for kind, until := range s.Snoozed {
		if until < core.DayOf(t.Now) || t.Campaign.Kind(kind).Name == nil {
			s.Snooze(kind, "")
		}
	}
	switch {
	case t.Campaign.Kind(k).Name == nil:
	case to == core.On:
		s.Snooze(k, core.PauseFrom(t.Now))
	default:
		s.Snooze(k, "")
	}
	return t.Tx.PutSupporter(ctx, t.Supporter)
}

func takeSnooze(ctx context.Context, t *conversation.Turn, text string) error {
	if err := readSnooze(ctx, t, text); err != nil {
		return err
	}
	t.End()
	return nil
}

// readSnooze turns round the kind that a person named.
func readSnooze(ctx context.Context, t *conversation.Turn, text string) error {
	k, ok := kindCalled(t, text)
	if !ok {
		return core.Fail(core.Invalid, "interests.unknown")
	}
	to := core.Switch(t.Supporter.Settings.Snoozed[k] < core.DayOf(t.Now))
	if err := snooze(ctx, t, k, to); err != nil {
		return err
	}
	t.Choose("snooze.stored", locale.Args{"Snoozed": snoozedSaid(t)}, backTo(t, "limits"))
	return nil
}
