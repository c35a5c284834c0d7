package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// terminal reports whether v is a terminal.
func terminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// watched returns a reader of s that shows on stderr how far it has come, if that is a
// terminal, and what takes the bar away.
func (p *program) watched(s *source, what string) (io.Reader, func()) {
	if !terminal(p.stderr) {
		return s, func() {}
	}
	bar := progressbar.NewOptions64(s.size(),
		progressbar.OptionSetWriter(p.stderr),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
	r := progressbar.NewReader(s, bar)
	return &r, func() { _ = bar.Finish() } // a bar that cannot be drawn is no failure
}
