package console_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"tocsin/bots/botstest"
	"tocsin/bots/console"
	"tocsin/core"
	"tocsin/core/geo"
)

func TestContract(t *testing.T) {
	botstest.Run(t, func(t *testing.T) botstest.World { return newPiped(t) })
}

func TestContractNumbered(t *testing.T) {
	botstest.Run(t, func(t *testing.T) botstest.World { return newScript(t) })
}

// A typist writes lines into a pipe, without making anyone wait.
type typist struct {
	lines chan string
	out   io.WriteCloser
}

func newTypist(t *testing.T, out io.WriteCloser) *typist {
	y := &typist{lines: make(chan string, 1000), out: out}
	var wg sync.WaitGroup
	wg.Go(func() {
		for line := range y.lines {
			if _, err := io.WriteString(out, line+"\n"); err != nil {
				continue // the adapter has left
			}
		}
	})
	t.Cleanup(func() {
		close(y.lines)
		out.Close()
		wg.Wait()
	})
	return y
}

// shown reads one message, of which saved files are a line.
func shown(text string) botstest.Shown {
	s := botstest.Shown{Text: text}
	m := regexp.MustCompile(`(?m)\n?^\[file (.*), (\d+) bytes: (.*)\]$`).FindStringSubmatch(text)
	if m == nil {
		return s
	}
	s.Text = strings.Replace(text, m[0], "", 1)
	b, err := os.ReadFile(m[3])
	if err == nil && fmt.Sprint(len(b)) == m[2] {
		s.File = &botstest.File{Name: m[1], Bytes: b}
	}
	return s
}

// faults says how the output breaks.
var faults = map[botstest.FaultKind]breakage{
	botstest.Unavailable: closed, botstest.Delivered: tooLate, botstest.Lost: cut,
}

// A piped is a World: one person at the ends of two pipes.
type piped struct {
	*typist
	paper   paper
	adapter *console.Adapter
}

var (
	_ botstest.World  = (*piped)(nil)
	_ botstest.Sharer = (*piped)(nil)
)

func newPiped(t *testing.T) *piped {
	in, out := io.Pipe()
	w := &piped{typist: newTypist(t, out)}
	w.adapter = &console.Adapter{ID: "console:terminal", In: in, Out: &w.paper, Files: t.TempDir()}
	return w
}

func (w *piped) Adapter() core.Adapter     { return w.adapter }
func (w *piped) People() []botstest.Person { return []botstest.Person{"terminal"} }
func (w *piped) Chat(p botstest.Person) core.ChatRef {
	return core.ChatRef{Bot: w.adapter.ID, Chat: string(p)}
}
func (w *piped) Write(_ botstest.Person, text string)       { w.lines <- text }
func (w *piped) Share(_ botstest.Person, p geo.Point)       { w.lines <- located(p) }
func (w *piped) Secrets() []string                          { return nil }
func (w *piped) Mend()                                      { w.paper.breakOff(sound) }
func (w *piped) Shown(botstest.Person) (s []botstest.Shown) { return read(w.paper.written()) }

func (w *piped) Fail(f botstest.Fault) bool {
	w.paper.breakOff(faults[f.Kind])
	return faults[f.Kind] != sound
}

func located(p geo.Point) string { return fmt.Sprintf("(location %f %f)", p.Lat, p.Lon) }

// read returns the messages of a pipe: what was torn is none.
func read(pieces []string) (out []botstest.Shown) {
	for _, piece := range pieces {
		if text, ok := strings.CutSuffix(strings.TrimPrefix(piece, "\n"), "\n\n"); ok {
			out = append(out, shown(text))
		}
	}
	return out
}

// A script is a World: a program that speaks the numbered protocol and keeps what has
// no answer yet.
type script struct {
	t       *testing.T
	files   string
	paper   *paper
	adapter *console.Adapter

	mu     sync.Mutex
	typist *typist
	count  int
	open   map[string]string // lines by their numbers, until they are handled
	last   string
}

var (
	_ botstest.World     = (*script)(nil)
	_ botstest.Sharer    = (*script)(nil)
	_ botstest.Repeater  = (*script)(nil)
	_ botstest.Restarter = (*script)(nil)
)

func newScript(t *testing.T) *script {
	w := &script{t: t, files: t.TempDir(), open: map[string]string{}}
	w.paper = &paper{wrote: w.told}
	w.Restart()
	return w
}

func (w *script) Adapter() core.Adapter     { return w.adapter }
func (w *script) People() []botstest.Person { return []botstest.Person{"terminal", "bruno"} }
func (w *script) Secrets() []string         { return nil }
func (w *script) Mend()                     { w.paper.breakOff(sound) }

func (w *script) Fail(f botstest.Fault) bool {
	w.paper.breakOff(faults[f.Kind])
	return faults[f.Kind] != sound
}

func (w *script) Chat(p botstest.Person) core.ChatRef {
	return core.ChatRef{Bot: "console:script", Chat: string(p)}
}

// Restart gives a new adapter all lines that are not handled.
func (w *script) Restart() {
	w.mu.Lock()
	defer w.mu.Unlock()
	in, out := io.Pipe()
	w.typist = newTypist(w.t, out)
	w.adapter = &console.Adapter{ID: "console:script", Numbered: true, In: in, Out: w.paper, Files: w.files}
	for _, line := range w.open {
		w.typist.lines <- line
	}
}

func (w *script) Write(p botstest.Person, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	number := fmt.Sprint(w.count)
	w.last = number + "\t" + text
	if p != "terminal" {
		w.last = number + "\t@" + string(p) + "\t" + text
	}
	w.open[number] = w.last
	w.typist.lines <- w.last
}

func (w *script) Share(p botstest.Person, at geo.Point) { w.Write(p, located(at)) }

func (w *script) Repeat(botstest.Person) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.typist.lines <- w.last
}

// told hears what has come of a line.
func (w *script) told(piece string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	report, number, _ := strings.Cut(strings.TrimSuffix(piece, "\n"), "\t")
	switch report {
	case "=":
		delete(w.open, number)
	case "!":
		w.typist.lines <- w.open[number]
	case "?":
		w.t.Errorf("line %s was not understood", number)
	}
}

func (w *script) Shown(p botstest.Person) (out []botstest.Shown) {
	keys := map[string]bool{}
	for _, line := range strings.Split(w.paper.String(), "\n") {
		key, rest, _ := strings.Cut(line, "\t")
		chat := "terminal"
		if name, said, ok := strings.Cut(rest, "\t"); ok {
			chat, rest = strings.TrimPrefix(name, "@"), said
		}
		var text string
		if json.Unmarshal([]byte(rest), &text) != nil || strings.Trim(key, "=!?#") == "" || chat != string(p) || keys[key] {
			continue
		}
		keys[key] = true
		out = append(out, shown(text))
	}
	return out
}
