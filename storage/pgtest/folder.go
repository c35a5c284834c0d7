package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// folderName begins the name of every server's folder in the system's temporary one.
const folderName = "tocsin-pgtest-"

// folder is where one server lives. Its lock is held as long as the process that made
// it is alive, so that an abandoned folder can be told from one in use.
type folder struct {
	path string
	lock *os.File
}

// newFolder makes a folder that belongs to who, or to ourselves if who is nil, and
// removes those that killed processes have left.
func newFolder(who *owner) (*folder, error) {
	sweep(os.TempDir())
	// The name changes only once the lock is held: a sweep never sees it without.
	hidden, err := os.MkdirTemp("", "."+folderName)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(filepath.Dir(hidden), strings.TrimPrefix(filepath.Base(hidden), "."))
	lock, err := takeLock(hidden)
	if err != nil {
		return nil, errors.Join(err, os.Remove(hidden))
	}
	f := &folder{path: hidden, lock: lock}
	if err := errors.Join(give(hidden, who), os.Rename(hidden, path)); err != nil {
		return nil, errors.Join(err, f.remove())
	}
	f.path = path
	return f, nil
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

func (f *folder) remove() error {
	return errors.Join(os.RemoveAll(f.path), f.lock.Close())
}

// sweep removes the folders in dir whose process is gone. What it may not touch, or
// what is still being written to, it leaves to the next sweep.
func sweep(dir string) {
	paths, err := filepath.Glob(filepath.Join(dir, folderName+"*"))
	if err != nil {
		return
	}
	for _, path := range paths {
		lock, err := takeLock(path)
		if err != nil {
			continue
		}
		_ = os.RemoveAll(path)
		_ = lock.Close()
	}
}

// give makes who the owner of path.
func give(path string, who *owner) error {
	if who == nil {
		return nil
	}
	return os.Chown(path, int(who.uid), int(who.gid))
}
