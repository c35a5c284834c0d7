package core

import "context"

// A SourceCount is how many people signed up from a source. Who they are is not kept.
type SourceCount struct {
	Source SourceID
	Joined int
}

// FewPeople is the smallest number of people that is told: of fewer, a number could
// lead to each.
const FewPeople = 11

// Blurred returns a number of people as it may be told: rounded down to ten, and few if
// there are fewer than FewPeople.
func Blurred(n int) (rounded int, few bool) { return n / 10 * 10, n < FewPeople }

// SourceReader counts who came from where.
type SourceReader interface {
	// Sources returns all that anybody came from, in the order of their ids.
	Sources(ctx context.Context) ([]SourceCount, error)
}

// SourceStore keeps the counts.
type SourceStore interface {
	SourceReader

	// CountSource adds one who signed up.
	CountSource(ctx context.Context, s SourceID) error
}
