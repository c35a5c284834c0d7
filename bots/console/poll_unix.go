//go:build unix

package console

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A polledFile reads from a file only when there is something to read, so that a
// read can end before.
type polledFile struct {
	file *os.File
	woke *os.File // at its end once the reading is to end
}

// pollable returns f as an input. Neither does it change how f waits, which it may
// share with other programs, nor is f closed.
func pollable(f *os.File) (input, error) {
	woke, wake, err := os.Pipe()
	if err != nil {
		return input{}, err
	}
	return input{
		Reader:    &polledFile{file: f, woke: woke},
		interrupt: func() { _ = wake.Close() },
		release:   func() { _, _ = wake.Close(), woke.Close() },
	}, nil
}

// Read implements io.Reader. It returns io.EOF when the reading is to end.
func (p *polledFile) Read(b []byte) (int, error) {
	for {
		waiting := []unix.PollFd{
			{Fd: int32(descriptor(p.woke)), Events: unix.POLLIN},
			{Fd: int32(descriptor(p.file)), Events: unix.POLLIN},
		}
		if waiting[1].Fd < 0 {
			return 0, os.ErrClosed
		}
		_, err := unix.Poll(waiting, -1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		case waiting[0].Revents != 0:
			return 0, io.EOF
		default:
			return p.file.Read(b)
		}
	}
}
