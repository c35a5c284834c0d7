package console

import (
	"context"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"tocsin/core"
)

// A screen writes pieces whole, one at a time. Its zero value is ready.
type screen struct {
	once    sync.Once
	turn    chan struct{} // holds a value while somebody writes
	editor  io.Writer     // where pieces go while a line is edited; nil: to the output itself
	columns atomic.Int64  // of the terminal, while a line is edited
	torn    bool          // the last piece broke off
}

// enter waits for the turn to write. It fails if ctx ends before.
func (s *screen) enter(ctx context.Context) error {
	s.once.Do(func() { s.turn = make(chan struct{}, 1) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *screen) leave() { <-s.turn }

// write writes one piece to out. It fails with Unavailable if nothing of it was
// written, with Uncertain if a part was or ctx ended before out had taken it all.
func (s *screen) write(ctx context.Context, out io.Writer, piece string) error {
	if err := s.enter(ctx); err != nil {
		return core.Wrap(core.Unavailable, err, "console: wait for output")
	}
	written := make(chan error, 1)
	go func() {
		defer s.leave()
		written <- s.put(out, piece)
	}()
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-written:
		return err
	default:
		return core.Wrap(core.Uncertain, ctx.Err(), "console: write output")
	}
}

// put writes one piece. After one that broke off it begins a new line, so that what
// is whole can be told from what is not.
func (s *screen) put(out io.Writer, piece string) error {
	if s.torn {
		piece = "\n" + piece
	}
	if s.editor != nil {
		out, piece = s.editor, wrapped(piece, int(s.columns.Load()))
	}
	n, err := io.WriteString(out, piece)
	if err == nil && n < len(piece) {
		err = io.ErrShortWrite
	}
	switch {
	case err == nil:
		s.torn = false
		return nil
	case n == 0:
		return core.Wrap(core.Unavailable, err, "console: write output")
	}
	s.torn = true
	return core.Wrap(core.Uncertain, err, "console: write output")
}

// Screen returns a writer for what is no message: letters, log lines. What is written
// to it at once is shown whole, above the line that is being typed; in a numbered
// chat each line is marked with "#".
func (a *Adapter) Screen() io.Writer { return margin{a} }

// A margin writes beside the messages of an Adapter.
type margin struct{ *Adapter }

// Write implements io.Writer.
func (m margin) Write(p []byte) (int, error) {
	text := strings.TrimSuffix(printable(string(p)), "\n")
	if m.Numbered {
		text = string(remark) + "\t" + strings.ReplaceAll(text, "\n", "\n"+string(remark)+"\t")
	}
	if err := m.screen.write(context.Background(), m.Out, text+"\n"); err != nil {
		return 0, err
	}
	return len(p), nil
}
