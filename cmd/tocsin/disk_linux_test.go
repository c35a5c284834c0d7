package main

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// fillDisk lets no file of this process grow by more than so many bytes beyond the
// largest that the database has.
func fillDisk(most uint64) error {
	path := strings.TrimPrefix(os.Getenv("SENDER_URL"), "sqlite:")
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := uint64(info.Size()) + most
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit})
}
