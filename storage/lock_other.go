//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package storage

// lockFile fails: this system has no lock that ends with its process by itself.
func lockFile(string) (unlock func() error, err error) {
	return nil, invalid("lock database", "SQLite needs a Unix system here; use PostgreSQL")
}
