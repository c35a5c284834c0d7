// Package demo makes up a campaign, so that the program can be tried without one: what
// it says is in demo.toml, when and where it is drawn.
package demo

import (
	_ "embed" // the texts
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/BurntSushi/toml"

	"tocsin/core"
)

// Data is a campaign that was made up.
type Data struct {
	Name       string
	SponsorURL string
	PrivacyURL string
	Actions    []*core.Action // ordered by start; public, the first ID is for the store to give
	Teams      []core.Team
	Sponsors   []core.Address // canonical; none of them can receive a letter
}

// How much of each there is.
const (
	actionCount  = 300
	sponsorCount = 120
)

// ahead is how far into the future actions are, in days.
const ahead = 14

// textFile holds the sentences of the campaign.
//
//go:embed demo.toml
var textFile string

// texts is what textFile says.
type texts struct {
	Name       string   `toml:"name"`
	SponsorURL string   `toml:"sponsor_url"`
	PrivacyURL string   `toml:"privacy_url"`
	Room       string   `toml:"room"`
	Teams      []string `toml:"teams"`
	FirstNames []string `toml:"first_names"`
	LastNames  []string `toml:"last_names"`
	Kinds      []kind   `toml:"kind"`
}

// kind is what may be said of actions of one kind.
type kind struct {
	ID         core.KindID `toml:"id"`
	Weekday    []string    `toml:"weekday"`
	Weekend    []string    `toml:"weekend"`
	Minutes    int         `toml:"minutes"`
	Capacities []int       `toml:"capacities"`
	Online     int         `toml:"online"`
	Titles     []string    `toml:"titles"`
	Spots      []string    `toml:"spots"`
	Notes      []string    `toml:"notes"`
}

// Campaign makes up a campaign whose 300 actions are in the 14 days after now, at
// places: one at least around each prefecture, if there are not too many, and the more
// the larger a place is. The same arguments give the same campaign. It fails with
// Internal if the embedded texts are broken, or Invalid if there is no place.
func Campaign(now time.Time, places []core.Place, seed uint64) (*Data, error) {
	var t texts
	if _, err := toml.Decode(textFile, &t); err != nil {
		return nil, core.Wrap(core.Internal, err, "demo: read texts")
	}
	if len(places) == 0 {
		return nil, core.Wrap(core.Invalid, fmt.Errorf("there are none"), "demo: choose places")
	}
	m := maker{texts: t, now: now, draw: rand.New(rand.NewPCG(seed, 0))}
	d := &Data{Name: t.Name, SponsorURL: t.SponsorURL, PrivacyURL: t.PrivacyURL, Sponsors: m.sponsors()}
	for i, place := range m.where(places) {
		a, err := m.action(i, &place)
		if err != nil {
			return nil, err
		}
		d.Actions = append(d.Actions, a)
	}
	slices.SortStableFunc(d.Actions, func(a, b *core.Action) int { return a.StartsAt.Compare(b.StartsAt) })
	for i, name := range t.Teams {
		d.Teams = append(d.Teams, core.Team{Name: name, Area: places[i%len(places)].Area})
	}
	return d, nil
}

// Welcome returns the addresses that a visitor is told to try.
func (d *Data) Welcome() []core.Address { return d.Sponsors[:min(3, len(d.Sponsors))] }

// sponsors returns as many different addresses, in a domain that no one can have
// (RFC 2606, 2).
func (m *maker) sponsors() []core.Address {
	var all []core.Address
	for _, first := range m.texts.FirstNames {
		for _, last := range m.texts.LastNames {
			all = append(all, core.Address(first+"."+last+"@demo.example"))
		}
	}
	m.draw.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(sponsorCount, len(all))]
}
