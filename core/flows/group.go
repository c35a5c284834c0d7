package flows

import (
	"context"

	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// group says once, in a group that the bot was added to, what it does there and what who
// runs the group need not do.
func group() *conversation.Flow {
	return &conversation.Flow{Name: "group", Added: introduce}
}

func introduce(_ context.Context, t *conversation.Turn) error {
	t.Say("group.hello", locale.Args{"Campaign": locale.Raw(t.Campaign.Name)})
	return nil
}
