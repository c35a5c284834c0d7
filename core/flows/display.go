package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// displayed says how the person wants to read.
func displayed(t *conversation.Turn) locale.Value {
	if t.Plain {
		return locale.Text("display.text")
	}
	return locale.Text("display.usual")
}

// showDisplay is the page of the display. It works for everybody: who has no supporter
// yet keeps the choice in the conversation.
func showDisplay(_ context.Context, t *conversation.Turn, _ string) error {
	m := t.Message("display.ask", locale.Args{"Display": displayed(t)})
	change := t.Button("display.to_text", "settings.reading", string(conversation.TextMode))
	if t.Plain {
		change = t.Button("display.to_usual", "settings.reading", string(conversation.Usual))
	}
	m.Buttons = []core.Button{change, backTo(t, "")}
	t.Replace(m)
	return nil
}

// changeDisplay changes it at once: the answer is shown so already.
func changeDisplay(ctx context.Context, t *conversation.Turn, arg string) error {
	t.Display(conversation.Display(arg))
	if t.Supporter != nil {
		if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
			return err
		}
	}
	return showDisplay(ctx, t, "")
}
