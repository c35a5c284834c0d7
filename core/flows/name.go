package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// The page of the name: it is changed by writing another, and removed by a button.

func openName(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg != "" {
		return rename(ctx, t, arg)
	}
	t.Aside("settings", "name")
	return nil
}

func askNewName(_ context.Context, t *conversation.Turn) error {
	m := t.Message("settings.name_missing", nil)
	if name := t.Supporter.Name; name != "" {
		m = t.Message("settings.name_ask", locale.Args{"Name": locale.User(name)})
		m.Buttons = append(m.Buttons, t.Button("settings.name_remove", "settings.nameless"))
	}
	m.Buttons = append(m.Buttons, backTo(t, ""))
	t.Replace(m)
	return nil
}

func takeNewName(ctx context.Context, t *conversation.Turn, text string) error {
	if err := rename(ctx, t, text); err != nil {
		return err
	}
	t.End()
	return nil
}

func rename(ctx context.Context, t *conversation.Turn, text string) error {
	name, err := core.CleanName(text)
	if core.KeyOf(err) == "name.form" {
		return core.Fail(core.Invalid, "settings.name_form") // here nothing can be skipped
	}
	if err != nil {
		return err
	}
	t.Supporter.Name = name
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Choose("settings.name_stored", locale.Args{"Name": locale.User(name)}, backTo(t, ""))
	return nil
}

func removeName(ctx context.Context, t *conversation.Turn, _ string) error {
	leaveSettings(t)
	if t.Supporter == nil {
		return showSettings(ctx, t)
	}
	t.Supporter.Name = ""
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	m := t.Message("settings.name_removed", nil)
	m.Buttons = []core.Button{backTo(t, "")}
	t.Replace(m)
	return nil
}
