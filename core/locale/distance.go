package locale

import "math"

// Km is a whole number of kilometres, such as a radius: "25 km".
type Km int

func (v Km) spans(p *Printer) []Span { return p.Spans("distance.km", Args{"Km": Count(v)}) }

// Distance is how far away something is, in km. It is said in bands, because it is
// measured from an area of about 1 km² and not from a person: "à moins de 1 km",
// then to the km up to 10, to 5 km up to 50, to 10 km beyond.
type Distance float64

func (v Distance) spans(p *Printer) []Span {
	if !(v > 1) { // also what is no number
		return p.Spans("distance.below", Args{"Km": Km(1)})
	}
	return p.Spans("distance.about", Args{"Km": v.band()})
}

// band returns v rounded to the band it is in; half of the world is the most.
func (v Distance) band() Km {
	const halfOfTheWorld = 20_040
	step := 1.0
	switch {
	case v > 50:
		step = 10
	case v > 10:
		step = 5
	}
	return Km(math.Round(min(float64(v), halfOfTheWorld)/step) * step)
}
