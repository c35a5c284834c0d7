package core_test

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin/core"
)

// parse reads the text of a campaign file.
func parse(t *testing.T, text string) *core.Campaign {
	t.Helper()
	c, err := core.ParseCampaign(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// example returns campaign.example.toml, and its text with all settings in force: what
// is commented out has no space behind the #.
func example(t *testing.T) (commented, inForce string) {
	t.Helper()
	b, err := os.ReadFile("../campaign.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b), regexp.MustCompile(`(?m)^#(\S)`).ReplaceAllString(string(b), "$1")
}

func TestAnEmptyFileIsACampaign(t *testing.T) {
	t.Parallel()
	c := parse(t, "")
	if c.Country != "FR" || !cmp.Equal(c.Kinds, core.DefaultKinds) || !cmp.Equal(c.Jobs, core.DefaultJobs) ||
		c.End != "" || c.Silences != nil {
		t.Errorf("got %+v", c)
	}
}

func TestTheExampleChangesNothing(t *testing.T) {
	t.Parallel()
	commented, _ := example(t)
	if diff := cmp.Diff(parse(t, ""), parse(t, commented)); diff != "" {
		t.Error(diff)
	}
}

func TestTheExampleShowsTheDefaults(t *testing.T) {
	t.Parallel()
	_, inForce := example(t)
	c := parse(t, inForce)
	if c.End == "" || len(c.Silences) != 1 || len(c.Sources) == 0 {
		t.Errorf("ends %q, %d silences, %d sources: an example is missing", c.End, len(c.Silences), len(c.Sources))
	}
	c.End, c.Silences, c.Sources = "", nil, nil
	m := &c.Matrix
	if m.Servers == nil || m.Users == nil || m.Organisers == nil || m.MembersOf == "" || m.Space == "" {
		t.Errorf("%+v: an example is missing", m)
	}
	m.Servers, m.Users, m.Organisers, m.MembersOf, m.Space = nil, nil, nil, "", ""
	if diff := cmp.Diff(parse(t, ""), c); diff != "" {
		t.Error(diff)
	}
}

func TestTheExampleNamesEveryKey(t *testing.T) {
	t.Parallel()
	_, inForce := example(t)
	var all bytes.Buffer
	err := toml.NewEncoder(&all).Encode(core.Campaign{
		Kinds: []core.Kind{{Name: core.DefaultKinds[0].Name}}, Silences: []core.Silence{{Areas: []core.AreaID{"FR"}}}, Jobs: core.DefaultJobs,
		Sources: []core.SourceID{"poster"}, Matrix: core.MatrixRules{Users: []string{"x"}, Servers: []string{"x"}, Organisers: []string{"x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keys(t, all.String()), keys(t, inForce)); diff != "" {
		t.Errorf("core.Campaign has -, the example +\n%s", diff)
	}
}

// keys returns the keys of a TOML file, each once.
func keys(t *testing.T, text string) []string {
	t.Helper()
	var into map[string]any
	meta, err := toml.Decode(text, &into)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, k := range meta.Keys() {
		names = append(names, k.String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestJobsKeepTheirLineUnlessChanged(t *testing.T) {
	t.Parallel()
	if c := parse(t, "[jobs]\nretention = \"0 3 * * *\""); c.Jobs["retention"] != "0 3 * * *" {
		t.Errorf("got %q", c.Jobs["retention"])
	}
	if core.DefaultJobs["retention"] == "0 3 * * *" {
		t.Error("one campaign changed the defaults of all")
	}
	if c := parse(t, "[jobs]"); !cmp.Equal(c.Jobs, core.DefaultJobs) {
		t.Errorf("got %v", c.Jobs)
	}
}

func TestAMistakeIsNamed(t *testing.T) {
	t.Parallel()
	const silence = "[[silence]]\nzone = \"Europe/Paris\"\nfrom = \"2027-04-10T00:00\"\nuntil = \"2027-04-11T20:00\"\n"
	for want, text := range map[string]string{
		"colour":        "colour = 1",
		"kind.colour":   "[[kind]]\nid = \"a\"\ncolour = \"red\"\nname = { fr = \"a\" }",
		"campaign_end":  "campaign_end = \"31/05/2027\"",
		"kind.id must":  "[[kind]]\nid = \"Tractage\"\nname = { fr = \"a\" }",
		"kind.id stand": "[[kind]]\nid = \"a\"\nname = { fr = \"a\" }\n[[kind]]\nid = \"a\"\nname = { fr = \"b\" }",
		"kind.name":     "[[kind]]\nid = \"a\"",
		"sources must":  "sources = [\"Poster\"]",
		"sources has":   "sources = [\"poster\", \"leaflet\", \"poster\"]",
		"silence.zone":  strings.Replace(silence, "Europe/Paris", "Paris", 1),
		"silence.from":  strings.Replace(silence, "2027-04-10T00:00", "10 April", 1),
		"silence.until": strings.Replace(silence, "2027-04-11T20:00", "2027-04-10T00:00", 1),
		"jobs.backup":   "[jobs]\nbackup = \"0 3 * * *\"",
		"parse":         "country = ",
	} {
		_, err := core.ParseCampaign(strings.NewReader(text))
		if core.CodeOf(err) != core.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", want, err)
		}
	}
}

func TestASilenceHoldsInItsAreasAndTimes(t *testing.T) {
	t.Parallel()
	c := parse(t, `
		[[silence]]
		areas = ["FR/84", "FR/04/974"]
		zone = "Europe/Paris"
		from = "2027-04-10T00:00"
		until = "2027-04-11T20:00"`)
	at := func(clock string) time.Time {
		when, err := time.Parse(time.RFC3339, clock)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, s := range []struct {
		area core.AreaID
		at   string
		want bool
	}{
		{"FR/84/69", "2027-04-10T12:00:00Z", true},
		{"FR/84/69", "2027-04-09T22:00:00Z", true}, // midnight in Paris
		{"FR/84/69", "2027-04-09T21:59:59Z", false},
		{"FR/84/69", "2027-04-11T17:59:59Z", true},
		{"FR/84/69", "2027-04-11T18:00:00Z", false},
		{"FR/11/75", "2027-04-10T12:00:00Z", false},
		{"FR/04/974", "2027-04-10T12:00:00Z", true},
		{core.World, "2027-04-10T12:00:00Z", true}, // of whom we do not know the area
	} {
		if got := c.Silent(s.area, at(s.at)); got != s.want {
			t.Errorf("in %q at %s: %v", s.area, s.at, got)
		}
	}
	everywhere := parse(t, strings.NewReplacer("\t", "").Replace(`
		[[silence]]
		zone = "Europe/Paris"
		from = "2027-04-10T00:00"
		until = "2027-04-11T20:00"`))
	if !everywhere.Silent("FR/11/75", at("2027-04-10T12:00:00Z")) {
		t.Error("without areas it does not hold everywhere")
	}
}

func TestAKindHasANameInEveryLanguage(t *testing.T) {
	t.Parallel()
	c := parse(t, "")
	for _, k := range c.Kinds {
		if k.In("fr") == "" || k.In("en") == "" || k.In("br") != k.In("fr") || k.Emoji == "" {
			t.Errorf("%s is called %q, %q, %q", k.ID, k.In("fr"), k.In("en"), k.In("br"))
		}
	}
	if got := c.Kind("gone").In("fr"); got != "gone" {
		t.Errorf("a kind that is gone is called %q", got)
	}
}

func FuzzParseCampaign(f *testing.F) {
	b, err := os.ReadFile("../campaign.example.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(regexp.MustCompile(`(?m)^#(\S)`).ReplaceAllString(string(b), "$1"))
	f.Add("campaign_end = 2027-05-31")
	f.Add("[[silence]]\nzone = \"\"\nareas = [\"\"]")
	f.Add("[jobs]\n\"\" = \"\"\n[[kind]]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := core.ParseCampaign(strings.NewReader(text))
		if err != nil {
			if core.CodeOf(err) != core.Invalid {
				t.Fatalf("its code is %s", core.CodeOf(err))
			}
			return
		}
		if len(c.Kinds) == 0 || len(c.Jobs) < len(core.DefaultJobs) || c.Country == "" {
			t.Fatalf("a default is missing: %+v", c)
		}
		c.Silent("FR/84", time.Now())
		var again bytes.Buffer
		if err := toml.NewEncoder(&again).Encode(c); err != nil {
			t.Fatal(err)
		}
		d, err := core.ParseCampaign(&again)
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if diff := cmp.Diff(c, d, cmpopts.IgnoreUnexported(core.Silence{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The end of a silence is where nothing covers the area any more, also where one follows
// on another.
func TestASilenceEndsWhereNoOtherGoesOn(t *testing.T) {
	t.Parallel()
	c, err := core.ParseCampaign(strings.NewReader(`silence = [
		{ areas = ["FR/11"], zone = "UTC", from = "2027-04-10T12:00", until = "2027-04-10T20:00" },
		{ areas = ["FR/84"], zone = "UTC", from = "2027-04-10T00:00", until = "2027-04-10T12:00" },
	]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		area   core.AreaID
		at, to string
	}{
		{"FR/84/69", "2027-04-10T06:00:00Z", "2027-04-10T12:00:00Z"},
		{"FR/11/75", "2027-04-10T06:00:00Z", "2027-04-10T06:00:00Z"},
		{core.World, "2027-04-10T06:00:00Z", "2027-04-10T20:00:00Z"},
		{core.World, "2027-04-10T20:00:00Z", "2027-04-10T20:00:00Z"},
	} {
		at, _ := time.Parse(time.RFC3339, s.at)
		if got := c.AfterSilence(s.area, at).Format(time.RFC3339); got != s.to {
			t.Errorf("in %q at %s it ends at %s, want %s", s.area, s.at, got, s.to)
		}
	}
}

func TestARuleForMatrixThatIsWrongIsNamed(t *testing.T) {
	t.Parallel()
	for key, line := range map[string]string{
		"matrix.users":       `users = ["anna"]`,
		"matrix.servers":     `servers = ["@anna:example.org"]`,
		"matrix.organisers":  `organisers = ["*.example.org"]`,
		"matrix.members_of":  `members_of = "#campaign:example.org"`,
		"matrix.space":       `space = "campaign"`,
		"matrix.max_rooms":   `max_rooms = -1`,
		"matrix.max_members": `max_members = -1`,
	} {
		_, err := core.ParseCampaign(strings.NewReader("[matrix]\n" + line))
		if core.CodeOf(err) != core.Invalid || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
