package core

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"tocsin/core/geo"
)

// An Audience says who a broadcast goes to: whom each filter of With holds, and none of
// Without. Whoever did not agree to messages, is banned, or said /stop is in none. The
// zero Audience is everybody.
type Audience struct {
	With    []Filter `json:"w,omitempty"`
	Without []Filter `json:"o,omitempty"`
}

// A Filter holds some people. Of a list any one suffices. Only the fields of its kind
// are set.
type Filter struct {
	Kind      FilterKind `json:"k"`
	Areas     []AreaID   `json:"a,omitempty"` // InAreas; of ToAction and InTeams, where these are
	Center    geo.Point  `json:"c,omitzero"`  // Around: of a public place
	Radius    Radius     `json:"r,omitempty"` // Around: whose cell's centre is not further away
	Teams     []TeamID   `json:"t,omitempty"` // InTeams
	Action    ActionID   `json:"x,omitempty"` // ToAction
	Answer    Attendance `json:"s,omitempty"` // ToAction
	Languages []string   `json:"l,omitempty"` // Speaks
	Platforms []Platform `json:"p,omitempty"` // UsesPlatform
	Kinds     []KindID   `json:"i,omitempty"` // Likes: kinds of action that interest them
	Days      int        `json:"d,omitempty"` // Inactive: who said nothing for so many days
}

// FilterKind names what a Filter looks at.
type FilterKind string

const (
	InAreas      FilterKind = "areas"
	Around       FilterKind = "around"
	InTeams      FilterKind = "teams"
	ToAction     FilterKind = "action"
	Speaks       FilterKind = "language"
	UsesPlatform FilterKind = "platform"
	Likes        FilterKind = "interest"
	Inactive     FilterKind = "inactive"
)

// Attendance is how somebody stands to an action.
type Attendance string

const (
	Comes      Attendance = "comes"  // said so; it is not over
	Came       Attendance = "came"   // said so, and it is over
	Unanswered Attendance = "silent" // gave no answer
)

// The bounds of an Audience.
const (
	MaxFilters   = 20
	MaxListed    = 200 // entries of one filter
	MaxInactive  = 3650
	MaxBroadcast = 500 // km around a place
)

// Canonical returns a in the one form in which equal audiences are equal: lists sorted,
// each entry once. It fails with Invalid, with a key, if a filter is none.
func (a Audience) Canonical() (Audience, error) {
	if len(a.With)+len(a.Without) > MaxFilters {
		return Audience{}, Fail(Invalid, "audience.long")
	}
	var out Audience
	var err error
	if out.With, err = canonical(a.With); err != nil {
		return Audience{}, err
	}
	out.Without, err = canonical(a.Without)
	return out, err
}

func canonical(fs []Filter) ([]Filter, error) {
	out := make([]Filter, 0, len(fs))
	for _, f := range fs {
		c, err := f.canonical()
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Filter) int { return cmp.Compare(a.text(), b.text()) })
	out = slices.CompactFunc(out, func(a, b Filter) bool { return a.text() == b.text() })
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// text is f as JSON; there is nothing in it that cannot be written so.
func (f *Filter) text() string {
	b, _ := json.Marshal(f)
	return string(b)
}

func (f Filter) canonical() (Filter, error) {
	out := Filter{Kind: f.Kind}
	listed, ok := 1, true
	switch f.Kind {
	case InAreas:
		out.Areas = sorted(f.Areas)
		listed, ok = len(out.Areas), !slices.Contains(out.Areas, World)
	case Around:
		out.Center, out.Radius = f.Center, f.Radius
		ok = f.Center.Valid() && f.Radius > 0 && f.Radius <= MaxBroadcast
	case InTeams:
		out.Teams, out.Areas = sorted(f.Teams), sorted(f.Areas)
		listed = len(out.Teams)
	case ToAction:
		out.Action, out.Answer, out.Areas = f.Action, f.Answer, sorted(f.Areas)
		ok = f.Action > 0 && (f.Answer == Comes || f.Answer == Came || f.Answer == Unanswered)
	case Speaks:
		out.Languages = sorted(f.Languages)
		listed, ok = len(out.Languages), !slices.Contains(out.Languages, "")
	case UsesPlatform:
		out.Platforms = sorted(f.Platforms)
		listed, ok = len(out.Platforms), !slices.Contains(out.Platforms, "")
	case Likes:
		out.Kinds = sorted(f.Kinds)
		listed, ok = len(out.Kinds), !slices.Contains(out.Kinds, "")
	case Inactive:
		out.Days = f.Days
		ok = f.Days > 0 && f.Days <= MaxInactive
	default:
		ok = false
	}
	if !ok || listed == 0 || listed > MaxListed {
		return Filter{}, Fail(Invalid, "audience.filter")
	}
	return out, nil
}

// sorted returns a copy in order, each entry once; nil if there is none.
func sorted[T cmp.Ordered](list []T) []T { return slices.Compact(slices.Sorted(slices.Values(list))) }

// Hash names a canonical Audience.
func (a Audience) Hash() [sha256.Size]byte {
	b, _ := json.Marshal(a)
	return sha256.Sum256(b)
}

// Within reports whether all of a canonical Audience surely lies in an area: one of the
// filters that everybody passes is of areas in it, or of a team or an action there.
func (a Audience) Within(area AreaID) bool {
	if area == World {
		return true
	}
	return slices.ContainsFunc(a.With, func(f Filter) bool {
		switch {
		case len(f.Areas) == 0:
			return false
		case f.Kind == ToAction && f.Answer == Unanswered: // everywhere else, too
			return false
		}
		return !slices.ContainsFunc(f.Areas, func(in AreaID) bool { return !area.Holds(in) })
	})
}

// Careful reports whether a needs to look at each person by itself: at a distance, or at
// what is sealed. All else the store asks in one go.
func (a Audience) Careful() bool {
	careful := func(f Filter) bool { return f.Kind == Around || f.Kind == Likes }
	return slices.ContainsFunc(a.With, careful) || slices.ContainsFunc(a.Without, careful)
}

// Holds reports whether a person passes the filters that Careful speaks of.
func (a Audience) Holds(cell Cell, s *Settings) bool {
	for _, f := range a.With {
		if !f.holds(cell, s, true) {
			return false
		}
	}
	return !slices.ContainsFunc(a.Without, func(f Filter) bool { return f.holds(cell, s, false) })
}

// holds answers other for the kinds of filters that the store asks.
func (f *Filter) holds(cell Cell, s *Settings, other bool) bool {
	switch f.Kind {
	case Around:
		return cell != 0 && geo.Distance(cell.Center(), f.Center) <= geo.Km(f.Radius)
	case Likes:
		return slices.ContainsFunc(f.Kinds, s.Likes)
	}
	return other
}

// A Prospect is what is asked about an audience: who of it is written to when.
type Prospect struct {
	Audience Audience
	Start    Start
	Campaign *Campaign // whose budget and silences hold
	Now      time.Time
}

// A Slice counts people of an audience who have the same in common. Of those who are
// Skipped nothing is sent.
type Slice struct {
	Platform  Platform
	Language  string
	Zone      string
	Skipped   Reason // "": nobody is
	Waiting   bool   // for the end of quiet hours
	Contacted bool   // was written to unasked in the last seven days
	People    int
}

// People adds up the people of slices that match; nil matches all.
func People(slices []Slice, match func(*Slice) bool) (n int) {
	for i := range slices {
		if match == nil || match(&slices[i]) {
			n += slices[i].People
		}
	}
	return n
}

// A SavedAudience is an audience with a name, of the one who keeps it.
type SavedAudience struct {
	ID       AudienceID
	Owner    SupporterID
	Name     string
	Audience Audience
}

// AudienceID names a SavedAudience.
type AudienceID int64

// AudienceReader counts people and finds saved audiences.
type AudienceReader interface {
	// CountAudience counts who would get a broadcast, by the query that freezes it. It
	// fails with Invalid for a filter that the store cannot ask yet.
	CountAudience(ctx context.Context, p Prospect) ([]Slice, error)

	// Audiences returns those that a person keeps, in the order of their ids.
	Audiences(ctx context.Context, owner SupporterID) ([]SavedAudience, error)
}

// AudienceStore keeps saved audiences, sealed.
type AudienceStore interface {
	AudienceReader

	// PutAudience stores a: with the ID 0 a new one, whose ID it sets.
	PutAudience(ctx context.Context, a *SavedAudience) error

	// DropAudience fails with NotFound if the owner has none of that ID.
	DropAudience(ctx context.Context, owner SupporterID, id AudienceID) error
}
