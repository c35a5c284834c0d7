package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// help says what can be done, in every state.
func help() *conversation.Flow {
	return &conversation.Flow{
		Name:     "help",
		Commands: []conversation.Command{{Name: "help", Do: showHelp, Place: conversation.Everywhere, Bare: true, Banned: true}},
	}
}

func showHelp(_ context.Context, t *conversation.Turn, _ string) error {
	key := locale.Key("help.stranger")
	switch {
	case t.Chat.Kind != "private":
		key = "help.group"
	case t.Supporter != nil && t.Supporter.State == core.Banned:
		key = "help.banned"
	case t.Active():
		key = "help.supporter"
	}
	t.Say(key, locale.Args{"Campaign": locale.Raw(t.Campaign.Name)})
	if t.Top() != nil {
		t.Ask()
	}
	return nil
}

// cancel leaves what is open, and always answers.
func cancel() *conversation.Flow {
	return &conversation.Flow{
		Name:     "cancel",
		Commands: []conversation.Command{{Name: "cancel", Do: cancelAll, Bare: true}},
	}
}

func cancelAll(_ context.Context, t *conversation.Turn, _ string) error {
	if t.Top() == nil {
		t.Say("cancel.nothing", nil)
		return nil
	}
	t.Close()
	t.Say("cancel.done", nil)
	return nil
}
