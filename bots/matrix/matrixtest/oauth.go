package matrixtest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Gate stands before a server and lets programs in as OAuth does (spec, "OAuth 2.0 API"):
// by a code that somebody types, with tokens that expire, and with others that renew them
// and are good once. The server behind it knows none of these.
type Gate struct {
	server *httptest.Server
	home   *Server
	life   time.Duration // of a token

	mu      sync.Mutex
	wants   map[string]*entry // by device code
	entries []*entry
	renews  func(gone <-chan struct{}) // is called before tokens that are renewed are told; nil: nothing is
	renewed int                        // how often a token was renewed
	refused int                        // how often a renewal was refused
}

// An entry is one program that asks to be let in, or was.
type entry struct {
	code    string // that is typed
	device  string
	account *Account // who let it in; nil: nobody yet
	inner   string   // the token of the server behind
	access  string
	refresh string
	expires time.Time
}

// Gate returns a gate before s whose tokens live so long.
func (s *Server) Gate(t testing.TB, life time.Duration) *Gate {
	t.Helper()
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	g := &Gate{home: s, life: life, wants: map[string]*entry{}}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_matrix/client/v1/auth_metadata", g.metadata)
	mux.HandleFunc("POST /oauth2/registration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusCreated, map[string]any{"client_id": "some-client"})
	})
	mux.HandleFunc("POST /oauth2/device", g.device)
	mux.HandleFunc("POST /oauth2/token", g.token)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !g.admit(r) {
			reply(w, http.StatusUnauthorized, map[string]any{"errcode": "M_UNKNOWN_TOKEN", "error": "Token is not active"})
			return
		}
		forward.ServeHTTP(w, r)
	})
	g.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		g.server.CloseClientConnections()
		g.server.Close()
	})
	return g
}

// URL returns where the gate is.
func (g *Gate) URL() string { return g.server.URL }

// Type types a code, as the owner of an account does who lets a program into it.
func (g *Gate) Type(t testing.TB, code string, a Account) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.wants {
		if e.code == code {
			e.account = &a
			return
		}
	}
	t.Fatalf("matrixtest: nobody asks with the code %q", code)
}

// Revoke ends all tokens.
func (g *Gate) Revoke() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.entries {
		e.access, e.refresh = "", ""
	}
}

// Renews has fn called once the next tokens are renewed, and before they are told. Its
// channel is closed if whoever asked for them has gone.
func (g *Gate) Renews(fn func(gone <-chan struct{})) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.renews = fn
}

// Renewals returns how often tokens were renewed, and how often that was refused.
func (g *Gate) Renewals() (renewed, refused int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.renewed, g.refused
}

func (g *Gate) metadata(w http.ResponseWriter, _ *http.Request) {
	at := g.server.URL
	reply(w, http.StatusOK, map[string]any{
		"issuer": at + "/", "registration_endpoint": at + "/oauth2/registration", "token_endpoint": at + "/oauth2/token",
		"device_authorization_endpoint": at + "/oauth2/device", "revocation_endpoint": at + "/oauth2/revoke",
		"authorization_endpoint": at + "/authorize", "grant_types_supported": []string{"urn:ietf:params:oauth:grant-type:device_code", "refresh_token"},
	})
}

// device begins to let somebody in: the device is one of the scopes.
func (g *Gate) device(w http.ResponseWriter, r *http.Request) {
	_, device, ok := strings.Cut(r.FormValue("scope"), "urn:matrix:client:device:")
	if !ok || !strings.Contains(r.FormValue("scope"), "urn:matrix:client:api:*") || r.FormValue("client_id") != "some-client" {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_scope"})
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	name, e := rand.Text(), &entry{code: rand.Text()[:6], device: device}
	g.wants[name] = e
	reply(w, http.StatusOK, map[string]any{
		"device_code": name, "user_code": e.code, "verification_uri": g.server.URL + "/link", "expires_in": 1200, "interval": 1,
	})
}

// token gives tokens for a code that was typed, or for one that renews them.
func (g *Gate) token(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	refuse := func(why string) { reply(w, http.StatusBadRequest, map[string]any{"error": why}) }
	var e *entry
	if r.FormValue("grant_type") == "refresh_token" {
		for _, known := range g.entries {
			if known.refresh != "" && known.refresh == r.FormValue("refresh_token") {
				e = known
			}
		}
		if e == nil {
			g.refused++
			refuse("invalid_grant")
			return
		}
		g.renewed++
		if fn := g.renews; fn != nil {
			g.renews = nil
			defer fn(r.Context().Done())
		}
	} else {
		if e = g.wants[r.FormValue("device_code")]; e == nil {
			refuse("expired_token")
			return
		}
		if e.account == nil {
			refuse("authorization_pending")
			return
		}
		delete(g.wants, r.FormValue("device_code"))
		inner, err := g.enter(e)
		if err != nil {
			refuse("server_error")
			return
		}
		e.inner = inner
		g.entries = append(g.entries, e)
	}
	e.access, e.refresh, e.expires = rand.Text(), rand.Text(), time.Now().Add(g.life)
	reply(w, http.StatusOK, map[string]any{
		"access_token": e.access, "refresh_token": e.refresh, "token_type": "Bearer", "expires_in": int(g.life / time.Second),
	})
}

// enter logs the device in at the server behind.
func (g *Gate) enter(e *entry) (string, error) {
	text, err := json.Marshal(map[string]any{
		"type": "m.login.password", "identifier": map[string]any{"type": "m.id.user", "user": e.account.ID},
		"password": e.account.Password, "device_id": e.device,
	})
	if err != nil {
		return "", err
	}
	resp, err := http.Post(g.home.url+"/_matrix/client/v3/login", "application/json", bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	err = json.NewDecoder(resp.Body).Decode(&got)
	if err == nil && got.Token == "" {
		err = fmt.Errorf("the server answered %d", resp.StatusCode)
	}
	return got.Token, err
}

// admit puts the token of the server behind in the place of ours, and reports false if
// that is none, or old.
func (g *Gate) admit(r *http.Request) bool {
	ours := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ours == "" {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range g.entries {
		if e.access == ours && time.Now().Before(e.expires) {
			r.Header.Set("Authorization", "Bearer "+e.inner)
			return true
		}
	}
	return false
}

func reply(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
