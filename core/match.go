package core

import (
	"cmp"
	"slices"
	"time"

	"tocsin/core/geo"
)

// MatchDays is how far ahead people are told of actions, MatchMost of how many at once.
const (
	MatchDays = 14
	MatchMost = 3
)

// A Match is an action that a person should hear of.
type Match struct {
	Action   ActionID
	Sequence int
	StartsAt time.Time
	Distance geo.Km // 0 if online
	Score    float64
}

// A Fit is what ranks an action for a person. Whether it is theirs at all (radius, kinds,
// times, places) was decided before.
type Fit struct {
	Nearness float64       // 1 where they are, 0 at the edge of their radius
	Ahead    time.Duration // until it starts
	Lacking  float64       // the share of the people who are needed that is missing
	New      bool          // it became public since their last digest
}

// OnlineNearness is the Nearness of what has no place: that of half the radius.
const OnlineNearness = 0.5

// Score returns how well an action fits, 0 to 100: up to 40 for being near, 20 for its
// time, 25 where people are lacking, 15 for being new.
func (f Fit) Score() float64 {
	score := nearScore*f.Nearness + timeScore(f.Ahead) + lackScore*f.Lacking
	if f.New {
		score += newScore
	}
	return score
}

// What a Fit is worth.
const (
	nearScore = 40
	timeMost  = 20
	lackScore = 25
	newScore  = 15
)

// timeScore is 20 for what starts in one to four days: late enough to arrange oneself, and
// early enough to be remembered. It falls to 0 now, and at MatchDays.
func timeScore(ahead time.Duration) float64 {
	switch days := ahead.Hours() / 24; {
	case days < 0 || days > MatchDays:
		return 0
	case days < 1:
		return timeMost * days
	case days <= 4:
		return timeMost
	default:
		return timeMost * (MatchDays - days) / (MatchDays - 4)
	}
}

// Lacking returns the share of the people who are needed for a that is missing; 0 if
// nobody said how many are needed.
func (a *Action) Lacking() float64 {
	if a.Quorum <= 0 {
		return 0
	}
	return float64(max(0, a.Quorum-a.Taken)) / float64(a.Quorum)
}

// A Matcher finds the actions that people should hear of, for a million of them one after
// the other. It belongs to one goroutine.
type Matcher struct {
	places *geo.Field  // of near
	near   []candidate // the best first, but for how near they are
	online []candidate // the best first
	kinds  map[KindID]uint64
	now    time.Time
}

// A candidate is an action as the matcher looks at it: what is the same for all people is
// computed once.
type candidate struct {
	id       ActionID
	kind     uint64 // one bit
	time     uint8  // one bit
	full     bool   // no free place
	score    float64
	since    int64 // in seconds, to compare fast
	sequence int
	starts   time.Time
	name     KindID
	point    geo.Point
}

// lastKind is the bit of all kinds for which there is no bit of their own.
const lastKind = 1 << 63

// NewMatcher makes a Matcher of the actions among as that are public and start after now,
// within MatchDays. Of two that fit alike the one that starts first comes first, then
// that of the lower id.
func NewMatcher(as []Announced, now time.Time) *Matcher {
	m := &Matcher{kinds: map[KindID]uint64{}, now: now}
	for _, one := range as {
		a := one.Action
		if a.State != Public || !a.StartsAt.After(now) || a.StartsAt.After(now.AddDate(0, 0, MatchDays)) {
			continue
		}
		c := m.candidate(one)
		if a.Online {
			c.score += Fit{Nearness: OnlineNearness, Ahead: -1}.Score()
			m.online = append(m.online, c)
			continue
		}
		c.point = a.Point
		m.near = append(m.near, c)
	}
	points := make([]geo.Point, len(m.near))
	for _, cs := range [][]candidate{m.near, m.online} {
		slices.SortFunc(cs, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	}
	for i := range m.near {
		points[i] = m.near[i].point
	}
	m.places = geo.NewField(points)
	return m
}

func (m *Matcher) candidate(one Announced) candidate {
	a := one.Action
	bit, ok := m.kinds[a.Kind]
	if !ok {
		bit = 1 << min(len(m.kinds), 63)
		m.kinds[a.Kind] = bit
	}
	free, limited := a.Free()
	return candidate{
		id: a.ID, kind: bit, time: timeBit(TimesOf(a.Local(a.StartsAt))), full: limited && free == 0,
		score: Fit{Ahead: a.StartsAt.Sub(m.now), Lacking: a.Lacking()}.Score(), since: unix(one.Since),
		sequence: a.Sequence, starts: a.StartsAt, name: a.Kind,
	}
}

// unix returns t in seconds; the zero time is long ago.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// timeBit is the bit of a part of the week.
func timeBit(p Times) uint8 { return 1 << slices.Index(AllTimes[:], p) }

// A wish is what a person wants, as masks.
type wish struct {
	w     *Watcher
	kinds uint64
	times uint8
	reach geo.Km
	last  int64
	now   time.Time
}

func (m *Matcher) wish(w *Watcher) wish {
	s := &w.Settings
	out := wish{w: w, kinds: ^uint64(0), times: ^uint8(0), reach: geo.Km(w.Radius), last: unix(w.Last), now: m.now}
	if len(s.Kinds) > 0 {
		out.kinds = 0
		for _, k := range s.Kinds {
			out.kinds |= m.kinds[k]
		}
	}
	for k := range s.Snoozed {
		if !s.Wants(k, m.now) && m.kinds[k] != lastKind {
			out.kinds &^= m.kinds[k]
		}
	}
	if len(s.Times) > 0 {
		out.times = 0
		for _, p := range s.Times {
			if i := slices.Index(AllTimes[:], p); i >= 0 {
				out.times |= 1 << i
			}
		}
	}
	return out
}

// Best appends to best the actions that w should hear of, MatchMost at most, the most
// fitting first. Whether they may be written to is not asked here.
func (m *Matcher) Best(best []Match, w *Watcher) []Match {
	return m.Within(best, w, w.Radius)
}

// Within is Best for a radius that is not the person's own.
func (m *Matcher) Within(best []Match, w *Watcher, r Radius) []Match {
	wish, begin := m.wish(w), len(best)
	wish.reach = geo.Km(r)
	if wish.kinds == 0 {
		return best
	}
	m.places.Each(w.Cell, wish.reach, func(h geo.Hit) bool {
		c := &m.near[h.Index]
		if len(best) == begin+MatchMost && c.score+nearScore+newScore < best[len(best)-1].Score {
			return false // the others are worse, however near they are
		}
		if c.suits(&wish) {
			best = wish.add(best, begin, c, h.Distance)
		}
		return true
	})
	for i := range m.online {
		c := &m.online[i]
		if len(best) == begin+MatchMost && c.score+newScore < best[len(best)-1].Score {
			break // the others are worse
		}
		if c.suits(&wish) {
			best = wish.add(best, begin, c, -1)
		}
	}
	return best
}

// suits reports whether a person may want c, so far as masks tell.
func (c *candidate) suits(w *wish) bool {
	return c.kind&w.kinds != 0 && c.time&w.times != 0 && !(c.full && w.w.Settings.Free)
}

// add puts c into its place among those from begin on, if it is one of the best and not
// known. A negative distance is none.
func (w *wish) add(best []Match, begin int, c *candidate, d geo.Km) []Match {
	score := c.score
	if d >= 0 {
		score += nearScore * float64(1-d/max(w.reach, 1e-9))
	}
	if c.since > w.last {
		score += newScore
	}
	full := len(best) == begin+MatchMost
	if full && score < best[len(best)-1].Score {
		return best
	}
	one := Match{Action: c.id, Sequence: c.sequence, StartsAt: c.starts, Distance: max(d, 0), Score: score}
	if full && !better(&one, &best[len(best)-1]) || w.knows(c) {
		return best
	}
	if !full {
		best = append(best, one)
	}
	i := len(best) - 1
	for ; i > begin && better(&one, &best[i-1]); i-- {
		best[i] = best[i-1]
	}
	best[i] = one
	return best
}

func better(a, b *Match) bool {
	switch {
	case a.Score != b.Score:
		return a.Score > b.Score
	case !a.StartsAt.Equal(b.StartsAt):
		return a.StartsAt.Before(b.StartsAt)
	}
	return a.Action < b.Action
}

// knows reports whether the person answered, or was told of c as it stands; or, of a kind
// that has no bit of its own, whether they do not want it.
func (w *wish) knows(c *candidate) bool {
	if c.kind == lastKind && !w.w.Settings.Wants(c.name, w.now) {
		return true
	}
	if slices.Contains(w.w.Answered, c.id) {
		return true
	}
	for _, t := range w.w.Told {
		if t.Action == c.id {
			return t.Sequence >= c.sequence
		}
	}
	return false
}
