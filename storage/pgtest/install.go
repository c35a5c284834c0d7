package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
)

// packaged is where Debian and its children put each version of the server.
const packaged = "/usr/lib/postgresql/*/bin"

var errNotInstalled = errors.New("pgtest: no PostgreSQL server installed (" + packaged + " or PATH)")

// installation is one PostgreSQL of this machine, and who runs it.
type installation struct {
	bin   string // the folder of initdb and postgres
	owner *owner // nil: whoever runs the tests
}

// owner is the system user that a server runs as, since it refuses to run as root.
type owner struct{ uid, gid uint32 }

// find returns the newest packaged installation, else the one on PATH, else
// errNotInstalled.
func find() (installation, error) {
	bin := newest(packaged)
	if bin == "" {
		bin = onPath()
	}
	if bin == "" || runtime.GOOS != "linux" {
		return installation{}, errNotInstalled
	}
	if os.Geteuid() != 0 {
		return installation{bin: bin}, nil
	}
	who, err := systemUser("postgres", "nobody")
	return installation{bin: bin, owner: who}, err
}

// newest returns the folder of the highest version among those that match pattern,
// …/VERSION/bin, and hold a server; "" if there is none.
func newest(pattern string) string {
	folders, err := filepath.Glob(pattern)
	if err != nil {
		return ""
	}
	best, highest := "", -1.0
	for _, folder := range folders {
		version, err := strconv.ParseFloat(filepath.Base(filepath.Dir(folder)), 64)
		if err == nil && version > highest && complete(folder) {
			best, highest = folder, version
		}
	}
	return best
}

// complete reports whether folder holds the two programs that a server needs; that of
// a client alone holds neither.
func complete(folder string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(folder, program)); err != nil {
			return false
		}
	}
	return true
}

func onPath() string {
	program, err := exec.LookPath("postgres")
	if err != nil {
		return ""
	}
	real, err := filepath.EvalSymlinks(program)
	if err != nil || !complete(filepath.Dir(real)) {
		return ""
	}
	return filepath.Dir(real)
}

// systemUser returns the first of names that this machine knows.
func systemUser(names ...string) (*owner, error) {
	for _, name := range names {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("pgtest: read user id: %w", err)
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("pgtest: read group id: %w", err)
		}
		return &owner{uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("pgtest: find a user to run as instead of root: none of %q", names)
}
