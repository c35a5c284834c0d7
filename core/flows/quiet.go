package flows

import (
	"context"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// The page of the quiet hours: the usual ones and none by a button, others in words.

// quietSaid says quiet hours: "de 21 h à 8 h".
func quietSaid(q core.Quiet) locale.Value {
	if q.From == q.Until {
		return locale.Text("quiet.none")
	}
	return locale.Phrase{Key: "quiet.span", Args: locale.Args{"From": hourValue(q.From), "Until": hourValue(q.Until)}}
}

// hourValue is a whole hour of any day.
func hourValue(h int) locale.Value {
	return locale.Time{At: time.Date(2000, 1, 1, h, 0, 0, 0, time.UTC)}
}

func openQuiet(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg != "" {
		return readQuiet(ctx, t, arg)
	}
	t.Aside("settings", "quiet")
	return nil
}

func askQuiet(_ context.Context, t *conversation.Turn) error {
	q := t.Supporter.Settings.QuietHours()
	m := t.Message("quiet.ask", locale.Args{
		"Quiet": quietSaid(q), "Zone": locale.Raw(t.Supporter.Zone), "Time": locale.Time{At: ownClock(t, t.Now)},
	})
	usual := t.Language.Text("quiet.usual_button", locale.Args{"Quiet": quietSaid(core.UsualQuiet)})
	m.Buttons = []core.Button{
		ticked(t, usual, q == core.UsualQuiet, core.Do{Verb: "settings.quietness", Arg: usualQuiet}),
		ticked(t, t.Language.Text("quiet.none_button", nil), q.From == q.Until, core.Do{Verb: "settings.quietness", Arg: noQuiet}),
		backTo(t, "limits"),
	}
	t.Replace(m)
	return nil
}

// What the buttons of the quiet hours stand for.
const (
	usualQuiet = "usual"
	noQuiet    = "none"
)

func takeQuiet(ctx context.Context, t *conversation.Turn, text string) error {
	if err := readQuiet(ctx, t, text); err != nil {
		return err
	}
	t.End()
	return nil
}

// readQuiet stores the quiet hours that a person wrote.
func readQuiet(ctx context.Context, t *conversation.Turn, text string) error {
	q, err := core.ParseQuiet(text)
	if err != nil {
		return err
	}
	if err := keepQuiet(ctx, t, q); err != nil {
		return err
	}
	t.Choose("quiet.stored", locale.Args{"Quiet": quietSaid(q)}, backTo(t, "limits"))
	return nil
}

func changeQuiet(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	q := core.UsualQuiet
	if arg == noQuiet {
		q = core.Quiet{}
	}
	if err := keepQuiet(ctx, t, q); err != nil {
		return err
	}
	return askQuiet(ctx, t)
}

// keepQuiet stores quiet hours; the usual ones are no choice.
func keepQuiet(ctx context.Context, t *conversation.Turn, q core.Quiet) error {
	t.Supporter.Settings.Quiet = &q
	if q == core.UsualQuiet {
		t.Supporter.Settings.Quiet = nil
	}
	return t.Tx.PutSupporter(ctx, t.Supporter)
}
