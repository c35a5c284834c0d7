package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"tocsin/core"
)

// A Server answers at one address.
type Server struct {
	Address string // host and port; port 0 takes one that is free
	Routes  []Route
	Log     *slog.Logger

	listener net.Listener
}

// A Route leads requests to a handler.
type Route struct {
	Pattern string // as http.ServeMux knows it: "GET /healthz", "/feed/"
	Handler http.Handler
}

// How long a caller may take, and how much a request may say about itself. An answer
// may take longer than its request: a handler waits for the database.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 30 * time.Second
	idleTime   = 2 * time.Minute
	mostHeader = 16 << 10
	closeTime  = 500 * time.Millisecond // for what is being answered at the end
)

// Listen takes the address, so that who waits for it is answered once Run runs. It
// fails with Conflict if another program has it, and with Invalid if it is no address
// of this machine.
func (s *Server) Listen(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return core.Wrap(core.Conflict, errors.New("another program has the address"), "web: listen")
	case err != nil:
		return core.Wrap(core.Invalid, bare(err), "web: listen")
	}
	s.listener = l
	return nil
}

// bare returns why an address could not be taken, without the address.
func bare(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	if a, ok := errors.AsType[*net.AddrError](err); ok {
		return errors.New(a.Err)
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New(d.Err)
	}
	return err
}

// Listening returns the address that was taken, with its port; "" before Listen.
func (s *Server) Listening() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Close gives the address back that Listen took, if Run is not called.
func (s *Server) Close() error { return s.listener.Close() }

// Run answers until ctx is done; it listens if Listen was not called. What is being
// answered then has half a second to end.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if err := s.Listen(ctx); err != nil {
			return err
		}
	}
	h := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: mostHeader,
		ErrorLog: log.New(io.Discard, "", 0), // its lines name who called
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(s.listener) }()
	select {
	case err := <-ended:
		return core.Wrap(core.Unavailable, bare(err), "web: serve")
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	if h.Shutdown(closing) != nil {
		_ = h.Close()
	}
	<-ended
	return nil
}

// handler leads each request to its route.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.Routes {
		mux.Handle(r.Pattern, r.Handler)
	}
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		defer s.contain()
		mux.ServeHTTP(out, r)
	})
}

// contain ends a request whose handler panicked, without an answer: half of one may
// have gone out. The log has the kind of the panic alone, since its value may hold what
// the request held.
func (s *Server) contain() {
	p := recover()
	if p == nil {
		return
	}
	if p != http.ErrAbortHandler {
		s.Log.Error("web: a handler panicked", "kind", fmt.Sprintf("%T", p))
	}
	panic(http.ErrAbortHandler)
}
