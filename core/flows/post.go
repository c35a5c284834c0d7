package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A post is the card of an action in a group that follows a place near it. Nothing in it is
// about a person.

// renderPost shows an action, why the group hears of it, and the ways to answer; in place
// of what was shown before, what became of it. A group that has stopped to follow hears of
// nothing new.
func renderPost(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	if s.Chat.Kind == core.Private || len(subjects) != 1 {
		return nil, nil
	}
	a, err := s.Tx.Action(ctx, core.ActionID(subjects[0]))
	if core.CodeOf(err) == core.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	again := s.About.Of != 0
	switch {
	case !again && !a.Announceable(s.Now):
		return nil, nil
	case a.Visibility != core.ForEveryone || a.State == core.InReview:
		return s.Message("post.withdrawn", nil), nil
	case a.State == core.Cancelled:
		return s.Message("post.cancelled", locale.Args{
			"Title": locale.User(a.Title), "Moment": locale.Moment{At: a.Local(a.StartsAt), Now: s.Now},
		}), nil
	}
	why, err := whyPosted(ctx, s, a)
	if err != nil || !again && why == nil {
		return nil, err
	}
	who, err := whoComes(ctx, s, a)
	if err != nil {
		return nil, err
	}
	head := []locale.Span(nil)
	if again {
		head = s.Language.Spans("post.changed", nil)
	}
	args := cardArgs(s, a, 0)
	args["Where"] = spot(a)
	return &core.Message{
		Body: joined("\n\n", head, joined("\n", s.Language.Spans("near.card", args), who), why),
		Buttons: []core.Button{
			goingButton(s, a.ID), s.Button("near.details", "near.details", actionArg{Action: a.ID}.write()),
		},
	}, nil
}

// whyPosted names the followed place that is nearest to an action; nil if there is none
// any more.
func whyPosted(ctx context.Context, s *conversation.Scene, a *core.Action) ([]locale.Span, error) {
	all, err := s.Tx.Follows(ctx, s.Chat.ID)
	if err != nil {
		return nil, err
	}
	var nearest *core.Place
	for _, f := range all {
		p, err := s.Tx.Place(ctx, f.Place)
		if err != nil {
			return nil, err
		}
		far := geo.Distance(p.Point, a.Point)
		if far <= geo.Km(f.Radius) && (nearest == nil || far < geo.Distance(nearest.Point, a.Point)) {
			nearest = p
		}
	}
	if nearest == nil {
		return nil, nil
	}
	return s.Language.Spans("post.why", locale.Args{"Place": locale.Raw(nameOf(s, nearest))}), nil
}
