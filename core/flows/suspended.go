package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// suspended says why a person is suspended, and what to do about it.
func suspended(s *conversation.Scene) *core.Message {
	m := s.Message("suspended.why", locale.Args{"URL": locale.Raw(s.Campaign.SponsorURL)})
	m.Buttons = []core.Button{s.Button("suspended.again", "suspended.prove")}
	return m
}

// tellSuspended tells who is suspended as soon as they are.
func tellSuspended(_ context.Context, s *conversation.Scene, _ []int64) (*core.Message, error) {
	if s.Supporter == nil || s.Supporter.State != core.Suspended {
		return nil, nil
	}
	return suspended(s), nil
}

// proveAgain asks who is suspended for the address of their new sponsorship.
func proveAgain(ctx context.Context, t *conversation.Turn, _ string) error {
	if t.Supporter == nil || t.Supporter.State != core.Suspended {
		return start(ctx, t, "")
	}
	t.Open("signup", "email")
	return nil
}
