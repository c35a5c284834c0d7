package flows

import (
	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// maxButtons is how many a message has at most.
const maxButtons = 8

// reaches are the radii that "wider" goes through, in km.
var reaches = [...]core.Radius{2, 5, 10, 25, 50, 100, 250, widest}

// ways are the buttons of a page that lead to others. Each is there only if it changes
// something.
func (p *nearPage) ways(t *conversation.Turn) []core.Button {
	var ways []core.Button
	add := func(label locale.Key, s search) {
		ways = append(ways, t.Button(label, "near.more", s.write()))
	}
	if next, ok := p.next(); ok {
		add("near.more", next)
	} else if p.Skip > 0 {
		add("near.first", p.from(0))
	}
	if wider, ok := p.wider(); ok {
		add("near.wider", wider)
	}
	for _, w := range []struct {
		label locale.Key
		span  span
	}{{"near.today", spanToday}, {"near.weekend", spanWeekend}} {
		if s := p.from(0); p.changes(t, w.span) {
			s.When = w.span
			add(w.label, s)
		}
	}
	if p.filtered() && p.Center != (geo.Point{}) { // else it was online, around nowhere
		all := p.from(0)
		all.When, all.Kinds, all.Online = spanAny, nil, false
		add("near.all", all)
	}
	if p.hidden == nil {
		return ways
	}
	if most := maxButtons - 3 - 1; len(ways) > most { // those of the card, and the one that follows
		ways = append(ways[:most-1], ways[len(ways)-1]) // all of them says more than the weekend
	}
	return append(ways, p.hidden.undo(t))
}

// from returns the search of the page that begins at a card.
func (p *nearPage) from(skip int) search {
	s := p.search
	s.Skip, s.Beyond = skip, false
	return s
}

// next returns the search of the next page.
func (p *nearPage) next() (search, bool) {
	if p.nearest != nil { // what is online comes behind it
		s := p.from(0)
		s.Beyond = true
		return s, len(p.found) > 0
	}
	s := p.search
	s.Skip += p.size
	return s, len(p.found) > p.size
}

// wider returns the search within the next radius, or within that which reaches what is
// nearest.
func (p *nearPage) wider() (search, bool) {
	s := p.from(0)
	if p.nearest == nil && !p.Beyond && (len(p.found) == 0 || p.Skip == 0 && p.found[0].Action.Online) {
		return s, false // there is nothing, however far
	}
	for _, r := range reaches {
		if r > p.Radius && (p.nearest == nil || float64(p.nearest.Distance) <= float64(r)) {
			s.Radius = r
			return s, !p.Online
		}
	}
	return s, false
}

// changes reports whether another time than that of the page would show something else.
func (p *nearPage) changes(t *conversation.Turn, to span) bool {
	zone := p.zone(t.Campaign)
	from, until := p.When.window(t.Now, zone)
	otherFrom, otherUntil := to.window(t.Now, zone)
	if today, midnight := spanToday.window(t.Now, zone); to == spanWeekend && otherFrom.Equal(today) && otherUntil.Equal(midnight) {
		return false // on a Sunday, there is nothing left of it but today
	}
	if !p.whole || otherFrom.Before(from) || otherUntil.After(until) {
		return !from.Equal(otherFrom) || !until.Equal(otherUntil)
	}
	n := 0
	for _, k := range p.known {
		if at := k.Action.StartsAt; !at.Before(otherFrom) && at.Before(otherUntil) {
			n++
		}
	}
	return n > 0 && n < len(p.known)
}
