//go:build !unix

package console

import "os"

// pollable returns f as an input that cannot be interrupted.
func pollable(f *os.File) (input, error) { return input{Reader: f, release: func() {}}, nil }
