package locale

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// loaded are the catalogues of the program, read once for all tests.
var loaded = sync.OnceValues(Load)

func mustLoad(t testing.TB) *Catalogues {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// catalogueFiles makes a file system of catalogues from TOML by language.
func catalogueFiles(tomls map[Language]string) fstest.MapFS {
	files := fstest.MapFS{}
	for lang, text := range tomls {
		files["catalogue/"+string(lang)+".toml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func TestEveryEmbeddedFileIsALanguage(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(embedded, "catalogue/*")
	if err != nil {
		t.Fatal(err)
	}
	languages := mustLoad(t).Languages()
	for _, file := range files {
		if lang := Language(strings.TrimSuffix(path.Base(file), ".toml")); !slices.Contains(languages, lang) {
			t.Errorf("%s gives no language", file)
		}
	}
	for _, lang := range []Language{"fr", "en"} {
		if !slices.Contains(languages, lang) {
			t.Errorf("there is no %s", lang)
		}
	}
}

func TestCataloguesHoldToTheRules(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reportAll(t, check(c))
		})
	}
}

// TestEachCheckFindsItsFault breaks a good pair of catalogues in one way at a time:
// that check, and no other, has to find it.
func TestEachCheckFindsItsFault(t *testing.T) {
	t.Parallel()
	const goodFr = `"date.clock" = "24"
"a.b" = "Bonjour {{.Name}}\u00A0!"
"a.n" = { one = "une place à {{.Town}}", many = "{{.N}} de places à {{.Town}}", other = "{{.N}} places à {{.Town}}" }
"command.x.aliases" = "ici, là"
"command.y.aliases" = "aide"
`
	const goodEn = `"date.clock" = "12"
"a.b" = "Hello {{.Name}}!"
"a.n" = { one = "one seat in {{.Town}}", other = "{{.N}} seats in {{.Town}}" }
"command.x.aliases" = "here"
"command.y.aliases" = "help"
`
	long := strings.Repeat("mot ", 200) + "{{.Name}}"
	for _, test := range []struct {
		name, check   string
		lang          Language
		replace, with string
	}{
		{"missing key", "keys", "en", `"a.b" = "Hello {{.Name}}!"`, ""},
		{"extra key", "keys", "en", `"a.b"`, "\"a.c\" = \"more\"\n\"a.b\""},
		{"missing plural form", "plural forms", "fr", `many = "{{.N}} de places à {{.Town}}", `, ""},
		{"plural form of another language", "plural forms", "en", `one =`, `few = "{{.N}} in {{.Town}}", one =`},
		{"other placeholder", "placeholders", "en", "{{.Name}}", "{{.Nom}}"},
		{"placeholder lacks in a language", "placeholders", "en", "{{.Name}}", "you"},
		{"placeholder lacks in a form", "placeholders", "fr", "une place à {{.Town}}", "une place"},
		{"space at the end", "spaces", "en", "{{.Name}}!", "{{.Name}} "},
		{"space at the end of a line", "spaces", "en", "Hello ", `Hello \n`},
		{"too long", "length", "fr", `Bonjour {{.Name}}\u00A0!`, long},
		{"clock", "clock", "en", `"12"`, `"13"`},
		{"alias of two commands", "aliases", "fr", `"aide"`, `"aide, ici"`},
		{"alias of two words", "aliases", "en", `"help"`, `"help me"`},
		{"plain space before !", "typography", "fr", `\u00A0!`, " !"},
		{"no space before !", "typography", "fr", `\u00A0!`, "!"},
		{"plain space after «", "typography", "fr", "Bonjour", `« Bonjour\u00A0»`},
		{"straight apostrophe", "typography", "fr", "Bonjour", "L'été"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tomls := map[Language]string{"fr": goodFr, "en": goodEn}
			for _, found := range faultyChecks(t, tomls) {
				t.Fatalf("the good catalogues fail %s", found)
			}
			broken := strings.Replace(tomls[test.lang], test.replace, test.with, 1)
			if broken == tomls[test.lang] {
				t.Fatal("nothing was broken")
			}
			tomls[test.lang] = broken
			if got := faultyChecks(t, tomls); !slices.Equal(got, []string{test.check}) {
				t.Errorf("found by %q, want by %q", got, test.check)
			}
		})
	}
}

// faultyChecks returns the names of the checks that find a fault.
func faultyChecks(t *testing.T, tomls map[Language]string) []string {
	t.Helper()
	c, err := load(catalogueFiles(tomls))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name, check := range checks {
		if len(check(c)) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestLoadRefusesABrokenCatalogue(t *testing.T) {
	t.Parallel()
	for name, tomls := range map[string]map[Language]string{
		"no reference language":  {"en": `"a" = "x"`},
		"no language tag":        {"fr": `"a" = "x"`, "not a tag": `"a" = "x"`},
		"not TOML":               {"fr": `a = `},
		"a key twice":            {"fr": "\"a.b\" = \"x\"\n\"a.b\" = \"y\""},
		"an empty sentence":      {"fr": `"a.b" = ""`},
		"no form other":          {"fr": `"a.b" = { one = "x" }`},
		"an unknown form":        {"fr": `"a.b" = { one = "x", others = "y" }`},
		"a mark left open":       {"fr": `"a.b" = "*x"`},
		"a malformed placehold":  {"fr": `"a.b" = "{{Name}}"`},
		"a Go template":          {"fr": `"a.b" = "{{if .Name}}x{{end}}"`},
		"a mark in another form": {"fr": `"a.b" = { one = "[x]", many = "x", other = "x" }`},
		"other delimiters":       {"fr": `"a.b" = { leftDelim = "<<", other = "x" }`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := load(catalogueFiles(tomls)); err == nil {
				t.Error("was loaded")
			}
		})
	}
}

func TestANewLanguageIsOneNewFile(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{}
	for _, lang := range mustLoad(t).Languages() {
		name := "catalogue/" + string(lang) + ".toml"
		data, err := embedded.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	files["catalogue/br.toml"] = &fstest.MapFile{Data: []byte(`"language.name" = "brezhoneg"`)}
	c, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Printer(c.Match("br-FR", "fr"))
	if got := p.Text("language.name", nil); got != "brezhoneg" {
		t.Errorf("language.name is %q", got)
	}
	if got := p.Text("date.month.03", nil); got != "mars" {
		t.Errorf("what Breton lacks is %q, want the reference's", got)
	}
	if p.Has("date.month.03") {
		t.Error("Has answers for another language")
	}
}

func TestMatchFindsTheLanguageThatSuits(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	for _, test := range []struct {
		tags []string
		want Language
	}{
		{[]string{"fr"}, "fr"},
		{[]string{"en"}, "en"},
		{[]string{"en-US"}, "en"},
		{[]string{"EN_gb"}, "en"},
		{[]string{"fr-CH"}, "fr"},
		{[]string{"xx-YY", "en"}, "en"},
		{[]string{"", "en"}, "en"},
		{[]string{"!!", "en"}, "en"},
		{[]string{"und", "en"}, "en"},
		{[]string{"en", "fr"}, "en"},
		{[]string{"pt-BR"}, Reference},
		{[]string{"pt-BR", "en"}, "en"},
		{[]string{"en-x-" + strings.Repeat("abcdefgh-", 5000) + "a"}, Reference},
		{nil, Reference},
	} {
		if got := c.Match(test.tags...); got != test.want {
			t.Errorf("Match(%.40q) = %s, want %s", test.tags, got, test.want)
		}
	}
	if got := c.Printer("nl").Language(); got != Reference {
		t.Errorf("the printer of a language without catalogue speaks %s", got)
	}
}

func BenchmarkLoad500Keys(b *testing.B) {
	var text strings.Builder
	for i := range 500 {
		id := string(rune('a'+i/26)) + string(rune('a'+i%26))
		text.WriteString(`"s.` + strings.ToLower(id) + `" = "Une *phrase* pour {{.Name}}, assez longue, [ici](https://example.org/{{.Id}})."` + "\n")
	}
	files := catalogueFiles(map[Language]string{"fr": text.String(), "en": text.String()})
	for b.Loop() {
		if _, err := load(files); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
