//go:build !goolm

package matrix

import (
	"context"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Encryption says what this program was built with.
const Encryption = "none"

// encrypts says whether there is any.
const encrypts = false

// A machine stands for the encryption that this program was built without. Rooms that are
// not encrypted work; of the others it says what is missing.
type machine struct{}

var errNotBuilt = &fault{kind: notBuilt, cause: "encrypted rooms need a program that was built with -tags=goolm"}

func (s *session) newMachine(context.Context) (*machine, error) {
	s.Log.Warn("matrix: " + errNotBuilt.cause)
	return &machine{}, nil
}

func (*machine) close()                                          {}
func (*machine) keys(context.Context, *mautrix.RespSync, string) {}
func (*machine) arrived() []id.SessionID                         { return nil }
func (*machine) arrive(...id.SessionID)                          {}
func (*machine) state(context.Context, *event.Event)             {}

func (*machine) decrypt(context.Context, *event.Event) (*event.Event, bool, error) {
	return nil, true, errNotBuilt
}

func (*machine) encrypt(context.Context, id.RoomID, event.Type, any) (*event.EncryptedEventContent, error) {
	return nil, errNotBuilt
}

func (m *machine) encryptForAll(ctx context.Context, room id.RoomID, t event.Type, content any) (*event.EncryptedEventContent, error) {
	return m.encrypt(ctx, room, t, content)
}

func (*machine) renew(context.Context, id.RoomID) error { return nil }

func hears(*event.Event) bool { return true }

func trusted(*event.Event) bool { return false }

func (*machine) request(context.Context, *event.Event) {}

func (*machine) identify(context.Context, *session, *Identity) error { return nil }

func (*Adapter) closePast(context.Context, *database, []id.RoomID) error { return nil }

func (*machine) setUp(context.Context, *session, SetUp) error { return errNotBuilt }
