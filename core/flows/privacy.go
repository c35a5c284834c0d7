package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// privacy says what is held, why, for how long, who sees it, and what cannot be
// promised; in every state, also to who was banned.
func privacy() *conversation.Flow {
	return &conversation.Flow{
		Name: "privacy",
		Commands: []conversation.Command{
			{Name: "privacy", Do: showPrivacy, Place: conversation.Everywhere, Bare: true, Banned: true},
		},
	}
}

func showPrivacy(_ context.Context, t *conversation.Turn, _ string) error {
	t.Say("privacy.held", nil)
	t.Say("privacy.terms", nil)
	m := t.Message("privacy.limits", locale.Args{"URL": locale.Raw(t.Campaign.PrivacyURL)})
	if t.Top() == nil && t.Chat.Kind == core.Private { // else its number would be one of the open question's
		m.Buttons = []core.Button{t.Button("mydata.button", "mydata.send")}
	}
	t.Show(m)
	if t.Top() != nil {
		t.Ask()
	}
	return nil
}
