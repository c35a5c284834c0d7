package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/flows"
	"tocsin/core/locale"
	"tocsin/scheduler"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// A following is people with whom a bot speaks on a fake server, and a broadcast to them all.
// Processes of their own send it.
type following struct {
	t      *testing.T
	server *telegramtest.Server
	config storage.Config
	people int
	id     core.BroadcastID
	lost   int // answers that get lost after the message was taken

	mu   sync.Mutex
	over bool // a process has seen the end
}

// sendersInFlight leaves eight for broadcasts: a quarter is never theirs.
const (
	sendersInFlight = 10
	bulkInFlight    = 8
	sendersLease    = 2 * time.Second
	pacedRate       = 450 // of four replicas together, a second
)

// newFollowing stores people and a broadcast that may begin.
func newFollowing(t *testing.T, url string, people int, again core.Again) *following {
	t.Helper()
	c := &following{
		t: t, people: people, config: storage.Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys")},
		server: telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real}),
	}
	bot := core.BotID("telegram:" + strconv.FormatInt(c.server.Bot().ID, 10))
	ids := make([]string, people)
	for i := range ids {
		u := c.server.User(fmt.Sprint("p", i), "fr")
		u.Met()
		ids[i] = strconv.FormatInt(u.ID, 10)
	}
	c.with(func(s *storage.Store) {
		for batch := range slices.Chunk(ids, 1000) {
			c.tx(s, func(tx core.Tx) error { return joinAll(t.Context(), tx, bot, batch) })
		}
		c.tx(s, func(tx core.Tx) error {
			now, err := tx.Now(t.Context())
			if err != nil {
				return err
			}
			b := &core.Broadcast{State: core.Approved, Due: now, Letterhead: core.Letterhead{
				Speaker: "La campagne", Texts: []core.Wording{{Language: "fr", Body: []core.Span{{Text: "Bonjour"}}}}, Again: again,
			}}
			err = tx.CreateBroadcast(t.Context(), b)
			c.id = b.ID
			return err
		})
	})
	const oneIn = 500 // 0.2 %
	for n := oneIn; n < 2*people; n += oneIn {
		c.server.Plan(telegramtest.Fault{Kind: telegramtest.ResetAfter, Method: "sendMessage", On: n})
	}
	return c
}

func joinAll(ctx context.Context, tx core.Tx, bot core.BotID, ids []string) error {
	for _, id := range ids {
		chat, err := tx.EnterChat(ctx, core.ChatRef{Bot: bot, Chat: id}, core.Private)
		if err != nil {
			return err
		}
		account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: bot, ID: id})
		if err != nil {
			return err
		}
		p := &core.Supporter{State: core.Active, Language: "fr", Zone: "UTC", Settings: core.Settings{Quiet: &core.Quiet{}}}
		if err := tx.CreateSupporter(ctx, p); err != nil {
			return err
		}
		account.Supporter, account.Home = p.ID, chat.ID
		if err := tx.PutAccount(ctx, account); err != nil {
			return err
		}
		err = tx.RecordConsent(ctx, &core.Consent{
			Supporter: p.ID, Purpose: core.ToMessages, Given: true, Version: "1", Platform: core.Telegram, At: time.Now(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// with opens the store while no process has it.
func (c *following) with(fn func(*storage.Store)) {
	c.t.Helper()
	s, err := storage.Open(c.t.Context(), c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	fn(s)
	if err := s.Close(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *following) tx(s *storage.Store, fn func(core.Tx) error) {
	c.t.Helper()
	if err := s.Tx(c.t.Context(), fn); err != nil {
		c.t.Fatal(err)
	}
}

// A senderProcess is a process that sends.
type senderProcess struct {
	*exec.Cmd
	gone chan struct{}
}

// start starts one.
func (c *following) start(env ...string) *senderProcess {
	c.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBroadcastSender$")
	cmd.Env = append(append(os.Environ(), "SENDER_URL="+c.config.URL, "SENDER_KEYS="+c.config.KeyFile, "SENDER_API="+c.server.URL(),
		"SENDER_TOKEN="+c.server.Bot().Token, "SENDER_BROADCAST="+strconv.FormatInt(int64(c.id), 10)), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	p := &senderProcess{Cmd: cmd, gone: make(chan struct{})}
	go func() {
		defer close(p.gone)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			switch line := lines.Text(); {
			case line == "over":
				c.mu.Lock()
				c.over = true
				c.mu.Unlock()
			case strings.HasPrefix(line, "bad"):
				c.t.Error(line)
			}
		}
		_ = cmd.Wait()
	}()
	c.t.Cleanup(p.kill)
	return p
}

func (p *senderProcess) kill() {
	_ = p.Process.Kill()
	<-p.gone
}

func (c *following) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// TestBroadcastSender is no test: it is the process that sends.
func TestBroadcastSender(t *testing.T) {
	url := os.Getenv("SENDER_URL")
	if url == "" {
		return
	}
	bad := func(err error) {
		fmt.Println("bad", err)
		os.Exit(1)
	}
	ctx := t.Context()
	s, err := storage.Open(ctx, storage.Config{URL: url, KeyFile: os.Getenv("SENDER_KEYS"), Conns: 6})
	if err != nil {
		bad(err)
	}
	a, err := telegram.New(telegram.Config{Token: os.Getenv("SENDER_TOKEN"), API: os.Getenv("SENDER_API")})
	if err != nil {
		bad(err)
	}
	words, err := locale.Load()
	if err != nil {
		bad(err)
	}
	if most, _ := strconv.ParseUint(os.Getenv("SENDER_FULL"), 10, 64); most > 0 {
		if err := fillDisk(most); err != nil {
			bad(err)
		}
	}
	rate, _ := strconv.Atoi(os.Getenv("SENDER_RATE"))
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	campaign := &core.Campaign{Language: "fr"}
	sender := &scheduler.Dispatcher{
		Store: s, Adapter: ratedAdapter{a, rate}, Log: log, InFlight: sendersInFlight, Lease: sendersLease,
		Preparer: &conversation.Bot{
			Store: s, Flows: flows.All(), Locale: words, Campaign: campaign, Log: log,
			Can: func(core.BotID) core.Capabilities { return ratedAdapter{a, rate}.Capabilities() },
		},
	}
	leader := &scheduler.Broadcasts{
		Store: s, Campaign: campaign, Log: log, Holder: fmt.Sprint(os.Getpid()), Every: 200 * time.Millisecond,
	}
	go func() { _ = sender.Run(ctx) }()
	go func() { _ = leader.Run(ctx) }()
	id, _ := strconv.ParseInt(os.Getenv("SENDER_BROADCAST"), 10, 64)
	for {
		var b *core.Broadcast
		err := s.Tx(ctx, func(tx core.Tx) (err error) {
			b, err = tx.Broadcast(ctx, core.BroadcastID(id))
			return err
		})
		if err == nil && b.State.Over() {
			fmt.Println("over")
			select {} // until it is killed
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A ratedAdapter has a limit of its own a second; with 0 none.
type ratedAdapter struct {
	core.Adapter
	rate int
}

func (a ratedAdapter) Capabilities() core.Capabilities {
	c := a.Adapter.Capabilities()
	if c.Limits = (core.Limits{}); a.rate > 0 {
		c.Limits.Bot = core.Limit{Every: time.Second / time.Duration(a.rate), Burst: 5}
	}
	return c
}

// howOften is how many kills there are.
func howOften() int {
	if os.Getenv("SOAK") != "" {
		return 40
	}
	return 5
}

// copies returns how many copies each chat got, and when each came.
func (c *following) copies() (byChat map[string]int, at []time.Time) {
	byChat = map[string]int{}
	c.lost = 0
	for _, call := range c.server.Calls("sendMessage") {
		if call.Status != 200 {
			continue
		}
		byChat[call.Params["chat_id"]]++
		at = append(at, call.At)
		if call.Fault != "" {
			c.lost++
		}
	}
	return byChat, at
}

// endure lets processes send while random ones are killed, until the broadcast is over.
func (c *following) endure(kills, replicas int, env ...string) (killed int) {
	c.t.Helper()
	ps := make([]*senderProcess, replicas)
	for i := range ps {
		ps[i] = c.start(env...)
	}
	deadline := time.Now().Add(10 * time.Minute)
	for !c.isOver() {
		if time.Now().After(deadline) {
			c.t.Fatal("it does not end")
		}
		byChat, _ := c.copies()
		// The kills are spread over the first nine tenths of the crowd.
		if killed < kills && len(byChat) > c.people*9/10*(killed+1)/(kills+1) {
			time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
			i := rand.IntN(replicas)
			ps[i].kill()
			killed++
			ps[i] = c.start(env...)
			continue
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, p := range ps {
		p.kill()
	}
	return killed
}

// check compares what people got with what is counted.
func (c *following) check(again core.Again, kills int) {
	c.t.Helper()
	byChat, _ := c.copies()
	var p *core.Progress
	c.with(func(s *storage.Store) {
		c.tx(s, func(tx core.Tx) (err error) {
			p, err = tx.Progress(c.t.Context(), c.id)
			return err
		})
	})
	twice, extra := 0, 0
	for _, n := range byChat {
		if n > 1 {
			twice, extra = twice+1, extra+n-1
		}
	}
	missing := c.people - len(byChat)
	c.t.Logf("%d people, %d kills, %d answers lost: %d twice, %d extra copies, %d missing, %+v", c.people, kills, c.lost, twice, extra, missing, *p)
	doubtful := kills*bulkInFlight + c.lost
	switch {
	case p.Sent+p.Uncertain != c.people || p.Total() != c.people:
		c.t.Errorf("not everybody is counted: %+v", p)
	case p.Uncertain > doubtful:
		c.t.Errorf("%d are uncertain, want %d at most", p.Uncertain, doubtful)
	case again == core.Once && (twice > 0 || missing > p.Uncertain):
		c.t.Errorf("%d got it twice, and %d are missing of whom %d are counted", twice, missing, p.Uncertain)
	case again == core.TwiceOkay && (missing > 0 || extra > doubtful):
		c.t.Errorf("%d are missing, and there are %d extra copies, want %d at most", missing, extra, doubtful)
	}
}

func TestAKillDoublesNoBroadcastAndHidesNobodyWhoMissedIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		url      func(t *testing.T) string
		again    core.Again
		replicas int
		rate     int
		slow     bool // left to the soak
	}{
		{"sqlite, once", sqliteThere, core.Once, 1, 0, false},
		{"sqlite, rather twice", sqliteThere, core.TwiceOkay, 1, 0, true},
		{"postgres, four replicas, once", pgURL, core.Once, 4, pacedRate, true},
		{"postgres, four replicas, rather twice", pgURL, core.TwiceOkay, 4, pacedRate, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.slow && os.Getenv("SOAK") == "" {
				t.Skip("the soak does this")
			}
			c := newFollowing(t, tt.url(t), 6_000, tt.again)
			killed := c.endure(howOften(), tt.replicas, "SENDER_RATE="+strconv.Itoa(tt.rate))
			if killed != howOften() {
				t.Errorf("it was over after %d kills", killed)
			}
			c.check(tt.again, killed)
			if tt.rate > 0 {
				c.checkRate(tt.rate * 10 / 9)
			}
		})
	}
}

// checkRate fails if more than most calls came in one second, whichever.
func (c *following) checkRate(most int) {
	c.t.Helper()
	_, at := c.copies()
	slices.SortFunc(at, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) })
	for i := range at {
		if i+most < len(at) && at[i+most].Sub(at[i]) < time.Second {
			c.t.Errorf("more than %d calls within a second", most)
			return
		}
	}
}

func sqliteThere(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "t.db") }
func pgURL(t *testing.T) string       { return pgtest.New(t) }
