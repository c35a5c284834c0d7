package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"tocsin/core/intake"
)

// standardInput is how the command line names what is piped in.
const standardInput = "-"

// A source is a file that is read, or standard input.
type source struct {
	io.Reader
	path string      // standardInput or that of the file
	info os.FileInfo // nil for standard input
	file *os.File    // nil for standard input
}

// open opens a file to be read.
func (p *program) open(path string) (*source, error) {
	if path == standardInput {
		return &source{Reader: p.stdin, path: path}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, misuse{fmt.Errorf("%s: it cannot be read: %s", path, reason(err))}
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("it is a folder")
	}
	if err != nil {
		file.Close()
		return nil, misuse{fmt.Errorf("%s: %s", path, reason(err))}
	}
	return &source{Reader: file, path: path, info: info, file: file}, nil
}

// size returns how long s is, in bytes; -1 if that is not known.
func (s *source) size() int64 {
	if s.info == nil || !s.info.Mode().IsRegular() {
		return -1
	}
	return s.info.Size()
}

// readByAll reports whether anybody on this machine may read the file.
func (s *source) readByAll() bool { return s.info != nil && s.info.Mode().Perm()&0o004 != 0 }

// Close closes the file.
func (s *source) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// badRows lists the rows of a source that cannot be used, in a file that is made with
// the first of them: "line 7: email: no address". It holds nothing of a row, and only
// its owner may read it.
type badRows struct {
	path string
	file *os.File
	text *bufio.Writer
	n    int
}

// badRowsOf returns where the bad rows of a source are listed: at path, else beside the
// source. It fails if that is the source itself.
func badRowsOf(s *source, path string) (*badRows, error) {
	if path == "" {
		path = s.path + ".bad"
		if s.path == standardInput {
			path = "stdin.bad"
		}
	}
	if info, err := os.Stat(path); err == nil && s.info != nil && os.SameFile(info, s.info) {
		return nil, misuse{fmt.Errorf("--bad: %s is the file that is read", path)}
	}
	return &badRows{path: path}, nil
}

// take lists err if it is a bad row, and otherwise returns it.
func (b *badRows) take(err error) error {
	row, ok := errors.AsType[*intake.RowError](err)
	if !ok {
		return err
	}
	if b.file == nil {
		if b.file, err = os.OpenFile(b.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return fmt.Errorf("%s: bad rows cannot be listed there: %s: name another file with --bad", b.path, reason(err))
		}
		b.text = bufio.NewWriter(b.file)
	}
	b.n++
	_, err = fmt.Fprintf(b.text, "line %d: %s\n", row.Line, row.Reason)
	return err
}

// close ends the list.
func (b *badRows) close() error {
	if b.file == nil {
		return nil
	}
	return errors.Join(b.text.Flush(), b.file.Close())
}

// String says how many there were and where they are listed, as the end of a summary.
func (b *badRows) String() string {
	if b.n == 0 {
		return "0 bad"
	}
	return fmt.Sprintf("%d bad: see %s", b.n, b.path)
}
