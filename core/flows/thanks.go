package flows

import (
	"context"

	"tocsin/core/conversation"
)

// thanks answers a kind word that answers nothing.
func thanks() *conversation.Flow {
	return &conversation.Flow{
		Name:     "thanks",
		Commands: []conversation.Command{{Name: "thanks", Do: sayWelcome}},
	}
}

func sayWelcome(_ context.Context, t *conversation.Turn, _ string) error {
	t.Say("talk.thanks", nil)
	if t.Top() != nil {
		t.Ask()
	}
	return nil
}
