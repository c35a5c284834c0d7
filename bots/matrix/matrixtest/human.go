//go:build goolm

package matrixtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// A Human is a person with one client: a device of their own with its own keys. They
// vouch for it (cross-signing) unless HumanOptions say otherwise.
type Human struct {
	Account
	t       testing.TB
	server  *Server
	client  *mautrix.Client
	machine *crypto.OlmMachine
	stop    context.CancelFunc
	ended   chan struct{}

	mu     sync.Mutex
	more   chan struct{}                // closed when something was read
	rooms  map[id.RoomID][]*event.Event // what was read, decrypted where possible
	seen   map[id.EventID]*event.Event  //
	invite map[id.RoomID]id.UserID      // rooms to which they are invited, and by whom
}

// HumanOptions say how a person's client differs from the usual one.
type HumanOptions struct {
	Unverified   bool // the device is not vouched for
	OnlyVerified bool // it sends keys only to devices that are
}

// Human returns a new person.
func (s *Server) Human(t testing.TB, name string) *Human {
	t.Helper()
	return s.HumanWith(t, name, HumanOptions{})
}

// HumanWith is Human with options.
func (s *Server) HumanWith(t testing.TB, name string, o HumanOptions) *Human {
	t.Helper()
	h := &Human{
		Account: s.Register(t, name), t: t, server: s, more: make(chan struct{}), ended: make(chan struct{}),
		rooms: map[id.RoomID][]*event.Event{}, seen: map[id.EventID]*event.Event{}, invite: map[id.RoomID]id.UserID{},
	}
	if err := h.connect(o); err != nil {
		t.Fatalf("matrixtest: connect %s: %v", name, err)
	}
	t.Cleanup(h.Leave)
	return h
}

// connect logs in, publishes keys and begins to read.
func (h *Human) connect(o HumanOptions) error {
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	var err error
	if h.client, err = mautrix.NewClient(h.server.url, "", ""); err != nil {
		return err
	}
	h.client.DefaultHTTPRetries = 2
	_, err = h.client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: string(h.ID)},
		Password:   h.Password, StoreCredentials: true,
	})
	if err != nil {
		return err
	}
	quiet := zerolog.Nop()
	states := mautrix.NewMemoryStateStore().(*mautrix.MemoryStateStore)
	h.client.StateStore = states
	h.machine = crypto.NewOlmMachine(h.client, &quiet, crypto.NewMemoryStore(nil), states)
	if o.OnlyVerified {
		h.machine.SendKeysMinTrust = id.TrustStateCrossSignedTOFU
	}
	if err := h.machine.Load(ctx); err != nil {
		return err
	}
	// 50 keys: with -1 it would be 51, and with the 50 that the first sync asks for the client
	// would forget the oldest of them.
	if err := h.machine.ShareKeys(ctx, 0); err != nil {
		return err
	}
	if !o.Unverified {
		if err := h.vouch(ctx); err != nil {
			return err
		}
	}
	h.machine.SessionReceived = func(_ context.Context, _ id.RoomID, session id.SessionID, _ uint32) { h.unseal(session) }
	h.client.Crypto = (*cryptoOf)(h)
	reader := &syncer{mautrix.NewDefaultSyncer()}
	reader.FilterJSON = &mautrix.Filter{Room: &mautrix.RoomFilter{Timeline: &mautrix.FilterPart{Limit: 500}}}
	reader.OnSync(h.machine.ProcessSyncResponse)
	reader.OnEvent(h.client.StateStoreSyncHandler)
	reader.OnEventType(event.StateMember, h.machine.HandleMemberEvent)
	reader.OnEvent(h.take)
	h.client.Syncer = reader
	go func() {
		defer close(h.ended)
		for ctx.Err() == nil {
			_ = h.client.SyncWithContext(ctx)
		}
	}()
	return nil
}

// vouch makes the keys with which a person vouches for their devices, and signs this one.
func (h *Human) vouch(ctx context.Context) error {
	keys, err := h.machine.GenerateCrossSigningKeys()
	if err == nil {
		err = h.machine.PublishCrossSigningKeys(ctx, keys, h.password)
	}
	if err == nil {
		err = h.machine.SignOwnDevice(ctx, h.machine.OwnIdentity())
	}
	return err
}

// password is what a server asks for before it replaces such keys.
func (h *Human) password(ui *mautrix.RespUserInteractive) any {
	return &mautrix.ReqUIAuthLogin{
		BaseAuthData: mautrix.BaseAuthData{Type: mautrix.AuthTypePassword, Session: ui.Session},
		User:         string(h.ID), Password: h.Password,
	}
}

// Vouch makes new such keys, and signs the person's device with them.
func (h *Human) Vouch() {
	h.t.Helper()
	h.must(h.vouch(context.Background()), "vouch for device")
}

// Knows waits until the person's client knows that somebody's devices are vouched for.
func (h *Human) Knows(who id.UserID) {
	h.t.Helper()
	ctx := context.Background()
	devices, err := h.machine.FetchKeys(ctx, []id.UserID{who}, true)
	h.must(err, "fetch devices")
	for _, d := range devices[who] {
		trust, err := h.machine.ResolveTrustContext(ctx, d)
		h.must(err, "look at device")
		if trust < id.TrustStateCrossSignedTOFU {
			h.t.Fatalf("matrixtest: nobody vouches for the device of %s", who)
		}
	}
}

// TakeKeys uses up one-time keys of somebody's devices, as so many devices do that write to
// them for the first time.
func (h *Human) TakeKeys(of id.UserID, n int) {
	h.t.Helper()
	ctx := context.Background()
	devices, err := h.machine.FetchKeys(ctx, []id.UserID{of}, true)
	h.must(err, "fetch devices")
	for device := range devices[of] {
		for range n {
			got, err := h.client.ClaimKeys(ctx, &mautrix.ReqClaimKeys{OneTimeKeys: mautrix.OneTimeKeysRequest{
				of: {device: id.KeyAlgorithmSignedCurve25519},
			}})
			h.must(err, "claim key")
			if len(got.OneTimeKeys[of][device]) == 0 {
				break // none is left
			}
		}
	}
}

// syncer is the library's, but does not wait long for a server that restarts.
type syncer struct{ *mautrix.DefaultSyncer }

// OnFailedSync implements mautrix.Syncer.
func (*syncer) OnFailedSync(*mautrix.RespSync, error) (time.Duration, error) {
	return 50 * time.Millisecond, nil
}

// Leave ends the client and closes its connections.
func (h *Human) Leave() {
	h.stop()
	<-h.ended
	h.client.Client.CloseIdleConnections()
}

// take notes an event of a room.
func (h *Human) take(ctx context.Context, e *event.Event) {
	if e.Mautrix.EventSource&event.SourceInvite != 0 {
		if m := e.Content.AsMember(); e.Type == event.StateMember && e.GetStateKey() == string(h.ID) && m.Membership == event.MembershipInvite {
			h.mu.Lock()
			h.invite[e.RoomID] = e.Sender
			h.wake()
			h.mu.Unlock()
		}
		return
	}
	if e.Mautrix.EventSource&event.SourceTimeline == 0 {
		return
	}
	if e.Type == event.EventEncrypted {
		if plain, err := h.machine.DecryptMegolmEvent(ctx, e); err == nil {
			e = plain
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen[e.ID] == nil {
		h.rooms[e.RoomID] = append(h.rooms[e.RoomID], e)
		h.seen[e.ID] = e
	}
	h.wake()
}

// unseal reads what came before its key.
func (h *Human) unseal(session id.SessionID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, events := range h.rooms {
		for i, e := range events {
			sealed, ok := e.Content.Parsed.(*event.EncryptedEventContent)
			if !ok || sealed.SessionID != session {
				continue
			}
			if plain, err := h.machine.DecryptMegolmEvent(context.Background(), e); err == nil {
				events[i] = plain
			}
		}
	}
	h.wake()
}

// wake lets those who wait look again. h.mu is held.
func (h *Human) wake() {
	close(h.more)
	h.more = make(chan struct{})
}

// wait waits until ok, which runs under h.mu, says so. It fails the test if that takes
// too long.
func (h *Human) wait(what string, ok func() bool) {
	h.t.Helper()
	if !h.waitFor(patience, ok) {
		h.t.Fatalf("matrixtest: %s: this did not come: %s", h.ID, what)
	}
}

// waitFor waits until ok says so, and reports false if that takes longer than limit.
func (h *Human) waitFor(limit time.Duration, ok func() bool) bool {
	late := time.After(limit)
	for {
		h.mu.Lock()
		done, more := ok(), h.more
		h.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-more:
		case <-late:
			return false
		}
	}
}

// must fails the test on err.
func (h *Human) must(err error, what string) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("matrixtest: %s: %v", what, err)
	}
}

// cryptoOf encrypts for a person.
type cryptoOf Human

// Encrypt implements mautrix.CryptoHelper.
func (c *cryptoOf) Encrypt(ctx context.Context, room id.RoomID, t event.Type, content any) (*event.EncryptedEventContent, error) {
	out, err := c.machine.EncryptMegolmEvent(ctx, room, t, content)
	if !crypto.IsShareError(err) {
		return out, err
	}
	people, err := c.client.StateStore.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err == nil { // else the library may see devices before it sees who vouches for them
		_, err = c.machine.FetchKeys(ctx, people, true)
	}
	if err == nil {
		err = c.machine.ShareGroupSession(ctx, room, people)
	}
	if err != nil {
		return nil, err
	}
	return c.machine.EncryptMegolmEvent(ctx, room, t, content)
}

// Decrypt implements mautrix.CryptoHelper.
func (c *cryptoOf) Decrypt(ctx context.Context, e *event.Event) (*event.Event, error) {
	return c.machine.DecryptMegolmEvent(ctx, e)
}

// WaitForSession implements mautrix.CryptoHelper.
func (c *cryptoOf) WaitForSession(ctx context.Context, r id.RoomID, k id.SenderKey, s id.SessionID, d time.Duration) bool {
	return c.machine.WaitForSession(ctx, r, k, s, d)
}

// RequestSession implements mautrix.CryptoHelper.
func (*cryptoOf) RequestSession(context.Context, id.RoomID, id.SenderKey, id.SessionID, id.UserID, id.DeviceID) {
}

// Init implements mautrix.CryptoHelper.
func (*cryptoOf) Init(context.Context) error { return nil }

// Rotate makes the next message in a room come under a new key.
func (c *Chat) Rotate() {
	c.human.must(c.human.machine.CryptoStore.RemoveOutboundGroupSession(context.Background(), c.Room), "rotate keys")
}

// Withhold writes a message whose key nobody else gets. Reveal gives it to somebody.
func (c *Chat) Withhold(text string) id.EventID {
	c.human.t.Helper()
	ctx := context.Background()
	c.Rotate()
	c.human.must(c.human.machine.ShareGroupSession(ctx, c.Room, nil), "share key with nobody")
	session, err := c.human.machine.CryptoStore.GetOutboundGroupSession(ctx, c.Room)
	c.human.must(err, "read key")
	session.ShareContent() // it keeps the key as it is now, before the first message
	return c.Write(text)
}

// Reveal gives somebody the key of what was written last.
func (c *Chat) Reveal(who id.UserID) {
	c.human.t.Helper()
	ctx := context.Background()
	session, err := c.human.machine.CryptoStore.GetOutboundGroupSession(ctx, c.Room)
	c.human.must(err, "read key")
	devices, err := c.human.machine.FetchKeys(ctx, []id.UserID{who}, true)
	c.human.must(err, "fetch devices")
	for _, d := range devices[who] {
		c.human.must(c.human.machine.SendEncryptedToDevice(ctx, d, event.ToDeviceRoomKey, session.ShareContent()), "send key")
	}
}

// Refuse tells somebody's devices that they do not get the key of what was withheld last,
// as clients do that trust only verified devices.
func (c *Chat) Refuse(who id.UserID) {
	c.human.t.Helper()
	ctx := context.Background()
	session, err := c.human.machine.CryptoStore.GetOutboundGroupSession(ctx, c.Room)
	c.human.must(err, "read key")
	devices, err := c.human.machine.FetchKeys(ctx, []id.UserID{who}, true)
	c.human.must(err, "fetch devices")
	ask := &mautrix.ReqSendToDevice{Messages: map[id.UserID]map[id.DeviceID]*event.Content{who: {}}}
	for device := range devices[who] {
		ask.Messages[who][device] = &event.Content{Parsed: &event.RoomKeyWithheldEventContent{
			RoomID: c.Room, Algorithm: id.AlgorithmMegolmV1, SessionID: session.ID(),
			SenderKey: c.human.machine.OwnIdentity().IdentityKey, Code: event.RoomKeyWithheldUnverified,
		}}
	}
	_, err = c.human.client.SendToDevice(ctx, event.ToDeviceRoomKeyWithheld, ask)
	c.human.must(err, "refuse key")
}
