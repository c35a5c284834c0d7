package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Health says whether the program lives, and whether it can work.
type Health struct {
	Database func(context.Context) error // nil if it can be reached
	Bots     func() []Standing
}

// A Standing is how one bot is connected.
type Standing struct {
	Bot  string // "telegram"
	Word string // its adapter's word for it: "receiving"
	Well bool   // what people say arrives
}

// databaseTime is how long the database may take to say that it is there.
const databaseTime = 2 * time.Second

// Routes are /healthz, which says that the process answers, and /readyz: 503 while the
// database is away, since nothing can be taken in then; 200 also while a platform is
// out of reach, since a restart would not bring it back, with "degraded" in the first
// line. Neither needs a platform to answer.
func (h *Health) Routes() []Route {
	alive := func(out http.ResponseWriter, _ *http.Request) { say(out, http.StatusOK, "alive\n") }
	return []Route{{"GET /healthz", http.HandlerFunc(alive)}, {"GET /readyz", http.HandlerFunc(h.ready)}}
}

// ready says how each part stands, a line each.
func (h *Health) ready(out http.ResponseWriter, r *http.Request) {
	var lines strings.Builder
	whole := "ready"
	for _, b := range h.Bots() {
		if !b.Well {
			whole = "degraded"
		}
		fmt.Fprintf(&lines, "%s %s\n", b.Bot, b.Word)
	}
	status, database := http.StatusOK, "reachable"
	ctx, cancel := context.WithTimeout(r.Context(), databaseTime)
	defer cancel()
	if h.Database(ctx) != nil {
		status, whole, database = http.StatusServiceUnavailable, "unready", "away"
	}
	say(out, status, fmt.Sprintf("%s\ndatabase %s\n%s", whole, database, &lines))
}

// say answers in plain text that nobody keeps.
func say(out http.ResponseWriter, status int, text string) {
	out.Header().Set("Content-Type", "text/plain; charset=utf-8")
	out.Header().Set("Cache-Control", "no-store")
	out.WriteHeader(status)
	_, _ = out.Write([]byte(text))
}
