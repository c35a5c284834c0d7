package telegram

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"tocsin/core"
)

// An Adapter is one bot on Telegram. Making it reaches nothing: a program starts, and
// serves others, while Telegram is away.
type Adapter struct {
	Lease   Lease         // who may poll; nil: this process alone
	Profile func() []Page // what the bot says about itself, by language; nil: it is left alone
	Log     *slog.Logger

	config  Config
	webhook *Webhook // nil: updates are polled
	client  *client
	stock   stock
	holder  string   // of the lease
	acks    *errands // while it runs

	mu       sync.Mutex
	username string                        // without @; "" until it is known
	begun    map[core.SendKey]core.Receipt // parts that were taken of a message that is not whole
	live     map[core.ChatRef]track        // what was last taken of a live location
	moves    chan move                     // groups that a send found under another id
	staffs   staffs
	state    atomic.Pointer[State]
	seen     atomic.Pointer[HookInfo] // of the last look at the webhook
	late     atomic.Int64             // presses
	unread   atomic.Int64             // updates that could not be decoded
}

// A Lease keeps two processes from polling with one token.
type Lease interface {
	// Hold takes or renews the lease. It fails with Conflict if another holds it.
	Hold(ctx context.Context, name core.LeaseName, holder string) error

	// Drop gives it back.
	Drop(ctx context.Context, name core.LeaseName, holder string) error
}

// State is how the connection stands, in a word: what an operator wants to know.
type State string

const (
	Starting      State = "starting"
	Receiving     State = "receiving"
	Waiting       State = "waiting"
	TokenRejected State = "rejected"
	PolledTwice   State = "contested"
	HookRefused   State = "refused"
	HookUnreached State = "unreached"
	Away          State = "away"
)

// meanings say what an operator reads in the log.
var meanings = map[State]string{
	Starting:      "it starts",
	Receiving:     "updates arrive",
	Waiting:       "another process of ours sees to the updates",
	TokenRejected: "the token is refused",
	PolledTwice:   "another installation uses the token",
	HookRefused:   "the address of the webhook is refused",
	HookUnreached: "the webhook cannot be reached, or does not take what it is brought",
	Away:          "telegram does not answer",
}

// Well reports whether updates arrive, here or at another process of ours.
func (s State) Well() bool { return s == Receiving || s == Waiting }

var _ core.Adapter = (*Adapter)(nil)

// New makes the adapter of a bot. It fails with Invalid if the configuration breaks a
// rule.
func New(c Config) (*Adapter, error) {
	if c.API == "" {
		c.API = Home
	}
	if c.PollTimeout == 0 {
		c.PollTimeout = longPoll
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	a := &Adapter{
		Log: slog.New(slog.DiscardHandler), config: c, client: newClient(c), holder: rand.Text(),
		begun: map[core.SendKey]core.Receipt{}, live: map[core.ChatRef]track{}, moves: make(chan move, mostMoves),
	}
	a.become(Starting)
	return a, nil
}

// Bot implements core.Adapter: the id is the number that the token begins with, so it
// is known before Telegram is reached.
func (a *Adapter) Bot() core.BotID { return core.BotID(string(core.Telegram) + ":" + a.config.id()) }

// Capabilities implements core.Adapter. The limits are those of the Bot FAQ, with some
// distance; the address of a start is known once the bot's name is (Bot Features, Deep
// Linking).
func (a *Adapter) Capabilities() core.Capabilities {
	start := ""
	if name := a.name(); name != "" {
		start = "https://t.me/" + name + "?start="
	}
	return core.Capabilities{
		StartURL: start,
		Buttons:  true, Edits: true, Redacts: true, Files: true, MaxText: maxText,
		Limits: core.Limits{
			Bot:     core.Limit{Every: time.Second / 25, Burst: 5},
			Private: core.Limit{Every: time.Second, Burst: 3},
			Group:   core.Limit{Every: time.Minute / 18, Burst: 3},
		},
	}
}

// State returns how the connection stands.
func (a *Adapter) State() State { return *a.state.Load() }

// become notes how the connection stands, and logs a change.
func (a *Adapter) become(s State) {
	if old := a.state.Swap(&s); old != nil && *old != s {
		level := slog.LevelInfo
		if !s.Well() {
			level = slog.LevelWarn
		}
		a.Log.Log(context.Background(), level, "telegram: "+meanings[s], "bot", a.Bot().Platform(), "state", string(s))
	}
}

// An Identity is what the server says the bot is (getMe).
type Identity struct {
	ID       int64  `json:"id"`
	Name     string `json:"first_name"`
	Username string `json:"username"`
	ReadsAll bool   `json:"can_read_all_group_messages"` // privacy mode is off
}

// Identify asks which bot the token is of. It fails with Forbidden if it is of none.
func (a *Adapter) Identify(ctx context.Context) (*Identity, error) {
	var me Identity
	err := a.client.call(ctx, getMe, nil, &me)
	if kindOf(err) == unauthorized {
		a.become(TokenRejected)
		return nil, core.Wrap(core.Forbidden, err, "telegram: identify bot")
	}
	if err != nil {
		return nil, asError(err, "telegram: identify bot")
	}
	if id := strconv.FormatInt(me.ID, 10); id != a.config.id() {
		a.Log.Warn("telegram: the server calls the bot by another id than its token: is the address of the Bot API right?",
			"server", id, "token", a.config.id())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.username = me.Username
	return &me, nil
}

// name returns the bot's user name, "" if it is not known yet.
func (a *Adapter) name() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.username
}
