//go:build bench

package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

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

// The figures of a broadcast on its way, for each database.
const (
	broadcastSQLite   Name = "broadcast/sqlite"
	broadcastPostgres Name = "broadcast/postgres"
)

const (
	answersAfter  = 10 * time.Millisecond
	sendsAtOnce   = 16
	flightOf16    = 21 // a quarter is never a broadcast's
	broadcastTo   = 6_000
	broadcastRuns = 3
)

// A rated adapter has a limit of its own; the zero one has none.
type rated struct {
	core.Adapter
	limit core.Limit
}

func (r rated) Capabilities() core.Capabilities {
	c := r.Adapter.Capabilities()
	c.Limits = core.Limits{Bot: r.limit}
	return c
}

// A tower sends broadcasts to people on a fake server.
type tower struct {
	t       *testing.T
	server  *telegramtest.Server
	store   *storage.Store
	adapter *telegram.Adapter
	chats   []int64
}

// newTower makes supporters of n people who agreed to messages.
func newTower(t *testing.T, s *telegramtest.Server, store *storage.Store, n int) *tower {
	t.Helper()
	a, err := telegram.New(telegram.Config{Token: s.Bot().Token, API: s.URL()})
	must(t, err)
	w := &tower{t: t, server: s, store: store, adapter: a}
	for i := range n {
		u := s.User(fmt.Sprint("p", i), "fr")
		u.Met()
		w.chats = append(w.chats, u.ID)
	}
	ctx := t.Context()
	for batch := range slices.Chunk(w.chats, 500) {
		must(t, store.Tx(ctx, func(tx core.Tx) error {
			for _, id := range batch {
				p := &core.Supporter{State: core.Active, Language: "fr", Zone: "UTC", Settings: core.Settings{Quiet: &core.Quiet{}}}
				if err := enter(ctx, tx, a.Bot(), strconv.FormatInt(id, 10), p); err != nil {
					return err
				}
				err := tx.RecordConsent(ctx, &core.Consent{
					Supporter: p.ID, Purpose: core.ToMessages, Given: true, Version: "1", Platform: core.Telegram, At: time.Now(),
				})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return w
}

const broadcastText = "Samedi à dix heures, place Bellecour : venez avec vos amis."

// announce sends a broadcast with some dispatchers, one a store, and returns how long it
// took from the first call to the last.
func (w *tower) announce(limit core.Limit, stores ...*storage.Store) time.Duration {
	w.t.Helper()
	campaign := &core.Campaign{Language: "fr", ContactBudget: core.MaxContactBudget}
	b := &core.Broadcast{State: core.Freezing, Letterhead: core.Letterhead{
		Speaker: "La campagne", Texts: []core.Wording{{Language: "fr", Body: []core.Span{{Text: broadcastText}}}}, Again: core.Once,
	}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	must(w.t, w.store.Tx(w.t.Context(), func(tx core.Tx) error {
		now, err := tx.Now(w.t.Context())
		must(w.t, err)
		b.Due = now
		return tx.CreateBroadcast(w.t.Context(), b)
	}))
	words, err := locale.Load()
	must(w.t, err)
	w.server.Forget()
	ctx, stop := context.WithCancel(w.t.Context())
	var parts sync.WaitGroup
	for i, s := range stores {
		a := rated{w.adapter, limit}
		d := &scheduler.Dispatcher{Store: s, Adapter: a, Log: log, InFlight: flightOf16, Preparer: &conversation.Bot{
			Store: s, Flows: flows.All(), Locale: words, Campaign: campaign, Log: log,
			Can: func(core.BotID) core.Capabilities { return a.Capabilities() },
		}}
		l := &scheduler.Broadcasts{Store: s, Campaign: campaign, Log: log, Holder: fmt.Sprint(i), Every: 100 * time.Millisecond}
		parts.Go(func() { _ = d.Run(ctx) })
		parts.Go(func() { _ = l.Run(ctx) })
	}
	for over := false; !over; time.Sleep(50 * time.Millisecond) {
		must(w.t, w.store.Read(w.t.Context(), func(r core.Reader) error {
			now, err := r.Broadcast(w.t.Context(), b.ID)
			over = err == nil && now.State.Over()
			return err
		}))
	}
	stop()
	parts.Wait()
	calls := w.server.Calls("sendMessage")
	if len(calls) != len(w.chats) {
		w.t.Errorf("%d calls for %d people", len(calls), len(w.chats))
	}
	for _, c := range calls {
		if c.Status != 200 {
			w.t.Errorf("a call was refused: %s", c.Error)
			break
		}
	}
	return calls[len(calls)-1].At.Sub(calls[0].At)
}

// bare is the same by the library alone, so many at once.
func (w *tower) bare() time.Duration {
	w.t.Helper()
	transport := &http.Transport{MaxIdleConns: 2 * sendsAtOnce, MaxIdleConnsPerHost: 2 * sendsAtOnce}
	defer transport.CloseIdleConnections()
	api, err := tgbotapi.NewBotAPIWithClient(w.server.Bot().Token, w.server.URL()+"/bot%s/%s", &http.Client{Transport: transport})
	must(w.t, err)
	w.server.Forget()
	next := make(chan int64)
	var sending sync.WaitGroup
	for range sendsAtOnce {
		sending.Go(func() {
			for id := range next {
				m := tgbotapi.NewMessage(id, broadcastText+"\n\nLa campagne\nPourquoi ce message : vous avez accepté que la campagne vous écrive.")
				m.ParseMode = tgbotapi.ModeHTML
				m.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(tgbotapi.NewInlineKeyboardRow(
					tgbotapi.NewInlineKeyboardButtonData("Arrêter ces messages", "abcdefghij234567.1")))
				if _, err := api.Send(m); err != nil {
					w.t.Error(err)
				}
			}
		})
	}
	for _, id := range w.chats {
		next <- id
	}
	close(next)
	sending.Wait()
	calls := w.server.Calls("sendMessage")
	return calls[len(calls)-1].At.Sub(calls[0].At)
}

func rateOf(n int, d time.Duration) float64 { return float64(n-1) / d.Seconds() }

func benchBroadcast(t *testing.T, name Name, url func() string) {
	if !Wanted(t, name) {
		t.Skip("not picked")
	}
	s := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, Lenient: true})
	s.Plan(telegramtest.Fault{Kind: telegramtest.SlowHeaders, Method: "sendMessage", Wait: answersAfter})
	store := open(t, url())
	w := newTower(t, s, store, broadcastTo)
	var ours, theirs []float64
	for range broadcastRuns {
		ours = append(ours, rateOf(broadcastTo, w.announce(core.Limit{}, store)))
		theirs = append(theirs, rateOf(broadcastTo, w.bare()))
	}
	Settings(name, "%d people, answers after %v, %d sends at once on both sides, limits off; ours %.0f a second, theirs %.0f; medians of %d runs; reference: Send of tgbotapi v5.5.1, %d idle connections",
		broadcastTo, answersAfter, sendsAtOnce, ours, theirs, broadcastRuns, 2*sendsAtOnce)
	slices.Sort(ours)
	slices.Sort(theirs)
	Report(t, Line{Name: name, Unit: "/s", Ours: ours[broadcastRuns/2], Reference: theirs[broadcastRuns/2], Goal: Goal{Of: Ratio, AtLeast: 0.75}})
}

func TestBenchBroadcastSQLite(t *testing.T) {
	benchBroadcast(t, broadcastSQLite, func() string { return sqliteURL(t) })
}

func TestBenchBroadcastPostgres(t *testing.T) {
	benchBroadcast(t, broadcastPostgres, func() string { return pgtest.New(t) })
}

// The figures of a broadcast within a limit: how much of our own pace is kept.
var paces = []struct {
	name        Name
	ours, limit int // a second
	people      int
	replicas    int
}{
	{"broadcast/pace/27", 27, 30, 600, 1},
	{"broadcast/pace/27x4", 27, 30, 600, 4},
	{"broadcast/pace/450", 450, 500, 6_000, 1},
	{"broadcast/pace/450x4", 450, 500, 6_000, 4},
}

func TestBenchBroadcastPace(t *testing.T) {
	for _, p := range paces {
		if !Wanted(t, p.name) {
			continue
		}
		s := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, Lenient: true, Limits: telegramtest.Limits{
			Bot: telegramtest.Rate{Burst: 5, Every: time.Second / time.Duration(p.limit)},
		}})
		url := pgtest.New(t)
		stores := []*storage.Store{open(t, url)}
		w := newTower(t, s, stores[0], p.people)
		for len(stores) < p.replicas {
			stores = append(stores, stores[0])
		}
		took := w.announce(core.Limit{Every: time.Second / time.Duration(p.ours), Burst: 5}, stores...)
		rate := rateOf(p.people, took)
		Settings(p.name, "%d people, %d dispatchers on PostgreSQL, a server that takes %d a second with a burst of 5; %d calls too early",
			p.people, p.replicas, p.limit, len(s.Violations()))
		if n := len(s.Violations()); n > 0 {
			t.Errorf("%s: %d calls came too early", p.name, n)
		}
		Report(t, Line{Name: p.name, Unit: "/s", Ours: rate, Reference: float64(p.ours), Goal: Goal{Of: Ratio, AtLeast: 0.98}})
	}
}
