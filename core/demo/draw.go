package demo

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// A maker draws what a campaign is made of.
type maker struct {
	texts texts
	now   time.Time
	draw  *rand.Rand
}

// oneOf draws one of some things.
func oneOf[T any](draw *rand.Rand, things []T) T { return things[draw.IntN(len(things))] }

// where draws a place for each action: each prefecture once, then any place, by the
// root of its population, so that not all are in Paris.
func (m *maker) where(places []core.Place) []core.Place {
	var chosen []core.Place
	total := 0.0
	for _, p := range places {
		if p.Seat && len(chosen) < actionCount {
			chosen = append(chosen, p)
		}
		total += math.Sqrt(float64(p.Population + 1))
	}
	for len(chosen) < actionCount {
		at := m.draw.Float64() * total
		pick := places[len(places)-1]
		for _, p := range places {
			if at -= math.Sqrt(float64(p.Population + 1)); at < 0 {
				pick = p
				break
			}
		}
		chosen = append(chosen, pick)
	}
	m.draw.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen
}

// action draws action number n, in or around a place. The kinds take turns.
func (m *maker) action(n int, p *core.Place) (*core.Action, error) {
	zone, err := p.Location()
	if err != nil {
		return nil, err
	}
	k := &m.texts.Kinds[n%len(m.texts.Kinds)]
	start, err := m.start(k, zone)
	if err != nil {
		return nil, err
	}
	a := &core.Action{
		Source: "demo:" + strconv.Itoa(n+1), Title: oneOf(m.draw, k.Titles), Kind: k.ID,
		StartsAt: start.UTC(), EndsAt: start.Add(time.Duration(k.Minutes) * time.Minute).UTC(), Zone: p.Zone,
		Place: oneOf(m.draw, k.Spots) + ", " + p.Name, Area: p.Area, Point: m.near(p.Point),
		Capacity: oneOf(m.draw, k.Capacities), Visibility: core.ForSupporters, State: core.Public,
		Note: oneOf(m.draw, k.Notes),
	}
	if m.draw.IntN(2) == 0 {
		a.Visibility = core.ForEveryone
	}
	if m.draw.IntN(100) < k.Online {
		a.Online, a.Place, a.Area, a.Point = true, m.texts.Room, core.World, geo.Point{}
	}
	a.Taken = m.taken(a.Capacity)
	return a, nil
}

// start draws when an action begins: at an hour of its kind, on the clocks of zone,
// on one of the days ahead.
func (m *maker) start(k *kind, zone *time.Location) (time.Time, error) {
	here := m.now.In(zone)
	offset := m.draw.IntN(ahead)
	turn := m.draw.Uint64()
	for {
		day := here.AddDate(0, 0, offset)
		hours := k.Weekday
		if d := day.Weekday(); d == time.Saturday || d == time.Sunday {
			hours = k.Weekend
		}
		clock, err := time.Parse("15:04", hours[turn%uint64(len(hours))])
		if err != nil {
			return time.Time{}, core.Wrap(core.Internal, err, "demo: read hour")
		}
		start := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
		if start.After(m.now) {
			return start, nil
		}
		offset++ // this hour has passed today
	}
}

// taken draws how many places of an action are taken: a quarter of those with a limit
// are full.
func (m *maker) taken(capacity int) int {
	if capacity == 0 {
		return m.draw.IntN(12)
	}
	if m.draw.IntN(4) == 0 {
		return capacity
	}
	return m.draw.IntN(capacity)
}

// near draws a point within 1.5 km of another.
func (m *maker) near(p geo.Point) geo.Point {
	const degree = 111.2 // km, along a meridian
	const most = 1.5     // km
	r, angle := most*math.Sqrt(m.draw.Float64())/degree, 2*math.Pi*m.draw.Float64()
	q, err := geo.NewPoint(p.Lat+r*math.Cos(angle), p.Lon+r*math.Sin(angle)/math.Cos(p.Lat*math.Pi/180))
	if err != nil {
		return p // beyond the date line
	}
	return q
}
