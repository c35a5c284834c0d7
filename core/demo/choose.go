package demo

import (
	"context"
	"slices"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// wantsAlert reports whether a person has agreed to hear of actions.
func wantsAlert(ctx context.Context, r core.Reader, s *core.Supporter) (bool, error) {
	if s.State != core.Active || s.Stopped || s.Often == core.Never {
		return false, nil
	}
	return r.Consented(ctx, s.ID, core.ToMessages)
}

// A search for the action of the alert begins with what the person chose, and ends
// with the whole earth: half its circumference.
var widening = []geo.Km{100, 500, 2500, 20100}

// choose returns the action that a person is told of: the first within their radius
// that has a place left and that they have not answered, else the nearest such; online
// for a person who has not said where they are. It returns nil if there is none.
func choose(ctx context.Context, r core.Reader, s *core.Supporter) (*core.Action, error) {
	now, err := r.Now(ctx)
	if err != nil {
		return nil, err
	}
	q := core.NearQuery{From: now.Add(time.Hour), To: now.AddDate(0, 0, ahead+1), Limit: actionCount}
	if s.Cell == 0 {
		found, err := fitting(ctx, r, s, q)
		if err != nil || len(found) == 0 {
			return nil, err
		}
		return found[0].Action, nil
	}
	q.Center = s.Cell.Center()
	for i, radius := range append([]geo.Km{geo.Km(s.Radius)}, widening...) {
		q.Radius = radius
		found, err := fitting(ctx, r, s, q)
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(n core.Near) bool { return n.Action.Online })
		switch {
		case len(found) == 0:
		case i == 0:
			return found[0].Action, nil
		default:
			return nearest(found), nil
		}
	}
	return nil, nil
}

// fitting returns what q finds that has a place left and that s has not answered.
func fitting(ctx context.Context, r core.Reader, s *core.Supporter, q core.NearQuery) ([]core.Near, error) {
	found, err := r.NearActions(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []core.Near
	for _, n := range found {
		if free, limited := n.Action.Free(); limited && free == 0 {
			continue
		}
		switch _, err := r.Rsvp(ctx, n.Action.ID, s.ID); core.CodeOf(err) {
		case "":
		case core.NotFound:
			out = append(out, n)
		default:
			return nil, err
		}
	}
	return out, nil
}

// nearest returns the action with the shortest way.
func nearest(found []core.Near) *core.Action {
	return slices.MinFunc(found, func(a, b core.Near) int {
		switch {
		case a.Distance < b.Distance:
			return -1
		case a.Distance > b.Distance:
			return 1
		}
		return 0
	}).Action
}
