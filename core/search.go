package core

import (
	"context"
	"time"

	"tocsin/core/geo"
)

// A Search is a search around a place that found nothing: a wish. It is kept on a
// coarse grid and by week, once for each person, so that a campaign sees where people
// wait for actions; KeptSearches says for how long.
type Search struct {
	Supporter SupporterID
	Square    geo.Square
	Week      Day // its Monday
}

// WeekOf returns the Monday of the week of t (ISO 8601), in UTC.
func WeekOf(t time.Time) Day {
	t = t.UTC()
	return DayOf(t.AddDate(0, 0, -(int(t.Weekday())+6)%7))
}

// SearchReader finds fruitless searches.
type SearchReader interface {
	// Searches returns those of a person, by week and square.
	Searches(ctx context.Context, s SupporterID) ([]Search, error)

	// CountSearchers returns how many people searched in a square in the week of since
	// or later. Nobody is told a number below eleven.
	CountSearchers(ctx context.Context, in geo.Square, since Day) (int, error)
}

// SearchStore keeps fruitless searches.
type SearchStore interface {
	SearchReader

	// NoteSearch stores s, unless it is known.
	NoteSearch(ctx context.Context, s Search) error
}
