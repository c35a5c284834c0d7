//go:build !linux

package pgtest

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// Elsewhere no child is known to end with its parent, so find finds no installation and
// none of these is reached.

func attributes(*owner) *syscall.SysProcAttr { return nil }

func takeLock(string) (*os.File, error) { return nil, errors.ErrUnsupported }

func freeze(context.Context, *process) error { return errors.ErrUnsupported }

func thaw(*process) error { return errors.ErrUnsupported }

func killAll(context.Context, *process) error { return errors.ErrUnsupported }

func removeSegment(int) error { return errors.ErrUnsupported }
