//go:build goolm

package matrix

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Encryption says what this program was built with.
const Encryption = "goolm"

// encrypts says whether there is any.
const encrypts = true

// A machine encrypts and decrypts for one device.
type machine struct {
	olm   *crypto.OlmMachine
	store *crypto.SQLCryptoStore
	all   func(ctx context.Context, room id.RoomID) ([]id.UserID, error)
	log   *slog.Logger

	sharing sync.RWMutex // held for writing while keys go to every device
	people  *turnstile

	mu    sync.Mutex
	came  map[id.SessionID]bool   // keys that came since they were asked for last
	asked map[id.RoomID]time.Time // when the devices of who is there were asked for last
	few   bool                    // one-time keys are on the server
}

// newMachine loads the keys of the device, or makes and publishes them. It fails with
// Forbidden if the stored keys are those of another device.
func (s *session) newMachine(ctx context.Context) (*machine, error) {
	m := &machine{people: newTurnstile(s.user), all: s.members, log: s.Log, came: map[id.SessionID]bool{}, asked: map[id.RoomID]time.Time{}}
	m.store = crypto.NewSQLCryptoStore(s.db.Database, nil, string(s.user), s.client.DeviceID, s.secret("pickle"))
	if err := m.store.DB.Upgrade(ctx); err != nil {
		return nil, stored(err)
	}
	device, err := m.store.FindDeviceID(ctx)
	if err != nil {
		return nil, stored(err)
	}
	if device != "" && device != s.client.DeviceID {
		return nil, connecting(&fault{kind: wrongDevice})
	}
	quiet := zerolog.Nop() // its lines hold ids, and texts in errors
	m.olm = crypto.NewOlmMachine(s.client, &quiet, m.store, s.states)
	m.olm.SendKeysMinTrust = sendTo
	m.olm.SessionReceived = func(_ context.Context, _ id.RoomID, session id.SessionID, _ uint32) {
		m.arrive(session)
	}
	if err := m.olm.Load(ctx); err != nil {
		return nil, stored(err)
	}
	if m.olm.GetAccount().Shared {
		m.republish(ctx)
		m.revouch(ctx, s)
		return m, nil
	}
	// 50 keys: with -1 it would be 51, and with the next 50 the device would forget the oldest
	// of them, which somebody may be using just then.
	err = s.call(ctx, func(ctx context.Context) error { return m.olm.ShareKeys(ctx, 0) })
	if err == nil {
		m.revouch(ctx, s)
	}
	return m, err
}

// close ends what goes on beside.
func (m *machine) close() { m.olm.Destroy() }

// arrived returns the sessions whose keys came since it was called last.
func (m *machine) arrived() []id.SessionID {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []id.SessionID
	for session := range m.came {
		out = append(out, session)
	}
	clear(m.came)
	return out
}

// arrive notes that keys of sessions may have come.
func (m *machine) arrive(sessions ...id.SessionID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, session := range sessions {
		m.came[session] = true
	}
}

// state takes an event of a room's state: who leaves must not read on.
func (m *machine) state(ctx context.Context, e *event.Event) {
	switch e.Type {
	case event.StateMember:
		m.olm.HandleMemberEvent(ctx, e)
	case event.StateHistoryVisibility:
		m.olm.HandleHistoryVisibility(ctx, e)
	}
}

// decrypt returns what an event says. It reports false if its key is not there, which may
// still come.
func (m *machine) decrypt(ctx context.Context, e *event.Event) (_ *event.Event, keyed bool, _ error) {
	out, err := m.olm.DecryptMegolmEvent(ctx, e)
	missing := errors.Is(err, crypto.ErrNoSessionFound) || errors.Is(err, crypto.ErrGroupSessionWithheld)
	return out, !missing, err
}

// request asks the sender's device for the key of an event, and our own other devices.
func (m *machine) request(ctx context.Context, e *event.Event) {
	c, ok := e.Content.Parsed.(*event.EncryptedEventContent)
	if !ok {
		return
	}
	_ = m.olm.SendRoomKeyRequest(ctx, e.RoomID, c.SenderKey, c.SessionID, "", map[id.UserID][]id.DeviceID{
		e.Sender: {"*"}, m.olm.Client.UserID: {"*"},
	})
}

// identify says how the device stands.
func (m *machine) identify(ctx context.Context, s *session, out *Identity) error {
	out.Fingerprint = m.olm.Fingerprint()
	return s.call(ctx, func(ctx context.Context) (err error) {
		if out.CrossSigned, out.Verified, err = m.olm.GetOwnVerificationStatus(ctx); err != nil {
			return err
		}
		left, err := s.client.UploadKeys(ctx, &mautrix.ReqUploadKeys{})
		if err == nil {
			out.Keys = left.OneTimeKeyCounts.SignedCurve25519
		}
		return err
	})
}
