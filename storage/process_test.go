package storage_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/storage"
)

// TestHolder is no test: it is the other process of those below.
func TestHolder(t *testing.T) {
	url, keys := os.Getenv("STORAGE_TEST_URL"), os.Getenv("STORAGE_TEST_KEYS")
	if url == "" {
		return
	}
	if os.Getenv("STORAGE_TEST_ANNOUNCE") != "" {
		fmt.Println("opening")
	}
	s, err := storage.Open(t.Context(), storage.Config{URL: url, KeyFile: keys})
	if err != nil {
		fmt.Println("refused:", core.CodeOf(err), err)
		return
	}
	enterChat(t, s, "from the other process")
	must(t, takeLease(t, s, "the other process"))
	fmt.Println("open")
	select {} // until it is killed
}

// startHolder starts a process that opens a database and holds it, and returns what it
// says and how to kill it.
func startHolder(t *testing.T, c storage.Config, env ...string) (said string, kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHolder$")
	cmd.Env = append(append(os.Environ(), "STORAGE_TEST_URL="+c.URL, "STORAGE_TEST_KEYS="+c.KeyFile), env...)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	kill = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(kill)
	said, err = bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return said, kill
}

func TestSecondProcessOnASQLiteFileIsRefused(t *testing.T) {
	t.Parallel()
	c := storage.Config{URL: sqliteURL(t), KeyFile: filepath.Join(t.TempDir(), "keys")}
	s, err := storage.Open(t.Context(), c)
	must(t, err)
	link := filepath.Join(t.TempDir(), "link.db")
	must(t, os.Symlink(strings.TrimPrefix(c.URL, "sqlite:"), link))
	for _, url := range []string{c.URL, "sqlite:" + link} {
		said, _ := startHolder(t, storage.Config{URL: url, KeyFile: c.KeyFile})
		if !strings.HasPrefix(said, "refused: conflict") || !strings.Contains(said, "another process has it open") {
			t.Errorf("the second process said %q", said)
		}
	}
	wantRefused(t, c, core.Conflict, "another process has it open")
	must(t, s.Close())
	said, _ := startHolder(t, c)
	if said != "open\n" {
		t.Errorf("after Close the second process said %q", said)
	}
}

func TestLockOfAKilledProcessIsFreeAndItsCommitsAreThere(t *testing.T) {
	t.Parallel()
	c := storage.Config{URL: sqliteURL(t), KeyFile: filepath.Join(t.TempDir(), "keys")}
	said, kill := startHolder(t, c)
	if said != "open\n" {
		t.Fatalf("the other process said %q", said)
	}
	wantRefused(t, c, core.Conflict, "another process has it open")
	kill()
	s, err := storage.Open(t.Context(), c)
	must(t, err)
	defer s.Close()
	if got := enterChat(t, s, "from the other process"); got.ID != 1 {
		t.Errorf("what the killed process committed is gone: the chat is new, with the id %d", got.ID)
	}
}

// Nobody else can hold a lease in a SQLite file, so a process that begins again after a
// crash does not wait for its own to run out.
func TestLeaseOfAKilledProcessIsFreeOnSQLite(t *testing.T) {
	t.Parallel()
	c := storage.Config{URL: sqliteURL(t), KeyFile: filepath.Join(t.TempDir(), "keys")}
	_, kill := startHolder(t, c)
	kill()
	s, err := storage.Open(t.Context(), c)
	must(t, err)
	defer s.Close()
	must(t, takeLease(t, s, "this process"))
	if err := takeLease(t, s, "a third"); core.CodeOf(err) != core.Conflict {
		t.Errorf("a lease that is held is given away: %v", err)
	}
}

func takeLease(t *testing.T, s *storage.Store, holder string) error {
	return s.Tx(t.Context(), func(tx core.Tx) error {
		_, err := tx.TakeLease(t.Context(), "poll:telegram:1", holder)
		return err
	})
}

// A process is killed at different moments of its first opening: the next one finds the
// key and the database whole, or makes what is missing.
func TestKilledWhileItOpensOpensAgain(t *testing.T) {
	t.Parallel()
	for moment := range 6 {
		c := storage.Config{URL: sqliteURL(t), KeyFile: filepath.Join(t.TempDir(), "keys")}
		said, kill := startHolder(t, c, "STORAGE_TEST_ANNOUNCE=1")
		if said != "opening\n" {
			t.Fatalf("the other process said %q", said)
		}
		<-time.After(time.Duration(moment*moment) * time.Millisecond)
		kill()
		openAndClose(t, c)
	}
}
