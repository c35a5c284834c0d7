//go:build bench

package bench

import (
	"slices"
	"sync"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/storage/pgtest"
)

// The figures of the whole bot on Telegram, for each database: how many updates are
// answered a second, how long an answer takes, and how long while one chat floods us.
type telegramNames struct{ rate, delay, flood Name }

func (n telegramNames) all() []Name { return []Name{n.rate, n.delay, n.flood} }

var (
	telegramSQLite   = telegramNames{"telegram/sqlite/rate", "telegram/sqlite/p99", "telegram/sqlite/flood"}
	telegramPostgres = telegramNames{"telegram/postgres/rate", "telegram/postgres/p99", "telegram/postgres/flood"}
)

const (
	everybody   = 1000
	callRounds  = 5
	callTurns   = 2 // of each person in a round
	delayPace   = 100
	delayFor    = 30 * time.Second
	floodPace   = 1000 // of the one
	floodOthers = 100
	othersPace  = 50 // of the others together
	floodFor    = 30 * time.Second
)

// A duel is between tocsin and the reference, on one server.
type duel struct {
	names        telegramNames
	ours, theirs *deployment
}

// newDuel deploys both, each on a database of its own.
func newDuel(t *testing.T, names telegramNames, database func() string) *duel {
	t.Helper()
	s := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	ours := newCallers(t, s, s.Bot(), everybody)
	theirs := newCallers(t, s, s.AddBot("echo_bot"), everybody)
	d := &duel{names, deployTocsin(ours, program(t), database()), deployEcho(theirs, echobot(t), database())}
	d.ours.rate(callTurns) // what is measured is no start
	d.theirs.rate(callTurns)
	return d
}

// measure reports the figures. The least that the rate may be beside the reference is
// told, since databases differ in what a turn costs.
func (d *duel) measure(t *testing.T, least float64) {
	t.Helper()
	if Wanted(t, d.names.rate) {
		d.rates(t, least)
	}
	if Wanted(t, d.names.delay) {
		Settings(d.names.delay, "the 99th percentile from an update to its answer at the server, %d updates a second at random for %v", delayPace, delayFor)
		ours, theirs := d.ours.delays(delayPace, delayFor), d.theirs.delays(delayPace, delayFor)
		Report(t, Line{Name: d.names.delay, Unit: "ms", Ours: Millis(Quantile(ours, 0.99)), Reference: Millis(Quantile(theirs, 0.99)),
			Goal: Goal{Of: Ours, AtMost: 100}})
	}
	if Wanted(t, d.names.flood) {
		d.flooded(t)
	}
}

// rates reports how many updates are answered a second.
func (d *duel) rates(t *testing.T, least float64) {
	t.Helper()
	var ours, theirs []float64
	for range callRounds {
		theirs = append(theirs, d.theirs.rate(callTurns))
		ours = append(ours, d.ours.rate(callTurns))
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	Settings(d.names.rate, "medians of %d rounds of %d updates that wait", callRounds, everybody*callTurns)
	Report(t, Line{Name: d.names.rate, Unit: "/s", Ours: ours[callRounds/2], Reference: theirs[callRounds/2],
		Goal: Goal{Of: Ratio, AtLeast: least}})
}

// flooded reports how long others wait while one chat floods the bot. The reference is
// the same without the flood.
func (d *duel) flooded(t *testing.T) {
	t.Helper()
	c := d.ours.callers
	flooder := c.people[len(c.people)-1]
	others := *c
	others.people = c.people[:floodOthers]
	Settings(d.names.flood, "the 99th percentile of %d people, who write %d times a second together for %v, while another writes %d times a second; reference: while nobody else does",
		floodOthers, othersPace, floodFor, floodPace)
	calm := others.delays(othersPace, floodFor)
	stop := make(chan struct{})
	var flooding sync.WaitGroup
	flooding.Go(func() {
		every := time.NewTicker(time.Second / floodPace)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				flooder.Send("/language")
			case <-stop:
				return
			}
		}
	})
	hurried := others.delays(othersPace, floodFor)
	close(stop)
	flooding.Wait()
	Report(t, Line{Name: d.names.flood, Unit: "ms", Ours: Millis(Quantile(hurried, 0.99)), Reference: Millis(Quantile(calm, 0.99)),
		Goal: Goal{Of: Ours, AtMost: 1000}})
}

// dueled says how both are measured.
const dueled = "%d private chats on a fake Bot API server over loopback, without its limits; ours are on; polls of 100; each bot a process; " +
	"reference: go-telegram/bot v1.19.0, 16 workers, that does one INSERT for each answer; "

func TestBenchTelegramSQLite(t *testing.T) {
	if !Wanted(t, telegramSQLite.all()...) {
		t.Skip("not picked")
	}
	Settings(telegramSQLite.rate, dueled+"WAL, synchronous=FULL, cache 4 MB, one connection that writes", everybody)
	newDuel(t, telegramSQLite, func() string { return sqliteURL(t) }).measure(t, 0.3)
}

func TestBenchTelegramPostgres(t *testing.T) {
	if !Wanted(t, telegramPostgres.all()...) {
		t.Skip("not picked")
	}
	var databases []string
	d := newDuel(t, telegramPostgres, func() string {
		databases = append(databases, pgtest.New(t))
		return databases[len(databases)-1]
	})
	for _, url := range databases {
		must(t, execute(t, postgresDB(t, url), "VACUUM ANALYZE"))
	}
	db := postgresDB(t, databases[0])
	Settings(telegramPostgres.rate, dueled+"PostgreSQL %s, shared_buffers=%s, fsync=%s, synchronous_commit=%s, 16 connections each; VACUUM ANALYZE done", everybody,
		setting(t, db, "server_version"), setting(t, db, "shared_buffers"), setting(t, db, "fsync"), setting(t, db, "synchronous_commit"))
	d.measure(t, 0.15)
}
