package flows

import (
	"context"
	"strconv"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

func askRadius(_ context.Context, t *conversation.Turn) error {
	var buttons []core.Button
	for _, r := range core.Radii {
		buttons = append(buttons, core.Button{
			Label: t.Language.Text("radius.km", locale.Args{"N": locale.Count(int(r))}),
			Do:    core.Do{Verb: "km", Arg: itoa(int64(r))},
		})
	}
	t.Choose("radius.ask", nil, buttons...)
	return nil
}

func (p placer) takeRadiusChoice(ctx context.Context, t *conversation.Turn, do core.Do) error {
	return p.setRadius(ctx, t, core.Radius(atoi(do.Arg)))
}

func (p placer) takeRadiusText(ctx context.Context, t *conversation.Turn, text string) error {
	r, _, ok := core.ParseRadius(text)
	if !ok {
		return core.Fail(core.Invalid, "radius.invalid")
	}
	return p.setRadius(ctx, t, r)
}

func (p placer) setRadius(ctx context.Context, t *conversation.Turn, r core.Radius) error {
	t.Supporter.Radius = r
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	if t.Top().Flow != "where" || t.Supporter.Cell == 0 { // else it is shown with the place
		t.Say("radius.stored", locale.Args{"N": locale.Count(int(r))})
	}
	return p.done(ctx, t)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// atoi reads a number that we wrote; what is none is 0, which names nothing.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
