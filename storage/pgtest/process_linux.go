package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes make a child run as who, in a process group of its own so that an
// interrupt typed at the terminal reaches us alone, and end with the thread that
// started it. SIGQUIT ends a server at once but lets it take down what it has set up.
// A frozen one is woken by the kernel first, since our end leaves its group an orphan.
func attributes(who *owner) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	if who != nil {
		attr.Credential = &syscall.Credential{Uid: who.uid, Gid: who.gid}
	}
	return attr
}

// takeLock opens the folder at path and locks it till the file is closed or the process
// ends. It fails at once if another holds the lock.
func takeLock(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// freeze stops the server and then, when it can start no more of them, its children. It
// returns once all stand still.
func freeze(ctx context.Context, p *process) error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	if err := until(ctx, func() (bool, error) { return all("TZ", p.Pid), nil }); err != nil {
		return err
	}
	pids := children(p.Pid)
	if err := signalAll(pids, syscall.SIGSTOP); err != nil {
		return err
	}
	return until(ctx, func() (bool, error) { return all("TZ", pids...), nil })
}

// thaw undoes freeze.
func thaw(p *process) error {
	err := signalAll(children(p.Pid), syscall.SIGCONT)
	if own := p.Signal(syscall.SIGCONT); !errors.Is(own, os.ErrProcessDone) {
		err = errors.Join(err, own)
	}
	return err
}

// killAll kills the server's children, then the server, and waits till all are gone.
// They are frozen first: none sees another die and acts upon it.
func killAll(ctx context.Context, p *process) error {
	if err := freeze(ctx, p); err != nil {
		return err
	}
	pids := children(p.Pid)
	if err := signalAll(pids, syscall.SIGKILL); err != nil {
		return err
	}
	if err := until(ctx, func() (bool, error) { return all("Z", pids...), nil }); err != nil {
		return err
	}
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.gone
	return nil
}

func signalAll(pids []int, signal syscall.Signal) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal child: %w", err)
		}
	}
	return nil
}

// children returns the processes that parent has started and that are not yet gone.
func children(parent int) []int {
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	var pids []int
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		if s, known := status(pid); known && s.parent == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// all reports whether each of pids is gone or in one of states: T is stopped, Z ended.
func all(states string, pids ...int) bool {
	for _, pid := range pids {
		if s, known := status(pid); known && !strings.ContainsRune(states, rune(s.state)) {
			return false
		}
	}
	return true
}

// stat is what the kernel says of a process: proc_pid_stat(5), fields 3 and 4.
type stat struct {
	state  byte
	parent int
}

// status returns what the kernel says of pid; false if there is no such process.
func status(pid int) (stat, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, false
	}
	_, rest, found := bytes.Cut(text[bytes.LastIndexByte(text, ')')+1:], []byte(" "))
	fields := bytes.Fields(rest)
	if !found || len(fields) < 2 {
		return stat{}, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return stat{state: fields[0][0], parent: parent}, err == nil
}

// removeSegment removes the shared memory id; that it is gone already is no error.
func removeSegment(id int) error {
	_, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EIDRM) {
		return fmt.Errorf("remove shared memory: %w", err)
	}
	return nil
}
