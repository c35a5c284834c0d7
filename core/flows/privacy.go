package flows

import (
	"context"

	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// privacy says what is held, why, for how long, who sees it, and what cannot be
// promised; in every state.
func privacy() *conversation.Flow {
	return &conversation.Flow{
		Name: "privacy",
		Commands: []conversation.Command{
			{Name: "privacy", Do: showPrivacy, Place: conversation.Everywhere, Bare: true},
		},
	}
}

func showPrivacy(_ context.Context, t *conversation.Turn, _ string) error {
	t.Say("privacy.held", nil)
	t.Say("privacy.limits", locale.Args{"URL": locale.Raw(t.Campaign.PrivacyURL)})
	if t.Top() != nil {
		t.Ask()
	}
	return nil
}
