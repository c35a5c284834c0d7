package intake_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"tocsin/core"
	"tocsin/core/intake"
)

// told reads a list of sponsors and says what came, one line a row.
func told(r io.Reader) (rows []string) {
	for s, err := range intake.Sponsors(r) {
		if err != nil {
			rows = append(rows, err.Error())
			continue
		}
		rows = append(rows, fmt.Sprintf("%s %s %s", string(s.Email), s.SponsoredAt, s.Department))
	}
	return rows
}

func TestSponsorsAreReadFromEachKindOfSpreadsheet(t *testing.T) {
	t.Parallel()
	want := []string{"a@b.fr 2026-12-05 69", "rémy@c.fr  2A", "d@e.fr 2026-11-30 "}
	comma := "email,sponsored_at,department\na@b.fr,2026-12-05,69\nrémy@c.fr,,2A\nd@e.fr,2026-11-30,\n"
	latin, err := charmap.Windows1252.NewEncoder().String("Courriel;Département\nrémy@c.fr;2A\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"commas":           comma,
		"semicolons":       strings.ReplaceAll(comma, ",", ";"),
		"tabs":             strings.ReplaceAll(comma, ",", "\t"),
		"CRLF":             strings.ReplaceAll(comma, "\n", "\r\n"),
		"byte order mark":  "\uFEFF" + comma,
		"no last line end": strings.TrimSpace(comma),
		"blank lines":      "\n\n" + strings.ReplaceAll(comma, "\n", "\n\n \n,,\n"),
		"quotes":           "\"email\",\"sponsored_at\",\"department\"\n\"a@b.fr\" , \"2026-12-05\",\"69\"\nrémy@c.fr,\"\",2A\nd@e.fr,2026-11-30\n",
		"spaces":           "email , sponsored_at, department\n a@b.fr ,2026-12-05 , 69\nrémy@c.fr, ,2A\nd@e.fr,2026-11-30,\n",
		"other columns":    "name,E-Mail,note,SPONSORED_AT,department\n\"A, B\",A@b.fr,\"say \"\"x\"\"\",05/12/2026,69\n5\" x,rémy@c.fr,,,2A\n,d@e.fr,,2026-11-30T23:59:59-10:00,,,\n",
	} {
		if got := told(strings.NewReader(file)); !slices.Equal(got, want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for file, want := range map[string]string{
		"mail,E-mail,department,department\na@b.fr,c@d.fr,69,2A\n": "a@b.fr  69",
		"email,x;y\na@b.fr,69\n":                                   "a@b.fr  ",
	} {
		if got := told(strings.NewReader(file)); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: got %q", file, got)
		}
	}
	if got := told(strings.NewReader(latin)); !slices.Equal(got, want[1:2]) {
		t.Errorf("Windows-1252: got %q", got)
	}
}

func TestABadRowIsNamedByLineAndStopsNothing(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/sponsors-broken.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want := []string{
		"first@exemple.fr 2026-12-05 69",
		"intake: read row at line 3: email: no address",
		"intake: read row at line 4: email: no address",
		"intake: read row at line 5: sponsored_at: no date such as 2026-12-05",
		"second@exemple.fr 2026-12-05 Rhône",
		"intake: read row at line 8: a quote that is not closed",
		"third@exemple.fr 2026-12-05 69",
		"intake: read row at line 10: a quote inside a quoted cell that is not doubled",
		"fourth@exemple.fr 2026-12-05 69",
		"intake: read row at line 12: more cells than the header",
		"intake: read row at line 13: a NUL character",
		"intake: read row at line 14: department: too long, or a character that cannot be seen",
		"last@exemple.fr  ",
		"intake: read row at line 16: a quote that is not closed",
	}
	if got := told(file); !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestAFileWithoutTheEmailColumnSaysWhatItHas(t *testing.T) {
	t.Parallel()
	const known = "email,sponsored_at,department"
	for file, want := range map[string]string{
		"":                        "the file is empty",
		"\n\n":                    "the file is empty",
		"nom;prénom\nx;a@b.fr":    `no column "email"; found: nom, prénom; known: ` + known,
		"a@b.fr,2026-12-05,69\n":  "the header line is missing: the first line holds an address; put a line before it such as " + known,
		"Jean;0601020304\n":       `no column "email" in the first line; it must name the columns, such as ` + known,
		"\"email\na@b.fr\n":       "a quote that is not closed",
		"PK\x03\x04\x00\x00\n":    "the first line is no text that can be read: a NUL character; is the file a CSV?",
		strings.Repeat("x", 9999): `no column "email" in the first line; it must name the columns, such as ` + known,
	} {
		got := told(strings.NewReader(file))
		if want := "invalid: intake: read header: " + want; !slices.Equal(got, []string{want}) {
			t.Errorf("%.20q: got %q, want %q", file, got, want)
		}
	}
}

func TestAFailureOfTheReaderEndsTheRows(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	var last error
	n := 0
	for _, err := range intake.Sponsors(io.MultiReader(strings.NewReader("email\na@b.fr\nc@d"), failing{gone})) {
		n, last = n+1, err
	}
	if n != 2 || !errors.Is(last, gone) || core.CodeOf(last) != core.Unavailable {
		t.Errorf("%d rows, then %v", n, last)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestReadingStopsWhereTheCallerStops(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"email\na@b.fr\nx\n\"\nc@d.fr\n", "x\n", "", "email\n\x00\n"} {
		for range intake.Sponsors(strings.NewReader(file)) {
			break
		}
	}
}

// endless is a file without end, and counts what was read of it.
type endless struct {
	row  string
	read int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e.row[(e.read+n)%len(e.row):])
	}
	e.read += n
	return n, nil
}

func TestSponsorsAreReadAsTheyCome(t *testing.T) {
	t.Parallel()
	file := &endless{row: "email\nc@d.fr,\"\n"}
	n := 0
	for range intake.Sponsors(file) {
		if n++; n == 100_000 {
			break
		}
	}
	if ahead := file.read - n*len(file.row)/2; ahead > 1<<20 {
		t.Errorf("%d bytes were read ahead", ahead)
	}
}

func FuzzSponsors(f *testing.F) {
	f.Add("email,department\na@b.fr,69\n\"x\nc@d.fr,\n")
	f.Add("\xef\xbb\xbfMail;x\r\n\r\na@b.fr;\"a\"\"b\"\r\n\"a@b.fr\" ;x;y\n")
	f.Add("courriel\tsponsored_at\n\xe9@b.fr\t31/12/2026\n")
	f.Add("a@b.fr\n")
	f.Fuzz(func(t *testing.T, file string) {
		line := 0
		for s, err := range intake.Sponsors(strings.NewReader(file)) {
			if row, ok := errors.AsType[*intake.RowError](err); ok {
				if row.Line <= line || row.Line > strings.Count(file, "\n")+1 {
					t.Errorf("line %d after line %d", row.Line, line)
				}
				line = row.Line
				continue
			}
			if err != nil {
				if core.CodeOf(err) != core.Invalid || strings.Contains(err.Error(), "@") {
					t.Errorf("got %v", err)
				}
				continue
			}
			if again, err := intake.CanonicalEmail(string(s.Email)); again != s.Email || err != nil {
				t.Errorf("%q is not canonical", string(s.Email))
			}
			if s.SponsoredAt != "" && s.SponsoredAt.Time().IsZero() && s.SponsoredAt != "0001-01-01" {
				t.Errorf("%q is no day", s.SponsoredAt)
			}
		}
	})
}

func BenchmarkSponsors(b *testing.B) {
	const rows = 1_000_000
	var file bytes.Buffer
	file.WriteString("email,sponsored_at,department\n")
	for i := range rows {
		fmt.Fprintf(&file, "Prenom.Nom%07d@exemple%d.fr,2026-%02d-%02d,%02d\n", i, i%50, i%12+1, i%28+1, i%95+1)
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range intake.Sponsors(bytes.NewReader(file.Bytes())) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatalf("%d rows", n)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
