package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tocsin/bots/matrix"
	"tocsin/bots/telegram"
	"tocsin/bots/web"
	"tocsin/core"
)

// faces reads HTTP_ADDR and METRICS_ADDR.
func (e *environment) faces() (open, inner string) {
	open, inner = e.address("HTTP_ADDR", "127.0.0.1:8080"), e.address("METRICS_ADDR", "")
	if open == inner && !strings.HasSuffix(open, ":0") {
		e.wrong("METRICS_ADDR", "it must be another address than HTTP_ADDR, which the world may reach")
	}
	return open, inner
}

// address reads a variable that is a host and a port to listen at.
func (e *environment) address(name, usual string) string {
	value := e.text(name, usual)
	if value == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(value)
	if n, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil || port != strconv.FormatUint(n, 10) {
		e.wrong(name, "it must be a host and a port, such as 127.0.0.1:8080")
		return usual
	}
	return value
}

// listen takes the addresses at which the engine answers while it runs.
func (e *engine) listen(ctx context.Context, o *opened) error {
	servers := map[string]*web.Server{"HTTP_ADDR": {Address: o.config.HTTP, Routes: e.routes(), Log: o.log}}
	if o.config.Metrics != "" {
		servers["METRICS_ADDR"] = &web.Server{Address: o.config.Metrics, Routes: e.metrics.routes(e), Log: o.log}
	}
	for name, s := range servers {
		if err := s.Listen(ctx); err != nil {
			return taken(name, s.Address, err)
		}
		o.log.Info("listening", "for", name, "at", s.Listening())
		e.faces = append(e.faces, s.Run)
	}
	return nil
}

// taken says of the error of a Listen what to do.
func taken(name, address string, err error) error {
	if core.CodeOf(err) == core.Conflict {
		return fmt.Errorf("%s: another program listens at %s: end it, or set another address", name, address)
	}
	return fmt.Errorf("%s: %s cannot be listened at: %s", name, address, cause(err))
}

// routes are what the world may ask for: how the program is, and what platforms bring.
func (e *engine) routes() []web.Route {
	health := &web.Health{Bots: e.standings, Database: func(ctx context.Context) error {
		return e.store.Read(ctx, func(r core.Reader) error {
			_, err := r.NextDue(ctx, "")
			return err
		})
	}}
	routes := health.Routes()
	for _, a := range e.adapters {
		if t, ok := a.(*telegram.Adapter); ok && t.Webhook() != nil {
			routes = append(routes, web.Route{Pattern: t.Webhook().Path(), Handler: t.Webhook()})
		}
	}
	return routes
}

// standings say how each bot is connected; one in the terminal always is.
func (e *engine) standings() []web.Standing {
	var out []web.Standing
	for _, a := range e.adapters {
		s := web.Standing{Bot: string(a.Bot().Platform()), Word: string(telegram.Receiving), Well: true}
		switch a := a.(type) {
		case *telegram.Adapter:
			s.Word, s.Well = string(a.State()), a.State().Well()
		case *matrix.Adapter:
			s.Word, s.Well = string(a.State()), a.State().Well()
		}
		out = append(out, s)
	}
	return out
}

// A face is an address of the program, and how it is told from another program's.
type face struct {
	what, variable, address string
	path, says              string
}

// faces says whether the addresses can be listened at. Where this program listens
// already, all is well.
func (r *report) faces(ctx context.Context, c *Config) {
	for _, f := range []face{
		{"http", "HTTP_ADDR", c.HTTP, "/healthz", "alive"},
		{"metrics", "METRICS_ADDR", c.Metrics, "/metrics", "tocsin_"},
	} {
		if f.address == "" {
			continue
		}
		s := &web.Server{Address: f.address}
		switch err := s.Listen(ctx); {
		case err == nil:
			r.line(f.what, f.address+" is free", s.Close())
		case core.CodeOf(err) == core.Conflict && f.answers(ctx):
			r.line(f.what, "a tocsin listens at "+f.address, nil)
		default:
			r.line(f.what, "", taken(f.variable, f.address, err))
		}
	}
}

// answers reports whether a tocsin answers at the address.
func (f *face) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+f.address+f.path, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return err == nil && strings.Contains(string(said), f.says)
}
