package flows_test

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
)

// What found nothing is noted once a week for each square, of somebody who agreed to the
// use of their area and asked for all there is. Nothing is noted of others.
func TestFruitlessSearchesAreNotedOfWhoAgreed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		home, lines string
		refuses     bool
		want        []string // towns
	}{
		"around them and around a town, twice": {home: "Brest", lines: "anna: /near\nanna: /near Quimper\nanna: /near\nanna: [Plus loin]\n", want: []string{"Brest", "Quimper"}},
		"of one week and the next":             {home: "Brest", lines: "anna: /near\n(7 days pass)\nanna: /near\n", want: []string{"Brest", "Brest"}},
		"at some time, of some kind, online":   {home: "Brest", lines: "anna: /near demain\nanna: /near collage\nanna: /near en ligne\n"},
		"where there is something":             {home: "Lyon", lines: "anna: /near\nanna: /near Rennes\n"},
		"where nothing is for them":            {home: "Bordeaux", lines: "anna: /near\nanna: [Pas pour moi]\nanna: /near\n"},
		"in a group":                           {home: "Brest", lines: "anna@equipe: /near Brest\n"},
		"without their consent":                {home: "Brest", lines: "anna: /near\n", refuses: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, "buttons", "fr")
				if err := s.join("anna", c.home); err != nil {
					t.Fatal(err)
				}
				if c.refuses {
					s.refuse("anna", core.ToArea)
				}
				if _, err := transcript.Play(s, c.lines); err != nil {
					t.Fatal(err)
				}
				if got := s.searched("anna"); !slices.Equal(got, s.squares(c.want)) {
					t.Errorf("%d searches are noted, want those in %v", len(got), c.want)
				}
			})
		})
	}
}

// of does something about the supporter that somebody is.
func (s *stage) of(who string, do func(ctx context.Context, tx core.Tx, p core.SupporterID) error) {
	s.t.Helper()
	ctx := s.t.Context()
	err := s.store.Tx(ctx, func(tx core.Tx) error {
		a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: who})
		if err != nil {
			return err
		}
		return do(ctx, tx, a.Supporter)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// refuse takes a consent back.
func (s *stage) refuse(who string, purpose core.Purpose) {
	s.of(who, func(ctx context.Context, tx core.Tx, p core.SupporterID) error {
		return tx.RecordConsent(ctx, &core.Consent{Supporter: p, Purpose: purpose, Version: core.ConsentVersion, Platform: core.Console, At: time.Now()})
	})
}

// searched returns the squares of the searches that are noted of somebody, sorted.
func (s *stage) searched(who string) (squares []geo.Square) {
	s.of(who, func(ctx context.Context, tx core.Tx, p core.SupporterID) error {
		found, err := tx.Searches(ctx, p)
		for _, f := range found {
			squares = append(squares, f.Square)
		}
		return err
	})
	slices.SortFunc(squares, cmp.Compare)
	return squares
}

// squares returns those of some towns, sorted.
func (s *stage) squares(towns []string) (squares []geo.Square) {
	for _, town := range towns {
		s.of("anna", func(ctx context.Context, tx core.Tx, _ core.SupporterID) error {
			places, err := tx.FindPlaces(ctx, core.PlaceText{Fold: gazetteer.Fold(town)}, 1)
			squares = append(squares, geo.CellOf(places[0].Point).Square())
			return err
		})
	}
	slices.SortFunc(squares, cmp.Compare)
	return squares
}
