package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/ringsaturn/tzf"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/intake"
)

type placesImport struct {
	File string `arg:"" help:"A file of GeoNames, unpacked: FR.txt of /dump or of /zip; - for standard input."`
	Bad  string `placeholder:"FILE" help:"Where bad rows are listed (usually FILE.bad)."`
}

// Run adds the places of a file to the gazetteer; those it has are brought up to date.
func (c *placesImport) Run(ctx context.Context, p *program) error {
	file, err := p.open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	bad, err := badRowsOf(file, c.Bad)
	if err != nil {
		return err
	}
	return p.work(ctx, func(o *opened) error {
		rows, done := p.watched(file, "places")
		defer done()
		s := places{store: o.store, language: o.config.Campaign.Language, bad: bad}
		if err := firstOf(ctx, s.read(ctx, rows), bad.close()); err != nil {
			return err
		}
		done()
		_, err := fmt.Fprintf(p.stdout, "%s: %d new, %d known, %v.\n", counted(s.n+bad.n, "place"), s.added, s.n-s.added, bad)
		return err
	})
}

// places is a file on its way into the gazetteer.
type places struct {
	store    core.Store
	language string // of the names of countries
	bad      *badRows
	n        int // good rows
	added    int // that were new
}

// placesBatch is how many places are stored in one transaction.
const placesBatch = 5_000

func (s *places) read(ctx context.Context, r io.Reader) error {
	var batch []core.Place
	for row, err := range (intake.PlaceReader{Zones: new(zoneFinder)}).Places(r) {
		if err = s.bad.take(err); err != nil {
			return err
		}
		if row.Source == "" {
			continue
		}
		if batch = append(batch, row); len(batch) < placesBatch {
			continue
		}
		if err := s.put(ctx, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return s.put(ctx, batch)
}

// put stores places, with an area for each country that lies outside of France.
func (s *places) put(ctx context.Context, batch []core.Place) error {
	var abroad []core.Area
	seen := map[core.AreaID]bool{}
	for _, p := range batch {
		if country := core.AreaID(p.Country); p.Area == country && !seen[country] {
			seen[country] = true
			abroad = append(abroad, core.Area{ID: country, Kind: core.Country, Name: countryName(p.Country, s.language)})
		}
	}
	added := 0
	err := commit(ctx, s.store.Tx, func(tx core.Tx) (err error) {
		if err := tx.PutAreas(ctx, abroad); err != nil {
			return err
		}
		added, err = tx.PutPlaces(ctx, named(batch))
		return err
	})
	if err == nil {
		s.n, s.added = s.n+len(batch), s.added+added
	}
	return err
}

// countryName returns the name of a country in a language, or its code.
func countryName(code, lang string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if names := display.Regions(language.Make(lang)); names != nil {
		if name := names.Name(region); name != "" {
			return name
		}
	}
	return code
}

// A zoneFinder finds time zones on a map of the world. The map takes 160 MB and the
// better part of a second to load, so that is left until a row needs it.
type zoneFinder struct {
	load sync.Once
	find tzf.F
}

// ZoneOf implements intake.Zones. It knows no zone if the map cannot be read.
func (z *zoneFinder) ZoneOf(p geo.Point) string {
	z.load.Do(func() {
		if f, err := tzf.NewDefaultFinder(); err == nil {
			z.find = f
		}
	})
	if z.find == nil {
		return ""
	}
	return z.find.GetTimezoneName(p.Lon, p.Lat)
}
