package flows_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
	"tocsin/core/locale"
)

// aSupporter is a short life with something in most parts of the file.
const aSupporter = `anna: /start
anna: [Continue]
anna: [Yes, write to me]
anna: [Yes, my area]
anna: [No]
anna: anna@exemple.fr
anna: {wrong}
anna: {code}
anna: Anna
anna: Lyon
anna: [10 km]
anna: [Once a week]
anna: /near
anna: [I’m in]
anna: /role 8765 4321
anna: /where
anna: /mydata
`

// anExample is the short life whose file the page shows.
const anExample = `anna: (is a supporter in Lyon)
anna: /role 8765 4321
anna: /where
anna: /mydata
`

// played plays a script in a bubble of its own, and returns the file that came last.
// sponsors stand in the registry besides those of the stage.
func played(t *testing.T, lang, script string, sponsors ...core.Address) (file []byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", lang)
		for _, a := range sponsors {
			s.sponsor(a)
		}
		if _, err := transcript.Play(s, script); err != nil {
			t.Fatal(err)
		}
		file = s.lastFile()
	})
	if file == nil {
		t.Fatal("no file came")
	}
	return unnamed(file)
}

// sendKey is how the stage names messages, at random.
var sendKey = regexp.MustCompile(`"[A-Z2-7]{26}"`)

// unnamed numbers the messages of a file in the order in which they appear.
func unnamed(file []byte) []byte {
	known := map[string]int{}
	return sendKey.ReplaceAllFunc(file, func(name []byte) []byte {
		if known[string(name)] == 0 {
			known[string(name)] = len(known) + 1
		}
		return fmt.Appendf(nil, `"%d"`, known[string(name)])
	})
}

// docPage is the description of the file; its table and its example are made here.
const docPage = "../../docs/mydata.md"

// between returns what stands in a text between two marks.
func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, begin)
	inside, _, closed := strings.Cut(after, end)
	if !ok || !closed {
		t.Fatalf("the page has no %q", begin)
	}
	return inside
}

// The page says of each field what it means, and shows a file, as the program makes it.
func TestThePageOfMyDataIsWhatTheProgramDoes(t *testing.T) {
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	english := words.Printer("en")
	var table strings.Builder
	for _, path := range fieldsOf(reflect.TypeFor[core.MyData](), "") {
		fmt.Fprintf(&table, "| `%s` | %s |\n", path, english.Text(meaningOf(path), nil))
	}
	page, err := os.ReadFile(docPage)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, part := range []struct{ begin, end, want string }{
		{"| field | meaning |\n|---|---|\n", "\n## An example", table.String()},
		{"```json\n", "```\n", string(played(t, "en", anExample))},
	} {
		got := between(t, text, part.begin, part.end)
		if got != part.want && !*update {
			t.Errorf("the page is not what the program does, from %q on: run the test with -update", part.begin)
		}
		text = strings.Replace(text, part.begin+got, part.begin+part.want, 1)
	}
	if *update {
		if err := os.WriteFile(docPage, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// fieldsOf returns the paths of the fields of a type, in their order.
func fieldsOf(of reflect.Type, path string) []string {
	switch {
	case of.Kind() == reflect.Pointer:
		return fieldsOf(of.Elem(), path)
	case of.Kind() == reflect.Slice:
		return fieldsOf(of.Elem(), path+"[]")
	case of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]():
		return nil
	}
	var out []string
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		below := strings.TrimPrefix(path+"."+name, ".")
		out = append(append(out, below), fieldsOf(of.Field(i).Type, below)...)
	}
	return out
}

// meaningOf returns the key of the sentence that explains a field.
func meaningOf(path string) locale.Key {
	return locale.Key("mydata.means." + strings.ReplaceAll(path, "[]", ""))
}

// Each field has a meaning in each language, and nothing else has one.
func TestEachFieldOfMyDataIsExplained(t *testing.T) {
	t.Parallel()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	meant := map[locale.Key]bool{}
	for _, path := range fieldsOf(reflect.TypeFor[core.MyData](), "") {
		key := meaningOf(path)
		meant[key] = true
		for _, l := range words.Languages() {
			if !words.Printer(l).Has(key) {
				t.Errorf("%s does not explain %s", l, path)
			}
		}
	}
	for _, key := range words.Keys() {
		if strings.HasPrefix(string(key), "mydata.means.") && !meant[key] {
			t.Errorf("%s explains no field", key)
		}
	}
	for _, lang := range []string{"fr", "en"} {
		file := played(t, lang, "anna: (is a supporter in Lyon)\nanna: /near\nanna: /mydata\n")
		var d core.MyData
		if err := json.Unmarshal(file, &d); err != nil {
			t.Fatal(err)
		}
		for path, meaning := range d.Meanings {
			if meaning != words.Printer(locale.Language(lang)).Text(meaningOf(path), nil) {
				t.Errorf("%s: the file says of %s: %q", lang, path, meaning)
			}
		}
		if d.Language != lang || len(d.Meanings) != len(meant) || len(d.NotHere) < 6 || strings.Contains(strings.Join(d.NotHere, ""), "[") {
			t.Errorf("%s: in %q, %d meanings, %q", lang, d.Language, len(d.Meanings), d.NotHere)
		}
	}
}

// A sponsor who has not typed the right code and a stranger are given the same file, byte
// for byte, whatever the mail server does.
func TestTheFileTellsNobodyWhetherAnAddressSponsored(t *testing.T) {
	t.Parallel()
	const address = "zora@exemple.fr"
	begin := strings.ReplaceAll(toTheCode, "anna@exemple.fr", address)
	for name, script := range map[string]string{
		"at once":         "anna: /mydata\n",
		"after a try":     "anna: {wrong}\nanna: 1111 1112\nanna: [Renvoyer le code]\nanna: /mydata\n",
		"when it expired": "(16 minutes pass)\nanna: /mydata\n",
		"days later":      "(1 day passes)\n(1 day passes)\nanna: /mydata\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script = strings.ReplaceAll(script, "{wrong}", "1111 1111")
			sponsor, stranger := played(t, "fr", begin+script, address), played(t, "fr", begin+script)
			if string(sponsor) != string(stranger) {
				t.Errorf("a sponsor is given\n%s\na stranger\n%s", sponsor, stranger)
			}
		})
	}
}

// Whoever was banned is told so, but has their data, /privacy, and nothing else.
func TestWhoWasBannedHasTheirData(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		play := func(script string) string {
			got, err := transcript.Play(s, script)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		play("anna: (is a supporter in Lyon)\nanna: /near\n")
		s.ban("anna")
		const over = "Votre participation a été fermée"
		for line, want := range map[string]string{
			"anna: /mydata\n": "<file mydata.json>", "anna: mydata\n": "<file mydata.json>", "anna: /privacy\n": "Ce que je garde",
			"anna: /near\n": over, "anna: near\n": over, "anna: [J’y serai]\n": over,
			"anna: (location 45.75 4.83)\n": over, "anna: (sticker)\n": over,
		} {
			if got := play(line); !strings.Contains(got, want) {
				t.Errorf("%q is answered\n%s", line, got)
			}
		}
		if !strings.Contains(string(s.lastFile()), `"state": "banned"`) {
			t.Error("the file does not say it")
		}
	})
}

// ban bans a supporter.
func (s *stage) ban(who string) {
	ctx := s.t.Context()
	err := s.store.Tx(ctx, func(tx core.Tx) error {
		a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: who})
		if err != nil {
			return err
		}
		p, err := tx.Supporter(ctx, a.Supporter)
		if err != nil {
			return err
		}
		p.State = core.Banned
		return tx.PutSupporter(ctx, p)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// What is counted of a person is found again by how it is named: nothing is counted under
// another name, but for what is counted of everybody.
func TestEveryCountOfAPersonIsInTheirFile(t *testing.T) {
	t.Parallel()
	var file []byte
	counted := map[string]int{}
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "en")
		if _, err := transcript.Play(s, aSupporter); err != nil {
			t.Fatal(err)
		}
		file = s.lastFile()
		db, err := sql.Open("sqlite", filepath.Join(s.dir, "t.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		rows, err := db.Query("SELECT kind, sum(count) FROM tallies WHERE kind <> ? GROUP BY kind", core.TriesPerMinute.Kind)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var kind string
			var n int
			if err := rows.Scan(&kind, &n); err != nil {
				t.Fatal(err)
			}
			counted[kind] = n
		}
	})
	var d core.MyData
	if err := json.Unmarshal(file, &d); err != nil {
		t.Fatal(err)
	}
	for _, a := range d.Attempts {
		if counted[string(a.Kind)] != a.Count {
			t.Errorf("%d of %s are in the file, %d are counted", a.Count, a.Kind, counted[string(a.Kind)])
		}
		delete(counted, string(a.Kind))
	}
	if len(counted) > 0 || len(d.Attempts) < 5 {
		t.Errorf("%d kinds are in the file, not %v", len(d.Attempts), counted)
	}
}

// The file is on no disk: it is made when it is sent.
func TestTheFileIsNotStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "en")
		if _, err := transcript.Play(s, "anna: (is a supporter in Lyon)\nanna: /mydata\n"); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", filepath.Join(s.dir, "t.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var blobs, waiting int
		if err := db.QueryRow("SELECT (SELECT count(*) FROM blobs), (SELECT count(*) FROM outbox WHERE sealed IS NOT NULL)").Scan(&blobs, &waiting); err != nil {
			t.Fatal(err)
		}
		if s.lastFile() == nil || blobs != 0 || waiting != 0 {
			t.Errorf("%d bytes came, %d blobs and %d contents are stored", len(s.lastFile()), blobs, waiting)
		}
		if !slices.Contains(strings.Split(string(s.lastFile()), "\n"), `  "schema": "tocsin.mydata/1",`) {
			t.Error("the file does not name its schema")
		}
	})
}

// lastFile returns what is in the file that came last, or nil.
func (s *stage) lastFile() []byte {
	if len(s.files) == 0 {
		return nil
	}
	return s.files[len(s.files)-1].Data
}
