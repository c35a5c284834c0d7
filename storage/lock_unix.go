//go:build linux || darwin || freebsd || netbsd || openbsd

package storage

import (
	"errors"
	"os"
	"syscall"

	"tocsin/core"
)

// lockFile takes the lock that says that this process has a database. The system takes
// it back when the process ends, however it ends. It fails with Conflict if another
// process has it. The file stays: to remove it would let two processes in.
func lockFile(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, core.Wrap(core.Unavailable, bareError(err), "storage: lock database")
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f.Close, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, core.Wrap(core.Conflict, errors.New("another process has it open"), "storage: lock database")
	}
	return nil, core.Wrap(core.Unavailable, err, "storage: lock database")
}
