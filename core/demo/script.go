package demo

import (
	_ "embed" // the lines
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"tocsin/core"
	"tocsin/core/locale"
)

// scriptFile holds what a Guide says, and when.
//
//go:embed guide.toml
var scriptFile string

// A Script is what a Guide says, in each language.
type Script struct {
	Voice   map[string]string `toml:"voice"`   // what its lines begin with
	Opening map[string]string `toml:"opening"` // said before anything else
	Lines   []Line            `toml:"line"`
}

// A Line is said once, when all its conditions hold. One that is left out always does.
type Line struct {
	Name    string    `toml:"name"` // lines of one name are said once together
	Step    string    `toml:"step"`
	Asked   string    `toml:"asked"`
	Offered core.Verb `toml:"offered"`
	Member  bool      `toml:"member"`
	Going   bool      `toml:"going"`
	Alert   alert     `toml:"alert"`
	French  string    `toml:"fr"`
	English string    `toml:"en"`
}

// alert says how far the alert of the demo is.
type alert string

const (
	unasked alert = ""        // the person has not agreed to one, or not yet
	awaited alert = "awaited" // it will come
	sent    alert = "sent"
)

// facts are what the conditions of a Line ask about.
type facts struct {
	step    string      // the question that is open, as flow.step
	asked   string      // the command that was typed
	offered []core.Verb // by the last buttons
	member  bool        // the sign-up is over
	going   bool        // to an action, at least
	alert   alert
}

// LoadScript returns the script that is built into the program. It fails with Internal
// if that is broken.
func LoadScript() (*Script, error) {
	var s Script
	if _, err := toml.Decode(scriptFile, &s); err != nil {
		return nil, core.Wrap(core.Internal, err, "demo: read guide")
	}
	return &s, nil
}

// Open returns what is said before the first prompt.
func (s *Script) Open(l locale.Language, d *Data) string {
	var addresses []string
	for _, a := range d.Welcome() {
		addresses = append(addresses, string(a))
	}
	text := s.Opening[string(l)]
	text = strings.ReplaceAll(text, "{addresses}", strings.Join(addresses, "\n    "))
	text = strings.ReplaceAll(text, "{campaign}", d.Name)
	voice := s.Voice[string(l)]
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") {
			out.WriteString(voice)
		}
		out.WriteString(line)
	}
	return out.String()
}

// next returns the line to say, or nil. said are the names of those that were.
func (s *Script) next(f facts, said map[string]bool) *Line {
	for i := range s.Lines {
		if l := &s.Lines[i]; !said[l.Name] && l.holds(f) {
			return l
		}
	}
	return nil
}

func (l *Line) holds(f facts) bool {
	return (l.Step == "" || l.Step == f.step) &&
		(l.Asked == "" || l.Asked == f.asked) &&
		(l.Offered == "" || slices.Contains(f.offered, l.Offered)) &&
		(l.Alert == "" || l.Alert == f.alert) &&
		(f.member || !l.Member) && (f.going || !l.Going)
}

// message returns a line as the guide says it. What is to be typed stands out.
func (s *Script) message(l *Line, in locale.Language, address core.Address) *core.Message {
	text := l.French
	if in == "en" {
		text = l.English
	}
	m := &core.Message{Body: []core.Span{{Text: s.Voice[string(in)]}}}
	for i, part := range strings.Split(strings.ReplaceAll(text, "{address}", string(address)), "`") {
		span := core.Span{Text: part}
		if i%2 == 1 {
			span.Style = locale.Code
		}
		if part != "" {
			m.Body = append(m.Body, span)
		}
	}
	return m
}
