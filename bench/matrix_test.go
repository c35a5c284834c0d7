//go:build bench

package bench

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tocsin/bots/matrix/matrixtest"
)

// The figures of the bot on Matrix: how many encrypted questions are answered a second, how
// long an answer takes, and how long a start.
const (
	matrixRate  Name = "matrix/rate"
	matrixDelay Name = "matrix/p99"
	matrixReady Name = "matrix/ready"
)

const (
	roomPeople  = 20
	roomRounds  = 5
	roomTurns   = 6 // of each person in a round
	readyRounds = 7
)

// A roomBot is a bot on Matrix as a process of its own.
type roomBot struct {
	t       *testing.T
	server  *matrixtest.Server
	account matrixtest.Account
	http    string
	make    func() *exec.Cmd
	command *exec.Cmd
	said    bytes.Buffer
	chats   []*matrixtest.Chat
}

// newRoomBot gives a bot an account. How it is started its maker says.
func newRoomBot(t *testing.T, s *matrixtest.Server) *roomBot {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return &roomBot{t: t, server: s, account: s.Register(t, "bot"), http: l.Addr().String()}
}

// environment is what every bot is told.
func (b *roomBot) environment(database string) []string {
	return append(os.Environ(), "MATRIX_HOMESERVER="+b.server.URL(), "MATRIX_USER="+string(b.account.ID),
		"MATRIX_PASSWORD="+b.account.Password, "DATABASE_URL="+database)
}

// start starts the process.
func (b *roomBot) start() {
	b.t.Helper()
	b.command = b.make()
	b.command.Stdout, b.command.Stderr = &b.said, &b.said
	must(b.t, b.command.Start())
}

// end ends the process.
func (b *roomBot) end() {
	b.t.Helper()
	_ = b.command.Process.Signal(syscall.SIGTERM)
	if err := b.command.Wait(); err != nil {
		b.t.Errorf("%s: %v\n%s", filepath.Base(b.command.Path), err, b.said.Bytes())
	}
}

// meet opens the chats of all people, who have then talked once.
func (b *roomBot) meet() {
	b.t.Helper()
	for range roomPeople {
		c := b.server.Human(b.t, "person").Direct(b.account.ID)
		c.Joined(b.account.ID)
		b.chats = append(b.chats, c)
	}
	b.turns(2)
}

// turns has everybody ask so many times, each as soon as they are answered. It returns how
// long that took, and how long each answer.
func (b *roomBot) turns(n int) (time.Duration, []time.Duration) {
	b.t.Helper()
	var mu sync.Mutex
	var each []time.Duration
	began := time.Now()
	var asking sync.WaitGroup
	for _, c := range b.chats {
		asking.Go(func() {
			for range n {
				asked := time.Now()
				c.Write("/language fr")
				c.Hear("Je vous parle")
				mu.Lock()
				each = append(each, time.Since(asked))
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	return time.Since(began), each
}

// deployRooms starts `tocsin serve` with an account on Matrix that has its identity.
func deployRooms(t *testing.T, s *matrixtest.Server) *roomBot {
	t.Helper()
	b := newRoomBot(t, s)
	folder, tocsin := t.TempDir(), program(t)
	must(t, os.WriteFile(filepath.Join(folder, "campaign.toml"), []byte("[matrix]\nunlimited = true\n"), 0o600))
	command := func(args ...string) *exec.Cmd {
		e := exec.Command(tocsin, args...)
		e.Dir = folder
		e.Env = append(b.environment("sqlite:tocsin.db"), "SECRET_KEY_FILE=keys", "LOG_LEVEL=warn", "CAMPAIGN_NAME=Demain",
			"CAMPAIGN_FILE=campaign.toml", "SPONSOR_URL=https://parrainer.example/", "PRIVACY_URL=https://demain.example/donnees",
			"SMTP_URL=smtp://127.0.0.1:9", "MAIL_FROM=bot@demain.example", "HTTP_ADDR="+b.http)
		return e
	}
	for _, args := range [][]string{{"migrate"}, {"matrix", "setup"}} {
		if out, err := command(args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	b.make = func() *exec.Cmd { return command("serve") }
	return b
}

// deployRoombot makes the reference.
func deployRoombot(t *testing.T, s *matrixtest.Server) *roomBot {
	t.Helper()
	b := newRoomBot(t, s)
	name := filepath.Join(t.TempDir(), "roombot")
	build := exec.Command("go", "build", "-tags=bench,goolm", "-trimpath", "-o", name, "tocsin/bench/roombot")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b.make = func() *exec.Cmd {
		e := exec.Command(name)
		e.Env = b.environment("sqlite:" + filepath.Join(t.TempDir(), "roombot.db"))
		return e
	}
	return b
}

// ready waits until the bot receives, and returns how long that took from began.
func (b *roomBot) ready(began time.Time) time.Duration {
	b.t.Helper()
	for late := began.Add(20 * time.Second); time.Now().Before(late); time.Sleep(2 * time.Millisecond) {
		resp, err := http.Get("http://" + b.http + "/readyz")
		if err != nil {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err == nil && resp.StatusCode == http.StatusOK && strings.Contains(string(body), "receiving") {
			return time.Since(began)
		}
	}
	b.t.Fatalf("it never is ready\n%s", b.said.Bytes())
	return 0
}

func TestBenchMatrix(t *testing.T) {
	if !Wanted(t, matrixRate, matrixDelay, matrixReady) {
		t.Skip("not picked")
	}
	server := matrixtest.Shared(t)
	ours, theirs := deployRooms(t, server), deployRoombot(t, server)
	var starts []time.Duration
	for range readyRounds {
		began := time.Now()
		ours.start()
		starts = append(starts, ours.ready(began))
		ours.end()
	}
	Settings(matrixReady, "from the start of `tocsin serve` to /readyz, with an existing device on SQLite, before Dendrite; median of %d, longest %.3g ms",
		readyRounds, Millis(Quantile(starts, 1)))
	Report(t, Line{Name: matrixReady, Unit: "ms", Ours: Millis(Quantile(starts, 0.5)), Goal: Goal{Of: Ours, AtMost: 1000}})
	if !Wanted(t, matrixRate, matrixDelay) {
		return
	}
	var rates, theirRates []float64
	var delays, theirDelays []time.Duration
	for _, b := range []*roomBot{ours, theirs} {
		b.start()
		defer b.end()
		b.meet()
	}
	for range roomRounds {
		for _, side := range []struct {
			*roomBot
			rates  *[]float64
			delays *[]time.Duration
		}{{theirs, &theirRates, &theirDelays}, {ours, &rates, &delays}} {
			took, each := side.turns(roomTurns)
			*side.rates = append(*side.rates, float64(len(each))/took.Seconds())
			*side.delays = append(*side.delays, each...)
		}
	}
	slices.Sort(rates)
	slices.Sort(theirRates)
	Settings(matrixRate, "medians of %d rounds; %d people, each in an encrypted chat, who ask %d times a round, each as soon as they are answered; "+
		"one Dendrite with SQLite on the same machine; our limits are those of an exempted account, two messages a second into one chat; "+
		"reference: mautrix-go with the same store of keys and the same driver, which answers each message and keeps nothing else", roomRounds, roomPeople, roomTurns)
	Report(t, Line{Name: matrixRate, Unit: "/s", Ours: rates[roomRounds/2], Reference: theirRates[roomRounds/2], Goal: Goal{Of: Ratio, AtLeast: 0.6}})
	Settings(matrixDelay, "the 99th percentile of the same, from writing a question to reading its answer")
	Report(t, Line{Name: matrixDelay, Unit: "ms", Ours: Millis(Quantile(delays, 0.99)), Reference: Millis(Quantile(theirDelays, 0.99)),
		Goal: Goal{Of: Ratio, AtMost: 1 / 0.6}})
}
