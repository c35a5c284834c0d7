package matrix

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// An Adapter is one account on Matrix. Making it reaches nothing: a program starts, and
// serves others, while the server is away.
type Adapter struct {
	Key   []byte // 32 bytes or more that nobody else has: what is on disk is sealed with it
	Lease Lease  // who may use the device; nil: this process alone
	Log   *slog.Logger

	config   Config
	user     id.UserID
	holder   string // of the lease
	timeline int    // events of a room that one sync gives
	state    atomic.Pointer[State]
	skipped  atomic.Int64 // events
	limit    limit

	synced, limited, keys atomic.Int64 // Figures

	refused unwelcome // invitations

	mu      sync.RWMutex // held for reading by whoever uses the session
	session *session     // nil unless the account is connected
}

// A Lease keeps two processes from using one device: each would use up keys that the
// other believes to have.
type Lease interface {
	// Hold takes or renews the lease. It fails with Conflict if another holds it.
	Hold(ctx context.Context, name core.LeaseName, holder string) error

	// Drop gives it back.
	Drop(ctx context.Context, name core.LeaseName, holder string) error
}

// State is how the connection stands, in a word: what an operator wants to know.
type State string

const (
	Starting         State = "starting"
	Receiving        State = "receiving"
	Waiting          State = "waiting"
	NeedsCredentials State = "needs_credentials"
	WrongDevice      State = "wrong_device"
	Away             State = "away"
)

// meanings say what an operator reads in the log.
var meanings = map[State]string{
	Starting:         "it starts",
	Receiving:        "what people write arrives",
	Waiting:          "another process of ours receives",
	NeedsCredentials: "the server refuses the account: it needs a new password or token, or tocsin matrix setup",
	WrongDevice:      "the device is another than the one whose keys are stored",
	Away:             "the server does not answer",
}

// Well reports whether what people write arrives, here or at another process of ours.
func (s State) Well() bool { return s == Receiving || s == Waiting }

var _ core.Adapter = (*Adapter)(nil)

// New makes the adapter of an account. It fails with Invalid if the configuration breaks
// a rule.
func New(c Config) (*Adapter, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	user, err := c.id()
	if err != nil {
		return nil, err
	}
	a := &Adapter{Log: slog.New(slog.DiscardHandler), config: c, user: user, holder: rand.Text(), timeline: timelineLimit}
	a.become(Starting)
	return a, nil
}

// Bot implements core.Adapter.
func (a *Adapter) Bot() core.BotID { return core.BotID(string(core.Matrix) + ":" + string(a.user)) }

// maxText is how long one text may be, in UTF-16 units. An event holds 65,535 bytes, an
// edit holds its text four times, twice as HTML, and encryption adds a third.
const maxText = 4000

// Capabilities implements core.Adapter. The limits are those that Synapse has unless its
// operator set others (rc_message): they are the account's, over all rooms. The bot's own
// reactions, which are the buttons, count too.
func (a *Adapter) Capabilities() core.Capabilities {
	can := core.Capabilities{Edits: true, Redacts: true, Files: true, SendsOnce: true, Opens: true, Lists: a.config.Space != "", MaxText: maxText}
	if a.config.Unlimited {
		can.Buttons = true
		can.Limits = core.Limits{
			Bot:     core.Limit{Every: time.Second / 25, Burst: 5},
			Private: core.Limit{Every: time.Second / 2, Burst: 10},
			Group:   core.Limit{Every: time.Second, Burst: 5},
			Open:    core.Limit{Every: time.Second, Burst: 5},
		}
		return can
	}
	limit := core.Limit{Every: 5 * time.Second, Burst: 10}
	can.Limits = core.Limits{Bot: limit, Private: limit, Group: limit, Open: core.Limit{Every: time.Minute, Burst: 1}}
	return can
}

// State returns how the connection stands.
func (a *Adapter) State() State { return *a.state.Load() }

// Skipped returns how many events broke the adapter at every try, or were of another form
// than the specification has, and were passed over since the start.
func (a *Adapter) Skipped() int64 { return a.skipped.Load() }

// become notes how the connection stands, and logs a change.
func (a *Adapter) become(s State) {
	if old := a.state.Swap(&s); old != nil && *old != s {
		level := slog.LevelInfo
		if !s.Well() {
			level = slog.LevelWarn
		}
		a.Log.Log(context.Background(), level, "matrix: "+meanings[s], "bot", a.Bot().Platform())
	}
}

// secret returns the key for one purpose (RFC 5869).
func (a *Adapter) secret(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, a.Key, nil, "tocsin matrix "+purpose+" v1", 32)
	if err != nil {
		panic("matrix: derive key: " + err.Error()) // only a size of over 8,160 bytes fails
	}
	return key
}

// use does fn with the session. It fails with Unavailable if there is none.
func (a *Adapter) use(fn func(*session) error) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.session == nil {
		return &core.Error{Code: core.Unavailable}
	}
	return fn(a.session)
}

// Ready reports whether a Send may reach the server from this process: another may hold the
// account, or it is not connected yet.
func (a *Adapter) Ready() bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.session != nil
}

// offer makes a session the one that is used; nil takes it away once nobody uses it.
func (a *Adapter) offer(s *session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.session = s
}
