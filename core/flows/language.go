package flows

import (
	"context"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// language changes the language, in every state; what was open goes on in the new
// one.
func language() *conversation.Flow {
	return &conversation.Flow{
		Name:     "language",
		Commands: []conversation.Command{{Name: "language", Do: openLanguage, Bare: true, Banned: true}},
		Steps: map[string]conversation.Step{
			"pick": {Ask: askLanguage, Choice: takeLanguage},
		},
	}
}

func openLanguage(ctx context.Context, t *conversation.Turn, arg string) error {
	for _, l := range t.Languages() {
		if strings.EqualFold(arg, string(l)) || arg != "" && strings.EqualFold(arg, t.NameOf(l)) {
			return speak(ctx, t, l)
		}
	}
	t.Aside("language", "pick")
	return nil
}

// showLanguages is the page of the language among the settings, and leads back there.
func showLanguages(ctx context.Context, t *conversation.Turn, arg string) error {
	if err := openLanguage(ctx, t, arg); err != nil {
		return err
	}
	if f := t.Top(); f != nil && f.Flow == "language" {
		t.Keep("back", "settings")
	}
	return nil
}

func askLanguage(_ context.Context, t *conversation.Turn) error {
	m := t.Message("language.ask", nil)
	for _, l := range t.Languages() {
		m.Buttons = append(m.Buttons, core.Button{Label: t.NameOf(l), Do: core.Do{Verb: "speak", Arg: string(l)}})
	}
	if t.Data("back") != "" {
		m.Buttons = append(m.Buttons, backTo(t, ""))
	}
	t.Replace(m)
	return nil
}

func takeLanguage(ctx context.Context, t *conversation.Turn, do core.Do) error {
	settings := t.Data("back") != ""
	t.End()
	if err := speak(ctx, t, locale.Language(do.Arg)); err != nil {
		return err
	}
	if settings {
		return showSettings(ctx, t)
	}
	return nil
}

func speak(ctx context.Context, t *conversation.Turn, l locale.Language) error {
	t.Speak(l)
	if t.Supporter != nil {
		if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
			return err
		}
	}
	t.Say("language.changed", nil)
	if t.Top() != nil {
		t.Ask()
	}
	return nil
}
