package storagetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
)

var placeProperties = []property{
	{"Place/ComesBackWhole", placeComesBack},
	{"Place/PutAgainKeepsID", placePutAgain},
	{"Place/FoldedNamesFound", placeFolded},
	{"Place/BeginningFoundWhereNoNameIs", placeBeginning},
	{"Place/PostcodeOfSeveralFound", placePostcode},
	{"Place/NamesLikeATextAreThoseOfTheRule", placeSimilar},
	{"Place/EveryNameIsFoundThroughOneSlip", placeOneSlip},
	{"Place/NearestMatchesBruteForce", placeNearest},
	{"Place/NearestOfNoneIsNotFound", placeNearestOfNone},
	{"Place/SeatOfItsArea", placeSeat},
	{"Area/ComesBackWhole", areaComesBack},
}

// town returns a place that is not stored. Towns of one name differ in population.
func town(name string, population int) core.NamedPlace {
	return core.NamedPlace{
		Place: core.Place{
			Source: fmt.Sprintf("test:%s:%d", name, population), Name: name, Country: "FR", Area: "FR/84/42",
			Postcodes: []string{"42000", "42100"}, Point: geo.Point{Lat: 45.4397, Lon: 4.3872},
			Population: population, Zone: "Europe/Paris",
		},
		Fold: gazetteer.Fold(name),
	}
}

// putPlaces puts places and wants that many to be new.
func putPlaces(t *testing.T, s core.Store, added int, ps ...core.NamedPlace) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		n, err := tx.PutPlaces(ctx, ps)
		if n != added {
			t.Errorf("%d places are new, want %d", n, added)
		}
		return err
	})
}

// findPlaces returns what a text finds.
func findPlaces(t *testing.T, s core.Store, text core.PlaceText, limit int) (ps []core.Place) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) (err error) {
		ps, err = r.FindPlaces(ctx, text, limit)
		return err
	})
	return ps
}

// wantFound wants a text to find places of such populations, in this order.
func wantFound(t *testing.T, s core.Store, text core.PlaceText, limit int, want ...int) {
	t.Helper()
	var got []int
	for _, p := range findPlaces(t, s, text, limit) {
		got = append(got, p.Population)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v finds %v, want %v", text, got, want)
	}
}

func name(s string) core.PlaceText { return core.PlaceText{Fold: gazetteer.Fold(s)} }

func placeComesBack(t *testing.T, s core.Store) {
	with, without := town("Saint-Étienne", 172569), town("L’Haÿ-les-Roses", 31189)
	with.Seat, without.Postcodes = true, nil
	putPlaces(t, s, 0)
	putPlaces(t, s, 2, with, without)
	for _, want := range []core.NamedPlace{with, without} {
		got := findPlaces(t, s, name(want.Name), 5)
		if len(got) != 1 || got[0].ID == 0 {
			t.Fatalf("found %d places", len(got))
		}
		want.ID = got[0].ID
		if d := gocmp.Diff(want.Place, got[0]); d != "" {
			t.Errorf("place (-want +got):\n%s", d)
		}
		read(t, s, func(ctx context.Context, r core.Reader) error {
			p, err := r.Place(ctx, want.ID)
			if d := gocmp.Diff(&want.Place, p); d != "" {
				t.Errorf("place (-want +got):\n%s", d)
			}
			_, missing := r.Place(ctx, 4711)
			wantCode(t, missing, core.NotFound)
			return err
		})
	}
}

func placePutAgain(t *testing.T, s core.Store) {
	var ps []core.NamedPlace
	for i := range 1200 { // more than fit in a statement
		p := town("Ville", i+1)
		p.Postcodes = []string{fmt.Sprintf("%05d", i), "99999"}
		ps = append(ps, p)
	}
	putPlaces(t, s, len(ps), ps...)
	before := findPlaces(t, s, core.PlaceText{Postcode: "00700"}, 5)
	for i := range ps {
		ps[i].Name, ps[i].Fold, ps[i].Postcodes = "Bourg", "bourg", []string{fmt.Sprintf("%05d", i+5000)}
	}
	more := town("Hameau", 7)
	putPlaces(t, s, 1, append(ps, more, more)...)
	after := findPlaces(t, s, core.PlaceText{Postcode: "05700"}, 5)
	if len(before) != 1 || len(after) != 1 || before[0].ID != after[0].ID || after[0].Name != "Bourg" {
		t.Error("a place that was put again is another, or did not change")
	}
	wantFound(t, s, core.PlaceText{Postcode: "99999"}, 5)
	wantFound(t, s, name("Ville"), 5)
	wantFound(t, s, name("Hameau"), 5, 7)
}

func placeFolded(t *testing.T, s core.Store) {
	putPlaces(t, s, 6, town("Sainte-Étienne", 12), town("Saint-Étienne", 172569), town("L’Haÿ-les-Roses", 31189),
		town("Saint-Étienne-du-Rouvray", 28000), town("Œuilly", 600), town("東京", 14000000))
	wantFound(t, s, name("st etienne"), 5, 172569, 12)
	wantFound(t, s, name("STE. ÉTIENNE"), 5, 172569, 12)
	wantFound(t, s, name("Saint Étienne"), 1, 172569)
	wantFound(t, s, name("l'hay les roses"), 5, 31189)
	wantFound(t, s, name("oeuilly"), 5, 600)
	wantFound(t, s, name("東京"), 5, 14000000)
	wantFound(t, s, name("Étienne"), 5)
}

func placeBeginning(t *testing.T, s core.Store) {
	putPlaces(t, s, 5, town("Lyons-la-Forêt", 700), town("Lyon", 522250), town("Lyoz", 80), town("Lyonville", 900),
		town("Maubeuge", 29000))
	wantFound(t, s, name("Lyon"), 5, 522250)
	wantFound(t, s, name("Lyons"), 5, 700)
	wantFound(t, s, name("lyo"), 9, 522250, 900, 700, 80)
	wantFound(t, s, name("lyo"), 2, 522250, 900)
	wantFound(t, s, name("lyonz"), 5)
	for _, strange := range []string{"", "lyo%", "lyo_", "l*", "_", "%", "'", `\`, "?"} {
		wantFound(t, s, core.PlaceText{Fold: strange}, 5)
	}
	wantFound(t, s, name("lyo"), 0)
}

func placePostcode(t *testing.T, s core.Store) {
	one, two, three := town("Un", 300), town("Deux", 500), town("Trois", 400)
	three.Postcodes = []string{"4200", "EC1A 1BB"}
	putPlaces(t, s, 3, one, two, three)
	wantFound(t, s, core.PlaceText{Postcode: "42100"}, 5, 500, 300)
	wantFound(t, s, core.PlaceText{Postcode: "4200"}, 5, 400)
	wantFound(t, s, core.PlaceText{Postcode: "EC1A 1BB"}, 5, 400)
	wantFound(t, s, core.PlaceText{Postcode: "42"}, 5)
}

func placeNearest(t *testing.T, s core.Store) {
	r := rand.New(rand.NewPCG(2027, 6))
	ps := make([]core.NamedPlace, 150)
	for i := range ps {
		ps[i] = town("Ville", i)
		ps[i].Point = around(r)
	}
	putPlaces(t, s, len(ps), ps...)
	anywhere := func() geo.Point { return geo.Point{Lat: 180*r.Float64() - 90, Lon: 360*r.Float64() - 180} }
	for i := range 200 {
		p := around(r)
		if i%4 == 0 {
			p = anywhere()
		}
		c := geo.CellOf(p)
		want := slices.MinFunc(ps, func(a, b core.NamedPlace) int {
			return compareBool(geo.Distance(c.Center(), a.Point) >= geo.Distance(c.Center(), b.Point),
				geo.Distance(c.Center(), b.Point) >= geo.Distance(c.Center(), a.Point))
		})
		read(t, s, func(ctx context.Context, r core.Reader) error {
			got, err := r.NearestPlace(ctx, c)
			if err == nil && got.Population != want.Population {
				t.Errorf("the nearest place is %.3f km away, want %.3f km",
					float64(geo.Distance(c.Center(), got.Point)), float64(geo.Distance(c.Center(), want.Point)))
			}
			return err
		})
	}
}

func placeNearestOfNone(t *testing.T, s core.Store) {
	read(t, s, func(ctx context.Context, r core.Reader) error {
		_, err := r.NearestPlace(ctx, geo.CellOf(centers[0]))
		wantCode(t, err, core.NotFound)
		return nil
	})
	putPlaces(t, s, 1, town("Lyon", 522250))
	read(t, s, func(ctx context.Context, r core.Reader) error {
		for _, c := range []core.Cell{0, 1, -1} {
			_, err := r.NearestPlace(ctx, c)
			wantCode(t, err, core.NotFound)
		}
		_, err := r.NearestPlace(ctx, geo.CellOf(geo.Point{Lat: -45, Lon: -175})) // the other side of the earth
		return err
	})
}

func placeSeat(t *testing.T, s core.Store) {
	seat, larger, elsewhere := town("Préfecture", 100), town("Métropole", 900), town("Ailleurs", 800)
	seat.Seat, elsewhere.Seat, elsewhere.Area = true, true, "FR/84/69"
	putPlaces(t, s, 3, seat, larger, elsewhere)
	read(t, s, func(ctx context.Context, r core.Reader) error {
		if got := get[*core.Place](t)(r.SeatOf(ctx, "FR/84/42")); got.Name != seat.Name {
			t.Errorf("the seat is %s", got.Name)
		}
		_, err := r.SeatOf(ctx, "FR/84/01")
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func areaComesBack(t *testing.T, s core.Store) {
	old := core.Area{ID: "FR/84/42", Kind: core.Region, Name: "?"}
	want := core.Area{ID: "FR/84/42", Kind: core.Department, Name: "Loire"}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutAreas(ctx, []core.Area{old, {ID: "FR", Kind: core.Country, Name: "France"}}))
		return tx.PutAreas(ctx, []core.Area{want})
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		if got := get[*core.Area](t)(r.Area(ctx, want.ID)); *got != want {
			t.Errorf("got %v, want %v", *got, want)
		}
		_, err := r.Area(ctx, "FR/84")
		wantCode(t, err, core.NotFound)
		return nil
	})
}

// rule is what SimilarNames promises, said once more.
func rule(text, name string) bool {
	t, n := []rune(text), []rune(name)
	if len(t) < 2 || len(n) > len(t)+2 || len(n) < len(t)-2 {
		return false
	}
	from := func(r []rune, i int) string { return string(r[min(i, len(r)):]) }
	next := string(t[1:min(3, len(t))])
	latin := n[0] >= 'a' && n[0] <= 'z'
	return n[0] == t[0] || strings.HasPrefix(name, next) || strings.HasPrefix(name, string([]rune{t[1], t[0]})) ||
		latin && (strings.HasPrefix(from(n, 1), next) || strings.HasPrefix(from(n, 1), string(t[:2])))
}

func placeSimilar(t *testing.T, s core.Store) {
	r := rand.New(rand.NewPCG(2027, 8))
	letters := []rune("abcé ")
	word := func() string {
		out := make([]rune, 2+r.IntN(6))
		for i := range out {
			out[i] = letters[r.IntN(len(letters))]
		}
		return gazetteer.Fold(string(out))
	}
	var ps []core.NamedPlace
	for i := range 300 {
		if name := word(); name != "" {
			ps = append(ps, town(name, i))
		}
	}
	ps = append(ps, town("東京都", 5), town("京都", 6))
	putPlaces(t, s, len(ps), ps...)
	largest := map[string]int{}
	for _, p := range ps {
		largest[p.Fold] = max(largest[p.Fold], p.Population)
	}
	texts := []string{"", "a", "ab", "東京", "京東都", "lyo%", "a_'", "?"}
	for range 60 {
		texts = append(texts, word())
	}
	for _, text := range texts {
		var want []string
		for name := range largest {
			if rule(text, name) {
				want = append(want, name)
			}
		}
		slices.SortFunc(want, func(a, b string) int { return largest[b] - largest[a] })
		read(t, s, func(ctx context.Context, r core.Reader) error {
			if got := get[[]string](t)(r.SimilarNames(ctx, text)); !slices.Equal(got, want) {
				t.Errorf("like %q: %q, want %q", text, got, want)
			}
			return nil
		})
	}
}

func placeOneSlip(t *testing.T, s core.Store) {
	names := []string{"lyon", "paris", "marseille", "saint etienne", "le mans", "eu", "aix en provence"}
	for i, name := range names {
		putPlaces(t, s, 1, town(name, i))
	}
	for _, name := range names {
		for _, typed := range slips(name) {
			read(t, s, func(ctx context.Context, r core.Reader) error {
				if got := get[[]string](t)(r.SimilarNames(ctx, typed)); !slices.Contains(got, name) {
					t.Errorf("%q leads to %q, not to %q", typed, got, name)
				}
				return nil
			})
		}
	}
}

// slips returns a word with each letter left out, doubled, wrong, and swapped with the
// next, where at least two are left.
func slips(word string) (out []string) {
	for i := range word {
		out = append(out, word[:i]+"q"+word[i+1:], word[:i]+"q"+word[i:])
		if len(word) > 2 {
			out = append(out, word[:i]+word[i+1:])
		}
		if i+1 < len(word) {
			out = append(out, word[:i]+word[i+1:i+2]+word[i:i+1]+word[i+2:])
		}
	}
	return out
}
