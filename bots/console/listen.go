package console

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"tocsin/core"
)

// A source gives lines, one at a time.
type source interface {
	next() (line, error)
	end()     // gives back what the source took; called by the reader
	abandon() // does so as far as can be done while the reader is stuck
}

// A listener reads lines in a goroutine of its own, so that nobody has to wait for
// somebody who types nothing.
type listener struct {
	lines     chan line // closed at the end of the input
	err       error     // why it ended, if it broke; to be read once lines is closed
	source    source
	quit      chan struct{}
	once      sync.Once
	interrupt func() // makes a read that waits return; nil if that cannot be done
}

// listen begins to read, from a terminal with its line edited.
func (a *Adapter) listen() (*listener, error) {
	l := &listener{lines: make(chan line), quit: make(chan struct{})}
	in, err := interruptible(a.In)
	if err != nil {
		return nil, core.Wrap(core.Internal, err, "console: open input")
	}
	l.interrupt = in.interrupt
	l.source = lineReader{bufio.NewReader(in), maxLine}
	if a.interactive() {
		e, err := a.edit(in)
		if err != nil {
			in.release()
			return nil, core.Wrap(core.Internal, err, "console: open terminal")
		}
		e.watch(l)
		l.source = e
	}
	go l.read(in.release)
	return l, nil
}

// read passes lines on until the input ends or nobody wants them any more.
func (l *listener) read(release func()) {
	defer close(l.lines)
	defer release()
	defer l.source.end()
	for {
		next, err := l.source.next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				l.err = core.Wrap(core.Unavailable, err, "console: read input")
			}
			return
		}
		select {
		case l.lines <- next:
		case <-l.quit:
			return
		}
	}
}

// next waits for a line. It reports false when the input has ended or ctx is done.
func (l *listener) next(ctx context.Context) (line, bool) {
	if ctx.Err() != nil {
		return line{}, false
	}
	select {
	case next, ok := <-l.lines:
		return next, ok
	case <-ctx.Done():
		return line{}, false
	}
}

// why returns the error with which the input ended, nil if ctx has ended it.
func (l *listener) why(ctx context.Context) error {
	if ctx.Err() != nil {
		return nil
	}
	return l.err
}

// hangUp ends the input, as its end would.
func (l *listener) hangUp() {
	l.once.Do(func() {
		close(l.quit)
		if l.interrupt != nil {
			l.interrupt()
		}
	})
}

// patience is how long close waits for a terminal that takes no more output.
const patience = 900 * time.Millisecond

// close ends the input and waits for the reader, unless that cannot be interrupted.
func (l *listener) close() {
	l.hangUp()
	if l.interrupt == nil {
		return
	}
	late := time.After(patience)
	for {
		select {
		case _, more := <-l.lines:
			if !more {
				return
			}
		case <-late:
			l.source.abandon()
			return
		}
	}
}

// An input is a reader that can be told to stop waiting.
type input struct {
	io.Reader
	interrupt func() // nil if it cannot be told
	release   func() // gives back what waiting takes
}

// interruptible returns r as an input.
func interruptible(r io.Reader) (input, error) {
	if f, ok := r.(*os.File); ok {
		return pollable(f)
	}
	in := input{Reader: r, release: func() {}}
	if c, ok := r.(io.Closer); ok {
		in.interrupt = func() { _ = c.Close() } // it is only closed to be left
	}
	return in, nil
}
