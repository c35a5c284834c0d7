package telegram

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tocsin/core"
)

// A Webhook has the server bring the updates. It is a handler to be mounted at Path on
// a server that the world reaches as URL.
type Webhook struct {
	URL    string // "https://bot.example.org": our own, without the path
	Secret string // 32 to 256 characters of A-Z a-z 0-9 _ -; the server sends it back
	Old    string // the secret before, taken until the server has the new one; "" for none

	adapter *Adapter
	renewed atomic.Bool  // the server has Secret
	warned  atomic.Int64 // when a wrong secret was logged last

	mu    sync.Mutex
	ctx   context.Context // of what is handled; it ends with Run
	queue core.Queue      // nil while the adapter does not run
	busy  sync.WaitGroup  // with what is handled
}

func (*Webhook) String() string       { return "[webhook]" }
func (*Webhook) GoString() string     { return "[webhook]" }
func (*Webhook) LogValue() slog.Value { return slog.StringValue("[webhook]") }

// ByWebhook makes a receive by w and not by polling. It is called before Run, and fails
// with Invalid if the server would not take the webhook.
func (a *Adapter) ByWebhook(w *Webhook) error {
	if err := w.check(a.config.API == Home); err != nil {
		return err
	}
	a.webhook, w.adapter = w, a
	return nil
}

// Webhook returns what a receives by, or nil if it polls.
func (a *Adapter) Webhook() *Webhook { return a.webhook }

// Path returns where the handler is mounted, once ByWebhook has taken w. Nobody can
// guess it, each process of the bot has the same, it stays when the secret changes, and
// it does not tell the token that it is made of.
func (w *Webhook) Path() string {
	h := hmac.New(sha256.New, []byte(w.adapter.config.Token))
	h.Write([]byte("path of the webhook"))
	return "/telegram/" + hex.EncodeToString(h.Sum(nil)[:16])
}

// Address returns where the server brings the updates, once ByWebhook has taken w.
func (w *Webhook) Address() string { return strings.TrimSuffix(w.URL, "/") + w.Path() }

// ports are those that Telegram's own server connects to.
var ports = []string{"", "443", "80", "88", "8443"}

// check fails with Invalid if a value breaks a rule of the server; home says that it is
// Telegram's own.
func (w *Webhook) check(home bool) error {
	u, err := url.Parse(w.URL)
	switch {
	case err != nil, u.Scheme != "https", u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "":
		return invalid("the address of the webhook must look like https://bot.example.org")
	case home && !slices.Contains(ports, u.Port()):
		return invalid("the address of the webhook must have one of the ports 443, 80, 88 and 8443")
	case !fit(w.Secret), w.Old != "" && !fit(w.Old):
		return invalid("the secret of the webhook must be 32 to 256 characters of A-Z a-z 0-9 _ -")
	case w.Secret == w.Old:
		return invalid("the new secret of the webhook is the old one")
	}
	return nil
}

func fit(secret string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	return len(secret) >= 32 && len(secret) <= 256 && strings.Trim(secret, letters) == ""
}

// What one request may bring, and how long it may take to be handled. The server gives
// up after a minute, and brings what was not taken for a day.
const (
	mostUpdate = 1 << 20
	takeTime   = 5 * time.Second
	retryAfter = "5" // seconds
)

// ServeHTTP takes one update. It answers 200 once the update is handled, 503 if it could
// not be stored: the server brings it again then.
func (w *Webhook) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if !w.authentic(r) {
		w.warn(r.Context())
		out.WriteHeader(http.StatusUnauthorized)
		return
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || kind != "application/json" {
		out.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(out, r.Body, mostUpdate))
	if err != nil {
		out.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if !w.take(r.Context(), raw) {
		out.Header().Set("Retry-After", retryAfter)
		out.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	out.WriteHeader(http.StatusOK) // with no body: one would be run as a call
}

// serve takes updates for q until done is called, which waits for those under way: ctx
// must have ended before.
func (w *Webhook) serve(ctx context.Context, q core.Queue) (done func()) {
	w.set(ctx, q)
	return func() {
		w.set(ctx, nil)
		w.busy.Wait()
	}
}

func (w *Webhook) set(ctx context.Context, q core.Queue) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ctx, w.queue = ctx, q
}

// enter returns where to hand an update over, and until when, unless Run has ended. Who
// has entered calls busy.Done.
func (w *Webhook) enter() (context.Context, core.Queue) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.queue != nil {
		w.busy.Add(1)
	}
	return w.ctx, w.queue
}

// take hands an update over, and reports whether it was handled. It is not once the
// caller is gone, the time is over or Run ends.
func (w *Webhook) take(caller context.Context, raw []byte) bool {
	ctx, q := w.enter()
	if q == nil {
		return false
	}
	defer w.busy.Done()
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	defer context.AfterFunc(caller, cancel)()
	for _, u := range w.adapter.read(ctx, []json.RawMessage{raw}) {
		if err := <-q.Submit(ctx, u); err != nil {
			return false
		}
	}
	return true
}

// authentic reports whether a request carries the secret; how long that takes does not
// depend on it. The first that carries the new one ends the old one.
func (w *Webhook) authentic(r *http.Request) bool {
	got := sha256.Sum256([]byte(r.Header.Get("X-Telegram-Bot-Api-Secret-Token")))
	is := func(secret string) bool {
		want := sha256.Sum256([]byte(secret))
		return subtle.ConstantTimeCompare(got[:], want[:]) == 1
	}
	now, before := is(w.Secret), is(w.Old) && w.Old != ""
	if now {
		w.renewed.Store(true)
	}
	return now || before && !w.renewed.Load()
}

// warn logs a wrong secret, once a minute at most.
func (w *Webhook) warn(ctx context.Context) {
	now, last := time.Now().Unix(), w.warned.Load()
	if now-last >= 60 && w.warned.CompareAndSwap(last, now) {
		w.adapter.Log.WarnContext(ctx, "telegram: a webhook request without our secret")
	}
}
