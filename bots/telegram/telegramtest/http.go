package telegramtest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// An answer is what a method returns: a result or a refusal, now or later.
type answer struct {
	result      any
	description string // beside a result
	refused     *refusal
	later       <-chan answer // if not nil, the rest comes from it
	leave       func()        // the caller went away before later came
}

func yes(result any) answer    { return answer{result: result} }
func refuse(r *refusal) answer { return answer{refused: r} }

// ServeHTTP answers one request: of a method, or for a file.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/file/bot"); ok {
		s.serveFile(w, r, rest)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/bot")
	token, method, slash := strings.Cut(rest, "/")
	if !ok || !slash {
		s.write(w, answer{refused: &refusal{code: 404, text: "Not Found"}}, nil)
		return
	}
	method = strings.TrimPrefix(method, "test/")
	c, refused := s.begin(r, token, method)
	if refused != nil {
		s.write(w, answer{refused: refused}, nil)
		return
	}
	if s.before(w, r, c) {
		return
	}
	a := s.perform(r.Context(), c)
	s.finish(c, a)
	if a.refused != gone {
		s.write(w, a, c)
	}
}

// begin reads a request's parameters and finds its bot. It is called without mu.
func (s *Server) begin(r *http.Request, token, method string) (*call, *refusal) {
	if refused := s.checkToken(token); refused != nil {
		return nil, refused
	}
	c := &call{server: s, ctx: r.Context()}
	if refused := c.readParams(r); refused != nil {
		return nil, refused
	}
	if method == "" {
		method = c.params["method"]
		delete(c.params, "method")
	}
	c.method = strings.ToLower(method)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bots {
		if b.Token == token && !b.revoked {
			c.bot = b
		}
	}
	if c.bot == nil {
		return nil, &refusal{code: 401, text: "Unauthorized"}
	}
	s.record(c, method)
	return c, nil
}

// checkToken refuses what cannot be a token.
func (s *Server) checkToken(token string) *refusal {
	id, _, colon := strings.Cut(token, ":")
	n, err := strconv.ParseInt(id, 10, 64)
	if colon && err == nil && n > 0 && n < 1<<54 && token[0] != '0' && len(token) <= 80 {
		return nil
	}
	if s.options.MalformedToken404 {
		return &refusal{code: 404, text: "Not Found"}
	}
	return &refusal{code: 401, text: "Unauthorized: invalid token specified"}
}

// gone is how a call ends whose caller did not wait for the answer.
var gone = &refusal{text: "the caller has gone"}

// perform runs a method and waits for its answer. It is called without mu.
func (s *Server) perform(ctx context.Context, c *call) answer {
	a := s.run(c)
	if a.later == nil {
		return a
	}
	select {
	case got := <-a.later:
		return got
	case <-ctx.Done():
	case <-s.life.Done():
	}
	if a.leave != nil {
		a.leave()
	}
	return refuse(gone)
}

// run calls the method with mu held.
func (s *Server) run(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dispatch(c)
}

func (s *Server) dispatch(c *call) answer {
	do, known := s.methods[c.method]
	if !known {
		return refuse(&refusal{code: 404, text: "Not Found: method not found"})
	}
	c.checkNames()
	if c.bot.loggedOut {
		return refuse(&refusal{code: 400, text: "Logged out"})
	}
	if refused := s.early(c); refused != nil {
		return refuse(refused)
	}
	return do(c)
}

// write sends an answer as the HTTP response, with the trouble that was planned for
// the call. It is called without mu.
func (s *Server) write(w http.ResponseWriter, a answer, c *call) {
	body := map[string]any{"ok": true, "result": a.result}
	status := http.StatusOK
	if a.description != "" {
		body["description"] = a.description
	}
	if r := a.refused; r != nil {
		status = r.code
		body = map[string]any{"ok": false, "error_code": r.code, "description": r.text}
		if r.after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(r.after))
			body["parameters"] = map[string]any{"retry_after": r.after}
		}
		if r.migrated != 0 {
			body["parameters"] = map[string]any{"migrate_to_chat_id": r.migrated}
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic("telegramtest: encode answer: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	if c == nil || c.trouble == nil {
		w.WriteHeader(status)
		_, _ = w.Write(text)
		return
	}
	c.trouble.deliver(w, status, text)
}
