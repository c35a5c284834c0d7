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
	"strings"
	"sync/atomic"
	"time"

	"tocsin/core"
)

// A Webhook has the server bring the updates. It is a handler to be mounted at Path on
// a server that the world reaches as URL.
type Webhook struct {
	URL    string // "https://bot.example.org": our own, without the path
	Secret string // 32 to 256 characters of A-Z a-z 0-9 _ -; the server sends it back

	adapter *Adapter
	queue   atomic.Pointer[core.Queue]
	warned  atomic.Int64 // when a wrong secret was logged last
}

func (*Webhook) String() string       { return "[webhook]" }
func (*Webhook) GoString() string     { return "[webhook]" }
func (*Webhook) LogValue() slog.Value { return slog.StringValue("[webhook]") }

// Path returns where the handler is mounted: nobody can guess it, each process of the
// bot has the same, and it tells neither the secret nor the token.
func (w *Webhook) Path() string {
	h := hmac.New(sha256.New, []byte(w.Secret))
	h.Write([]byte("path of the webhook"))
	return "/telegram/" + hex.EncodeToString(h.Sum(nil)[:16])
}

// ByWebhook makes a receive by w and not by polling. It is called before Run, and fails
// with Invalid if the server would not take the webhook.
func (a *Adapter) ByWebhook(w *Webhook) error {
	if err := w.check(); err != nil {
		return err
	}
	a.webhook, w.adapter = w, a
	return nil
}

func (w *Webhook) check() error {
	switch {
	case !strings.HasPrefix(w.URL, "https://"):
		return invalid("the address of the webhook must begin with https://")
	case len(w.Secret) < 32 || len(w.Secret) > 256 || strings.Trim(w.Secret, secretAlphabet) != "":
		return invalid("the secret of the webhook must be 32 to 256 characters of A-Z a-z 0-9 _ -")
	}
	return nil
}

const secretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// hook sets the webhook, and sets it again whenever it is another's, until ctx is done.
// It stays set then: what comes meanwhile waits at the server.
func (a *Adapter) hook(ctx context.Context, q core.Queue) error {
	const look = time.Minute
	a.webhook.queue.Store(&q)
	defer a.webhook.queue.Store(nil)
	for wait := firstWait; ; {
		err := a.setHook(ctx)
		switch kindOf(err) {
		case "":
			a.become(Receiving)
			wait = look
		case unauthorized:
			a.become(TokenRejected)
			wait = longest
		case rateLimited:
			wait = afterOf(err) + jitter(firstWait)
		default:
			a.become(Away)
			wait = min(2*wait, longest)
		}
		if !pause(ctx, jitter(wait)) {
			return nil
		}
	}
}

// setHook sets the webhook unless it is set.
func (a *Adapter) setHook(ctx context.Context) error {
	info, err := a.HookInfo(ctx)
	ours := a.webhook.URL + a.webhook.Path()
	if err != nil || info.URL == ours {
		return err
	}
	p := params{}
	p.text("url", ours)
	p.text("secret_token", a.webhook.Secret)
	p.json("allowed_updates", allowed)
	p.bool("drop_pending_updates", false)
	return a.client.call(ctx, setWebhook, p, nil)
}

// A HookInfo is how the server sees the webhook (WebhookInfo).
type HookInfo struct {
	URL         string `json:"url"`
	Pending     int    `json:"pending_update_count"`
	LastError   string `json:"last_error_message"`
	LastErrorAt int64  `json:"last_error_date"`
}

// HookInfo asks the server about the webhook.
func (a *Adapter) HookInfo(ctx context.Context) (*HookInfo, error) {
	var info HookInfo
	err := a.client.call(ctx, getWebhookInfo, nil, &info)
	return &info, err
}

const mostUpdate = 1 << 20

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
	q := w.queue.Load()
	if q == nil || !w.take(r.Context(), *q, raw) {
		out.Header().Set("Retry-After", "5")
		out.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	out.WriteHeader(http.StatusOK) // with no body: one would be run as a call
}

// take hands an update over, and reports whether it was handled.
func (w *Webhook) take(ctx context.Context, q core.Queue, raw []byte) bool {
	for _, u := range w.adapter.read(ctx, []json.RawMessage{raw}) {
		if err := <-q.Submit(ctx, u); err != nil {
			return false
		}
	}
	return true
}

// authentic reports whether a request carries the secret; how long that takes does not
// depend on it.
func (w *Webhook) authentic(r *http.Request) bool {
	got := sha256.Sum256([]byte(r.Header.Get("X-Telegram-Bot-Api-Secret-Token")))
	want := sha256.Sum256([]byte(w.Secret))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// warn logs a wrong secret, once a minute at most.
func (w *Webhook) warn(ctx context.Context) {
	now, last := time.Now().Unix(), w.warned.Load()
	if now-last >= 60 && w.warned.CompareAndSwap(last, now) {
		w.adapter.Log.WarnContext(ctx, "telegram: a webhook request without our secret")
	}
}
