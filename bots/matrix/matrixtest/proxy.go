package matrixtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Proxy stands before a server and lets befall a client what Dendrite alone never does:
// limits on messages, failures, lost answers.
type Proxy struct {
	server *httptest.Server

	mu    sync.Mutex
	fault *Fault
	calls []string // method and path of each call
	said  map[int]int
	token string
}

// A Fault is what befalls calls whose path holds one of Paths.
type Fault struct {
	Paths  []string
	Status int         // of the answer
	Header http.Header // of the answer
	Body   string      // of the answer
	Cut    Cut         // instead of an answer
	Do     func()      // what happens before the cut, once; nil: nothing
}

// A Cut is a connection that ends before the answer.
type Cut string

const (
	Before Cut = "before" // the server never saw the call
	After  Cut = "after"  // the server did what it was asked
)

// Proxy returns a proxy before s.
func (s *Server) Proxy(t testing.TB) *Proxy {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{said: map[int]int{}}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.ModifyResponse = func(r *http.Response) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.said[r.StatusCode]++
		return nil
	}
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := p.befalls(r)
		switch {
		case f == nil:
			forward.ServeHTTP(w, r)
		case f.Cut == "":
			for name, values := range f.Header {
				w.Header()[name] = values
			}
			w.WriteHeader(f.Status)
			_, _ = io.WriteString(w, f.Body)
		default:
			if f.Cut == After {
				forward.ServeHTTP(httptest.NewRecorder(), r)
			} else {
				_, _ = io.Copy(io.Discard, r.Body)
			}
			p.happen(f)
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(func() {
		p.server.CloseClientConnections()
		p.server.Close()
	})
	return p
}

// URL returns where the proxy is.
func (p *Proxy) URL() string { return p.server.URL }

// Fail makes a fault befall all calls that it is for, until Heal.
func (p *Proxy) Fail(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = &f
}

// Heal ends the fault.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = nil
}

// Calls counts the calls so far whose method and path hold text: "POST /_matrix/client/v3/login".
func (p *Proxy) Calls(text string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, call := range p.calls {
		if strings.Contains(call, text) {
			n++
		}
	}
	return n
}

// happen does what comes with a fault, unless it was done already.
func (p *Proxy) happen(f *Fault) {
	p.mu.Lock()
	do := f.Do
	f.Do = nil
	p.mu.Unlock()
	if do != nil {
		do()
	}
}

// Answers counts the answers of the server so far that had a status.
func (p *Proxy) Answers(status int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said[status]
}

// Token returns the token of the last call that had one.
func (p *Proxy) Token() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.token
}

func (p *Proxy) befalls(r *http.Request) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, r.Method+" "+r.URL.Path)
	if _, token, ok := strings.Cut(r.Header.Get("Authorization"), "Bearer "); ok {
		p.token = token
	}
	if p.fault == nil {
		return nil
	}
	for _, part := range p.fault.Paths {
		if strings.Contains(r.URL.Path, part) {
			return p.fault
		}
	}
	return nil
}

// Limit is the fault of a server that says how long to wait, as Synapse does: in a header,
// and in the older field too.
func Limit(wait time.Duration) Fault {
	return Fault{
		Status: http.StatusTooManyRequests,
		Header: http.Header{"Retry-After": {strconv.Itoa(int(wait / time.Second))}},
		Body:   fmt.Sprintf(`{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":%d}`, wait.Milliseconds()),
	}
}

// HangUp closes the connections to clients.
func (p *Proxy) HangUp() { p.server.CloseClientConnections() }
