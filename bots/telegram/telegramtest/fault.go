package telegramtest

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"net/http"
	"strings"
	"time"
)

// A Kind is what goes wrong with a call.
type Kind string

const (
	ResetBefore Kind = "reset before" // the connection is cut; nothing has happened
	ResetAfter  Kind = "reset after"  // the call is done, then the connection is cut: the answer is lost
	SlowHeaders Kind = "slow headers" // the call is done, the answer begins after Wait
	SlowBody    Kind = "slow body"    // the call is done, half the answer comes after Wait
	Truncated   Kind = "truncated"    // the call is done, half the answer comes and then the end
	BadGateway  Kind = "bad gateway"  // 502 with HTML; nothing has happened
	EmptyAnswer Kind = "empty answer" // 504 without a body; nothing has happened
	Restart     Kind = "restart"      // 500 Internal Server Error: restart; nothing has happened
	Redirected  Kind = "redirected"   // 307 to URL; nothing has happened
	Gzipped     Kind = "gzipped"      // the call is done, the answer is compressed
	Huge        Kind = "huge"         // the call is done, the answer has Size bytes
	Refused     Kind = "refused"      // Code and Text; nothing has happened
	Limited     Kind = "limited"      // 429 with After seconds; nothing has happened
	ZeroID      Kind = "zero id"      // the call is done, message_id in its answer is 0
	Hollow      Kind = "hollow"       // an empty list at once, as of getUpdates that does not wait; nothing has happened
)

// A Fault is a plan to make calls go wrong.
type Fault struct {
	Kind   Kind
	Method string // "": all methods; "file download" for files
	Chat   int64  // only calls with this chat_id, 0: all
	On     int    // only the n-th such call from now, 1 being the next; 0: each, until Heal
	Wait   time.Duration
	URL    string
	Size   int
	Code   int
	Text   string // the whole description
	After  int
}

// trouble is a fault that has found its call.
type trouble struct {
	Fault
	server *Server
}

type planned struct {
	Fault
	seen int
}

// Plan makes calls go wrong as f says. Of several plans that meet one call the
// oldest strikes.
func (s *Server) Plan(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &planned{Fault: f})
}

// Heal ends all plans.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// trouble returns what is planned for a call, or nil.
func (s *Server) trouble(c *call) *trouble {
	var found *trouble
	for _, f := range s.faults {
		if f.Method != "" && !strings.EqualFold(f.Method, c.record.Method) || f.Chat != 0 && f.Chat != c.integer("chat_id") {
			continue
		}
		f.seen++
		if found == nil && (f.On == 0 || f.On == f.seen) {
			found = &trouble{Fault: f.Fault, server: s}
		}
	}
	return found
}

// before strikes with a fault that leaves the call undone, and reports whether it
// did. It is called without mu.
func (s *Server) before(w http.ResponseWriter, _ *http.Request, c *call) bool {
	t := c.trouble
	if t == nil {
		return false
	}
	switch t.Kind {
	case ResetBefore:
		s.finish(c, refuse(&refusal{}))
		abort(w)
	case BadGateway:
		s.finish(c, refuse(&refusal{code: 502}))
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body></body>\r\n</html>\r\n"))
	case EmptyAnswer:
		s.finish(c, refuse(&refusal{code: 504}))
		w.WriteHeader(http.StatusGatewayTimeout)
	case Redirected:
		s.finish(c, refuse(&refusal{code: 307}))
		w.Header().Set("Location", t.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	case Hollow:
		s.finish(c, yes(nil))
		s.write(w, yes([]object{}), nil)
	case Restart, Refused, Limited:
		s.write(w, s.refuseAsPlanned(c), nil)
	default:
		return false
	}
	return true
}

// refuseAsPlanned is a refusal that the method had no part in.
func (s *Server) refuseAsPlanned(c *call) answer {
	s.mu.Lock()
	r := &refusal{code: c.trouble.Code, text: c.trouble.Text}
	switch c.trouble.Kind {
	case Restart:
		r = &refusal{code: 500, text: "Internal Server Error: restart"}
	case Limited:
		l := lane{bot: c.bot.ID, method: c.method}
		if id := c.integer("chat_id"); id != 0 && spends(c.method) {
			l = lane{bot: c.bot.ID, chat: id}
		}
		if r = s.early(c); r == nil {
			r = s.hold(l, time.Duration(c.trouble.After)*time.Second)
		}
	}
	s.mu.Unlock()
	s.finish(c, refuse(r))
	return refuse(r)
}

// deliver sends an answer whose call is done. It is called without mu.
func (t *trouble) deliver(w http.ResponseWriter, status int, body []byte) {
	switch t.Kind {
	case ResetAfter:
		abort(w)
		return
	case SlowHeaders:
		t.pause()
	case Gzipped:
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(body)
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		body = packed.Bytes()
	case Huge:
		if n := t.Size - len(body); n > 0 {
			body = append(body[:len(body)-1:len(body)-1], []byte(`,"padding":"`+strings.Repeat("x", n)+`"}`)...)
		}
	case Truncated:
		w.WriteHeader(status)
		_, _ = w.Write(body[:len(body)/2])
		return
	case SlowBody:
		w.WriteHeader(status)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		t.pause()
		_, _ = w.Write(body[len(body)/2:])
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// pause waits as planned, or until the server stops.
func (t *trouble) pause() {
	over := make(chan struct{})
	cancel := t.server.clock.after(t.Wait, func() { close(over) })
	defer cancel()
	select {
	case <-over:
	case <-t.server.life.Done():
	}
}

// abort cuts the connection of a request.
func abort(w http.ResponseWriter) {
	h, can := w.(http.Hijacker)
	if !can {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if inner, is := conn.(*tls.Conn); is {
		conn = inner.NetConn()
	}
	cut(conn)
}
