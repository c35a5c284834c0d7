package console

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"tocsin/core"
)

// maxCopies is how many different files of one name are saved.
const maxCopies = 1000

// save writes f into the directory for files, readable by its owner alone, and
// returns its path, or "" if there is no file or no directory. A file that is there
// already is not written again; another one of the same name is left as it is.
func (a *Adapter) save(f *core.Attachment) (string, error) {
	if f == nil || a.Files == "" {
		return "", nil
	}
	name := fileName(f.Name)
	extension := filepath.Ext(name)
	stem := strings.TrimSuffix(name, extension)
	for n := 1; n <= maxCopies; n++ {
		path := filepath.Join(a.Files, name)
		switch err := create(path, f.Data); {
		case err == nil, same(path, f.Data):
			return path, nil
		case !errors.Is(err, fs.ErrExist):
			return "", bare(err)
		}
		name = fmt.Sprintf("%s-%d%s", stem, n+1, extension)
	}
	return "", fs.ErrExist
}

// create writes a file that is not there yet. Of one that fails nothing is left.
func create(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// same reports whether path is a file with these bytes.
func same(path string, data []byte) bool {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(data)) {
		return false
	}
	there, err := os.ReadFile(path)
	return err == nil && bytes.Equal(there, data)
}

// bare returns err without the name of the file, which may say what it is about.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// fileName returns a name that is only a name, in any directory.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '_'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if r := []rune(name); len(r) > maxFileName {
		extension := []rune(filepath.Ext(name))
		extension = extension[:min(len(extension), maxFileName/4)]
		name = string(r[:maxFileName-len(extension)]) + string(extension)
	}
	if name = strings.Trim(name, ". "); name == "" {
		return "file"
	}
	return name
}

// maxFileName is the longest name that is given to a file, in characters: most file
// systems take 255 bytes.
const maxFileName = 60
