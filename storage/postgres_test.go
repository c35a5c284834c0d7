package storage_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"

	"tocsin/core"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

func rawPostgres(t *testing.T, url string) *sql.DB {
	t.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url)))
	t.Cleanup(func() { db.Close() })
	return db
}

func TestPostgresWithACertificateThatNobodyVouchesForIsRefused(t *testing.T) {
	t.Parallel()
	url, root := pgtest.TLS(t)
	c := storage.Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys"), Conns: 2, LongConns: 1}
	wantRefused(t, c, core.Unavailable, "the server's certificate is not trusted")

	other := c
	other.URL = strings.Replace(url, "localhost", "127.0.0.1", 1) + "&sslrootcert=" + root
	if other.URL == c.URL+"&sslrootcert="+root {
		t.Fatalf("the URL does not name localhost")
	}
	wantRefused(t, other, core.Unavailable, "the server's certificate is not trusted")

	c.URL += "&sslrootcert=" + root
	openAndClose(t, c)
}

func TestPostgresThatIsAwayOrNotThereIsNamed(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	c := storage.Config{URL: "postgres://tocsin@" + l.Addr().String() + "/tocsin", KeyFile: filepath.Join(t.TempDir(), "keys")}
	wantRefused(t, c, core.Unavailable, "connection refused")
	c.URL = strings.Replace(pgtest.New(t), "/test_", "/none_", 1)
	wantRefused(t, c, core.Internal, "there is no such database")
}

// Two turns that each enter the other's chat can never both go on: one is told to run
// again.
func TestPostgresDeadlockIsAConflict(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.New(t))
	a := core.ChatRef{Bot: "telegram:4711", Chat: "a"}
	b := core.ChatRef{Bot: "telegram:4711", Chat: "b"}
	enterChat(t, s, "a")
	enterChat(t, s, "b")
	var both sync.WaitGroup
	both.Add(2)
	enter := func(first, second core.ChatRef) error {
		return s.Tx(t.Context(), func(tx core.Tx) error {
			_, err := tx.EnterChat(t.Context(), first, core.Private)
			both.Done()
			must(t, err)
			both.Wait()
			tx.EnterChat(t.Context(), second, core.Private) // whatever is made of its error
			return nil
		})
	}
	other := make(chan error)
	go func() { other <- enter(b, a) }()
	errs := []error{enter(a, b), <-other}
	if got := [2]core.Code{core.CodeOf(errs[0]), core.CodeOf(errs[1])}; got != [2]core.Code{core.Conflict} && got != [2]core.Code{"", core.Conflict} {
		t.Errorf("got %v, want one conflict", errs)
	}
}

// A cutter is a proxy before PostgreSQL that can cut the connection on which a word is
// sent: before the server sees it, or before its answer is seen.
type cutter struct {
	word          []byte
	armed, passOn atomic.Bool
}

// serve returns the address of the proxy.
func (c *cutter) serve(t *testing.T, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			go c.forward(client, up)
			go func() {
				io.Copy(client, up)
				client.Close()
			}()
		}
	}()
	return l.Addr().String()
}

// forward carries what the client says to the server.
func (c *cutter) forward(client, up net.Conn) {
	defer up.Close()
	defer client.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if c.armed.Load() && bytes.Contains(buf[:n], c.word) && c.armed.CompareAndSwap(true, false) {
			client.Close()
			if c.passOn.Load() {
				up.Write(buf[:n])
				io.Copy(io.Discard, up)
			}
			return
		}
		if _, err := up.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cutURL returns the URL of a database behind a proxy.
func cutURL(t *testing.T, c *cutter) string {
	t.Helper()
	u, err := url.Parse(pgtest.New(t))
	must(t, err)
	u.Host = c.serve(t, u.Host)
	return u.String()
}

func TestCommitThatNobodyAnsweredForIsUncertain(t *testing.T) {
	t.Parallel()
	for _, passOn := range []bool{true, false} {
		c := &cutter{word: []byte("COMMIT")}
		c.passOn.Store(passOn)
		s := open(t, cutURL(t, c))
		enterChat(t, s, "42")
		c.armed.Store(true)
		mark := func(tx core.Tx) error { return tx.MarkSeen(t.Context(), "telegram:4711", "1") }
		if err := s.Tx(t.Context(), mark); core.CodeOf(err) != core.Uncertain {
			t.Errorf("commit passed on: %v; got %v, want it to be uncertain", passOn, err)
		}
		want := core.Code("")
		if passOn {
			want = core.Conflict
		}
		if got := core.CodeOf(eventually(t, s, mark, want)); got != want {
			t.Errorf("commit passed on: %v; marked again: %q, want %q", passOn, got, want)
		}
	}
}

// eventually runs a transaction until it ends with a code: the server may still be busy
// with the end of the connection that was cut.
func eventually(t *testing.T, s *storage.Store, fn func(core.Tx) error, want core.Code) error {
	t.Helper()
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		rolledBack := errors.New("only to look")
		err = s.Tx(t.Context(), func(tx core.Tx) error { return errors.Join(fn(tx), rolledBack) })
		if errors.Is(err, rolledBack) && core.CodeOf(err) == core.Internal {
			err = nil
		}
		if core.CodeOf(err) == want {
			return err
		}
	}
	return err
}

func TestLostConnectionIsUnavailableAndTheNextTryWorks(t *testing.T) {
	t.Parallel()
	c := &cutter{word: []byte("seen_updates")}
	s := open(t, cutURL(t, c))
	enterChat(t, s, "42")
	c.armed.Store(true)
	mark := func(tx core.Tx) error { return tx.MarkSeen(t.Context(), "telegram:4711", "1") }
	if err := s.Tx(t.Context(), mark); core.CodeOf(err) != core.Unavailable {
		t.Errorf("got %v, want it to be unavailable", err)
	}
	must(t, s.Tx(t.Context(), mark))
}
