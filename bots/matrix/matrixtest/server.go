// Package matrixtest gives tests a real Matrix homeserver that is thrown away afterwards,
// and people who use it: Dendrite, with everything in memory or in a temporary folder.
//
// The program is found by the variable DENDRITE, or on PATH. Where there is none a test is
// skipped with one line that says so; where CI is set it fails, so that no pipeline passes
// by leaving out its tests. The server starts with the first test that asks for it, and
// the tests of one process share it, each with accounts of its own:
//
//	func TestMain(m *testing.M) { os.Exit(matrixtest.Wrap(m).Run()) }
//
//	func TestSomething(t *testing.T) {
//		anna := matrixtest.Shared(t).Human(t, "anna")
//		…
//	}
//
// People (Human) encrypt as clients do, so they exist only with the build tag goolm.
package matrixtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/synapseadmin"
)

// ServerName is that of each server.
const ServerName = "localhost"

// sharedSecret lets tests register accounts.
const sharedSecret = "not a secret"

// Options say how a server differs from the usual one.
type Options struct {
	Limited bool // it limits what accounts do, as it does unless told otherwise
	Durable bool // it can be stopped and started again
}

// A Server is one homeserver.
type Server struct {
	folder  string
	url     string
	process *exec.Cmd
	log     *bytes.Buffer
	making  sync.Mutex // of accounts: the server cannot make two at once
	ended   chan struct{}
}

// Start returns a server of the test's own, which is removed when the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := launch(o)
	refuse(t, err)
	t.Cleanup(func() { s.remove() })
	return s
}

// Shared returns the server that the tests of this process share.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := shared()
	refuse(t, err)
	return s
}

var (
	started atomic.Pointer[Server]
	shared  = sync.OnceValues(func() (*Server, error) {
		s, err := launch(Options{})
		started.Store(s)
		return s, err
	})
)

// A Runner runs tests and returns the exit code: *testing.M, or what wraps one.
type Runner interface{ Run() int }

// Wrap returns a Runner that runs m and then removes the server that its tests shared.
func Wrap(m Runner) Runner { return tidy{m} }

type tidy struct{ inner Runner }

func (r tidy) Run() int {
	code := r.inner.Run()
	if started.Load() != nil {
		started.Load().remove()
	}
	return code
}

// errMissing says that there is no server on this machine.
var errMissing = errors.New("no Dendrite: set DENDRITE to its path (.ci/run builds it)")

// refuse ends a test for which there is no server.
func refuse(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, errMissing) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatalf("matrixtest: %v", err)
	}
}

// program returns the path of Dendrite.
func program() (string, error) {
	if path := os.Getenv("DENDRITE"); path != "" {
		return path, nil
	}
	path, err := exec.LookPath("dendrite")
	if err != nil {
		return "", errMissing
	}
	return path, nil
}

func launch(o Options) (*Server, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "tocsin-dendrite-")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder}
	if err = s.prepare(o); err == nil {
		err = s.run(path)
	}
	if err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	return s, nil
}

// prepare writes the settings and the key of the server.
func (s *Server) prepare(o Options) error {
	seed := make([]byte, 32)
	rand.Read(seed)
	key := pem.EncodeToMemory(&pem.Block{
		Type: "MATRIX PRIVATE KEY", Headers: map[string]string{"Key-ID": "ed25519:" + hex.EncodeToString(seed[:3])}, Bytes: seed,
	})
	text := fmt.Sprintf(settings, ServerName, !o.Durable, sharedSecret, o.Limited, "file://"+s.folder, sqlite, accounts)
	return errors.Join(
		os.WriteFile(filepath.Join(s.folder, "matrix_key.pem"), key, 0o600),
		os.WriteFile(filepath.Join(s.folder, "dendrite.yaml"), []byte(text), 0o600),
	)
}

// sqlite are options that make the server's databases fast and let many use them at once;
// they reach the driver only if the question mark is hidden. A transaction on accounts
// takes its lock at once: one that begins to write after it has read would fail.
const (
	sqlite   = "%3f_pragma=synchronous(off)&_pragma=journal_mode(wal)"
	accounts = "%3f_pragma=synchronous(off)&_txlock=immediate"
)

// settings are all that differs from Dendrite's own.
const settings = `version: 2
global:
  server_name: %[1]s
  private_key: matrix_key.pem
  disable_federation: true
  jetstream: {in_memory: %[2]t, storage_path: ./jetstream}
  cache: {max_size_estimated: 64mb}
client_api:
  registration_disabled: true
  registration_shared_secret: %[3]s
  rate_limiting: {enabled: %[4]t, threshold: 20, cooloff_ms: 500}
federation_api: {database: {connection_string: "%[5]s/federationapi.db%[6]s"}}
key_server: {database: {connection_string: "%[5]s/keyserver.db%[6]s"}}
media_api: {base_path: ./media, database: {connection_string: "%[5]s/mediaapi.db%[6]s"}}
mscs: {database: {connection_string: "%[5]s/mscs.db%[6]s"}}
relay_api: {database: {connection_string: "%[5]s/relayapi.db%[6]s"}}
room_server: {database: {connection_string: "%[5]s/roomserver.db%[6]s"}}
sync_api: {database: {connection_string: "%[5]s/syncapi.db%[6]s"}}
user_api: {bcrypt_cost: 4, account_database: {connection_string: "%[5]s/userapi.db%[7]s"}}
logging: [{type: std, level: warn}]
`

// patience is how long a server may take to be ready.
const patience = 30 * time.Second

// run starts the process on a free port and waits until it answers.
func (s *Server) run(path string) error {
	if s.url == "" {
		address, err := free()
		if err != nil {
			return err
		}
		s.url = "http://" + address
	}
	s.log, s.ended = new(bytes.Buffer), make(chan struct{})
	address := strings.TrimPrefix(s.url, "http://")
	s.process = exec.Command(path, "-config", "dendrite.yaml", "-http-bind-address", address)
	s.process.Dir, s.process.Stdout, s.process.Stderr = s.folder, s.log, s.log
	bind(s.process)
	if err := s.process.Start(); err != nil {
		return err
	}
	go func() {
		_ = s.process.Wait()
		close(s.ended)
	}()
	late := time.After(patience)
	for {
		if resp, err := http.Get(s.url + "/_matrix/client/versions"); err == nil {
			_ = resp.Body.Close()
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.ended:
			return fmt.Errorf("the server ended at once: %s", s.tail())
		case <-late:
			s.kill()
			return fmt.Errorf("the server is not ready after %v: %s", patience, s.tail())
		}
	}
}

func (s *Server) tail() string {
	text := s.log.String()
	return text[max(0, len(text)-20000):]
}

// free returns an address on this machine that nobody uses.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// kill ends the process and waits for its end.
func (s *Server) kill() {
	_ = s.process.Process.Signal(syscall.SIGKILL)
	<-s.ended
}

func (s *Server) remove() {
	s.kill()
	if os.Getenv("TRACE") != "" {
		fmt.Fprintln(os.Stderr, s.tail())
	}
	_ = os.RemoveAll(s.folder)
}

// Restart ends a durable server as an operator does, and starts it again at its address.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	path, err := program()
	if err == nil {
		_ = s.process.Process.Signal(syscall.SIGTERM)
		<-s.ended
		err = s.run(path)
	}
	if err != nil {
		t.Fatalf("matrixtest: restart: %v", err)
	}
}

// URL returns where the server is.
func (s *Server) URL() string { return s.url }

// An Account is one on the server.
type Account struct {
	ID       id.UserID
	Password string
}

// Register makes an account. Its name begins with the given one and is no other's.
func (s *Server) Register(t testing.TB, name string) Account {
	t.Helper()
	client, err := mautrix.NewClient(s.url, "", "")
	if err != nil {
		t.Fatal(err)
	}
	admin := &synapseadmin.Client{Client: client}
	unique := name + "-" + strings.ToLower(rand.Text()[:8])
	password := rand.Text()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s.making.Lock()
	defer s.making.Unlock()
	_, err = admin.SharedSecretRegister(ctx, sharedSecret, synapseadmin.ReqSharedSecretRegister{
		Username: unique, Password: password, InhibitLogin: true,
	})
	if err != nil {
		t.Fatalf("matrixtest: register: %v", err)
	}
	return Account{ID: id.NewUserID(unique, ServerName), Password: password}
}

// Revoke ends all sessions of an account, as its owner does who signs out everywhere.
func (s *Server) Revoke(t testing.TB, a Account) {
	t.Helper()
	client, err := mautrix.NewClient(s.url, "", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err = client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: string(a.ID)},
		Password:   a.Password, StoreCredentials: true,
	})
	if err == nil {
		_, err = client.LogoutAll(ctx)
	}
	if err != nil {
		t.Fatalf("matrixtest: sign out: %v", err)
	}
}
