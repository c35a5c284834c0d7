package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tocsin/bots/matrix"
	"tocsin/bots/telegram"
	"tocsin/bots/web"
	"tocsin/core"
)

// metrics are what an operator's monitoring may know: numbers by bot, lane and result,
// none by person or chat.
type metrics struct {
	updates *prometheus.CounterVec
	lag     *prometheus.HistogramVec
	sends   *prometheus.CounterVec
}

func newMetrics() *metrics {
	return &metrics{
		updates: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_updates_total", Help: "Updates by what became of them: handled, or failed and tried again.",
		}, []string{"bot", "result"}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tocsin_update_lag_seconds", Help: "From when a message was written to when it was handled; platforms tell the former to the second.",
			Buckets: []float64{.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 86400},
		}, []string{"bot"}),
		sends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_sends_total", Help: "Attempts to send by lane and verdict.",
		}, []string{"bot", "lane", "verdict"}),
	}
}

// watch counts what handle does.
func (m *metrics) watch(handle func(context.Context, *core.Update) error) func(context.Context, *core.Update) error {
	return func(ctx context.Context, u *core.Update) error {
		bot, result := string(u.Chat.Bot.Platform()), "handled"
		err := handle(ctx, u)
		if err != nil {
			result = "failed"
		} else if !u.At.IsZero() {
			m.lag.WithLabelValues(bot).Observe(max(0, time.Since(u.At).Seconds()))
		}
		m.updates.WithLabelValues(bot, result).Inc()
		return err
	}
}

// told counts the sends of a bot.
func (m *metrics) told(b core.BotID) func(core.Lane, core.Verdict) {
	return func(l core.Lane, v core.Verdict) {
		verdict := string(v.Code)
		if v.State == core.Sent {
			verdict = "sent"
		}
		m.sends.WithLabelValues(string(b.Platform()), laneWords[l], verdict).Inc()
	}
}

var laneWords = map[core.Lane]string{core.Talk: "talk", core.Notice: "notice", core.Bulk: "bulk"}

// routes are /metrics, with what was counted and what can be read of e.
func (m *metrics) routes(e *engine) []web.Route {
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.updates, m.lag, m.sends, gauges{e},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	show := promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	return []web.Route{{Pattern: "GET /metrics", Handler: show}}
}

// gauges are the numbers that are read when they are asked for.
type gauges struct{ *engine }

// described returns the description of a number of a bot.
func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("tocsin_"+name, help, append([]string{"bot"}, labels...), nil)
}

var (
	waitingDesc = described("outbox_waiting", "Messages that wait to be sent.", "lane")
	stateDesc   = described("bot_state", "1 for the state that the bot's connection is in.", "state")
	limitedDesc = described("rate_limited_total", "Calls that the platform answered with 429.")
	pausedDesc  = described("rate_limited_seconds_total", "How long these answers asked to wait.")
	lateDesc    = described("presses_late_total", "Presses of buttons that were not acknowledged within two seconds.")
	strangeDesc = described("updates_unread_total", "Updates that could not be decoded.")
	pendingDesc = described("webhook_pending", "Updates that wait for the webhook, a minute ago at most.")
	failureDesc = described("webhook_failure_timestamp_seconds", "When the webhook failed last.")
	syncedDesc  = described("sync_timestamp_seconds", "When the homeserver answered last.")
	keysDesc    = described("one_time_keys", "One-time keys that are left on the homeserver.")
	roomsDesc   = described("rooms", "Rooms and chats that the bot is in.")
	unreadDesc  = described("undecryptable", "Messages that wait for their keys.")
	oldestDesc  = described("undecryptable_since_timestamp_seconds", "Since when the oldest of them waits.")
	droppedDesc = prometheus.NewDesc("tocsin_updates_dropped_total", "Updates of floods that were dropped.", nil, nil)
	skippedDesc = prometheus.NewDesc("tocsin_updates_skipped_total", "Updates that failed at every try and were skipped.", nil, nil)
)

// Describe implements prometheus.Collector.
func (gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		waitingDesc, stateDesc, limitedDesc, pausedDesc, lateDesc, strangeDesc, pendingDesc, failureDesc,
		syncedDesc, keysDesc, roomsDesc, unreadDesc, oldestDesc, droppedDesc, skippedDesc,
	} {
		to <- d
	}
}

// A teller tells one number.
type teller func(d *prometheus.Desc, kind prometheus.ValueType, n float64, labels ...string)

// Collect implements prometheus.Collector. What cannot be read is left out.
func (g gauges) Collect(to chan<- prometheus.Metric) {
	number := func(d *prometheus.Desc, kind prometheus.ValueType, n float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, n, labels...)
	}
	number(droppedDesc, prometheus.CounterValue, float64(g.queue.Dropped()))
	number(skippedDesc, prometheus.CounterValue, float64(g.queue.Skipped()))
	for _, a := range g.adapters {
		bot := string(a.Bot().Platform())
		for lane, n := range g.waiting(a.Bot()) {
			number(waitingDesc, prometheus.GaugeValue, float64(n), bot, laneWords[lane])
		}
		switch a := a.(type) {
		case *telegram.Adapter:
			g.telegram(number, bot, a)
		case *matrix.Adapter:
			g.matrix(number, bot, a)
		}
	}
}

// telegram tells the numbers of a bot on Telegram.
func (gauges) telegram(number teller, bot string, a *telegram.Adapter) {
	f := a.Figures()
	number(stateDesc, prometheus.GaugeValue, 1, bot, string(f.State))
	number(limitedDesc, prometheus.CounterValue, float64(f.Limited), bot)
	number(pausedDesc, prometheus.CounterValue, f.Paused.Seconds(), bot)
	number(lateDesc, prometheus.CounterValue, float64(f.LatePresses), bot)
	number(strangeDesc, prometheus.CounterValue, float64(f.Unread), bot)
	if a.Webhook() == nil {
		return
	}
	number(pendingDesc, prometheus.GaugeValue, float64(f.Pending), bot)
	if !f.LastHookFail.IsZero() {
		number(failureDesc, prometheus.GaugeValue, float64(f.LastHookFail.Unix()), bot)
	}
}

// matrix tells the numbers of a bot on Matrix.
func (gauges) matrix(number teller, bot string, a *matrix.Adapter) {
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	f := a.Figures(ctx)
	number(stateDesc, prometheus.GaugeValue, 1, bot, string(f.State))
	number(limitedDesc, prometheus.CounterValue, float64(f.Limited), bot)
	if !f.Synced.IsZero() {
		number(syncedDesc, prometheus.GaugeValue, float64(f.Synced.Unix()), bot)
		number(keysDesc, prometheus.GaugeValue, float64(f.Keys), bot)
	}
	if !f.Complete {
		return
	}
	number(roomsDesc, prometheus.GaugeValue, float64(f.Rooms), bot)
	number(unreadDesc, prometheus.GaugeValue, float64(f.Unread), bot)
	if !f.Oldest.IsZero() {
		number(oldestDesc, prometheus.GaugeValue, float64(f.Oldest.Unix()), bot)
	}
}

// readTime is how long a number may take that is read from a database.
const readTime = 2 * time.Second

// waiting returns how many messages wait in each lane; nil if the database is away.
func (g gauges) waiting(b core.BotID) map[core.Lane]int {
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()
	var waiting map[core.Lane]int
	err := g.store.Read(ctx, func(r core.Reader) (err error) {
		waiting, err = r.CountWaiting(ctx, b)
		return err
	})
	if err != nil {
		return nil
	}
	for lane := range laneWords {
		waiting[lane] += 0 // an empty lane is shown too
	}
	return waiting
}
