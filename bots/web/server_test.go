package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tocsin/bots/web"
	"tocsin/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A running is a server that runs until stop.
type running struct {
	url  string
	stop func() time.Duration // how long it took to end
}

// start runs a server, until the end of the test at the latest.
func start(t *testing.T, log io.Writer, routes ...web.Route) running {
	t.Helper()
	s := &web.Server{Address: "127.0.0.1:0", Routes: routes, Log: slog.New(slog.NewTextHandler(log, nil))}
	if err := s.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop := func() time.Duration {
		began := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
		ended <- nil
		return time.Since(began)
	}
	t.Cleanup(func() { stop() })
	return running{"http://" + s.Listening(), stop}
}

// ask makes one request on a connection of its own, and returns the status and the body.
func ask(t *testing.T, method, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func answer(text string) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, text) })
}

func TestOnlyWhatHasARouteIsAnswered(t *testing.T) {
	t.Parallel()
	s := start(t, io.Discard, web.Route{Pattern: "GET /a", Handler: answer("one")}, web.Route{Pattern: "/b", Handler: answer("two")})
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/a", 200, "one"},
		{"POST", "/b", 200, "two"},
		{"POST", "/a", 405, "Method Not Allowed\n"},
		{"GET", "/", 404, "404 page not found\n"},
		{"GET", "/a/", 404, "404 page not found\n"},
		{"GET", "/debug/pprof/", 404, "404 page not found\n"},
		{"GET", "/b?path=/a", 200, "two"},
	} {
		if status, body := ask(t, c.method, s.url+c.path); status != c.status || body != c.body {
			t.Errorf("%s %s: %d %q", c.method, c.path, status, body)
		}
	}
}

func TestAnAddressInUseIsAConflict(t *testing.T) {
	t.Parallel()
	s := start(t, io.Discard)
	taken := strings.TrimPrefix(s.url, "http://")
	if err := (&web.Server{Address: taken}).Listen(t.Context()); core.CodeOf(err) != core.Conflict || strings.Contains(err.Error(), taken) {
		t.Errorf("got %v", err)
	}
	for _, address := range []string{"127.0.0.1", "127.0.0.1:70000", "192.0.2.1:8080"} {
		err := (&web.Server{Address: address}).Run(t.Context())
		if core.CodeOf(err) != core.Invalid || strings.Contains(err.Error(), address) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAnAnswerThatIsBeingWrittenIsEndedAtTheEnd(t *testing.T) {
	t.Parallel()
	asked, stopping := make(chan struct{}), make(chan struct{})
	s := start(t, io.Discard, web.Route{Pattern: "/", Handler: http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-stopping
		_, _ = io.WriteString(out, "whole")
	})})
	got := make(chan string)
	go func() {
		_, body := ask(t, "GET", s.url)
		got <- body
	}()
	<-asked
	time.AfterFunc(50*time.Millisecond, func() { close(stopping) })
	if took := s.stop(); took > time.Second {
		t.Errorf("it took %v to end", took)
	}
	if body := <-got; body != "whole" {
		t.Errorf("got %q", body)
	}
}

// Neither who says nothing nor who never takes an answer holds up the end.
func TestNobodyHoldsUpTheEnd(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	s := start(t, io.Discard, web.Route{Pattern: "/", Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})})
	for _, said := range []string{"", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, said)
	}
	<-asked
	if took := s.stop(); took > time.Second {
		t.Errorf("it took %v to end", took)
	}
}

func TestARequestThatSaysTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, io.Discard, web.Route{Pattern: "/", Handler: answer("one")})
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", strings.Repeat("x", 64<<10))
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "431") {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestAPanicEndsOneRequestAndTellsNothing(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := start(t, &log, web.Route{Pattern: "/bad", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(errors.New("canary"))
	})}, web.Route{Pattern: "/good", Handler: answer("one")})
	if status, body := ask(t, "GET", s.url+"/bad?canary"); status != 0 {
		t.Errorf("it was answered %d %q", status, body)
	}
	if status, _ := ask(t, "GET", s.url+"/good"); status != http.StatusOK {
		t.Errorf("the next one was answered %d", status)
	}
	s.stop()
	if said := log.String(); strings.Contains(said, "canary") || !strings.Contains(said, "*errors.errorString") {
		t.Errorf("logged %q", said)
	}
}

func TestHealthIsOneWordForEachPart(t *testing.T) {
	t.Parallel()
	var away error
	well := true
	h := &web.Health{Database: func(context.Context) error { return away }, Bots: func() []web.Standing {
		return []web.Standing{{Bot: "telegram", Word: "receiving", Well: true}, {Bot: "matrix", Word: "away", Well: well}}
	}}
	s := start(t, io.Discard, h.Routes()...)
	for _, c := range []struct {
		away   error
		well   bool
		status int
		body   string
	}{
		{nil, true, 200, "ready\ndatabase reachable\ntelegram receiving\nmatrix away\n"},
		{nil, false, 200, "degraded\ndatabase reachable\ntelegram receiving\nmatrix away\n"},
		{errors.New("canary"), false, 503, "unready\ndatabase away\ntelegram receiving\nmatrix away\n"},
		{errors.New("canary"), true, 503, "unready\ndatabase away\ntelegram receiving\nmatrix away\n"},
	} {
		away, well = c.away, c.well
		if status, body := ask(t, "GET", s.url+"/readyz"); status != c.status || body != c.body {
			t.Errorf("%v, %v: %d %q", c.away, c.well, status, body)
		}
		if status, body := ask(t, "GET", s.url+"/healthz"); status != http.StatusOK || body != "alive\n" {
			t.Errorf("alive: %d %q", status, body)
		}
	}
}
