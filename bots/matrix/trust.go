//go:build goolm

package matrix

import (
	"context"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// sendTo is which devices get our keys: those that their owner vouches for. Who had to make
// a new identity is read and answered like before; only what takes Verified asks for the
// identity that we met first.
const sendTo = id.TrustStateCrossSignedUntrusted

// trusted reports whether an event came from a device that its owner vouches for, with the
// identity that we met first.
func trusted(e *event.Event) bool {
	return e.Mautrix.WasEncrypted && e.Mautrix.TrustState >= id.TrustStateCrossSignedTOFU
}

// hears reports whether the device that an event came from gets our keys.
func hears(e *event.Event) bool { return e.Mautrix.TrustState >= sendTo }

// How old what we know of somebody's devices may be before we ask again, and how long that
// may take: a server may fail to tell that they have changed.
const (
	staleAfter = 24 * time.Hour
	askTime    = 3 * time.Second
)

// refresh asks which devices those have who are in a room, if that was long ago. What
// cannot be learnt now is asked for a day later: what we know will do.
func (m *machine) refresh(ctx context.Context, room id.RoomID) {
	m.mu.Lock()
	stale := time.Since(m.asked[room]) > staleAfter
	if stale {
		m.asked[room] = time.Now()
	}
	m.mu.Unlock()
	if !stale {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	people, err := m.all(ctx, room)
	if err == nil {
		err = m.fetch(ctx, people, true)
	}
	if err != nil {
		m.log.Debug("matrix: devices are not asked for", "kind", judge(err, false).kind)
	}
}

// fetch asks which devices people have; strangers says whether also those to whom we never
// wrote.
func (m *machine) fetch(ctx context.Context, people []id.UserID, strangers bool) error {
	defer m.people.enter(people)()
	_, err := m.olm.FetchKeys(ctx, people, strangers)
	return err
}

// devices takes whose devices have changed. If they cannot be asked for now, those of
// everybody are before the next message.
func (m *machine) devices(ctx context.Context, changed []id.UserID) {
	if len(changed) == 0 || m.fetch(ctx, changed, false) == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.asked)
}

// share gives the key of a room to those who are there.
func (m *machine) share(ctx context.Context, room id.RoomID, people []id.UserID) error {
	defer m.people.enter(people)()
	return m.olm.ShareGroupSession(ctx, room, people)
}

// encrypt encrypts an event for all who are in a room, and those of their devices that
// their owner vouches for.
func (m *machine) encrypt(ctx context.Context, room id.RoomID, t event.Type, content any) (*event.EncryptedEventContent, error) {
	m.sharing.RLock()
	defer m.sharing.RUnlock()
	m.refresh(ctx, room)
	return m.seal(ctx, room, t, content)
}

// encryptForAll encrypts an event for every device of all who are in a room, under a key
// that nothing else goes under.
func (m *machine) encryptForAll(ctx context.Context, room id.RoomID, t event.Type, content any) (*event.EncryptedEventContent, error) {
	m.sharing.Lock()
	defer m.sharing.Unlock()
	m.refresh(ctx, room)
	if err := m.renew(ctx, room); err != nil {
		return nil, err
	}
	m.olm.SendKeysMinTrust = id.TrustStateUnset
	defer func() { m.olm.SendKeysMinTrust = sendTo }()
	out, err := m.seal(ctx, room, t, content)
	if err2 := m.renew(context.WithoutCancel(ctx), room); err2 != nil {
		return nil, err2
	}
	return out, err
}

// renew makes the next message in a room go under a new key.
func (m *machine) renew(ctx context.Context, room id.RoomID) error {
	return stored(m.store.RemoveOutboundGroupSession(ctx, room))
}

// seal encrypts an event, and shares the key before if it must.
func (m *machine) seal(ctx context.Context, room id.RoomID, t event.Type, content any) (*event.EncryptedEventContent, error) {
	out, err := m.olm.EncryptMegolmEvent(ctx, room, t, content)
	for n := 0; n < 3 && crypto.IsShareError(err); n++ { // another may have changed the room meanwhile
		people, err2 := m.all(ctx, room)
		if err2 != nil {
			return nil, err2
		}
		if err2 := m.share(ctx, room, people); err2 != nil {
			return nil, unshared(err2)
		}
		out, err = m.olm.EncryptMegolmEvent(ctx, room, t, content)
	}
	return out, err
}
